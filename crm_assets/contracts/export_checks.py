"""Contract of ``export_checks``."""

from crm_assets.contracts.base import SnapshotTable, column

SCORING, TYPE_SHARES, RECENCY, AMOUNTS = "scoring", "type_shares", "recency", "receipt_amounts"
CHECKS = [SCORING, TYPE_SHARES, RECENCY, AMOUNTS]


class ExportChecks(SnapshotTable, key=["month", "name"]):
    """Whether the month's customers are like those of the month before, so that lists of them may go out."""

    name: str = column(
        "VARCHAR",
        "scoring = new customers against those that the model was made to score (scoring_drift); against the month "
        "before: type_shares = existing customers by type, unless the types were fitted anew, recency = customers of "
        "the window by fifths of "
        "recency_days, receipt_amounts = receipts of the month by tenths of their amount",
        isin=CHECKS,
    )
    passed: bool = column("BOOLEAN", "whether it lets the export go on")
    psi: float = column(
        "DOUBLE", "population stability index, the largest of the check; null = nothing to compare", nullable=True, ge=0
    )
    threshold: float = column("DOUBLE", "index above which it fails, if it is beyond chance", gt=0)
    what: str = column(
        "VARCHAR", "what moved most: column or category, share then and now; null = nothing to compare", nullable=True
    )
