"""Contract of ``rfm_groups``."""

from crm_assets.contracts.base import SnapshotTable, column


class RfmGroups(SnapshotTable, key=["month", "scheme", "group_name"]):
    """Every group of the four RFM schemes, also those that hold nobody: size, revenue, means."""

    scheme: str = column(
        "VARCHAR", "column of rfm_scores", isin=["rfm_band", "rfm_band_standard11", "rfm_grade", "rfm_type"]
    )
    group_name: str = column("VARCHAR", "a value of that column")
    position: int = column("BIGINT", "place in the scheme's file, best first", ge=1)
    customers: int = column("BIGINT", "customers of the group", ge=0, unit="customers")
    estimated_members: float = column(
        "DOUBLE", "customers times the setting sample_weight: members that they stand for", ge=0, unit="members"
    )
    customer_share: float = column("DOUBLE", "of the customers of the month", ge=0, le=1, unit="share")
    revenue: float = column("DECIMAL(24,4)", "sum of monetary", unit="currency")
    revenue_share: float = column("DOUBLE", "of the revenue of all; null when that is 0", nullable=True, unit="share")
    recency_days_mean: float = column(
        "DOUBLE", "mean of recency_days; null without customers", nullable=True, ge=0, unit="days"
    )
    frequency_mean: float = column(
        "DOUBLE", "mean of frequency; null without customers", nullable=True, ge=1, unit="receipts"
    )
    monetary_mean: float = column("DOUBLE", "mean of monetary; null without customers", nullable=True, unit="currency")
    visit_days_mean: float = column(
        "DOUBLE", "mean of visit_days; null without customers", nullable=True, ge=1, unit="days"
    )
    surprise_customers: int = column(
        "BIGINT",
        "customers in cells that break what the band's name promises; null for grades and types",
        nullable=True,
        ge=0,
        unit="customers",
    )
