"""``segment_claims``: random types are said nothing of, planted ones exactly what was planted; traits equal pandas."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import of_snapshot
from crm_assets.segmentation.claims import COLUMNS, segment_claims
from crm_assets.segmentation.clustering import FEATURES
from crm_assets.segmentation.customer_traits import DAYPARTS, SPANS, measures_of, read_traits
from crm_assets.statistics.evidence import FDR, SIZES, benjamini_hochberg
from crm_assets_tests.segmentation.profile_shop import SNAPSHOT, in_window, random_shop, warehouse

TRIALS = 400
CATEGORIES = [f"major {i}" for i in range(10)]
FOLLOWS = {  # what goes with recency, frequency or monetary by itself; the report's reader is told so
    "visit_days": {"frequency"},
    "receipt_amount_own_mean": {"frequency", "monetary"},
    "categories_major": {"frequency"},
    "wallet_user": {"frequency"},
    "channel_use": {"frequency"},
}


def crowd(size: int, seed: int) -> pd.DataFrame:
    """Customers as shops have them: skewed, tied, correlated by how keen they are, half of the traits rare."""
    draw = np.random.default_rng(seed)
    keen = draw.standard_normal(size)
    receipts = 4 + draw.poisson(20 * np.exp(0.9 * keen - 0.4))
    rows = {
        "recency_days": draw.geometric(np.clip(np.exp(0.5 * keen) / 30, 0.003, 0.5)) - 1,
        "frequency": receipts,
        "receipts": receipts,
        "visit_days": np.maximum(1, draw.binomial(receipts, 0.9)),
        "monetary": receipts * np.exp(10 + 0.4 * keen + draw.standard_normal(size)),
        "weekend_receipts": draw.binomial(receipts, draw.beta(3, 6, size)),
        "channel_receipts": receipts,
        "online_receipts": draw.binomial(receipts, np.where(draw.random(size) < 0.3, 0.25, 0.0)),
        "wallet_user": (draw.random(size) < 1 / (1 + np.exp(0.8 - 0.5 * keen))).astype(int),
        "categories_major": draw.binomial(60, np.clip(0.2 + 0.1 * keen, 0.02, 0.9)),
        "gender": draw.choice(["female", "male", None], size, p=[0.64, 0.31, 0.05]),
        "age_band": draw.choice([f"{n}0대" for n in range(2, 8)], size, p=[0.13, 0.26, 0.33, 0.19, 0.07, 0.02]),
        "region": draw.choice([f"Z{i:02d}" for i in range(17)], size, p=np.arange(17, 0, -1) / 153),
    }  # fmt: skip
    clock = draw.dirichlet([0.2] * 6 + [1.0] * 18, size)
    rows |= {f"hour_{h:02d}": n for h, n in enumerate(draw.multinomial(receipts, clock).T)}
    spent = draw.lognormal(8, 1, (size, 10)) * (draw.random((size, 10)) < np.linspace(0.6, 0.05, 10))
    rows |= {f"category_{i:02d}": spent[:, i - 1] for i in range(1, 11)}
    online, all_ = rows["online_receipts"], receipts
    rows["channel_use"] = np.select([online == 0, online == all_], ["offline", "online"], "both")
    return pd.DataFrame(rows).assign(category_amount=spent.sum(axis=1) + draw.lognormal(9, 1, size))


def test_random_types_are_said_nothing_of() -> None:
    """Must hold 3: no sentence in 95 % of trials, with types of 30 and of a thousand."""
    draw = np.random.default_rng(3)
    measures = list(measures_of(crowd(1_800, seed=1), CATEGORIES))
    types = np.repeat(["a", "b", "c", "d", "e"], [30, 60, 200, 500, 1_010])
    significant = said = 0
    for _ in range(TRIALS):
        claims, _ = segment_claims(measures, draw.permutation(types))
        significant += bool(claims["p_adjusted"].min() < FDR)
        said += bool(claims["allowed"].any())
    print(
        f"{TRIALS} trials, {len(claims)} tests each: {said} say something, {significant} have an adjusted p below {FDR}"
    )
    assert said / TRIALS <= 0.05
    assert 0 < significant / TRIALS <= 0.08  # the correction alone all but does it; the rest is the chance of 400 draws


def planted(size: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Six types, of which four differ by what is planted only: wallets in a, men in b, prices in c, weekends in d."""
    draw, rows = np.random.default_rng(seed), crowd(size, seed)
    types = draw.choice(["a", "b", "c", "d", "rest 1", "rest 2"], size, p=[0.07, 0.07, 0.07, 0.07, 0.36, 0.36])
    rows.loc[(types == "a") & (draw.random(size) < 0.5), "wallet_user"] = 1
    rows.loc[(types == "b") & (draw.random(size) < 0.55) & rows["gender"].notna(), "gender"] = "male"
    rows.loc[types == "c", "monetary"] *= 4.0
    rows.loc[types == "d", "weekend_receipts"] = draw.binomial(rows.loc[types == "d", "receipts"], 0.6)
    return rows, types


