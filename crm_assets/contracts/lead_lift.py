"""Contract of ``lead_lift``."""

from crm_assets.contracts.base import SnapshotTable, column


class LeadLift(SnapshotTable, key=["month", "decile"]):
    """How much better than at random the list is: known leads by tenth of a score that had not seen their outcome."""

    decile: int = column("BIGINT", "tenth by probability, 1 = best", ge=1, le=10)
    leads: int = column("BIGINT", "leads of the tenth", ge=1, unit="leads")
    converted: int = column("BIGINT", "of which converted", ge=0, unit="leads")
    rate: float = column("DOUBLE", "share that converted", ge=0, le=1, unit="share")
    expected_rate: float = column("DOUBLE", "mean probability that was said", ge=0, le=1, unit="share")
    lift: float = column("DOUBLE", "rate over that of all", ge=0, unit="ratio")
    captured_share: float = column(
        "DOUBLE", "share of all conversions in this and the better tenths", ge=0, le=1, unit="share"
    )
