"""Contract of ``event_attributes``."""

from crm_assets.contracts.base import MonthlyTable, column
from crm_assets.contracts.raw_transactions import RECORD_TYPES


class EventAttributes(MonthlyTable, key=["month", "customer_id", "receipt_id", "record_type", "line_no", "name"]):
    """What a mapping tells of a receipt line besides its columns: one row per line and attribute that has a value."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer", str_length={"min_value": 1})
    receipt_id: str = column("VARCHAR", "number of the receipt", str_length={"min_value": 1})
    record_type: str = column("VARCHAR", "what the line records", isin=RECORD_TYPES)
    line_no: int = column("BIGINT", "position in the receipt, from 1, as in raw_transactions", ge=1)
    name: str = column("VARCHAR", "the attribute, as the mapping names it", str_length={"min_value": 1})
    value: str = column("VARCHAR", "its value, as the file writes it or the mapping names it")
