"""Contract of ``daily_activity``."""

from crm_assets.contracts.base import Day, SnapshotTable, column, money


class DailyActivity(SnapshotTable, key=["month", "segment_id", "date"]):
    """Who bought on each day of the window, per type of the month and for all clustered customers (segment_id all).

    Types are of the month's end, and recency made them: a type of customers who stayed away has fewer and fewer
    purchases by construction.
    """

    segment_id: str = column("VARCHAR", "type at the month's end; all = every clustered customer")
    segment_name: str = column("VARCHAR", "persona name of the type")
    date: Day = column("DATE", "day of the window; days without a purchase are there too")
    active_customers: int = column("BIGINT", "customers of the type who bought on the day", ge=0, unit="customers")
    receipts: int = column("BIGINT", "their receipts", ge=0, unit="receipts")
    amount: float = money("what they spent")
