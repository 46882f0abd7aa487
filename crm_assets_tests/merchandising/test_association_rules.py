"""Rules: the measures by S4's print, mlxtend on real baskets, brute force on small ones, thresholds to the basket."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as some

from crm_assets.defs.making import Refused
from crm_assets.defs.merchandising.association_rules import association_rules
from crm_assets.merchandising.itemsets import Limits, TooManyItemsets
from crm_assets.merchandising.rules import LEAST_SHOWN, MEASURES, measures, rules_asked, rules_of
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.merchandising.basket_shop import ARTICLES, empty, ours, retail, same, sold, theirs, types
from crm_assets_tests.prediction.feature_shop import insert

# Antecedents' support, consequents', both, confidence, lift, leverage, conviction, Zhang's metric: as S4 printed them,
# baskets of its four clusters being customers, so many of them.
PRINTED = {
    1375: (
        (0.022545, 0.043636, 0.021091, 0.935484, 21.438172, 0.020107, 14.823636, 0.975344),
        (0.032000, 0.043636, 0.027636, 0.863636, 19.791667, 0.026240, 7.013333, 0.980861),
        (0.029091, 0.061818, 0.023273, 0.800000, 12.941176, 0.021474, 4.690909, 0.950375),
        (0.027636, 0.041455, 0.021091, 0.763158, 18.409511, 0.019945, 4.047192, 0.972558),
        (0.041455, 0.043636, 0.029818, 0.719298, 16.483918, 0.028009, 3.407045, 0.979959),
    ),
    866: (
        (0.025404, 0.135104, 0.023095, 0.909091, 6.728827, 0.019662, 9.513857, 0.873578),
        (0.024249, 0.135104, 0.020785, 0.857143, 6.344322, 0.017509, 6.054273, 0.863314),
        (0.027714, 0.135104, 0.023095, 0.833333, 6.168091, 0.019350, 5.189376, 0.861758),
        (0.025404, 0.080831, 0.020785, 0.818182, 10.122078, 0.018732, 5.055427, 0.924697),
        (0.027714, 0.139723, 0.021940, 0.791667, 5.665978, 0.018068, 4.129330, 0.846981),
    ),
    881: (
        (0.023837, 0.030647, 0.021566, 0.904762, 29.522046, 0.020836, 10.178207, 0.989718),
        (0.030647, 0.023837, 0.021566, 0.703704, 29.522046, 0.020836, 3.294552, 0.996672),
        (0.035187, 0.030647, 0.023837, 0.677419, 22.103943, 0.022758, 3.004994, 0.989580),
        (0.030647, 0.035187, 0.023837, 0.777778, 22.103943, 0.022758, 4.341657, 0.984945),
        (0.031782, 0.031782, 0.021566, 0.678571, 21.350765, 0.020556, 3.012234, 0.984451),
    ),
    1211: (
        (0.052023, 0.167630, 0.037159, 0.714286, 4.261084, 0.028439, 2.913295, 0.807317),
        (0.041288, 0.167630, 0.028076, 0.680000, 4.056552, 0.021155, 2.601156, 0.78593),
        (0.049546, 0.061107, 0.033031, 0.666667, 10.909910, 0.030003, 2.816680, 0.95569),
        (0.035508, 0.156069, 0.021470, 0.604651, 3.874246, 0.015928, 2.134648, 0.76919),
        (0.034682, 0.049546, 0.020644, 0.595238, 12.013889, 0.018926, 2.348181, 0.94970),
    ),
}
CUT = (0.78593, 0.95569, 0.76919, 0.94970)  # the page cut off the last digit


@pytest.fixture(scope="module")
def real(real_data: Path) -> Session:
    return retail(real_data)


@pytest.fixture(scope="module")
def of_receipts(real: Session) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Segment → our rules, and the lines that they are of."""
    found = ours(real, 0.01)
    return {segment: (rules, lines_of(real, segment)) for segment, rules in found.items()}


