"""Contract of ``rule_retests``."""

from crm_assets.contracts.base import SnapshotTable, column

VERDICTS = ["holds", "fails", "too_few"]


class RuleRetests(SnapshotTable, key=["month", "segment_id", "rank"]):
    """The best rules of every segment in the month before, down to rank bundle_rules_tested, asked of the month's own
    baskets, which they were not found in."""

    segment_id: str = column("VARCHAR", "type that the customers had a month before; all = everybody")
    segment_name: str = column("VARCHAR", "its name; null for everybody", nullable=True)
    rank: int = column("BIGINT", "rank of the rule in the month before", ge=1)
    antecedents: str = column("VARCHAR", "product_ids, as in association_rules")
    consequents: str = column("VARCHAR", "product_ids, as in association_rules")
    segment_baskets: int = column("BIGINT", "baskets of the month", ge=0, unit="baskets")
    antecedent_baskets: int = column("BIGINT", "those with the antecedents", ge=0, unit="baskets")
    consequent_baskets: int = column("BIGINT", "those with the consequents", ge=0, unit="baskets")
    baskets: int = column("BIGINT", "those with both", ge=0, unit="baskets")
    support: float = column("DOUBLE", "with both", nullable=True, ge=0, le=1, unit="share")
    consequent_support: float = column("DOUBLE", "with the consequents", nullable=True, ge=0, le=1, unit="share")
    confidence: float = column(
        "DOUBLE", "baskets ÷ antecedent_baskets; null where there are none", nullable=True, ge=0, le=1, unit="share"
    )
    confidence_low: float = column("DOUBLE", "95 % interval (Wilson), lower end", nullable=True, ge=0, le=1)
    confidence_high: float = column("DOUBLE", "its upper end", nullable=True, ge=0, le=1)
    lift: float = column("DOUBLE", "confidence ÷ consequent_support", nullable=True, ge=0)
    confidence_before: float = column("DOUBLE", "confidence of the rule in the month before", ge=0, le=1, unit="share")
    lift_before: float = column("DOUBLE", "lift of the rule in the month before", ge=0)
    verdict: str = column(
        "VARCHAR",
        "holds = the interval's lower end lies above consequent_support; fails = it does not; too_few = fewer than "
        "rule_min_baskets baskets with the antecedents",
        isin=VERDICTS,
    )
