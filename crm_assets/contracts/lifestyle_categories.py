"""Contract of ``lifestyle_categories``."""

from crm_assets.contracts.base import SnapshotTable, column


class LifestyleCategories(SnapshotTable, key=["month", "lifestyle_id", "category"]):
    """Every lifestyle against all other active customers, category by category, with the evidence; a category is a
    signature of the lifestyle only where `is_signature`."""

    lifestyle_id: str = column("VARCHAR", "lifestyle")
    category: str = column("VARCHAR", "category of spend")
    customers: int = column("BIGINT", "members who spent on it", ge=0, unit="customers")
    mean_amount: float = column("DOUBLE", "spend on it, mean of all members", ge=0, unit="currency")
    population_mean_amount: float = column("DOUBLE", "the same of all active customers", ge=0, unit="currency")
    spend_share: float = column("DOUBLE", "its share of a member's spend, mean of all members", ge=0, le=1)
    population_spend_share: float = column("DOUBLE", "the same of all active customers", gt=0, le=1)
    lift: float = column("DOUBLE", "spend_share over population_spend_share", ge=0, unit="ratio")
    effect: float = column(
        "DOUBLE", "Cohen's h of the mean shares, members against all others", nullable=True, ge=-3.1416, le=3.1416
    )
    p_value: float = column(
        "DOUBLE",
        "of the difference of the mean shares, two-sided, adjusted for all tests of the month (Benjamini-Hochberg); "
        "null where too few make a test",
        nullable=True,
        ge=0,
        le=1,
    )
    is_signature: bool = column("BOOLEAN", "p_value below 0.05, effect small at least (0.2), lift above 1")
    rank: int = column("BIGINT", "within the lifestyle, by effect; signatures first", ge=1)
