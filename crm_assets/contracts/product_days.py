"""Contract of ``product_days``."""

from crm_assets.contracts.base import Day, MonthlyTable, column


class ProductDays(MonthlyTable, key=["month", "product_id", "date"]):
    """What was sold of a product on a day: the lines of that day's receipts, and the prices they were sold at. Prices
    are sums of natural logarithms of amount / quantity, so that a mean of any days is one division away."""

    product_id: str = column("VARCHAR", "the shop's id of the product")
    date: Day = column("DATE", "day of the receipts")
    lines: int = column("BIGINT", "lines of the product", ge=1, unit="lines")
    priced_lines: int = column("BIGINT", "lines with an amount and a quantity above 0", ge=0, unit="lines")
    log_unit_price: float = column("DECIMAL(28,6)", "sum over the priced lines; 0 without any")
    earlier_priced_lines: int = column("BIGINT", "priced lines of the days before in the month", ge=0, unit="lines")
    earlier_log_unit_price: float = column("DECIMAL(28,6)", "sum over the priced lines of the days before in the month")
