"""Contract of ``association_rules``."""

from crm_assets.contracts.base import SnapshotTable, column


class AssociationRules(SnapshotTable, key=["month", "segment_id", "rank"]):
    """Whoever has the antecedents in the basket has the consequents too: rules of every type of customers, and of
    everybody. Kept are those with the confidence asked for, and the five best of a segment where fewer have it.
    `association_rule_items` has the articles one by one."""

    segment_id: str = column("VARCHAR", "type of the customers whose baskets they are; all = everybody")
    segment_name: str = column("VARCHAR", "its name; null for everybody", nullable=True)
    rank: int = column("BIGINT", "in the segment: by confidence, then lift, then baskets", ge=1)
    antecedents: str = column("VARCHAR", "product_ids that are given: a JSON list, sorted", str_length={"min_value": 3})
    consequents: str = column("VARCHAR", "product_ids that come along: a JSON list", str_length={"min_value": 3})
    antecedent_support: float = column("DOUBLE", "baskets with the antecedents", gt=0, le=1, unit="share")
    consequent_support: float = column("DOUBLE", "baskets with the consequents", gt=0, le=1, unit="share")
    support: float = column("DOUBLE", "baskets with both", gt=0, le=1, unit="share")
    confidence: float = column("DOUBLE", "support ÷ antecedent_support", gt=0, le=1, unit="share")
    lift: float = column("DOUBLE", "confidence ÷ consequent_support; 1 = as by chance", gt=0)
    leverage: float = column("DOUBLE", "support − antecedent_support · consequent_support", ge=-0.25, le=0.25)
    conviction: float = column(
        "DOUBLE",
        "(1 − consequent_support) ÷ (1 − confidence); null = infinite, the confidence is 1",
        ge=0,
        nullable=True,
    )
    zhangs_metric: float = column("DOUBLE", "Zhang's: −1 never together, 0 by chance, 1 always", ge=-1, le=1)
    passes_confidence: bool = column("BOOLEAN", "whether it has the confidence asked for, rule_min_confidence")
    baskets: int = column("BIGINT", "baskets with both", ge=1, unit="baskets")
    antecedent_baskets: int = column("BIGINT", "baskets with the antecedents", ge=1, unit="baskets")
    consequent_baskets: int = column("BIGINT", "baskets with the consequents", ge=1, unit="baskets")
    segment_baskets: int = column("BIGINT", "all baskets of the segment", ge=1, unit="baskets")
    all_baskets: int = column("BIGINT", "everybody's baskets; the same in all rows", ge=1, unit="baskets")
    rules_asked: int = column(
        "BIGINT",
        "how many rules the month was asked for, in all segments together, kept or not: every split of every set whose "
        "parts are all frequent; the same in all rows; bundle_proposals corrects for so many tests",
        ge=2,
    )
    items: int = column("BIGINT", "articles of both sides", ge=2)
    antecedent_names: str = column("VARCHAR", "their names, or ids where a product has none, joined by +")
    consequent_names: str = column("VARCHAR", "likewise")