def lines_of(session: Session, segment: str) -> pd.DataFrame:
    """basket, product_id of the baskets laid out last, by SQL that is not the project's."""
    chosen = "true" if segment == "all" else f"segment_id = '{segment}'"
    return session.frame(
        f"""select distinct h.basket, l.product_id from raw_transactions l
        join basket_holds h on h.customer_id = l.customer_id
            and (h.receipt_id = '' or (h.month = l.month and h.receipt_id = l.receipt_id))
        where l.record_type = 'product' and l.amount > 0 and regexp_matches(l.product_id, '{ARTICLES}') and {chosen}"""
    )


@pytest.mark.parametrize(("n", "row"), [(n, row) for n, rows in PRINTED.items() for row in rows])
def test_the_seeds_printed_rows_follow_the_formulas(n: int, row: tuple[float, ...]):
    """The printed supports are whole numbers of the cluster's customers; from these the other measures follow, to the
    last printed digit"""
    counts = [round(share * n) for share in (row[2], row[0], row[1])]
    assert [round(c / n, 6) for c in counts] == [row[2], row[0], row[1]]
    found = {name: float(values) for name, values in measures(*counts, n).items()}
    assert [found[name] for name in MEASURES[:-1]] == pytest.approx(row[:-1], abs=5.1e-7)
    cut = 1e-5 if row[-1] in CUT else 5.1e-7
    assert found["zhangs_metric"] == pytest.approx(row[-1], abs=cut) and found["zhangs_metric"] > row[-1] - 5.1e-7


@pytest.mark.parametrize("segment", ["all", "type0", "type1", "type2", "type3"])
def test_receipts_of_online_retail_give_mlxtends_rules(of_receipts, segment: str):
    assert len(of_receipts) == 5
    rules, lines = of_receipts[segment]
    expected = theirs(lines, 0.01)
    assert len(expected) > 30
    same(rules, expected)


def test_customers_as_baskets_give_mlxtends_rules(real: Session):
    """The least count lies below the support of all but the smallest type, whose baskets are great ones."""
    found = ours(real, 0.08, 0.5, unit="customer", most_items=3, min_baskets=75)
    segments = ("all", "type0", "type1", "type3")
    for segment in segments:
        same(found[segment], theirs(lines_of(real, segment), 0.08, 0.5, 3))
    assert sum(int(found[segment]["passes_confidence"].sum()) for segment in segments) > 20


def test_a_cluster_of_great_baskets_is_refused_before_it_eats_the_memory(real: Session):
    told = r"segment type2: [0-9,]+ sets of up to 2 articles are in 35 or more of its 574 .*RULE_MIN_SUPPORT"
    with pytest.raises(TooManyItemsets, match=told):
        ours(real, 0.06, unit="customer", most_itemsets=10_000)


