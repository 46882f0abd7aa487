"""Contract of ``customer_strategies``."""

from crm_assets.contracts.base import SnapshotTable, column
from crm_assets.contracts.strategies import GOALS


class CustomerStrategies(SnapshotTable, key=["month", "customer_id", "strategy_id"]):
    """Every strategy that fits a customer, whether a campaign of the month takes it up or not."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    strategy_id: str = column("VARCHAR", "id of the strategy")
    rank: int = column("BIGINT", "of the customer, in the order of the catalogue; 1 = first", ge=1)
    goal: str = column("VARCHAR", "what the strategy is for", isin=GOALS)
    goal_rank: int = column("BIGINT", "the same among those of its goal", ge=1)
    segment_id: str = column("VARCHAR", "type of customer_types; null where it has none", nullable=True)
    rfm_band: str = column("VARCHAR", "band of rfm_scores; null without a receipt in the window", nullable=True)
