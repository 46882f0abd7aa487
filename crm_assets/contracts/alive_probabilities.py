"""Contract of ``alive_probabilities``."""

from crm_assets.contracts.base import SnapshotTable, column


class AliveProbabilities(SnapshotTable, key=["month", "customer_id"]):
    """What a buy-till-you-die model says of everybody with a receipt up to as_of: is the customer still one, and will
    it keep silent."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    repeat_dates: int = column("BIGINT", "purchase dates after the first", ge=0, unit="days")
    last_repeat_days: int = column("BIGINT", "from the first purchase date to the last", ge=0, unit="days")
    age_days: int = column("BIGINT", "from the first purchase date to as_of", ge=0, unit="days")
    horizon_days: int = column("BIGINT", "the dormancy_horizon_days that p_silent means", ge=1, unit="days")
    p_alive: float = column(
        "DOUBLE",
        "probability that the customer still buys here; below 1 for one-time buyers too; null without a model",
        nullable=True,
        ge=0,
        le=1,
    )
    p_silent: float = column(
        "DOUBLE",
        "probability of no purchase in the horizon_days after as_of; null without a model",
        nullable=True,
        ge=0,
        le=1,
    )
