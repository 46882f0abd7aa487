"""Contract of ``model_metrics``."""

from crm_assets.contracts.base import SnapshotTable, column, literal

OF_TRAINING = ("seed", "cold_start", "ablation", "calibration", "abstention")  # of the month that trained the model
PROTOCOLS = {  # asset that writes them → its protocols: no protocol has two writers
    "cluster_assignments": ("k_scan", "snapshot", "stability"),
    "lifestyle_assignments": ("lifestyle_stability",),
    "rfm_groups": ("kruskal_wallis",),
    "lightgbm_model": OF_TRAINING,
    "prediction_outcomes": ("later_month",),
    "lead_model": ("lead_validation", "lead_random", "lead_company", "lead_owner"),
}


class ModelMetrics(SnapshotTable, key=["month", "model", "protocol", "slice", "metric"]):
    """Every figure that a report quotes about a model; one writer per protocol."""

    model: str = column(
        "VARCHAR",
        "clusters, lifestyles, latent_type, majority, prior, hindsight; a scheme of rfm_scores; a variant of the "
        "ablation; of leads the candidates of lead_model, model = the one taken by validation leads, and what one has "
        "more than another (text_in_lightgbm, …)",
    )
    protocol: str = column(
        "VARCHAR",
        "how it was judged",
        isin=[protocol for written in PROTOCOLS.values() for protocol in written],
    )
    slice: str = column(
        "VARCHAR",
        "K, K/place by size, type, number of receipts, bin, floor, or measure tested; of later_month the outcome "
        "(first, horizon) / month of the prediction, or / all or number of receipts, with each customer once; of "
        "lead_validation the split",
    )
    metric: str = column("VARCHAR", "name of the metric")
    value: float = column("DOUBLE", "its value")
    base: int = column("BIGINT", "rows that it was measured on", ge=0)


def own_rows(asset: str) -> str:
    """Which of a month's rows are an asset's: a condition."""
    return f"protocol in ({', '.join(literal(protocol) for protocol in PROTOCOLS[asset])})"
