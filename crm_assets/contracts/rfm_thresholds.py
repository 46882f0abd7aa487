"""Contract of ``rfm_thresholds``."""

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.units import UNITS


class RfmThresholds(Table):
    """What a score or a grade's letter means in days, receipts and money: the values of the customers who got it."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    measure: str = column("VARCHAR", "column of rfm_scores", isin=["recency_days", "frequency", "monetary"])
    kind: str = column("VARCHAR", "score = quintile; median = the two halves of a grade", isin=["score", "median"])
    level: str = column(
        "VARCHAR", "score 1-5, or H (at or above the median) and L", isin=["1", "2", "3", "4", "5", "H", "L"]
    )
    low: float = column("DECIMAL(18,4)", "least value of the level; null where nobody has it", nullable=True)
    high: float = column("DECIMAL(18,4)", "greatest value of the level; null where nobody has it", nullable=True)
    unit: str = column("VARCHAR", "unit of low and high", isin=UNITS)
    customers: int = column("BIGINT", "customers of the level; ties can leave one empty", ge=0, unit="customers")

    class Config(Table.Config):
        unique = ["month", "measure", "kind", "level"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
