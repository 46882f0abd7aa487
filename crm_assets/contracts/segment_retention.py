"""Contract of ``segment_retention``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class SegmentRetention(SnapshotTable, key=["month", "scheme", "from_state"]):
    """What became of each state of the month before, with 95 % intervals (Wilson 1927) of every share."""

    scheme: str = column("VARCHAR", "as in segment_migration", isin=["type", "rfm_band", "predicted_type"])
    from_state: str = column("VARCHAR", "state at the end of the month before")
    customers: int = column("BIGINT", "customers who were in it: base of every share", ge=1, unit="customers")
    stayed: int = column("BIGINT", "still in it; of predicted_type, still new", ge=0, unit="customers")
    moved: int = column(
        "BIGINT", "in another state than lapsed; of new customers, converted to existing ones", ge=0, unit="customers"
    )
    lapsed: int = column("BIGINT", "lapsed in the month", ge=0, unit="customers")
    bought: int = column("BIGINT", "with a receipt in the month", ge=0, unit="customers")
    revenue_month: float = money_sum("their amount in the month")
    stayed_share: float = column("DOUBLE", "stayed / customers", ge=0, le=1, unit="share")
    stayed_lower: float = column("DOUBLE", "lower end of its interval", ge=0, le=1, unit="share")
    stayed_upper: float = column("DOUBLE", "upper end of its interval", ge=0, le=1, unit="share")
    moved_share: float = column(
        "DOUBLE", "moved / customers; of new customers, the conversion", ge=0, le=1, unit="share"
    )
    moved_lower: float = column("DOUBLE", "lower end of its interval", ge=0, le=1, unit="share")
    moved_upper: float = column("DOUBLE", "upper end of its interval", ge=0, le=1, unit="share")
    lapsed_share: float = column("DOUBLE", "lapsed / customers", ge=0, le=1, unit="share")
    lapsed_lower: float = column("DOUBLE", "lower end of its interval", ge=0, le=1, unit="share")
    lapsed_upper: float = column("DOUBLE", "upper end of its interval", ge=0, le=1, unit="share")
    bought_share: float = column("DOUBLE", "bought / customers, the purchase retention", ge=0, le=1, unit="share")
    bought_lower: float = column("DOUBLE", "lower end of its interval", ge=0, le=1, unit="share")
    bought_upper: float = column("DOUBLE", "upper end of its interval", ge=0, le=1, unit="share")
