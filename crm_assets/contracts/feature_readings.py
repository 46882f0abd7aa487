"""Contract of ``feature_readings``."""

from crm_assets.contracts.base import ReadingsTable


class FeatureReadings(ReadingsTable, key=["month", "purchase_month", "reading_hash"]):
    """From which readings of files a month of feature_table was made."""
