"""Contract of ``churn_risk``."""

from crm_assets.contracts.base import SnapshotTable, column


class ChurnRisk(SnapshotTable, key=["month", "customer_id"]):
    """How late every customer of the window is, against its own rhythm: days since the last purchase divided by the
    usual interval between purchase dates."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    recency_days: int = column("BIGINT", "as_of minus the last purchase date", ge=0, unit="days")
    purchase_dates: int = column("BIGINT", "distinct purchase dates in the window", ge=1, unit="days")
    own_interval_days: float = column(
        "DOUBLE", "own mean interval between purchase dates; null with one date", nullable=True, ge=1, unit="days"
    )
    interval_days: float = column(
        "DOUBLE",
        "interval used: the own mean with 3 dates or more, halfway to the population's with 2, the population's with "
        "1; null where that is needed and nobody has 3 dates",
        nullable=True,
        ge=1,
        unit="days",
    )
    churn_risk: float = column(
        "DOUBLE", "recency_days divided by interval_days; 1 = as late as usual", nullable=True, ge=0, unit="intervals"
    )
