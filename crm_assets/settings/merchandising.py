"""Rules of baskets, bundles and recommendations. A part of ``Settings``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OfMerchandising(BaseModel):
    """Rules of baskets, bundles and recommendations."""

    basket_unit: Literal["receipt", "customer"] = Field(
        "receipt", description="what a basket is for rules: a receipt, or all that a customer bought in the window"
    )
    rule_min_support: float | None = Field(
        None,
        gt=0,
        le=1,
        description="share of a segment's baskets that a set of articles must be in to be frequent; none = the "
        "source's own (rule_min_support of its mapping file), 0.02 where it has none",
    )
    rule_min_baskets: int = Field(
        10, ge=1, description="baskets that it must be in at least, so that a small segment has no rules by chance"
    )
    rule_max_items: int = Field(4, ge=2, le=8, description="articles of the largest set, both sides of a rule together")
    rule_min_confidence: float = Field(
        0.7, ge=0, le=1, description="confidence from which a rule passes; the five best are kept where fewer do"
    )
    rule_max_itemsets: int = Field(
        50_000, ge=100, description="frequent sets of a segment above which the month is refused: they are no finding"
    )
    bundle_rules_tested: int = Field(
        200,
        ge=1,
        description="best rules of a segment that are tested to be proposed (the others count as failed tests); "
        "only these are tested again in the month after, by rule_retests",
    )
    bundles_per_segment: int = Field(10, ge=1, description="proposals of bundles and promotions of a segment, at most")
    promotion_response_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of the customers addressed who come to buy as those do who have the antecedents: an "
        "assumption",
    )

    recommender_max_articles: int = Field(
        5_000, ge=10, le=10_000, description="most widely bought articles that can be recommended"
    )
    # Online Retail, July to October 2011, hit rate and MAP@10 of the blend with 14 days: λ = 100 0.540 and 0.066, 200
    # 0.540 and 0.069, 400 0.546 and 0.069, 800 0.544 and 0.071.
    recommender_regularisation: float = Field(
        400.0, gt=0, description="λ of EASE: how many customers an article needs to be trusted"
    )
    recommender_neighbours: int = Field(
        100, ge=1, le=1_000, description="articles that speak for an article, at most; the table's size"
    )
    recommender_evidence_months: int = Field(
        3, ge=1, le=24, description="newest judged months by which the recommender that serves is chosen"
    )
    recommender_evidence_customers: int = Field(
        5_000, ge=100, description="customers of a month that recommenders are judged on, at most; a seeded draw"
    )
    recommender_change_margin: float = Field(
        0.05,
        ge=0,
        le=1,
        description="how much better, as a share of its MAP@10, another recommender must have been than the one that "
        "serves: methods that are about as good must not take turns",
    )
    recommendations_per_customer: int = Field(10, ge=1, le=100, description="articles recommended to a customer")
    recommend_bought: bool = Field(False, description="articles that a customer has bought may be recommended again")
    region_min_customers: int = Field(
        30, ge=8, description="customers of a region below which it gets no recommendations of its own"
    )
    policy_every: int = Field(
        3,
        ge=0,
        description="each so many-th place goes to the policy of the customer's segment, if an article on the short "
        "list fits it; 0 = none",
    )
