"""Who fits which strategy: by hand on eight customers, and every draw of a random shop against a reading in Python."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from crm_assets.defs.marketing.customer_strategies import customer_strategies
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.marketing import strategy_shop as shop
from crm_assets_tests.prediction.feature_shop import insert

CATALOGUE = [
    {"id": "early", "goal": "retain", "when": {"list": ["early_churn"]}},
    {"id": "at_risk", "goal": "win_back", "when": {"rfm_band": ["At-Risk", "Hibernating"]}},
    {"id": "forties", "goal": "visit", "when": {"segment_id": ["pro"], "age_band": ["30대", "40대"]}},
    {"id": "wallet", "goal": "wallet", "when": {"segment_id": ["novice", "pro"], "wallet_user": ["0"]}},
    {"id": "card", "goal": "offer", "when": {"offer_id": ["fuel"]}},
    {"id": "gone", "goal": "win_back", "when": {"lifecycle": ["lapsed"], "gender": ["female"]}},
    {"id": "pro", "goal": "visit", "when": {"segment_id": ["pro"]}},
    {"id": "grade", "goal": "visit", "when": {"rfm_grade": ["HHL"], "loyalty": ["high"], "purchasing_power": ["low"]}},
    {"id": "style", "goal": "basket", "when": {"lifestyle_id": ["cook"], "channel_use": ["both"]}},
]
PEOPLE = {
    "pro of 40": {"segment_id": "pro", "rfm_band": "VIP", "age_band": "40대", "wallet_user": "1"},
    "pro of 20": {"segment_id": "pro", "rfm_band": "VIP", "age_band": "20대", "wallet_user": "0"},
    "pro of no age": {"segment_id": "pro", "rfm_band": "Hibernating", "wallet_user": "0"},
    "no wallet told": {"segment_id": "novice", "rfm_band": "At-Risk"},
    "abstained": {"lifecycle": "new", "rfm_band": "New customers", "list": "early_churn", "offer_id": "fuel"},
    "lapsed": {"lifecycle": "lapsed", "segment_id": "novice", "gender": "female", "age_band": "40대"},
    "all three": {"rfm_band": "Promising", "rfm_grade": "HHL", "loyalty": "high", "purchasing_power": "low",
                  "lifestyle_id": "cook", "channel_use": "both"},
    "two of three": {"rfm_band": "Promising", "rfm_grade": "HHL", "loyalty": "high", "purchasing_power": "mid",
                     "lifestyle_id": "cook", "channel_use": "offline"},
}  # fmt: skip
BY_HAND = {  # customer: (strategy, rank, rank of its goal)
    "pro of 40": [("forties", 1, 1), ("pro", 2, 2)],
    "pro of 20": [("wallet", 1, 1), ("pro", 2, 1)],
    "pro of no age": [("at_risk", 1, 1), ("wallet", 2, 1), ("pro", 3, 1)],
    "no wallet told": [("at_risk", 1, 1)],
    "abstained": [("early", 1, 1), ("card", 2, 1)],
    "lapsed": [("gone", 1, 1)],
    "all three": [("grade", 1, 1), ("style", 2, 1)],
}


def test_by_hand(warehouse: Warehouse):
    with warehouse.session() as session:
        session.ensure_tables()
        shop.customers(session, PEOPLE)
        shop.strategies(session, CATALOGUE)
        # Neither a second-best offer nor another month's traits nor a stranger to customer_types count.
        insert(session, "offer_matches", [{**shop.OF_MARCH, "customer_id": "lapsed", "rank": 2, "offer_id": "fuel"}])
        insert(session, "rfm_scores", [{"month": "2021-02-01", "customer_id": "two of three", "rfm_band": "At-Risk"}])
        insert(session, "customers", [{"customer_id": "stranger", "gender": "female", "age_band": "40대"}])
    rows = made(customer_strategies, warehouse, shop.KEY)
    found: dict[str, list[tuple[str, int, int]]] = {}
    for row in rows.sort_values(["customer_id", "rank"]).itertuples():
        found.setdefault(row.customer_id, []).append((row.strategy_id, row.rank, row.goal_rank))
    assert found == BY_HAND, "two of three values are not enough"
    told = rows.set_index("customer_id")[["segment_id", "rfm_band"]].drop_duplicates().astype(object)
    told = told.where(told.notna(), None)
    assert tuple(told.loc["lapsed"]) == ("novice", None) and tuple(told.loc["abstained"]) == (None, "New customers")


VALUES = {trait: ["0", "1"] if trait == "wallet_user" else [f"{trait} {n}" for n in range(3)] for trait in shop.TABLES}
VALUES |= {
    "gender": ["female", "male"], "lifecycle": ["new", "existing", "lapsed"],
    "goal": ["visit", "wallet", "retain"],
}  # fmt: skip


def drawn(seed: int) -> tuple[dict[str, dict[str, str]], list[dict[str, object]]]:
    """A random shop and a random catalogue over all traits."""
    draw, traits = random.Random(seed), list(shop.TABLES)
    people = {}
    for n in range(120):
        known = draw.sample(traits, draw.randint(3, len(traits)))
        people[f"C{n:03}"] = {"lifecycle": draw.choice(VALUES["lifecycle"])} | {
            trait: draw.choice(VALUES[trait]) for trait in known
        }
    catalogue = []
    for n in range(25):
        named = draw.sample(traits, draw.randint(1, 3))
        when = {trait: draw.sample(VALUES[trait], draw.randint(1, 2)) for trait in named}
        catalogue.append({"id": f"S{draw.randint(0, 999)}_{n}", "goal": draw.choice(VALUES["goal"]), "when": when})
    return people, catalogue


def fits(traits: Mapping[str, str], when: Mapping[str, list[str]]) -> bool:
    return all(traits.get(trait) in values for trait, values in when.items())


@pytest.mark.parametrize("seed", range(4))
def test_every_named_trait_must_fit_and_the_order_is_the_catalogue_s(warehouse: Warehouse, seed: int):
    people, catalogue = drawn(seed)
    expected = set()
    for customer, traits in people.items():
        fitting = [s for s in catalogue if fits(traits, s["when"])]
        for rank, strategy in enumerate(fitting, 1):
            of_goal = [s["id"] for s in fitting if s["goal"] == strategy["goal"]]
            place = of_goal.index(strategy["id"]) + 1
            known = (traits.get("segment_id"), traits.get("rfm_band"))
            expected.add((customer, strategy["id"], rank, strategy["goal"], place, *known))
    with warehouse.session() as session:
        session.ensure_tables()
        shop.customers(session, people)
        shop.strategies(session, catalogue)
    made(customer_strategies, warehouse, shop.KEY)
    with warehouse.session() as session:
        found = session.rows(
            "select customer_id, strategy_id, rank, goal, goal_rank, segment_id, rfm_band from customer_strategies"
        )
    assert len(found) == len(set(found)) and set(found) == expected
    assert len(expected) > 100, "the draw says something"


def test_a_month_without_strategies_that_fit_is_empty(warehouse: Warehouse):
    with warehouse.session() as session:
        session.ensure_tables()
        shop.customers(session, {"c": {"segment_id": "novice"}})
        shop.strategies(session, CATALOGUE)
    assert made(customer_strategies, warehouse, shop.KEY).empty
