"""Every knob of the project, typed, documented and overridable.

A value comes from the environment (``CRM_<NAME>``, for instance ``CRM_WINDOW_MONTHS=6``), from the
launchpad of the Dagster UI (the resource ``settings``) or from its default here. Nothing else belongs in
this module: what a source looks like is in its mapping file, texts and personas are in ``data/reference``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

OF_THE_TESTS = frozenset({"CRM_TEST_DATA", "CRM_REQUIRE_DATA", "CRM_SCREENSHOTS"})
PROJECT_DIR = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting that cannot be used: says which, its value and the remedy."""


class Settings(BaseModel):
    """The knobs. Paths are strings and dates are ISO strings, because the launchpad knows no others."""

    source: str = Field("lpoint", description="name of the mapping file in data/reference/sources")
    data_dir: str = Field(str(PROJECT_DIR / "data"), description="folder of landing, staging, warehouse, …")
    reference_dir: str = Field(
        str(PROJECT_DIR / "data" / "reference"), description="mapping files, bands, personas, texts"
    )
    history_start: str | None = Field(None, description="first day of history; none = the source's own")
    history_end: str | None = Field(None, description="last day of history; none = the source's own")
    language: Literal["ko", "en"] = Field("ko", description="language of the names of types in the tables")
    returns: Literal["apart", "netted"] = Field(
        "apart",
        description="cancellations are rows of the type return, in no count of receipts; netted = RFM's monetary is "
        "less them, at least 0",
    )
    negative_amounts: Literal["quarantine", "return"] = Field(
        "quarantine", description="what a row below 0 is that the mapping calls no return"
    )
    zero_amounts: Literal["quarantine", "load"] = Field(
        "quarantine", description="what becomes of a row whose amount is 0, a gift for instance"
    )
    future_dates: Literal["quarantine", "load"] = Field(
        "quarantine", description="what becomes of a row later than the day after its file landed"
    )
    unknown_products: Literal["load", "refuse"] = Field(
        "load", description="lines of products that no file describes; refuse = their month is not made"
    )
    unknown_branches: Literal["load", "refuse"] = Field(
        "load", description="lines of branches that no file describes; refuse = their month is not made"
    )
    unknown_customers: Literal["load", "refuse"] = Field(
        "load", description="customers whom no file describes; refuse = their month is not made"
    )

    window_months: int | None = Field(
        12, ge=1, description="months that RFM and profiles look back on; none = all history"
    )
    count_wallet_as_purchase: bool = Field(
        False,
        description="wallet payments count as receipts (S0's authors did) instead of marking wallet use",
    )
    new_customer_max_receipts: int = Field(
        3, ge=1, description="a customer with at most this many receipts since history_start is new"
    )
    sample_weight: float = Field(
        1.0, gt=0, description="members that a customer of the data stands for; 20 for a sample of 5 % as S1's"
    )

    cluster_population: Literal["existing", "all"] = Field("existing", description="who is clustered")
    scaling: Literal["log", "standard"] = Field(
        "log", description="log = log1p of frequency and monetary before standardising, recency as it is"
    )
    k: int | None = Field(None, ge=2, le=10, description="number of types; none = by the stated rule")
    min_cluster_share: float = Field(
        0.02, ge=0, lt=0.5, description="the smallest type that the rule for K accepts, share of customers"
    )
    k_change_margin: float = Field(
        0.02,
        ge=0,
        lt=1,
        description="a refit changes K only when the rule's K lies so much deeper below the chord of the inertia curve "
        "(box 0-1), or when a type of the K in use holds less than half of min_cluster_share",
    )
    min_customers_to_cluster: int = Field(200, ge=20, description="fewer make no types")
    drift_psi: float = Field(0.25, gt=0, description="population stability index above which types are refitted")
    refit: bool = Field(False, description="refit the types of this month whatever the drift")

    loyal_conversion_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of potential loyal customers whose conversion the report reckons: an assumption",
    )
    hybrid_max_share: float = Field(
        0.05, gt=0, lt=1, description="share of clustered customers up to which a cell of type and band is small"
    )
    hybrid_revenue_factor: float = Field(
        2.0, ge=1, description="revenue share over customer share from which a small cell can be valuable"
    )
    hybrid_min_customers: int = Field(
        20, ge=8, description="customers of a cell of type and band below which nothing is tested"
    )

    model_features: Literal["seed", "seed+first_purchase"] = Field(
        "seed+first_purchase",
        description="columns that the model of new customers sees: the seed's 31, or also what a first purchase tells",
    )
    date_columns: bool = Field(
        False, description="the model also sees proxies of the date (flag D); the exposure tells it more"
    )
    horizon_days: int = Field(
        90, ge=1, le=3_650, description="days after the last known receipt at which the type of a new customer is asked"
    )
    min_probability: float = Field(
        0.4, ge=0, le=1, description="probability of the named type below which the model abstains"
    )
    retrain_every_months: int = Field(
        3, ge=1, description="months after the last attempt at which a new model is tried"
    )
    retrain: bool = Field(False, description="train the model of this month now, and use it")
    # 0.25 is the usual mark, but ordinary life passes it: a month of sales gave 0.38 on Online Retail. A till that
    # writes in thousands, a new channel of a fifth of the customers, a column gone missing each give more than 1.
    scoring_drift_psi: float = Field(
        1.0,
        gt=0,
        description="population stability index above which the new customers of a month, or the types predicted for "
        "them, are others than those the model was made to score: a new one is trained, or nobody is scored",
    )
    min_customers_per_type: int = Field(
        30, ge=5, description="existing customers of the smallest type without which no model is trained"
    )
    # Sample of L.POINT's size, macro-F1 of the first 1 / 2 / 3 receipts of 6,000 others: trained on 2,000 customers
    # 0.48 / 0.56 / 0.61, on 5,000 0.49 / 0.57 / 0.62, on 20,000 the same.
    max_training_rows: int = Field(45_000, ge=1_000, description="rows that a model is trained on, at most")
    max_evaluation_customers: int = Field(
        6_000, ge=300, description="customers behind the reported figures, at most; a sample with the types' shares"
    )
    offers_per_customer: int = Field(3, ge=1, le=20, description="best offers that are kept of a customer, at most")
    dormancy_horizon_days: int = Field(
        60, ge=7, le=366, description="days without a purchase after as_of that make a customer dormant"
    )
    dormancy_retrain_every_months: int = Field(
        1, ge=1, description="months after which the model of dormancy is trained anew; a second's work"
    )
    # Online Retail, Brier in spring: trained on one snapshot, whose recency ends at 31 days, and asked four months into
    # history 0.370, where frequency alone has 0.219; trained on three 0.205 and 0.213.
    dormancy_min_snapshots: int = Field(
        3, ge=1, le=24, description="months with a known answer without which no model of dormancy is trained"
    )
    dormancy_evidence_months: int = Field(
        6, ge=1, le=24, description="newest months with a known answer on which model and rules are compared"
    )
    dormancy_min_customers: int = Field(
        50, ge=10, description="customers of either answer, dormant or not, without which nothing is learned or judged"
    )
    at_risk_probability: float = Field(
        0.5, ge=0, le=1, description="probability of dormancy from which a customer is on a list of those to retain"
    )
    mau_new_inflow_share: float = Field(
        0.05, ge=0, le=1, description="new customers that an app campaign brings, in shares of today's active: assumed"
    )
    mau_reactivation_share: float = Field(
        0.05, ge=0, le=1, description="share of dormant customers whom messages bring back: an assumption"
    )
    mau_main_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of customers active now and then who make the shop their main one: an assumption (S1: 5 %)",
    )
    max_comparison_customers: int = Field(
        1_000, ge=300, description="customers behind comparisons of models, at most: ablation, other algorithms"
    )
    evaluation_folds: int = Field(3, ge=2, le=10, description="folds, by customer, behind every reported figure")

    lifestyle_months: int = Field(
        3, ge=1, le=36, description="months up to the snapshot's whose spending by category makes a lifestyle"
    )
    lifestyle_category: Literal["major", "middle"] = Field(
        "major", description="which category of a product a lifestyle is told by"
    )
    lifestyle_k: int = Field(
        14, ge=2, le=40, description="number of lifestyles, or the most where customers are few or stability decides"
    )
    lifestyle_rarity: float = Field(
        0.25, ge=0, le=0.5, description="how much rare categories of spend count: 0 = by size, 0.5 = all alike"
    )
    # On Complete Journey's departments 14 lifestyles give an adjusted Rand index of 0.7 between seeds, 7 of 0.98.
    lifestyle_min_stability: float = Field(
        0.0,
        ge=0,
        le=1,
        description="0 = lifestyle_k as it is; else the largest K up to it whose fits of other seeds agree so well "
        "with the first (mean adjusted Rand index)",
    )
    # Of 342 active customers of the sample 14 lifestyles leave 8 without a category that is evident, 6 leave 2.
    lifestyle_min_customers: int = Field(
        50,
        ge=1,
        description="active customers for each lifestyle, in the mean: fewer make fewer lifestyles, or none",
    )
    lifestyle_refit_months: int = Field(
        12, ge=1, description="months after which the lifestyles are fitted anew; ids and names stay"
    )
    lifestyle_refit: bool = Field(False, description="refit the lifestyles of this month")
    lifestyle_difference_share: float = Field(
        0.2, gt=0, le=1, description="share of a lifestyle's members who have a category, from which it can be its own"
    )
    lifestyle_difference_effect: float = Field(
        0.5, ge=0, description="Cohen's h against another lifestyle's share, from which it has what the other has not"
    )

    lead_outcome_days: int = Field(
        30,
        ge=0,
        le=3_650,
        description="days after a lead came in at which its outcome counts as known, where no day of it is delivered",
    )
    lead_missing_share: float = Field(
        0.7, gt=0, le=1, description="share of leads without a value above which an attribute of leads is dropped"
    )
    lead_rare_share: float = Field(
        0.01, ge=0, lt=0.5, description="share of leads below which values of an attribute are merged into one, other"
    )
    lead_min_outcomes: int = Field(
        50, ge=10, description="known leads of either outcome without which no model of leads is trained"
    )
    lead_retrain_every_months: int = Field(3, ge=1, description="months after which the model of leads is trained anew")
    lead_max_training_rows: int = Field(
        20_000, ge=1_000, description="known leads, the newest, that the model of leads is trained on, at most"
    )
    lead_capacity: int = Field(50, ge=1, description="open leads a month that sales can handle: the best of the list")
    lead_suspicion: Literal["leave_out", "report"] = Field(
        "leave_out",
        description="what becomes of attributes that seem to be filled in after contact, unless the reference file "
        "allows them",
    )

    low_value_amount: float | None = Field(
        None,
        gt=0,
        description="a receipt below it is of low value; none = a quarter of the shop's median receipt of the "
        "lifestyle's months, because currencies differ",
    )
    recurring_tolerance: float = Field(
        0.1, ge=0, lt=1, description="how far payments may lie from their mean and still be recurring, share of it"
    )
    recurring_most_a_month: int = Field(
        2, ge=1, description="more payments to one payee in a month than these are shopping, and not recurring"
    )

    recommender_max_articles: int = Field(
        5_000, ge=10, le=20_000, description="most widely bought articles that can be recommended"
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
        description="best rules of a segment that are tested to be proposed; the others count as failed tests",
    )
    bundles_per_segment: int = Field(10, ge=1, description="proposals of bundles and promotions of a segment, at most")
    promotion_response_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of the customers addressed who come to buy as those do who have the antecedents: an "
        "assumption",
    )

    seed: int = Field(42, ge=0, description="seed of every random draw")
    lock_wait_seconds: float = Field(
        600, ge=0, description="how long to wait for another writer; it keeps the warehouse for a whole run"
    )
    memory_limit: str = Field("3GB", description="what the engine holds in memory before it spills to disk")

    model_config = {"extra": "forbid"}

    @field_validator(
        "history_start",
        "history_end",
        "window_months",
        "k",
        "low_value_amount",
        "rule_min_support",
        mode="before",
    )
    @classmethod
    def _none_is_a_value(cls, value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() in {"", "none"} else value

    @field_validator("data_dir")
    @classmethod
    def _no_pattern(cls, value: str) -> str:
        # The engine reads these characters in a path as a pattern that names several files.
        if set(value) & set("*?[]{}"):
            raise ValueError("the path of the data folder must not hold any of * ? [ ] { }")
        return value

    @field_validator("history_start", "history_end")
    @classmethod
    def _iso_date(cls, value: str | None) -> str | None:
        return None if value is None else date.fromisoformat(value).isoformat()

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """The settings of this process: given values over ``CRM_<NAME>`` variables over the defaults.

        Raises:
            SettingsError: a value that the field does not admit, or a setting that there is not; names the variable
                and the remedy.
        """
        strange = [
            n
            for n in environment
            if n.startswith("CRM_") and n not in OF_THE_TESTS and n[4:].lower() not in cls.model_fields
        ]
        if strange:
            near = get_close_matches(strange[0], [f"CRM_{n.upper()}" for n in cls.model_fields], 1)
            raise SettingsError(
                f"there is no setting {strange[0]}{f': did you mean {near[0]}?' if near else '.'} Correct or unset it; "
                "all settings are in crm_assets/settings.py."
            )
        named = {n: environment[f"CRM_{n.upper()}"] for n in cls.model_fields if f"CRM_{n.upper()}" in environment}
        try:
            return cls(**{**named, **given})
        except ValidationError as error:
            faults = "; ".join(
                f"CRM_{str(e['loc'][0]).upper()}={e['input']!r}: {e['msg']}" for e in error.errors() if e["loc"]
            )
            raise SettingsError(f"settings refused: {faults}. Correct or unset the variable.") from error

    @property
    def parameters(self) -> dict[str, object]:
        """The knobs as the named parameters of a query."""
        return {name: getattr(self, name) for name in Settings.model_fields}

    @property
    def reading_policies(self) -> dict[str, str]:
        """What decides which rows of a file are loaded: a file is read anew when one of them changes."""
        return {name: getattr(self, name) for name in ("negative_amounts", "zero_amounts", "future_dates")}

    @property
    def data(self) -> Path:
        return Path(self.data_dir).expanduser().resolve()

    @property
    def reference(self) -> Path:
        return Path(self.reference_dir).expanduser().resolve()

    @property
    def home(self) -> Path:
        """Where Dagster keeps the runs of this data folder: what was made is remembered there."""
        project = PROJECT_DIR / "data"
        return PROJECT_DIR / "dagster_home" if self.data == project else self.data / "dagster_home"

    @property
    def landing(self) -> Path:
        return self.data / "landing"

    @property
    def staging(self) -> Path:
        return self.data / "staging"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    @property
    def database(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The copy of the warehouse for readers."""
        return self.data / "published.duckdb"
