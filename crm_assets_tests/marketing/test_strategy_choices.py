"""What to do with whom: counts by type and band, peak hours with their ties, and evidence of allowed claims only."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from crm_assets.contracts.strategy_choices import NO_BAND, NO_TYPE
from crm_assets.defs.marketing.customer_strategies import customer_strategies
from crm_assets.defs.marketing.strategy_choices import strategy_choices
from crm_assets.marketing.quotes import PARTS
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.marketing import strategy_shop as shop
from crm_assets_tests.prediction.feature_shop import insert

WALLET = ("wallet_user", "", "below")
CATALOGUE = [
    {"id": "peak", "when": {"rfm_band": ["At-Risk", "VIP"]}, "at_peak_hours": True},
    {"id": "pro", "when": {"segment_id": ["pro"]}, "evidence": [WALLET, ("age_band", "40대", "above")]},
    {"id": "gone", "when": {"lifecycle": ["lapsed"]}, "evidence": [WALLET]},
]
PEOPLE = {
    **{f"pro VIP {n}": {"segment_id": "pro", "rfm_band": "VIP"} for n in range(3)},
    "pro at risk": {"segment_id": "pro", "rfm_band": "At-Risk"},
    "pro promising": {"segment_id": "pro", "rfm_band": "Promising"},
    "pro lapsed": {"segment_id": "pro", "lifecycle": "lapsed"},
    "untyped": {"rfm_band": "VIP"},
    "novice": {"segment_id": "novice", "rfm_band": "VIP"},
    "novice promising": {"segment_id": "novice", "rfm_band": "Promising"},
    "nobody": {"lifecycle": "lapsed"},
    "nobody told": {},
}
BY_HAND = {  # type, band, strategy: rank, customers, of customers
    ("pro", "VIP", "peak"): (1, 3, 3),
    ("pro", "VIP", "pro"): (2, 3, 3),
    ("pro", "At-Risk", "peak"): (1, 1, 1),
    ("pro", "At-Risk", "pro"): (2, 1, 1),
    ("pro", "Promising", "pro"): (1, 1, 1),
    ("pro", NO_BAND, "pro"): (1, 1, 1),
    ("pro", NO_BAND, "gone"): (2, 1, 1),
    (NO_TYPE, "VIP", "peak"): (1, 1, 1),
    ("novice", "VIP", "peak"): (1, 1, 1),
    (NO_TYPE, NO_BAND, "gone"): (1, 1, 2),
}
PRO_HOURS = {9: 4, 12: 5, 13: 6, 14: 5, 20: 8, 21: 7}  # 12-14 have 16 of 35, 19-21 and 20-22 have 15


def fill(warehouse: Warehouse, hours: Mapping[str, Mapping[int, int]]) -> None:
    with warehouse.session() as session:
        session.ensure_tables()
        shop.customers(session, PEOPLE)
        shop.strategies(session, CATALOGUE)
        for segment, receipts in hours.items():
            shop.hours(session, segment, receipts)


def choices(warehouse: Warehouse):
    made(customer_strategies, warehouse, shop.KEY)
    return made(strategy_choices, warehouse, shop.KEY).set_index(["segment_id", "rfm_band", "strategy_id"])


def test_by_hand(warehouse: Warehouse):
    fill(warehouse, {"pro": PRO_HOURS, "all": {3: 100}})
    rows = choices(warehouse)
    found = {k: (r["rank"], r["customers"], r["of_customers"]) for k, r in rows.iterrows()}
    assert found == BY_HAND
    peak = rows.loc[("pro", "At-Risk", "peak")]
    assert (peak["peak_hour_from"], peak["peak_hour_to"]) == (12, 14)
    assert peak["peak_share"] == pytest.approx(16 / 35)
    silent = rows.loc[[k for k in BY_HAND if k[2] != "peak" or k[0] != "pro"]]
    columns = ["peak_hour_from", "peak_hour_to", "peak_share"]
    assert silent[columns].isna().all(axis=None), "it asks for no hours, there is no type, or its hours are not known"


@pytest.mark.parametrize(
    ("receipts", "first", "share"),
    [
        ({14: 7}, 12, 1.0),  # of 12-14, 13-15 and 14-16, which hold the same, the earliest
        ({0: 3}, 0, 1.0),
        ({23: 3}, 21, 1.0),
        ({10: 2, 11: 2, 12: 2, 18: 3, 19: 3}, 10, 0.5),  # six receipts in 10-12, in 17-19 and in 18-20
        ({10: 2, 11: 2, 12: 2, 18: 3, 19: 4}, 17, 7 / 13),
        ({9: 1, 10: 3, 11: 3, 12: 3, 13: 1}, 10, 9 / 11),
        ({h: 1 for h in range(24)}, 0, 3 / 24),
        ({h: (1 if h % 2 else 0) for h in range(24)}, 1, 2 / 12),  # an hour without a receipt is an hour
        ({22: 333_333, 23: 333_333, 1: 333_333, 2: 333_333}, 0, 0.5),  # 0-2, 1-3 and 21-23: shares do not add up
    ],
)
def test_peak_hours(warehouse: Warehouse, receipts: dict[int, int], first: int, share: float):
    fill(warehouse, {"pro": receipts})
    row = choices(warehouse).loc[("pro", "VIP", "peak")]
    assert (row["peak_hour_from"], row["peak_hour_to"]) == (first, first + 2)
    assert row["peak_share"] == pytest.approx(share, abs=1e-12)


def claim(segment: str, measure: str, category: str, direction: str, allowed: bool, rank: int) -> dict[str, object]:
    return {
        **shop.OF_MARCH, "segment_id": segment, "measure": measure, "category": category, "unit": "share",
        "value": 0.125, "value_others": 0.5, "direction": direction, "effect": -0.75, "effect_kind": "cohens_h",
        "p_adjusted": 0.001, "allowed": allowed, "rank": rank,
    }  # fmt: skip


def evidence(warehouse: Warehouse, *claims: dict[str, object]) -> dict[tuple[str, str, str], list[dict[str, object]]]:
    fill(warehouse, {})
    with warehouse.session() as session:
        insert(session, "segment_claims", list(claims))
    return {key: json.loads(text) for key, text in choices(warehouse)["evidence"].items()}


def test_what_speaks_for_a_strategy_is_quoted_strongest_first(warehouse: Warehouse):
    found = evidence(
        warehouse,
        claim("pro", *WALLET, allowed=True, rank=2),
        claim("pro", "age_band", "40대", "above", allowed=True, rank=1),
        claim("pro", "age_band", "30대", "above", allowed=True, rank=3),
        claim("novice", *WALLET, allowed=True, rank=1),
    )
    quoted = found["pro", "VIP", "pro"]
    assert [(q["measure"], q["category"]) for q in quoted] == [("age_band", "40대"), ("wallet_user", "")]
    assert quoted[1] == {
        "measure": "wallet_user", "category": "", "direction": "below", "unit": "share", "value": 0.125,
        "value_others": 0.5, "effect": -0.75, "effect_kind": "cohens_h", "p_adjusted": 0.001,
    }  # fmt: skip
    assert tuple(quoted[1]) == PARTS
    assert [q["measure"] for q in found["pro", NO_BAND, "gone"]] == ["wallet_user"]
    assert found["novice", "VIP", "peak"] == [] and found[NO_TYPE, NO_BAND, "gone"] == []
    assert all(quoted == found["pro", band, "pro"] for band in ("At-Risk", "Promising", NO_BAND))


@pytest.mark.parametrize(
    "silent",
    [
        claim("pro", *WALLET, allowed=False, rank=1),
        claim("pro", "wallet_user", "", "above", allowed=True, rank=1),
        claim("novice", *WALLET, allowed=True, rank=1),
        {**claim("pro", *WALLET, allowed=True, rank=1), "month": "2021-02-01"},
    ],
    ids=["not allowed", "the other direction", "another type", "another month"],
)
def test_what_is_not_allowed_or_says_something_else_is_never_quoted(warehouse: Warehouse, silent: dict[str, object]):
    assert set(map(str, evidence(warehouse, silent).values())) == {"[]"}
