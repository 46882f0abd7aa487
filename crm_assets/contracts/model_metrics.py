"""Contract of ``model_metrics``."""

from crm_assets.contracts.base import SnapshotTable, column

OF_TRAINING = ("seed", "cold_start", "ablation", "calibration", "abstention")  # of the month that trained the model


class ModelMetrics(SnapshotTable, key=["month", "model", "protocol", "slice", "metric"]):
    """Every figure that a report quotes about a model; one writer per model."""

    model: str = column(
        "VARCHAR",
        "clusters, latent_type, majority, prior, hindsight; a scheme of rfm_scores; a variant of the ablation",
    )
    protocol: str = column(
        "VARCHAR",
        "how it was judged",
        isin=[
            "k_scan",
            "snapshot",
            "stability",
            "kruskal_wallis",
            "later_month",
            *OF_TRAINING,
        ],
    )
    slice: str = column(
        "VARCHAR",
        "K, K/place by size, type, number of receipts, bin, floor, or measure tested; of later_month the outcome "
        "(first, horizon) / month of the prediction, or / all or number of receipts, with each customer once",
    )
    metric: str = column("VARCHAR", "name of the metric")
    value: float = column("DOUBLE", "its value")
    base: int = column("BIGINT", "rows that it was measured on", ge=0)
