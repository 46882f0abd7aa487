"""Contract of ``segment_profiles``."""

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.units import UNITS


class SegmentProfiles(Table):
    """What the types are like: one row per type, measure and category; segment_id all = all clustered customers."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    segment_id: str = column("VARCHAR", "type; all = every clustered customer")
    segment_name: str = column("VARCHAR", "persona name of the type")
    measure: str = column("VARCHAR", "what is measured, for instance recency_days_mean or age_band")
    category: str = column("VARCHAR", "category of a distribution; empty for a single figure")
    value: float = column("DOUBLE", "the figure")
    unit: str = column("VARCHAR", "unit of the figure", isin=UNITS)
    base: int = column("BIGINT", "customers or receipts behind the figure", ge=0)

    class Config(Table.Config):
        unique = ["month", "segment_id", "measure", "category"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
