"""Contract of ``article_similarities``."""

from crm_assets.contracts.base import SnapshotTable, column


class ArticleSimilarities(SnapshotTable, key=["month", "product_id", "because_product_id"]):
    """For each article the articles whose buyers want it: the most telling `recommender_neighbours` with a weight above
    0, of the window."""

    product_id: str = column("VARCHAR", "the article that may be recommended")
    because_product_id: str = column("VARCHAR", "an article whose buyers want it")
    rank: int = column("BIGINT", "1 = the most telling", ge=1)
    weight: float = column("DOUBLE", "EASE's weight: what having bought it adds to the score", gt=0)
    customers: int = column("BIGINT", "customers who bought both in the window", ge=0, unit="customers")
