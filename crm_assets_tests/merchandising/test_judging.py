"""Hit, recall and average precision: by hand and against a plain reckoning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from crm_assets.merchandising.judging import Answers, Judgement, best_of, figures, judged
from crm_assets.merchandising.purchases import Shoppers
from crm_assets.statistics.evidence import counts_compared, share_tests, wilson


def test_by_hand():
    hits = np.zeros((3, 10))
    hits[0, [0, 2]] = 1  # first and third of three bought
    hits[1, 9] = 1  # the last of twenty bought
    found = judged(hits, np.array([3, 20, 1]))
    np.testing.assert_allclose(found[0], [1, 2 / 3, (1 + 2 / 3) / 3])
    np.testing.assert_allclose(found[1], [1, 1 / 10, 1 / 10 / 10])
    np.testing.assert_allclose(found[2], [0, 0, 0])


def test_against_a_plain_reckoning():
    rng = np.random.default_rng(3)
    hits = (rng.random((50, 10)) < 0.2).astype(float)
    bought = np.maximum(hits.sum(axis=1), rng.integers(1, 25, 50))
    for row, n, found in zip(hits, bought, judged(hits, bought), strict=True):
        precisions = [row[: k + 1].sum() / (k + 1) for k in range(10) if row[k]]
        expected = [bool(row.any()), row.sum() / min(10, n), sum(precisions) / min(10, n)]
        np.testing.assert_allclose(found, expected)


def test_figures_and_intervals():
    values = np.column_stack([[1, 0, 0, 1], [0.5, 0, 0, 0.1], [0.25, 0, 0, 0.05]])
    found = figures(values)
    assert (found["customers"], found["hit_rate"], found["recall_at_10"]) == (4, 0.5, 0.15)
    assert (round(found["hit_rate_low"], 4), round(found["hit_rate_high"], 4)) == (0.15, 0.85)  # Wilson, 2 of 4
    spread = 1.959963984540054 * np.std([0.5, 0, 0, 0.1], ddof=1) / 2
    assert found["recall_at_10_low"] == max(0, 0.15 - spread)
    assert found["recall_at_10_high"] == pytest.approx(0.15 + spread)
    alone = figures(values[:1])
    assert np.isnan(alone["map_at_10_low"])


@pytest.mark.parametrize(("share", "n", "low", "high"), [(0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0)])
def test_wilson_at_the_ends(share: float, n: int, low: float, high: float):
    assert np.round(wilson(share, n), 4).tolist() == [low, high]


def test_wilson_of_nobody_is_missing():
    assert np.isnan(wilson(0.5, 0)).all()


def test_counts_are_compared_as_rows_are():
    flags = np.r_[np.ones(30), np.zeros(70), np.ones(20), np.zeros(180)]
    rows = share_tests(flags, ["a"] * 100 + ["b"] * 200).set_index("label").loc["a"]
    counts = counts_compared([30], [100], [20], [200])
    for figure in ("z", "p", "effect"):
        assert counts[figure][0] == pytest.approx(rows[figure])
    assert np.isnan(counts_compared([1], [7], [20], [200])["p"][0])  # too few
    assert np.isnan(counts_compared([1], [20], [1], [200])["p"][0])  # too rare


def test_what_is_gathered_by_type_and_batch():
    def shoppers(segments: list[str]) -> Shoppers:
        nothing = sp.csr_matrix((len(segments), 4))
        return Shoppers(0, np.array(["x"] * len(segments)), np.array(segments, dtype=object), nothing, nothing, nothing)

    found = Judgement(4)
    found.add(
        np.array([[0, 1], [1, -1]]),
        shoppers(["loyal", ""]),
        Answers(sp.csr_matrix([[1, 0, 0, 0], [0, 0, 1, 0]]), np.array([1, 2])),
    )
    found.add(np.array([[3, 0]]), shoppers(["new"]), Answers(sp.csr_matrix([[0, 0, 0, 1]]), np.array([1])))
    rows = {row["slice"]: row for row in found.rows()}
    assert list(rows) == ["all", "loyal", "new"]
    assert rows["all"]["customers"] == 3 and rows["all"]["hit_rate"] == pytest.approx(2 / 3)
    assert rows["all"]["coverage"] == 3 / 4 and rows["new"]["coverage"] == 2 / 4
    assert Judgement(4).rows() == []


def test_the_best_is_the_best_on_the_mean():
    evidence = pd.DataFrame(
        {"recommender": ["a", "b", "c", "a", "b", "c"], "map_at_10": [0.1, 0.3, 0.2, 0.5, 0.1, 0.2]}
    )
    assert best_of(evidence).round(3).to_dict() == {"a": 0.3, "b": 0.2, "c": 0.2}
    assert list(best_of(evidence).index) == ["a", "b", "c"]
