"""Contract of ``attribute_sizes``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum

KINDS = ("demographic", "geographic", "psychographic", "behavioural")
RULED = ("demographic", "geographic", "psychographic", "usage")  # dimensions that attributes.yaml makes
GIVEN = ("channel_use", "wallet_user", "loyalty", "purchasing_power")  # those that the query makes, behavioural all


class AttributeSizes(SnapshotTable, key=["month", "dimension", "category"]):
    """How many customers an attribute segment has and what they buy; made with ``attribute_segments``."""

    dimension: str = column("VARCHAR", "column of attribute_segments", isin=[*RULED, *GIVEN])
    kind: str = column("VARCHAR", "kind of S2", isin=list(KINDS))
    category: str = column("VARCHAR", "group of the dimension")
    customers: int = column("BIGINT", "customers of the group", ge=1, unit="customers")
    base: int = column("BIGINT", "customers in any group of the dimension", ge=1, unit="customers")
    customer_share: float = column("DOUBLE", "of the base", ge=0, le=1, unit="share")
    revenue: float = money_sum("amount spent in the window")
    revenue_share: float = column("DOUBLE", "of the base's revenue; null where that is 0", nullable=True, unit="share")
    recency_days_mean: float = column("DOUBLE", "mean days since the last purchase", ge=0, unit="days")
    frequency_mean: float = column("DOUBLE", "mean receipts in the window", ge=1, unit="receipts")
    monetary_mean: float = column("DOUBLE", "mean amount spent in the window", unit="currency")
