"""Kruskal-Wallis by hand, the correction, the effect size, and months in which nothing can be tested."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from crm_assets.segmentation.group_tests import LEAST, MEASURES, group_tests


def frame(groups: list[str], **columns: object) -> pd.DataFrame:
    n = len(groups)
    plain = {"recency_days": range(n), "frequency": 1, "monetary": range(1, n + 1), "visit_days": 1}
    return pd.DataFrame({"scheme": groups, **plain, **columns})


def by_hand(values: pd.Series, groups: pd.Series) -> tuple[float, float]:
    """H with the correction for ties, and p, from the textbook."""
    n, rank = len(values), values.rank()
    h = 12 / (n * (n + 1)) * sum(r.sum() ** 2 / len(r) for _, r in rank.groupby(groups)) - 3 * (n + 1)
    ties = values.value_counts()
    h /= 1 - ((ties**3 - ties).sum()) / (n**3 - n)
    return h, chi2.sf(h, groups.nunique() - 1)


def figures(metrics: pd.DataFrame) -> pd.DataFrame:
    return metrics.pivot(index=["model", "slice"], columns="metric", values="value")


def test_h_p_and_effect_equal_the_textbook():
    draw = np.random.default_rng(3)
    groups = pd.Series(draw.choice(list("abc"), 90))
    shift = groups.map({"a": 0, "b": 1, "c": 3}).to_numpy()
    customers = frame(
        groups.tolist(),
        recency_days=draw.integers(0, 9, 90),
        frequency=draw.integers(1, 5, 90),
        monetary=draw.integers(10, 90, 90) * 1.0,
        visit_days=draw.integers(1, 4, 90) + shift,
    )
    made = group_tests(customers, ["scheme"])
    found = figures(made.metrics)
    assert found.index.get_level_values("slice").tolist() == sorted(MEASURES)
    ps = []
    for measure in sorted(MEASURES):
        values = customers["monetary"] / customers["frequency"] if measure == "receipt_amount" else customers[measure]
        h, p = by_hand(values.round(12), groups)
        ps.append(p)
        row = found.loc[("scheme", measure)]
        assert (row["h"], row["p"]) == (pytest.approx(h), pytest.approx(p))
        assert row["epsilon_squared"] == pytest.approx(h / (90 - 1))  # (n + 1) / (n² - 1) = 1 / (n - 1)
    order = np.argsort(ps)  # Benjamini-Hochberg, step up
    steps = np.array(ps)[order] * len(ps) / np.arange(1, len(ps) + 1)
    adjusted = np.minimum.accumulate(steps[::-1])[::-1].clip(max=1)
    np.testing.assert_allclose(found["p_adjusted"].to_numpy()[order], adjusted)
    assert set(made.metrics["base"]) == {90} and made.left_out == []


def test_planted_differences_have_an_effect_and_shuffled_groups_have_none():
    draw = np.random.default_rng(8)
    groups = ["a"] * 200 + ["b"] * 200
    spend = np.r_[draw.normal(10, 1, 200), draw.normal(14, 1, 200)]
    planted = figures(group_tests(frame(groups, monetary=spend), ["scheme"]).metrics).loc[("scheme", "monetary")]
    assert planted["epsilon_squared"] > 0.6 and planted["p_adjusted"] < 1e-6
    shuffled = list(draw.permutation(groups))
    none = figures(group_tests(frame(shuffled, monetary=spend), ["scheme"]).metrics).loc[("scheme", "monetary")]
    assert none["epsilon_squared"] < 0.03 and none["p_adjusted"] > 0.05


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "scheme: no test, groups of 5 customers or more: 0"),
        (["a"] * 30, "scheme: no test, groups of 5 customers or more: 1"),
        (["a"] * 30 + ["b"] * (LEAST - 1), "scheme: b (fewer than 5 customers)"),
        (["a"] * 2 + ["b"] * 2, "scheme: no test, groups of 5 customers or more: 0"),
    ],
)
def test_a_month_that_cannot_be_tested_says_why(groups: list[str], reason: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = group_tests(frame(groups), ["scheme"])
    assert made.metrics.empty and any(said.startswith(reason) for said in made.left_out)


def test_one_value_for_everybody_is_no_test_of_that_measure():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = group_tests(frame(["a"] * 9 + ["b"] * 9), ["scheme"])
    assert set(made.metrics["slice"]) == {"recency_days", "monetary", "receipt_amount"}
    assert [s for s in made.left_out if "visit_days" in s] == [
        "scheme, visit_days: no test, everybody has the same value"
    ]


def test_small_groups_are_left_out_and_the_base_says_so():
    made = group_tests(frame(["a"] * 9 + ["b"] * 9 + ["c"] * 4), ["scheme"])
    assert set(made.metrics["base"]) == {18}
    assert made.left_out[0] == "scheme: c (fewer than 5 customers)"


def test_the_order_of_rows_changes_no_bit():
    draw = np.random.default_rng(1)
    customers = frame(draw.choice(list("abcd"), 500).tolist(), monetary=draw.lognormal(3, 2, 500))
    first = group_tests(customers, ["scheme"]).metrics
    for seed in range(3):
        again = group_tests(customers.sample(frac=1, random_state=seed), ["scheme"]).metrics
        assert again["value"].tolist() == first["value"].tolist()
