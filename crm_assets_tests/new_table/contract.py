"""Contract of ``weekday_sales``."""

from crm_assets.contracts.base import SnapshotTable, column, money_sum


class WeekdaySales(SnapshotTable, key=["month", "weekday"]):
    """What was bought on each day of the week, over the month."""

    weekday: int = column("BIGINT", "0 = Monday … 6 = Sunday", ge=0, le=6)
    customers: int = column("BIGINT", "customers who bought on such a day", ge=1, unit="customers")
    receipts: int = column("BIGINT", "their receipts of such days", ge=1, unit="receipts")
    amount: float = money_sum("total of these receipts")
