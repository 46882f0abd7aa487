"""Contract of ``strategy_evidence``."""

from crm_assets.contracts.base import SnapshotTable, column


class StrategyEvidence(SnapshotTable, key=["month", "strategy_id", "measure", "category"]):
    """What would speak for a strategy: claims about a type, which are quoted where segment_claims allows them."""

    strategy_id: str = column("VARCHAR", "id of the strategy")
    measure: str = column("VARCHAR", "as in segment_claims")
    category: str = column("VARCHAR", "one category of the measure; empty where it has none")
    direction: str = column("VARCHAR", "where the type must lie against the others", isin=["above", "below"])
