"""Contract of ``dormancy_scores``."""

from typing import Any

from crm_assets.contracts.base import SnapshotTable, column


def _probability(by: str) -> Any:
    meaning = f"probability of dormancy by {by}; null without a model, or where nobody has the value"
    return column("DOUBLE", meaning, nullable=True, ge=0, le=1)


class DormancyScores(SnapshotTable, key=["month", "customer_id"]):
    """What the model and each simple rule say of every customer of the window, all as probabilities of no purchase in
    the horizon: learned from nothing later than as_of, so that the months to come can judge them."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    model: float = _probability("the model")
    frequency: float = _probability("the number of receipts alone")
    recency: float = _probability("the days since the last purchase alone")
    interval: float = _probability("the lateness against the usual interval alone")
    p_alive: float = _probability("P(alive) alone")
    p_silent: float = _probability("MBG/NBD's own probability of no purchase alone")
    reason: str = column("VARCHAR", "the column that adds most to the model's log-odds, if one adds", nullable=True)