PLANTED = {
    ("a", "wallet_user", "", "above"),
    ("b", "gender", "female", "below"),
    ("c", "monetary", "", "above"),
    ("c", "receipt_amount_own_mean", "", "above"),
    ("d", "weekend_share", "", "above"),
}


@pytest.mark.parametrize(("size", "trials"), [(1_200, 40), (4_000, 40), (20_000, 5)])
def test_planted_types_are_said_just_that(size: int, trials: int) -> None:
    """Every planted sentence, in the right direction, and of all that is said at most 5 % was not planted."""
    right = wrong = exact = 0
    for seed in range(trials):
        rows, types = planted(size, seed)
        claims, _ = segment_claims(measures_of(rows, CATEGORIES), types)
        chosen = claims.loc[claims["allowed"], ["segment_id", "measure", "category", "direction"]]
        said = {tuple(row) for row in chosen.to_numpy()}
        right, wrong, exact = right + len(said & PLANTED), wrong + len(said - PLANTED), exact + (said == PLANTED)
    print(f"{size} customers: {right} of {trials * len(PLANTED)} planted sentences, {wrong} others; "
          f"{exact} of {trials} trials say exactly what was planted")  # fmt: skip
    assert right / (trials * len(PLANTED)) >= 0.97
    assert wrong / (right + wrong) <= FDR


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    rows, types = planted(3_000, 1)
    return segment_claims(measures_of(rows, CATEGORIES), types)[0]


def test_a_claim_by_hand(claims: pd.DataFrame) -> None:
    rows, types = planted(3_000, 1)
    inside, outside = (rows.loc[chosen, "monetary"] for chosen in (types == "c", types != "c"))
    test = mannwhitneyu(inside, outside, method="asymptotic", use_continuity=False)
    row = claims.set_index(["segment_id", "measure", "category"]).loc[("c", "monetary", "")]
    assert row["p"] == pytest.approx(test.pvalue)
    assert row["effect"] == pytest.approx(2 * test.statistic / (len(inside) * len(outside)) - 1)
    assert (row["n"], row["n_others"]) == (len(inside), len(outside))
    assert (row["value"], row["value_others"]) == (pytest.approx(inside.mean()), pytest.approx(outside.mean()))
    assert row["defines_type"] and row["allowed"] and row["is_extreme"] and row["direction"] == "above"


def test_all_tests_of_a_month_are_corrected_together(claims: pd.DataFrame) -> None:
    np.testing.assert_allclose(claims["p_adjusted"], benjamini_hochberg(claims["p"]))
    assert claims["p"].notna().sum() > 200


