"""Re-tests: the month's own baskets, the types of a month before, intervals, verdicts at their bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from crm_assets.defs.merchandising.association_rules import association_rules
from crm_assets.defs.merchandising.rule_retests import rule_retests
from crm_assets.merchandising.retests import retested
from crm_assets.statistics.evidence import wilson
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.merchandising.basket_shop import sold, types

BEFORE, MONTH = "2021-03-01", "2021-04-01"
FEW = {"rule_min_baskets": 2, "rule_min_support": 0.1}


@pytest.fixture
def store(warehouse: Warehouse) -> Warehouse:
    """In March a and b go together in the type t."""
    with warehouse.session() as session:
        put(session, {f"{n}": ["a", "b"] if n < 6 else ["c"] for n in range(10)}, BEFORE)
        types(session, {f"C{n}": "t" for n in range(10)}, BEFORE)
    made(association_rules, warehouse, BEFORE, **FEW)
    return warehouse


def put(session: Session, baskets: dict[str, list[str]], month: str) -> None:
    """Receipts whose customers are those of their numbers before the point."""
    customers = {receipt: f"C{receipt.split('.')[0]}" for receipt in baskets}
    sold(session, baskets, month, customers)


def of(rows: pd.DataFrame, segment: str, antecedents: str) -> pd.Series:
    return rows.set_index(["segment_id", "antecedents"]).loc[(segment, antecedents)]


def test_the_months_own_baskets_are_counted_by_the_types_of_a_month_before(store: Warehouse):
    with store.session() as session:
        april = {f"{n}.4": ["a", "b"] if n < 3 else ["a"] if n < 5 else ["c"] for n in range(9)}
        put(session, april | {"new": ["a", "b"], "new2": ["b"]}, MONTH)
        types(session, {f"C{n}": "another" for n in range(10)} | {"Cnew": "t"}, MONTH)
    rows = made(rule_retests, store, MONTH, **FEW)
    assert set(rows["segment_id"]) == {"all", "t"} and len(rows) == 4
    counts = ["segment_baskets", "antecedent_baskets", "consequent_baskets", "baskets"]
    assert of(rows, "t", '["a"]')[counts].tolist() == [9, 5, 3, 3]
    everybody = of(rows, "all", '["a"]')
    assert everybody[counts].tolist() == [11, 6, 5, 4] and everybody["confidence_before"] == 1
    assert (everybody["support"], everybody["confidence"]) == (4 / 11, 4 / 6)
    assert everybody["lift"] == pytest.approx(4 / 6 / (5 / 11))
    assert rows["segment_name"].fillna("–").tolist() == ["–", "–", "name of t", "name of t"]


def test_rules_and_baskets_of_other_months_change_nothing(store: Warehouse):
    with store.session() as session:
        put(session, {f"{n}.4": ["a", "b"] for n in range(5)}, MONTH)
    before = made(rule_retests, store, MONTH, **FEW)
    with store.session() as session:
        put(session, {f"{n}.5": ["a"] for n in range(10)}, "2021-05-01")
        put(session, {f"{n}.2": ["b"] for n in range(10)}, "2021-02-01")
        types(session, {"C0": "late"}, "2021-05-01")
    made(association_rules, store, MONTH, **FEW)
    assert made(rule_retests, store, MONTH, **FEW).equals(before) and len(before) == 4


def test_a_rule_whose_articles_are_not_sold_any_more_is_too_rare_to_be_judged(store: Warehouse):
    with store.session() as session:
        put(session, {f"{n}.4": ["a", "c"] for n in range(5)}, MONTH)
    rows = made(rule_retests, store, MONTH, **FEW)
    gone = of(rows, "t", '["b"]')
    assert gone["verdict"] == "too_few" and np.isnan(gone["confidence"]) and gone["antecedent_baskets"] == 0
    assert of(rows, "t", '["a"]')["verdict"] == "fails"


def test_a_month_without_receipts_and_one_without_rules_before(store: Warehouse):
    rows = made(rule_retests, store, MONTH, **FEW)
    assert set(rows["verdict"]) == {"too_few"} and rows["segment_baskets"].tolist() == [0] * 4
    assert rows["support"].isna().all()
    assert made(rule_retests, store, "2021-06-01", **FEW).empty


def test_only_the_best_rules_of_each_segment_are_asked_again(store: Warehouse):
    with store.session() as session:
        put(session, {f"{n}.4": ["a", "b"] for n in range(5)}, MONTH)
    every = made(rule_retests, store, MONTH, **FEW)
    best = made(rule_retests, store, MONTH, **FEW, bundle_rules_tested=1)
    assert best.equals(every[every["rank"] == 1].reset_index(drop=True)) and len(best) == 2 < len(every)


def test_the_interval_is_scipys():
    hits, trials = np.array([0, 3, 7, 10, 0]), np.array([10, 10, 10, 10, 0])
    low, high = wilson(hits / np.maximum(trials, 1), trials)
    for h, t, one, other in zip(hits[:4], trials[:4], low[:4], high[:4], strict=True):
        expected = binomtest(int(h), int(t)).proportion_ci(method="wilson")
        assert (one, other) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert np.isnan(low[4]) and np.isnan(high[4])


def test_the_verdict_at_its_bounds():
    """9 of 10 have an interval from 0.596: a consequent in 59 of 100 baskets lies below it, one in 60 above."""
    counts = pd.DataFrame(
        {"segment_baskets": 100, "antecedent_baskets": [10, 10, 9, 10], "consequent_baskets": [59, 60, 9, 9],
         "baskets": [9, 9, 9, 0]}
    )  # fmt: skip
    assert retested(counts, 10)["verdict"].tolist() == ["holds", "fails", "too_few", "fails"]
