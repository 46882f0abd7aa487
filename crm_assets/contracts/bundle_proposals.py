"""Contract of ``bundle_proposals``."""

from crm_assets.contracts.base import SnapshotTable, column

KINDS = ["bundle", "joint_promotion"]


class BundleProposals(SnapshotTable, key=["month", "segment_id", "rank"]):
    """What to sell together, or to offer to whom: one proposal per set of products, from the best of its rules. None
    whose lift may be chance."""

    segment_id: str = column("VARCHAR", "type of the customers; all = everybody")
    segment_name: str = column("VARCHAR", "its name; null for everybody", nullable=True)
    rank: int = column("BIGINT", "in the segment: those that failed the re-test last, then by lift_low", ge=1)
    kind: str = column(
        "VARCHAR",
        "bundle = several rules of the month hold these products, in whichever direction; joint_promotion = one rule "
        "alone: the consequents are offered to those who buy the antecedents",
        isin=KINDS,
    )
    rule_rank: int = column("BIGINT", "rank of its best rule in association_rules", ge=1)
    rules: int = column("BIGINT", "rules of the month that hold these products", ge=1)
    antecedents: str = column("VARCHAR", "product_ids of the best rule, a JSON list")
    consequents: str = column("VARCHAR", "likewise")
    antecedent_names: str = column("VARCHAR", "their names, joined by +")
    consequent_names: str = column("VARCHAR", "likewise")
    baskets: int = column("BIGINT", "baskets with all of them", ge=1, unit="baskets")
    basket_customers: int = column("BIGINT", "customers whose baskets these are", ge=1, unit="customers")
    confidence: float = column("DOUBLE", "of the best rule", gt=0, le=1, unit="share")
    passes_confidence: bool = column("BOOLEAN", "whether it has the confidence asked for")
    lift: float = column("DOUBLE", "lift that is expected: that of the best rule", gt=1)
    lift_low: float = column("DOUBLE", "its 95 % interval, customers as the units: lower end", gt=1)
    lift_high: float = column("DOUBLE", "its upper end; null where customers are too few for one", gt=1, nullable=True)
    p_value: float = column(
        "DOUBLE", "that the lift is 1: the larger of Fisher's exact p and of that by customers", ge=0, le=1
    )
    p_adjusted: float = column(
        "DOUBLE",
        "Benjamini–Hochberg over all rules that the month was asked for, kept or not (rules_asked of "
        "association_rules); below 0.05, or it is no proposal",
        ge=0,
        lt=0.05,
    )
    retest: str = column(
        "VARCHAR",
        "verdict on the same rule of the month before by this month's baskets (rule_retests); untested = it is new, or "
        "was not among the best of the month before",
        isin=["holds", "fails", "too_few", "untested"],
    )
    customers_to_address: int = column(
        "BIGINT", "customers of the window who bought the antecedents and not all consequents", ge=0, unit="customers"
    )
    expected_baskets: float = column(
        "DOUBLE",
        "further baskets with all of them: customers_to_address · confidence · promotion_response_share, an assumption",
        ge=0,
        unit="baskets",
    )
