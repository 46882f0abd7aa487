"""Contract of ``region_recommendations``."""

from crm_assets.contracts.base import SnapshotTable, column


class RegionRecommendations(SnapshotTable, key=["month", "region", "rank"]):
    """S2's hybrid of place and recommender: what is recommended to most customers of a region, and whether to more of
    them than elsewhere. Regions of fewer than `region_min_customers` customers are left out."""

    region: str = column("VARCHAR", "home region of the customers, as delivered last")
    rank: int = column("BIGINT", "1 = recommended to most of them", ge=1)
    product_id: str = column("VARCHAR", "the article")
    customers: int = column("BIGINT", "customers of the region", ge=1, unit="customers")
    recommended: int = column("BIGINT", "of whom it is recommended to", ge=1, unit="customers")
    share: float = column("DOUBLE", "recommended over customers", gt=0, le=1, unit="share")
    other_share: float = column("DOUBLE", "the same of all other regions", nullable=True, ge=0, le=1, unit="share")
    effect: float = column("DOUBLE", "Cohen's h of the two shares", nullable=True)
    p_value: float = column(
        "DOUBLE", "two-proportion z, two-sided, corrected over the month's tests", nullable=True, ge=0, le=1
    )
    is_own: bool = column("BOOLEAN", "of the region more than of others: p below 0.05, effect of 0.2 or more")