def test_what_the_gate_lets_through(claims: pd.DataFrame) -> None:
    small = claims["effect_kind"].map(lambda kind: SIZES[kind][0])
    passed = (claims["p_adjusted"] < 0.05) & (claims["effect"].abs() >= small)
    assert (claims["allowed"] <= passed).all() and claims["allowed"].sum() >= len(PLANTED)
    significant_only = (claims["p_adjusted"] < 0.05) & ~claims["allowed"]
    assert significant_only.any()  # the others of a planted type differ a little too: p alone would say so


def test_what_made_the_types_or_follows_from_it_says_so(claims: pd.DataFrame) -> None:
    """A measure that is renamed keeps its mark, and this list asks for the new name."""
    measures = list(measures_of(crowd(300, 1), CATEGORIES))
    assert {m.name: set(m.follows_from) for m in measures if m.follows_from} == FOLLOWS
    assert all(m.follows_from for m in measures if m.name in FOLLOWS)  # every category of it
    assert set().union(*FOLLOWS.values()) <= set(FEATURES) <= {m.name for m in measures}
    assert set(claims.loc[claims["defines_type"], "measure"]) == {*FEATURES, *FOLLOWS}
    assert not claims.loc[claims["measure"].isin(list(FOLLOWS)), "is_extreme"].any()


def test_ranks_order_a_type_by_strength(claims: pd.DataFrame) -> None:
    for _, rows in claims.groupby("segment_id"):
        assert sorted(rows["rank"]) == list(range(1, len(rows) + 1))
    first = claims[claims["rank"] == 1].set_index("segment_id")["measure"]
    assert first[["a", "b", "d"]].to_dict() == {"a": "wallet_user", "b": "gender", "d": "weekend_share"}


def test_means_that_contradict_ranks_are_no_claim() -> None:
    """One giant in a type of small spenders lifts its mean above the others': neither may be said."""
    rows = crowd(1_000, 5)
    types = np.repeat(["few", "many"], [200, 800])
    rows.loc[:199, "monetary"] /= 4
    rows.loc[0, "monetary"] = rows["monetary"].sum() * 100
    claims = segment_claims(measures_of(rows, CATEGORIES), types)[0].set_index(["segment_id", "measure"])
    row = claims.loc[("few", "monetary")]
    assert row["effect"] < -0.3 and row["value"] > row["value_others"] and not row["allowed"]


def test_most_of_all_types_needs_a_difference_from_each() -> None:
    rows, types = crowd(3_000, 2), np.repeat(["a", "b", "c"], 1_000)
    rows["monetary"] *= np.repeat([1.0, 6.0, 6.0], 1_000)
    two_rich = segment_claims(measures_of(rows, CATEGORIES), types)[0].set_index(["segment_id", "measure"])
    assert two_rich.loc[("b", "monetary"), "allowed"] and not two_rich.loc[("b", "monetary"), "is_extreme"]
    assert two_rich.loc[("a", "monetary"), "is_extreme"]  # the least, of all types
    rows["monetary"] *= np.repeat([1.0, 4.0, 1.0], 1_000)
    one_richest = segment_claims(measures_of(rows, CATEGORIES), types)[0].set_index(["segment_id", "measure"])
    assert one_richest.loc[("b", "monetary"), "is_extreme"]


def test_what_the_source_lacks_is_left_out_and_named() -> None:
    rows = crowd(500, 4).assign(gender=None, age_band=None, wallet_user=0, category_amount=np.nan, channel_receipts=0)
    claims, left_out = segment_claims(measures_of(rows, []), np.repeat(["a", "b"], 250))
    assert not {"gender", "age_band", "wallet_user", "online_share", "category_share"} & set(claims["measure"])
    assert {"wallet_user", "online_share"} <= set(left_out)


def test_nobody_and_a_single_type_make_no_rows() -> None:
    rows = crowd(300, 4)
    for few, types in ((rows.head(0), []), (rows, ["a"] * 300)):
        claims, _ = segment_claims(measures_of(few, CATEGORIES), types)
        assert claims.empty and list(claims.columns) == COLUMNS


