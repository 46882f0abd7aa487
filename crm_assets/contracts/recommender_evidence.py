"""Contract of ``recommender_evidence``, and of ``recommendation_outcomes``, which has the same figures of what was
served."""

from typing import Any

from crm_assets.contracts.base import SnapshotTable, column


def _figure(description: str) -> Any:
    return column("DOUBLE", description, nullable=True, ge=0, le=1, unit="share")


class RecommenderEvidence(SnapshotTable, key=["month", "slice", "recommender"]):
    """What each recommender would have reached in the month: it learned from the months before, and is judged on the
    articles that customers known by then bought, and, unless `recommend_bought`, had never bought before."""

    slice: str = column("VARCHAR", "all, or the type that customers had at the end of the month before")
    recommender: str = column("VARCHAR", "the method")
    customers: int = column("BIGINT", "customers who bought something that counts", ge=1, unit="customers")
    hit_rate: float = _figure("customers of whose 10 first recommendations one was bought")
    hit_rate_low: float = _figure("lower end of its 95 % interval (Wilson)")
    hit_rate_high: float = _figure("upper end")
    recall_at_10: float = _figure("bought among the 10 first, over bought (10 at most); mean of customers")
    recall_at_10_low: float = _figure("lower end of its 95 % interval")
    recall_at_10_high: float = _figure("upper end")
    map_at_10: float = _figure("mean average precision of the 10 first")
    map_at_10_low: float = _figure("lower end of its 95 % interval")
    map_at_10_high: float = _figure("upper end")
    coverage: float = _figure("articles of the shelf that were recommended to somebody")
