"""Contract of ``receipt_readings``."""

from crm_assets.contracts.base import ReadingsTable


class ReceiptReadings(ReadingsTable, key=["month", "purchase_month", "reading_hash"]):
    """From which readings of files a month of receipts was made."""