def traits_of(shop):
    session = warehouse(shop)
    customers, categories = read_traits(session, SNAPSHOT)
    return session, customers, categories


def test_traits_equal_pandas() -> None:
    shop = random_shop()
    _, customers, categories = traits_of(shop)
    members = shop["cluster_assignments"]
    receipts, lines = (in_window(shop[t])[lambda f: f["customer_id"].isin(members["customer_id"])]
                       for t in ("receipts", "raw_transactions"))  # fmt: skip
    bought = lines[lines["record_type"] == "product"].merge(shop["products"], on="product_id")
    bought["amount"] = bought["amount"].astype(float)
    spend = bought.groupby(["customer_id", "category_major"])["amount"].sum()
    assert categories == list(spend.groupby("category_major").sum().sort_values(ascending=False).index[:10])
    assert sorted(customers["customer_id"]) == sorted(members["customer_id"])
    found = {
        (m.name, m.category): pd.Series(m.values, customers["customer_id"]) for m in measures_of(customers, categories)
    }
    by_customer = receipts.groupby("customer_id")
    expected = {
        ("weekend_share", ""): by_customer["purchase_date"].agg(
            lambda d: (pd.to_datetime(d).dt.day_of_week >= 5).mean()
        ),
        ("online_share", ""): by_customer["channel"].agg(lambda c: (c == "online").mean()),
        ("receipt_amount_own_mean", ""): by_customer["amount"].agg(lambda a: float(sum(a)) / len(a)),
        ("categories_major", ""): spend.groupby("customer_id").size(),
        ("wallet_user", ""): lines.groupby("customer_id")["record_type"].agg(lambda t: float("wallet" in set(t))),
    }
    for name, (start, end) in {**DAYPARTS, **SPANS}.items():
        measure = "daypart_share" if name in DAYPARTS else "hours_share"
        expected[measure, name] = by_customer["purchase_hour"].agg(lambda h, s=start, e=end: h.between(s, e - 1).mean())
    for category in categories:
        mine = spend.xs(category, level="category_major").reindex(spend.index.levels[0], fill_value=0)
        expected["category_share", category] = mine / spend.groupby("customer_id").sum()
    people = shop["customers"].set_index("customer_id")
    for column in ("age_band", "region"):
        for value in people[column].dropna().unique():
            flags = (people[column] == value).astype(float).where(people[column].notna())
            expected[column, value] = flags.reindex(members["customer_id"])
    expected["gender", "female"] = (people["gender"] == "female").astype(float).where(people["gender"].notna())
    for key, series in expected.items():
        wanted = series.reindex(customers["customer_id"]).astype(float)
        if key[0] in ("categories_major", "wallet_user"):
            wanted = wanted.fillna(0)
        np.testing.assert_allclose(found[key], wanted, rtol=1e-12, err_msg=str(key))
    assert set(found) - set(expected) == {(m, "") for m in ("recency_days", "frequency", "visit_days", "monetary")} | {
        ("channel_use", c) for c in customers["channel_use"].unique()
    }


def test_rows_keep_the_contract_and_read_nothing_later() -> None:
    shop = random_shop(customers=400)
    session, customers, categories = traits_of(shop)
    claims, _ = segment_claims(measures_of(customers, categories), customers["segment_id"])
    names = dict(zip(customers["segment_id"], customers["segment_name"], strict=True))
    claims.insert(1, "segment_name", claims["segment_id"].map(names).astype("str"))
    contract = CONTRACTS["segment_claims"]
    assert session.violations(contract, session.stage_frame(contract, of_snapshot(claims, SNAPSHOT))) == []
    assert len(claims) > 50
    later = {
        t: f[f["month"] <= date(2021, 3, 1)] if t in ("receipts", "raw_transactions") else f for t, f in shop.items()
    }
    pd.testing.assert_frame_equal(traits_of(later)[1], customers)
