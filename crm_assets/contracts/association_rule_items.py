"""Contract of ``association_rule_items``."""

from crm_assets.contracts.base import SnapshotTable, column


class AssociationRuleItems(SnapshotTable, key=["month", "segment_id", "rank", "product_id"]):
    """The articles of the rules, to join on: one row per rule and article."""

    segment_id: str = column("VARCHAR", "segment of the rule")
    rank: int = column("BIGINT", "rank of the rule", ge=1)
    side: str = column("VARCHAR", "on which side it stands", isin=["antecedent", "consequent"])
    product_id: str = column("VARCHAR", "the shop's id of the product")
    product_name: str = column("VARCHAR", "its name", nullable=True)
