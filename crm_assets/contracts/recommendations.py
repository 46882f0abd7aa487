"""Contract of ``recommendations``."""

from crm_assets.contracts.base import SnapshotTable, column

REASONS = ["bought", "content", "type", "popular"]


class Recommendations(SnapshotTable, key=["month", "customer_id", "rank"]):
    """What to offer every customer next: the best `recommendations_per_customer` articles, by the recommender that
    reached most in months past, some places given to the policy of the customer's segment."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    rank: int = column("BIGINT", "1 = first", ge=1)
    product_id: str = column("VARCHAR", "the article; one never bought before, unless `recommend_bought`")
    recommender: str = column("VARCHAR", "the method")
    score: float = column("DOUBLE", "its score; of no unit; 0 where it knew nothing of the customer", ge=0)
    reason: str = column(
        "VARCHAR",
        "bought = buyers of because_product_id want it; content = it is like because_product_id; type = a favourite of "
        "customers of the same type; popular = of all customers",
        isin=REASONS,
    )
    because_product_id: str = column("VARCHAR", "the bought article that speaks most for it", nullable=True)
    because_share: float = column("DOUBLE", "its part of the score", nullable=True, ge=0, le=1, unit="share")
    policies: str = column(
        "VARCHAR", "policies of the customer's segment, in order, separated by blanks", nullable=True
    )
    policy: str = column(
        "VARCHAR", "the policy that this place was given to; null = the recommender's own", nullable=True
    )
