"""Contract of ``lifestyle_clusters``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class LifestyleClusters(SnapshotTable, key=["month", "lifestyle_id"]):
    """A row per lifestyle: its size, what its members spent, its ranks, and the one that lies nearest."""

    lifestyle_id: str = column("VARCHAR", "lifestyle")
    lifestyle_name: str = column("VARCHAR", "its name")
    customers: int = column("BIGINT", "members", ge=1, unit="customers")
    share: float = column("DOUBLE", "of the active customers", gt=0, le=1, unit="share")
    spend: float = money_sum("spend of its members in the months of category_spend", gt=0)
    mean_spend: float = column("DOUBLE", "spend of a member, mean", gt=0, unit="currency")
    low_value_share: float = column(
        "DOUBLE", "of its members' receipts, small ones (payment_habits)", nullable=True, ge=0, le=1, unit="share"
    )
    not_present_share: float = column(
        "DOUBLE",
        "of its members' receipts, those paid without the card at hand; null where nothing tells",
        nullable=True,
        ge=0,
        le=1,
        unit="share",
    )
    rank_by_size: int = column("BIGINT", "1 = most members; of equal ones the first by id", ge=1)
    rank_by_spend: int = column("BIGINT", "1 = most spent by all members; of equal ones the first by id", ge=1)
    nearest_id: str = column("VARCHAR", "the lifestyle whose members' mean pattern is nearest", nullable=True)
    nearest_distance: float = column(
        "DOUBLE", "distance of the two mean patterns, between roots of shares", nullable=True, ge=0
    )
