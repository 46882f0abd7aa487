"""Proposals: what is no chance, whom to address, one per set of products; the evidence against simulation."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, norm

from crm_assets.defs.merchandising.association_rules import association_rules
from crm_assets.defs.merchandising.bundle_proposals import bundle_proposals
from crm_assets.defs.merchandising.rule_retests import rule_retests
from crm_assets.merchandising.bundles import lift_evidence, proposals
from crm_assets.statistics.evidence import Z
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.merchandising.basket_shop import sold, types

BEFORE, MONTH = "2021-03-01", "2021-04-01"
SUMS = ("bb", "ab", "bc", "bn", "aa", "cc", "ac", "an", "cn", "nn")


def sums_of(a: np.ndarray, c: np.ndarray, b: np.ndarray, n: np.ndarray) -> dict[str, float]:
    """What ``lift_evidence`` asks for, of the counts of every customer."""
    counts = {"a": a, "c": c, "b": b, "n": n}
    products = {name: float((counts[name[0]] * counts[name[1]]).sum()) for name in SUMS}
    return {
        "baskets": b.sum(), "antecedent_baskets": a.sum(), "consequent_baskets": c.sum(), "segment_baskets": n.sum(),
        **products,
    }  # fmt: skip


def evidence_of(*counts: list[int]) -> pd.Series:
    return lift_evidence(pd.DataFrame([sums_of(*(np.array(c) for c in counts))])).iloc[0]


def test_one_customer_alone_makes_no_evidence_however_often_it_comes():
    """60 baskets with both of 1,060: to Fisher no chance at all, to customers a single one."""
    others = [0] * 1_000
    alone = evidence_of([60, *others], [60, *others], [60, *others], [60] + [1] * 1_000)
    assert alone["p_value"] > 0.25 and np.isnan(alone["lift_low"])
    many = evidence_of([1] * 60 + others, [1] * 60 + others, [1] * 60 + others, [1] * 1_060)
    assert many["p_value"] < 1e-10 and 10 < many["lift_low"] < 1_060 / 60 < many["lift_high"]


def test_the_larger_p_counts():
    """Baskets of customers who come once: with few of them Fisher's p is the larger, and it is scipy's."""
    a, c, b = [1] * 8 + [0] * 12, [1] * 6 + [0] * 2 + [1] * 4 + [0] * 8, [1] * 6 + [0] * 14
    found = evidence_of(a, c, b, [1] * 20)
    fisher = fisher_exact([[6, 2], [4, 8]], alternative="greater").pvalue
    w = (8 * np.array(c) + 10 * np.array(a)) / 20 - 8 * 10 / 400
    surplus = np.array(b) - w
    by_customers = 2 * norm.sf(surplus.sum() / np.sqrt((surplus**2).sum()))
    assert by_customers < fisher and found["p_value"] == pytest.approx(fisher)


def test_the_interval_ends_where_the_test_would_refuse():
    """u(θ) summed customer by customer, with no formula for the sums: |z| is 1.96 at both ends."""
    draw = np.random.default_rng(3)
    n = draw.integers(1, 9, 400)
    a, c = draw.binomial(n, 0.2), draw.binomial(n, 0.3)
    b = np.minimum(np.minimum(a, c), draw.binomial(n, 0.25))
    found = evidence_of(a, c, b, n)
    total, left, right = n.sum(), a.sum(), c.sum()
    w = (left * c + right * a) / total - n * left * right / total**2
    for end in (found["lift_low"], found["lift_high"]):
        surplus = b - end * w
        assert abs(surplus.sum() / np.sqrt((surplus**2).sum())) == pytest.approx(Z, abs=1e-6)
    assert found["lift_low"] < b.sum() * total / (left * right) < found["lift_high"]


@pytest.mark.parametrize("lift", [1.0, 2.5])
def test_the_interval_holds_the_true_lift_where_customers_differ(lift: float):
    """Customers with tastes of their own, who buy the same again and again."""
    draw, rows = np.random.default_rng(11), []
    for _ in range(400):
        n = 1 + draw.poisson(6, 500)
        pa, pc = draw.beta(2, 18, 500), draw.beta(2, 18, 500)
        both = np.minimum(lift * pa * pc, np.minimum(pa, pc))
        b = draw.binomial(n, both)
        a, c = (b + draw.binomial(n - b, (p - both) / (1 - both)) for p in (pa, pc))
        rows.append(sums_of(a, c, b, n))
    found = lift_evidence(pd.DataFrame(rows))
    refused = (found["p_value"] < 0.05).mean()
    held = (found["lift_low"].fillna(1) <= lift) & (found["lift_high"].fillna(np.inf) >= lift)
    assert refused < 0.08 if lift == 1 else refused > 0.9
    assert held.mean() > 0.9  # few baskets hold both: the normal law is not quite reached


@pytest.fixture
def store(warehouse: Warehouse) -> Warehouse:
    """March and April alike, 200 customers: 40 buy a with b, 20 of them c too, 10 buy a alone; the others d."""
    with warehouse.session() as session:
        for month in (BEFORE, MONTH):
            baskets = {
                f"{month}{n}": ["a", "b", "c"] if n < 20 else ["a", "b"] if n < 40 else ["a"] if n < 50 else ["d"]
                for n in range(200)
            }
            sold(session, baskets, month, {receipt: f"C{receipt[10:]}" for receipt in baskets})
            types(session, {f"C{n}": "t" if n % 2 else None for n in range(200)}, month)
    return warehouse


def make(store: Warehouse, **settings: object) -> pd.DataFrame:
    made(association_rules, store, BEFORE, **settings)
    made(association_rules, store, MONTH, **settings)
    made(rule_retests, store, MONTH, **settings)
    return made(bundle_proposals, store, MONTH, **settings)


def test_rules_of_one_set_are_one_proposal_with_its_audience(store: Warehouse):
    found = make(store)
    everybody = found[found["segment_id"] == "all"]
    sets = [frozenset(json.loads(a) + json.loads(c)) for a, c in
            zip(everybody["antecedents"], everybody["consequents"], strict=True)]  # fmt: skip
    assert len(sets) == len(set(sets)) and frozenset("ab") in sets and not any("d" in one for one in sets)
    pair = everybody.iloc[sets.index(frozenset("ab"))]
    # b → a is certain, a → b has 40 of 50: one bundle, told by the better rule; everybody who has b has a
    assert (pair["kind"], pair["rules"], pair["antecedents"], pair["customers_to_address"]) == ("bundle", 2, '["b"]', 0)
    assert (pair["baskets"], pair["basket_customers"], pair["lift"]) == (80, 40, 4.0) and pair["retest"] == "holds"
    assert set(found["segment_id"]) == {"all", "t"}
    assert (found["p_adjusted"] >= found["p_value"]).all() and (found["lift_low"] <= found["lift"]).all()


def test_one_direction_alone_is_a_promotion_to_those_who_have_the_one_and_not_the_other(store: Warehouse):
    """With 0.75 asked for a → b passes with 0.8, and c → anything; a, b → c with 0.5 does not, nor is it among five."""
    with store.session() as session:
        for month in (BEFORE, MONTH):  # 30 more buy b without a: b → a falls to 40 of 70
            baskets = {f"{month}x{n}": ["b"] for n in range(30)}
            sold(session, baskets, month, {receipt: f"C{receipt[10:]}" for receipt in baskets})
    found = make(store, rule_max_items=2, rule_min_confidence=0.75)
    everybody = found[found["segment_id"] == "all"].set_index("antecedents")
    with store.session() as session:
        whole = session.frame(
            """select antecedents, consequents, confidence from association_rules
            where month = date '2021-04-01' and segment_id = 'all' order by rank"""
        )
    assert len(whole) == 5
    one = everybody.loc['["a"]']
    assert one["kind"] == "bundle" and one["customers_to_address"] == 10
    assert one["expected_baskets"] == pytest.approx(10 * 0.8 * 0.05)
    assert everybody.loc['["c"]', "customers_to_address"].tolist() == [0, 0]


def shop_of_chance(
    store: Warehouse, seed: int, chances: np.ndarray, receipts: int, planted: tuple[int, int] | None = None
) -> None:
    """Receipts of April in which every article is with its own chance, whatever else is: nothing belongs together, but
    for a planted pair in a tenth of them. A receipt is a customer's, of one of four types."""
    draw = np.random.default_rng(seed)
    held = draw.random((receipts, len(chances))) < chances
    if planted:
        held[: receipts // 10, list(planted)] = True
    names = np.array([f"p{n:03}" for n in range(len(chances))])
    with store.session() as session:
        sold(session, {f"{n}": [*names[row], "z"][: max(row.sum(), 1)] for n, row in enumerate(held)}, MONTH)
        types(session, {f"C{n}": f"t{n % 4}" for n in range(receipts)}, MONTH)


def proposed(store: Warehouse, **settings: object) -> pd.DataFrame:
    made(association_rules, store, MONTH, **settings)
    return made(bundle_proposals, store, MONTH, **settings)


HALF, WIDE = np.full(12, 0.5), np.full(300, 0.03)
MANY = np.full(20, 0.3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("chances", "receipts", "support"),
    # of the wide one the sets that are frequent are those that chance put together; so are the parts of larger ones
    [(HALF, 300, 0.02), (MANY, 2_000, 0.02), (WIDE, 2_000, 0.004)],
    ids=["half", "many", "wide"],
)
def test_in_a_shop_of_chance_nothing_is_proposed(
    warehouse: Warehouse, seed: int, chances: np.ndarray, receipts: int, support: float
):
    shop_of_chance(warehouse, seed, chances, receipts)
    assert proposed(warehouse, rule_min_support=support).empty


@pytest.mark.parametrize(("chances", "support"), [(MANY, 0.02), (WIDE, 0.004)], ids=["many", "wide"])
def test_what_is_planted_among_chance_is_proposed(warehouse: Warehouse, chances: np.ndarray, support: float):
    shop_of_chance(warehouse, 0, chances, 2_000, planted=(0, 1))
    found = proposed(warehouse, rule_min_support=support, rule_max_items=2, rule_min_confidence=0.3)
    everybody = found[found["segment_id"] == "all"]
    assert [{*json.loads(a), *json.loads(c)} for a, c in
            zip(everybody["antecedents"], everybody["consequents"], strict=True)] == [{"p000", "p001"}]  # fmt: skip


def rule(rank: int, a: str, c: str, lift: float = 2.0) -> dict[str, object]:
    return {"segment_id": "all", "segment_name": None, "rank": rank, "antecedents": json.dumps([a]),
            "consequents": json.dumps([c]), "antecedent_names": a, "consequent_names": c, "baskets": 60,
            "antecedent_baskets": 60, "consequent_baskets": 60, "segment_baskets": 1_060, "confidence": 1.0,
            "passes_confidence": True, "lift": lift, "rules_asked": 40}  # fmt: skip


def looked_at(*ranks: int) -> pd.DataFrame:
    ones = np.array([1] * 60 + [0] * 1_000)
    sums = sums_of(ones, ones, ones, np.ones(1_060, dtype=int))
    kept = {name: sums[name] for name in SUMS}
    rows = [{"segment_id": "all", "rank": r, "basket_customers": 60, "customers_to_address": 8, **kept} for r in ranks]
    return pd.DataFrame(rows)


NO_RETESTS = pd.DataFrame(columns=["segment_id", "antecedents", "consequents", "verdict"], dtype="str")


def test_rules_that_were_asked_for_and_not_kept_count_as_tests():
    many = pd.DataFrame([rule(n, f"a{n}", f"c{n}") for n in range(1, 3)])
    few = proposals(many.assign(rules_asked=2), looked_at(1, 2), NO_RETESTS, 0.1, 10)
    same = proposals(many, looked_at(1, 2), NO_RETESTS, 0.1, 10)
    assert len(few) == len(same) == 2 and few["p_adjusted"].to_numpy() * 20 == pytest.approx(same["p_adjusted"])
    assert few["kind"].unique().tolist() == ["joint_promotion"] and few["expected_baskets"].tolist() == [0.8, 0.8]


def test_what_failed_comes_last_and_no_more_than_asked_for():
    rules = pd.DataFrame([rule(1, "a", "c"), rule(2, "x", "y"), rule(3, "y", "x"), rule(4, "p", "q")])
    verdicts = pd.DataFrame(
        [{"segment_id": "all", "antecedents": '["a"]', "consequents": '["c"]', "verdict": "fails"},
         {"segment_id": "all", "antecedents": '["x"]', "consequents": '["y"]', "verdict": "holds"}]
    )  # fmt: skip
    found = proposals(rules, looked_at(1, 2, 3, 4), verdicts, 0.1, 10)
    assert found["retest"].tolist() == ["holds", "untested", "fails"] and found["rank"].tolist() == [1, 2, 3]
    assert found["kind"].tolist() == ["bundle", "joint_promotion", "joint_promotion"]
    assert len(proposals(rules, looked_at(1, 2, 3, 4), verdicts, 0.1, 2)) == 2


def test_a_lift_below_one_and_a_month_without_rules_propose_nothing(store: Warehouse):
    rules = pd.DataFrame([rule(1, "a", "c", lift=0.9)])
    assert proposals(rules, looked_at(1), NO_RETESTS, 0.1, 10).empty
    assert make(store, rule_min_support=0.9).empty
