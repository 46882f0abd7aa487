"""Contract of ``strategy_conditions``."""

from crm_assets.contracts.base import SnapshotTable, column

TRAITS = [  # of a customer, that a strategy can go by
    "segment_id",
    "rfm_band",
    "rfm_grade",
    "lifecycle",
    "list",
    "lifestyle_id",
    "offer_id",
    "gender",
    "age_band",
    "channel_use",
    "wallet_user",
    "loyalty",
    "purchasing_power",
]


class StrategyConditions(SnapshotTable, key=["month", "strategy_id", "trait", "value"]):
    """Whom a strategy is for: a customer who has one of the values of every trait that it names."""

    strategy_id: str = column("VARCHAR", "id of the strategy")
    trait: str = column(
        "VARCHAR", "of the customer; list = of retention_lists, offer_id = of the best offer", isin=TRAITS
    )
    value: str = column("VARCHAR", "one of the values that fit", str_length={"min_value": 1})
