"""Contract of ``raw_transactions``."""

from crm_assets.contracts.base import MonthlyTable, Time, column, money

RECORD_TYPES = ["product", "service", "wallet", "return"]


class RawTransactions(MonthlyTable, key=["month", "customer_id", "receipt_id", "record_type", "line_no"]):
    """One row per receipt line; the same receipts give the same table however they are cut into files."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer", str_length={"min_value": 1})
    receipt_id: str = column("VARCHAR", "number of the receipt", str_length={"min_value": 1})
    line_no: int = column("BIGINT", "position in the receipt, from 1, by content", ge=1)
    purchased_at: Time = column("TIMESTAMP", "time of the line, local, to the hour where the source knows no more")
    channel: str = column("VARCHAR", "where it was bought", nullable=True, isin=["offline", "online"])
    partner_id: str = column("VARCHAR", "partner or affiliate that sold it", nullable=True)
    branch_id: str = column("VARCHAR", "branch; null online", nullable=True)
    product_id: str = column("VARCHAR", "product; null for services and wallet payments", nullable=True)
    quantity: float = column("DECIMAL(18,3)", "units; negative for returns", nullable=True, unit="units")
    amount: float = money("line total; negative for returns")
    record_type: str = column("VARCHAR", "what the line records", isin=RECORD_TYPES)
