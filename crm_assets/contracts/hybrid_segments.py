"""Contract of ``hybrid_segments``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class HybridSegments(SnapshotTable, key=["month", "segment_id", "rfm_band"]):
    """Types crossed with RFM bands (S2, level 5): one row per cell with customers, small valuable ones marked."""

    segment_id: str = column("VARCHAR", "type")
    segment_name: str = column("VARCHAR", "persona name of the type")
    rfm_band: str = column("VARCHAR", "band of the score")
    customers: int = column("BIGINT", "clustered customers of the cell", ge=1, unit="customers")
    customer_share: float = column("DOUBLE", "of all clustered customers", gt=0, le=1, unit="share")
    revenue: float = money_sum("amount that they spent in the window")
    revenue_share: float = column(
        "DOUBLE", "of all clustered customers' revenue; null where that is 0", nullable=True, unit="share"
    )
    recency_days_mean: float = column("DOUBLE", "mean days since the last purchase", ge=0, unit="days")
    frequency_mean: float = column("DOUBLE", "mean receipts in the window", ge=1, unit="receipts")
    monetary_mean: float = column("DOUBLE", "mean amount spent in the window", unit="currency")
    buyers_in_month: int = column(
        "BIGINT", "of the cell's customers, those who bought in the month", ge=0, unit="customers"
    )
    effect: float = column(
        "DOUBLE",
        "Cliff's delta of monetary against all other clustered customers; null in cells too small for a test",
        nullable=True,
        ge=-1,
        le=1,
    )
    p_adjusted: float = column(
        "DOUBLE", "Mann-Whitney, adjusted over all tests of the month (BH)", nullable=True, ge=0, le=1
    )
    customers_before: int = column(
        "BIGINT", "customers of this cell a month ago", nullable=True, ge=1, unit="customers"
    )
    retained: int = column(
        "BIGINT", "of those, the ones who bought in the month", nullable=True, ge=0, unit="customers"
    )
    retention: float = column("DOUBLE", "retained of customers_before", nullable=True, ge=0, le=1, unit="share")
    retention_others: float = column(
        "DOUBLE",
        "share who bought in the month of others of the same recency scores a month ago; null where not tested",
        nullable=True,
        ge=0,
        le=1,
        unit="share",
    )
    retention_effect: float = column(
        "DOUBLE",
        "Cohen's h of retention against others of the same recency scores a month ago",
        nullable=True,
        ge=-3.1416,
        le=3.1416,
    )
    retention_p_adjusted: float = column(
        "DOUBLE", "two-proportion z, adjusted over all tests of the month (BH)", nullable=True, ge=0, le=1
    )
    small_valuable: str = column(
        "VARCHAR",
        "in what a small cell is valuable, with evidence; null = not small, or no evidence",
        nullable=True,
        isin=["revenue", "retention", "both"],
    )
