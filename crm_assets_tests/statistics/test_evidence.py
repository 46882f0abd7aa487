"""``evidence``: equal to SciPy's tests and to the definitions, pair by pair; silent where nothing can be told."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, mannwhitneyu, norm

from crm_assets.statistics.evidence import (
    COHENS_H,
    SIZES,
    benjamini_hochberg,
    magnitude,
    mean_share_tests,
    rank_tests,
    share_tests,
    stratified_share_tests,
)

RANDOM = np.random.default_rng(7)
LABELS = RANDOM.choice(["a", "b", "c"], 600, p=[0.1, 0.3, 0.6])
SKEWED = np.round(RANDOM.lognormal(1, 1.2, 600) + (LABELS == "a"))  # ties, a long tail


def test_ranks_equal_scipy() -> None:
    found = rank_tests(SKEWED, LABELS).set_index("label")
    assert list(found.index) == ["a", "b", "c"]
    for label in "abc":
        inside, outside = SKEWED[label == LABELS], SKEWED[label != LABELS]
        expected = mannwhitneyu(inside, outside, method="asymptotic", use_continuity=False)
        assert found.loc[label, "p"] == pytest.approx(expected.pvalue, rel=1e-9)
        assert found.loc[label, "effect"] == pytest.approx(2 * expected.statistic / (len(inside) * len(outside)) - 1)


def test_cliffs_delta_equals_the_count_of_pairs() -> None:
    found = rank_tests(SKEWED, LABELS).set_index("label")
    inside, outside = SKEWED[LABELS == "a"], SKEWED[LABELS != "a"]
    pairs = inside[:, None] - outside[None, :]
    assert found.loc["a", "effect"] == pytest.approx((np.sum(pairs > 0) - np.sum(pairs < 0)) / pairs.size)


def test_means_of_both_sides() -> None:
    found = rank_tests(SKEWED, LABELS).set_index("label")
    for label in "abc":
        row, inside, outside = found.loc[label], SKEWED[label == LABELS], SKEWED[label != LABELS]
        assert (row["n"], row["n_others"]) == (len(inside), len(outside))
        assert row["value"] == pytest.approx(inside.mean())
        assert row["value_others"] == pytest.approx(outside.mean())


def test_shares_equal_the_pooled_z() -> None:
    flags = RANDOM.random(600) < np.where(LABELS == "b", 0.5, 0.3)
    found = share_tests(flags, LABELS).set_index("label")
    for label in "abc":
        inside, outside = flags[label == LABELS], flags[label != LABELS]
        pooled = flags.mean()
        z = (inside.mean() - outside.mean()) / np.sqrt(pooled * (1 - pooled) * (1 / len(inside) + 1 / len(outside)))
        assert found.loc[label, "z"] == pytest.approx(z)
        assert found.loc[label, "p"] == pytest.approx(2 * norm.sf(abs(z)))
        h = 2 * np.arcsin(np.sqrt(inside.mean())) - 2 * np.arcsin(np.sqrt(outside.mean()))
        assert found.loc[label, "effect"] == pytest.approx(h)
    assert set(found["effect_kind"]) == {COHENS_H}


def test_mean_shares_take_the_larger_of_the_two_errors() -> None:
    receipts = np.where(LABELS == "a", 4, 60)
    shares = RANDOM.binomial(receipts, 0.3) / receipts
    found = mean_share_tests(shares, LABELS).set_index("label")
    for label in "abc":
        inside, outside = shares[label == LABELS], shares[label != LABELS]
        pooled = shares.var() * (1 / len(inside) + 1 / len(outside))
        welch = inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside)
        z = (inside.mean() - outside.mean()) / np.sqrt(max(pooled, welch))
        assert found.loc[label, "z"] == pytest.approx(z)
        h = 2 * np.arcsin(np.sqrt(inside.mean())) - 2 * np.arcsin(np.sqrt(outside.mean()))
        assert found.loc[label, "effect"] == pytest.approx(h)


def test_few_receipts_alone_make_no_difference_of_shares() -> None:
    """The same propensity, seen through 5 receipts or 80: ranks tell the two apart, means of shares do not."""
    random = np.random.default_rng(5)
    labels = np.repeat(["seldom", "often"], 2_000)
    receipts = np.where(labels == "seldom", 5, 80)
    by_rank, by_mean = [], []
    for _ in range(40):
        shares = random.binomial(receipts, random.beta(2, 18, 4_000)) / receipts
        by_rank.append(rank_tests(shares, labels)["p"].iloc[0] < 0.05)
        by_mean.append(mean_share_tests(shares, labels)["p"].iloc[0] < 0.05)
    print(f"ranks say different in {np.mean(by_rank):.0%} of trials, means of shares in {np.mean(by_mean):.0%}")
    assert np.mean(by_rank) > 0.9 and np.mean(by_mean) <= 0.15


def test_missing_values_and_labels_are_left_out() -> None:
    values, labels = SKEWED.copy(), pd.Series(LABELS, dtype="object")
    values[::7], labels[::5] = np.nan, None
    known = ~np.isnan(values) & labels.notna().to_numpy()
    pd.testing.assert_frame_equal(rank_tests(values, labels), rank_tests(values[known], labels[known]))


def test_order_of_rows_does_not_matter() -> None:
    order = RANDOM.permutation(len(SKEWED))
    pd.testing.assert_frame_equal(rank_tests(SKEWED[order], LABELS[order]), rank_tests(SKEWED, LABELS))


def test_too_few_make_no_test() -> None:
    labels = np.array(["few"] * 7 + ["many"] * 500)
    assert rank_tests(np.arange(507.0), labels)["p"].isna().all()
    rare = np.zeros(530)
    rare[:3] = 1
    labels = np.array(["some"] * 30 + ["many"] * 500)
    assert share_tests(rare, labels)["p"].isna().all()  # a handful of outcomes: any group of 30 that has one looks odd
    assert rank_tests(rare * 9.5, labels)["p"].isna().all()
    assert rank_tests(rare, labels)["effect"].notna().all()


def test_one_group_or_one_value_or_nothing_is_no_difference() -> None:
    alone = rank_tests(SKEWED, np.full(600, "a"))
    assert alone["p"].isna().all() and list(alone["n_others"]) == [0]
    assert rank_tests(np.ones(600), LABELS)["p"].isna().all()
    assert (rank_tests(np.ones(600), LABELS)["effect"] == 0).all()
    assert rank_tests([], []).empty and share_tests([], []).empty and mean_share_tests([], []).empty
    assert rank_tests(np.full(600, np.nan), LABELS).empty


def test_adjustment_equals_scipy_and_passes_over_missing_ones() -> None:
    p = RANDOM.random(40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p, method="bh"))
    with_gaps = np.insert(p, [3, 20], np.nan)
    adjusted = benjamini_hochberg(with_gaps)
    assert np.isnan(adjusted[[3, 21]]).all()
    np.testing.assert_allclose(adjusted[~np.isnan(with_gaps)], benjamini_hochberg(p))
    assert benjamini_hochberg([]).size == 0


def test_adjustment_by_hand() -> None:
    np.testing.assert_allclose(benjamini_hochberg([0.01, 0.04, 0.03, 0.5]), [0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_sizes_of_effects() -> None:
    assert list(magnitude([0.1, -0.147, 0.4, -0.9, np.nan], "cliffs_delta")) == [
        "negligible", "small", "medium", "large", "",
    ]  # fmt: skip
    assert list(magnitude(SIZES[COHENS_H], COHENS_H)) == ["small", "medium", "large"]
    with pytest.raises(ValueError, match="cohens_d"):
        magnitude([0.1], "cohens_d")


def test_what_cannot_be_tested_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values and 2 labels"):
        rank_tests([1, 2, 3], ["a", "b"])
    with pytest.raises(ValueError, match="infinite"):
        rank_tests([1, np.inf], ["a", "b"])
    with pytest.raises(ValueError, match="from 0 to 1"):
        mean_share_tests([0.5, 1.5], ["a", "b"])
    with pytest.raises(ValueError, match="0 or 1"):
        share_tests([1, 2], ["a", "b"])


def test_a_million_customers_take_a_moment() -> None:
    """Ranks are made once: a test per group by hand would sort a million rows as often as there are groups."""
    random = np.random.default_rng(1)
    labels, values = random.choice(list("abcd"), 1_000_000), random.lognormal(size=1_000_000)
    assert rank_tests(values, labels)["n"].sum() == 1_000_000


def test_stratified_shares_equal_the_formula_by_hand_and_pool_where_there_is_one_stratum():
    draw = np.random.default_rng(11)
    n = 4_000
    strata, labels = draw.integers(0, 3, n), draw.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    flags = (draw.random(n) < 0.2 + 0.2 * strata + 0.1 * (labels == "c")).astype(int)
    found = stratified_share_tests(flags, labels, strata).set_index("label")
    for label in "abc":
        above = variance = others = 0.0
        for s in range(3):
            own, rest = (flags[(strata == s) & side] for side in (labels == label, labels != label))
            p = np.concatenate([own, rest]).mean()
            above += own.sum() - len(own) * p
            variance += len(own) * len(rest) / (len(own) + len(rest)) * p * (1 - p)
            others += len(own) * rest.mean() / (labels == label).sum()
        assert found.loc[label, "z"] == pytest.approx(above / np.sqrt(variance))
        assert found.loc[label, "value_others"] == pytest.approx(others)
        assert found.loc[label, "value"] == pytest.approx(flags[labels == label].mean())
    single = stratified_share_tests(flags, labels, np.zeros(n, dtype=int))
    pooled = share_tests(flags, labels)
    pd.testing.assert_frame_equal(single, pooled, check_dtype=False)
    with pytest.raises(ValueError, match="0 or 1"):
        stratified_share_tests([0, 2], ["a", "b"], [0, 0])