def brute(baskets: list[frozenset[str]], support: float, confidence: float, least: int, most: int) -> dict:
    """(antecedents, consequents) → counts of all rules that pass, by looking at every subset of everything."""
    known = sorted(set().union(*baskets))
    enough = max(least, -(-Fraction(str(support)) * len(baskets) // 1))
    rules = {}
    for size in range(2, most + 1):
        for items in map(frozenset, combinations(known, size)):
            both = sum(items <= b for b in baskets)
            if both < enough:
                continue
            for k in range(1, size):
                for left in map(frozenset, combinations(sorted(items), k)):
                    a, c = (sum(side <= b for b in baskets) for side in (left, items - left))
                    if Fraction(both, a) >= Fraction(str(confidence)):
                        rules[left, items - left] = (both, a, c)
    return rules


SMALL = some.lists(
    some.tuples(some.sampled_from(["", "a", "b"]), some.frozensets(some.sampled_from("pqrstu"), min_size=1)),
    min_size=1,
    max_size=14,
)


@examples(max_examples=30, deadline=None)
@given(
    SMALL,
    some.sampled_from([0.07, 0.2, 0.35, 0.5]),
    some.sampled_from([0.3, 0.6, 0.7, 1.0]),
    some.integers(1, 3),
    some.integers(2, 5),
)
def test_random_shops_equal_brute_force(shop, support, confidence, least, most):
    session = empty()
    sold(session, {f"{n}": basket for n, (_, basket) in enumerate(shop)})
    types(session, {f"C{n}": kind or None for n, (kind, _) in enumerate(shop)})
    found = ours(session, support, confidence, articles="", min_baskets=least, most_items=most)
    assert set(found) == {"all"} | {kind for kind, _ in shop if kind}
    for segment, rules in found.items():
        baskets = [basket for kind, basket in shop if segment in ("all", kind)]
        passing = rules[rules["passes_confidence"]]
        counts = passing[["baskets", "antecedent_baskets", "consequent_baskets"]].itertuples(index=False, name=None)
        pairs = zip(passing["antecedents"], passing["consequents"], strict=True)
        assert dict(zip(pairs, counts, strict=True)) == brute(baskets, support, confidence, least, most)


@pytest.mark.parametrize(
    ("support", "baskets", "least"), [(0.07, 100, 7), (0.02, 150, 3), (0.02, 151, 4), (0.29, 100, 29)]
)
def test_the_least_count_is_exact(support: float, baskets: int, least: int):
    """0.07 · 100 and 0.29 · 100 are 7.000000000000001 and 28.999999999999996 in floating point."""
    assert Limits(support, 1, 2, 1).least(baskets) == least
    assert Limits(support, least + 1, 2, 1).least(baskets) == least + 1


def test_a_set_just_at_the_support_is_frequent_and_a_rule_just_at_the_confidence_passes():
    """Of 100 baskets 7 hold both, the antecedent 10: as mlxtend's ≥ has it."""
    session = empty()
    baskets = {f"{n}": ["x", "y"] if n < 7 else ["x"] if n < 10 else ["z"] for n in range(100)}
    sold(session, baskets)
    rules = ours(session, 0.07, 0.7, articles="")["all"]
    assert [(set(a), p) for a, p in zip(rules["antecedents"], rules["passes_confidence"], strict=True)] == [
        ({"y"}, True),
        ({"x"}, True),
    ]
    assert ours(session, 0.0701, 0.7, articles="")["all"].empty
    assert ours(session, 0.07, 0.70001, articles="")["all"]["passes_confidence"].tolist() == [True, False]


def test_the_measures_by_hand():
    """Of 10 baskets 4 hold A, 5 hold C, 3 both."""
    found = {name: float(values) for name, values in measures(3, 4, 5, 10).items()}
    assert found == pytest.approx(
        {"antecedent_support": 0.4, "consequent_support": 0.5, "support": 0.3, "confidence": 0.75, "lift": 1.5,
         "leverage": 0.1, "conviction": 2.0, "zhangs_metric": 0.1 / 0.18}
    )  # fmt: skip


def test_what_has_no_value_is_missing():
    always = measures([4, 10, 0, 0], [4, 10, 3, 0], [4, 10, 4, 4], [10, 10, 10, 10])
    assert np.isnan(always["conviction"][:2]).all() and always["zhangs_metric"][1] == 0
    assert always["zhangs_metric"][0] == 1 and always["zhangs_metric"][2] == -1 and always["lift"][2] == 0
    assert np.isnan(always["confidence"][3]) and np.isnan(always["lift"][3])


def test_five_are_kept_where_fewer_pass_and_ranks_go_by_confidence_then_lift():
    itemsets = {(1,): 50, (2,): 60, (3,): 80, (4,): 20, (1, 2): 30, (1, 3): 40, (2, 3): 48, (1, 4): 15, (3, 4): 15}
    rules = rules_of(itemsets, 100, 0.8)
    assert rules["rank"].tolist() == [1, 2, 3, 4, 5] and LEAST_SHOWN == 5
    assert rules["passes_confidence"].tolist() == [True, True, False, False, False]
    shown = list(zip(rules["antecedents"], rules["consequents"], strict=True))
    # 0.8 twice, lift 1 both: more baskets first; 0.75 twice, lifts 1.5 and 0.94; then 0.6, lift 1 and 1
    assert shown == [((2,), (3,)), ((1,), (3,)), ((4,), (1,)), ((4,), (3,)), ((3,), (2,))]
    assert len(rules_of(itemsets, 100, 0.1)) == 10


class Bench:
    """A warehouse with receipts of one month, made by the asset."""

    MONTH = "2021-03-01"

    def __init__(self, store: Warehouse) -> None:
        self.store = store

    def put(self, baskets: dict[str, list[str]], kinds: dict[str, str | None], month: str = MONTH, **given) -> None:
        with self.store.session() as session:
            sold(session, baskets, month, **given)
            types(session, kinds, month)

    def make(self, **settings: object) -> pd.DataFrame:
        return made(association_rules, self.store, self.MONTH, **settings)

    def frame(self, sql: str) -> pd.DataFrame:
        with self.store.session() as session:
            return session.frame(sql)


@pytest.fixture
def bench(warehouse: Warehouse) -> Bench:
    with warehouse.session() as session:
        session.ensure_tables()
    return Bench(warehouse)


FEW = {"rule_min_baskets": 2, "rule_min_support": 0.1}


def test_the_asset_names_products_and_lists_the_articles_of_every_rule(bench: Bench):
    bench.put({f"{n}": ['a"b', "c, d", "e"] for n in range(4)} | {"9": ["e"]}, {f"C{n}": "t" for n in range(4)})
    with bench.store.session() as session:
        insert(session, "products", [{"product_id": "e", "name": "Tea"}, {"product_id": "c, d", "name": None}])
    rules = bench.make(**FEW, rule_min_confidence=1)
    everybody = rules[rules["segment_id"] == "all"].set_index(["antecedents", "consequents"])
    one = everybody.loc['["a\\"b", "c, d"]', '["e"]']
    assert (one["antecedent_names"], one["consequent_names"]) == ('a"b + c, d', "Tea")
    assert (
        np.isnan(one["conviction"]) and one["segment_baskets"] == 5 and one["baskets"] == one["antecedent_baskets"] == 4
    )
    assert set(rules.loc[rules["segment_id"] == "t", "segment_name"]) == {"name of t"}
    assert everybody["segment_name"].isna().all()
    items = bench.frame("select * from association_rule_items where segment_id = 'all' order by rank, product_id")
    of_one = items[items["rank"] == one["rank"]]
    assert list(zip(of_one["side"], of_one["product_id"], of_one["product_name"].fillna("–"), strict=True)) == [
        ("antecedent", 'a"b', "–"), ("antecedent", "c, d", "–"), ("consequent", "e", "Tea")
    ]  # fmt: skip
    assert len(items) == everybody["items"].sum()


def test_returns_services_and_postage_are_in_no_basket_and_later_months_change_nothing(bench: Bench):
    baskets, kinds = {f"{n}": ["a", "b"] for n in range(4)}, {f"C{n}": "t" for n in range(4)}
    bench.put(baskets, kinds)
    before = bench.make(**FEW)
    with bench.store.session() as session:
        session.execute(
            """insert into raw_transactions by name
            select r.* replace (k.kind as record_type, k.amount as amount, 'x' || k.kind as product_id, 9 as line_no)
            from raw_transactions r, (values ('return', -1), ('service', 1), ('wallet', 1)) k(kind, amount)"""
        )
    bench.put({f"l{n}": ["a", "z"] for n in range(40)}, {f"C{n}": "other" for n in range(4)}, "2021-04-01")
    assert bench.make(**FEW).equals(before) and len(before) == 4


def test_types_are_those_of_the_month_and_without_them_there_is_everybody(bench: Bench):
    bench.put({f"{n}": ["a", "b"] for n in range(4)}, {})
    assert set(bench.make(**FEW)["segment_id"]) == {"all"}
    with bench.store.session() as session:
        types(session, {"C0": "t", "C1": "t", "C2": None, "C3": "lone"}, Bench.MONTH)
    rules = bench.make(**FEW)
    assert rules.groupby("segment_id")["segment_baskets"].first().to_dict() == {"all": 4, "t": 2}


def test_a_basket_of_a_customer_is_all_that_it_bought_in_the_window(bench: Bench):
    pairs = {f"{n}{side}": [side, "p"] for n in range(3) for side in "ab"}
    bench.put(pairs, {}, customers={r: f"C{r[0]}" for r in pairs})
    apart = bench.make(**FEW)
    together = bench.make(**FEW, basket_unit="customer")
    of = '["a"]', '["b"]'
    assert of not in set(zip(apart["antecedents"], apart["consequents"], strict=True))
    one = together.set_index(["antecedents", "consequents"]).loc[of]
    assert (one["baskets"], one["segment_baskets"], one["confidence"]) == (3, 3, 1.0)


def test_a_month_without_receipts_or_frequent_pairs_has_no_rules(bench: Bench):
    assert bench.make().empty
    bench.put({f"{n}": [f"p{n}", f"q{n}"] for n in range(60)}, {})
    assert bench.make(
        rule_min_baskets=1, rule_min_support=0.02
    ).empty  # each pair is in one of 60 baskets, and 2 % of them are 2


def test_too_many_sets_refuse_the_month_and_say_what_to_do(bench: Bench):
    bench.put({f"{n}": [f"p{i:02}" for i in range(16)] for n in range(3)}, {})
    with pytest.raises(Refused, match=r"2021-03: segment all: 136 sets of up to 2 articles.*CRM_RULE_MAX_ITEMS"):
        list(results(association_rules, bench.store, Bench.MONTH, **FEW, rule_max_itemsets=100))


def test_what_is_held_has_a_limit_too(monkeypatch: pytest.MonkeyPatch):
    from crm_assets.merchandising import itemsets

    session = empty()
    sold(session, {f"{n}": list("abc") for n in range(5)})
    monkeypatch.setattr(itemsets, "MOST_HELD", 14)
    with pytest.raises(TooManyItemsets, match="sets of 1 articles that are frequent are found 15 times"):
        ours(session, 0.5, articles="")


def test_asked_is_every_split_of_every_set_whose_parts_are_frequent():
    """By looking at every subset; the frequent ones are drawn, each with all its parts."""
    draw = np.random.default_rng(5)
    for most in (2, 3, 4):
        frequent = {(n,): 9 for n in range(8)}
        for size in range(2, most + 1):
            whole = [s for s in combinations(range(8), size) if {*combinations(s, size - 1)} <= {*frequent}]
            frequent |= {s: 9 for s in whole if draw.random() < 0.8}
        expected = sum(
            2**size - 2
            for size in range(2, most + 1)
            for s in combinations(range(8), size)
            if all((part in frequent) for part in combinations(s, size - 1))
        )
        assert rules_asked(frequent, most) == expected > 50
    assert rules_asked({}, 4) == rules_asked({(3,): 9}, 4) == 0


def test_a_month_says_how_many_rules_it_was_asked_for_and_how_many_baskets_it_has(bench: Bench):
    """Only the small type has a pair; the baskets of those without a type are everybody's too."""
    bench.put({f"{n}": ["a", "b"] if n < 4 else [f"{n % 5}"] for n in range(40)}, {f"C{n}": "t" for n in range(8)})
    found = bench.make(**FEW | {"rule_min_support": 0.3})
    assert set(found["segment_id"]) == {"t"} and set(found["segment_baskets"]) == {8}
    assert set(found["all_baskets"]) == {40} and set(found["rules_asked"]) == {2}


def test_an_untyped_basket_is_nobody_elses():
    session = empty()
    sold(session, {"1": ["a", "b"], "2": ["a", "b"]})
    types(session, {"C1": "t"})
    assert {k: len(v) for k, v in ours(session, 0.5, articles="").items()} == {"all": 2, "t": 2}
