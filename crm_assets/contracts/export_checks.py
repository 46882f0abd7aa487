"""Contract of ``export_checks``."""

from crm_assets.contracts.base import SnapshotTable, column

CHECKS = ["scoring", "type_shares", "rfm_scores"]


class ExportChecks(SnapshotTable, key=["month", "name"]):
    """Whether the month's customers are like those of the month before, so that lists of them may go out."""

    name: str = column(
        "VARCHAR",
        "scoring = new customers against those that the model was made to score (scoring_drift); type_shares = shares "
        "of the types of existing customers against the month before; rfm_scores = R, F and M by the thresholds of the "
        "month before",
        isin=CHECKS,
    )
    passed: bool = column("BOOLEAN", "whether it lets the export go on")
    psi: float = column(
        "DOUBLE", "population stability index, the largest of the check; null = nothing to compare", nullable=True, ge=0
    )
    threshold: float = column("DOUBLE", "index above which it fails, if it is beyond chance", gt=0)
    what: str = column(
        "VARCHAR", "what moved most: column, category, share then and now; null = nothing to compare", nullable=True
    )
