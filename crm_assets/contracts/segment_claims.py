"""Contract of ``segment_claims``."""

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.units import UNITS


class SegmentClaims(Table):
    """What sets a type apart from all others, with the evidence: one row per type, measure and category. A report says
    that something is more or less in a type only where ``allowed``."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    segment_id: str = column("VARCHAR", "type")
    segment_name: str = column("VARCHAR", "persona name of the type")
    measure: str = column("VARCHAR", "what customers were compared by, for instance visit_days or age_band")
    category: str = column("VARCHAR", "one category of the measure; empty where it has none")
    unit: str = column("VARCHAR", "unit of the values", isin=UNITS)
    value: float = column("DOUBLE", "mean of the type's customers; for a yes or no their share")
    value_others: float = column("DOUBLE", "the same of all customers of other types")
    direction: str = column("VARCHAR", "where the type lies", nullable=True, isin=["above", "below"])
    effect: float = column("DOUBLE", "effect size; positive = above the others", ge=-3.1416, le=3.1416)
    effect_kind: str = column(
        "VARCHAR", "cliffs_delta of ranks or cohens_h of shares", isin=["cliffs_delta", "cohens_h"]
    )
    effect_size: str = column(
        "VARCHAR", "name of its size (Romano 2006, Cohen 1988)", isin=["negligible", "small", "medium", "large"]
    )
    p: float = column("DOUBLE", "two-sided p; null where too few make a test", nullable=True, ge=0, le=1)
    p_adjusted: float = column(
        "DOUBLE", "p, adjusted for all tests of the month (Benjamini-Hochberg)", nullable=True, ge=0, le=1
    )
    n: int = column("BIGINT", "customers of the type with a value", ge=1, unit="customers")
    n_others: int = column("BIGINT", "customers of other types with a value", ge=1, unit="customers")
    defines_type: bool = column(
        "BOOLEAN", "recency, frequency or monetary, which made the types, or a measure that follows from them"
    )
    allowed: bool = column(
        "BOOLEAN", "p_adjusted below 0.05, effect small at least, means and ranks point the same way"
    )
    is_extreme: bool = column(
        "BOOLEAN", "allowed, effect medium at least, mean outermost of all types and apart from each of them"
    )
    rank: int = column("BIGINT", "within the type, by effect against what counts as large; 1 = strongest", ge=1)

    class Config(Table.Config):
        unique = ["month", "segment_id", "measure", "category"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
