"""Contract of ``receipts``."""

from crm_assets.contracts.base import Day, MonthlyTable, Time, column, money


class Receipts(MonthlyTable, key=["month", "customer_id", "receipt_id", "record_type"]):
    """One row per purchase: the lines of a receipt in one, returns left out, wallet payments only by option."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    receipt_id: str = column("VARCHAR", "number of the receipt")
    purchased_at: Time = column("TIMESTAMP", "time of the receipt, that of its earliest line")
    purchase_date: Day = column("DATE", "day of the receipt")
    purchase_hour: int = column("BIGINT", "hour of the receipt", ge=0, le=23)
    record_type: str = column(
        "VARCHAR", "product, service or, by option, wallet", isin=["product", "service", "wallet"]
    )
    receipt_type: str = column("VARCHAR", "the first letter in the receipt's number, number when it has none")
    channel: str = column("VARCHAR", "where it was bought", nullable=True, isin=["offline", "online"])
    partner_id: str = column("VARCHAR", "partner or affiliate that sold it", nullable=True)
    branch_id: str = column("VARCHAR", "branch; null online", nullable=True)
    lines: int = column("BIGINT", "lines of the receipt", ge=1, unit="lines")
    quantity: float = column(
        "DECIMAL(18,3)", "units of the receipt; null where the source counts none", nullable=True, unit="units"
    )
    amount: float = money("total of the receipt")
