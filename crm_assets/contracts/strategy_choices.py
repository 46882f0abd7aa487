"""Contract of ``strategy_choices``."""

from crm_assets.contracts.base import SnapshotTable, column

NO_TYPE, NO_BAND = "none", "none"


class StrategyChoices(SnapshotTable, key=["month", "segment_id", "rfm_band", "strategy_id"]):
    """What to do with whom: the strategies of every type and band, how many customers each fits, and what was measured
    that speaks for it."""

    segment_id: str = column("VARCHAR", "type; none = customers without one")
    rfm_band: str = column("VARCHAR", "band; none = customers without a receipt in the window")
    strategy_id: str = column("VARCHAR", "id of the strategy")
    rank: int = column("BIGINT", "in type and band, in the order of the catalogue; 1 = first", ge=1)
    customers: int = column("BIGINT", "customers of type and band whom it fits", ge=1, unit="customers")
    of_customers: int = column("BIGINT", "customers of type and band", ge=1, unit="customers")
    peak_hour_from: int = column(
        "BIGINT",
        "first of the three hours in a row with most receipts of the type; null where the strategy asks for none, or "
        "the type's hours are not known",
        nullable=True, ge=0, le=21, unit="hour of the day",
    )  # fmt: skip
    peak_hour_to: int = column("BIGINT", "last of them, included", nullable=True, ge=2, le=23, unit="hour of the day")
    peak_share: float = column(
        "DOUBLE", "share of the type's receipts in them", nullable=True, ge=0, le=1, unit="share"
    )
    evidence: str = column(
        "VARCHAR",
        "JSON list of allowed claims of segment_claims about the type that speak for it: measure, category, direction, "
        "unit, value, value_others, effect, effect_kind, p_adjusted; [] where none does",
    )
