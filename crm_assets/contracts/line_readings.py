"""Contract of ``line_readings``."""

from crm_assets.contracts.base import ReadingsTable


class LineReadings(ReadingsTable, key=["month", "purchase_month", "reading_hash"]):
    """From which readings of files a month of raw_transactions was made."""
