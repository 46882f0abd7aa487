"""Contract of ``segment_migration``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class SegmentMigration(SnapshotTable, key=["month", "scheme", "from_state", "to_state"]):
    """From the states of the month before to those of the month: one row per pair that occurs."""

    scheme: str = column(
        "VARCHAR",
        "type = types, new, lapsed, untyped; rfm_band = bands, lapsed (none in the window); predicted_type = only the "
        "new customers of the month before, from the type predicted then",
        isin=["type", "rfm_band", "predicted_type"],
    )
    from_state: str = column(
        "VARCHAR", "state at the end of the month before; first_purchase = not yet a customer; unpredicted = no type"
    )
    to_state: str = column("VARCHAR", "state at as_of")
    customers: int = column("BIGINT", "customers who went this way", ge=1, unit="customers")
    share_of_from: float = column("DOUBLE", "of all who were in from_state", gt=0, le=1, unit="share")
    share_of_to: float = column(
        "DOUBLE", "of all who are in to_state, in the scheme's customers", gt=0, le=1, unit="share"
    )
    revenue_before: float = money_sum("their amount in the window of the month before")
    revenue_after: float = money_sum("their amount in the window")
    bought: int = column("BIGINT", "of them, those with a receipt in the month", ge=0, unit="customers")
    revenue_month: float = money_sum("their amount in the month")
    measured: int = column("BIGINT", "of them, those in both windows: base of the changes", ge=0, unit="customers")
    recency_days_change: float = column("DOUBLE", "mean change of recency_days", nullable=True, unit="days")
    frequency_change: float = column("DOUBLE", "mean change of frequency", nullable=True, unit="receipts")
    monetary_change: float = column("DOUBLE", "mean change of monetary", nullable=True, unit="currency")
    model_changed: int = column(
        "BIGINT", "1 when the cluster model is another than that of the month before", isin=[0, 1]
    )
