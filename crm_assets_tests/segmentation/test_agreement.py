"""Agreement of two clusterings, by hand and by an independent computation; stability on planted groups and on noise."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from crm_assets.segmentation.agreement import agreement, bootstrap_jaccard, continued, jaccard
from crm_assets.segmentation.k_choice import kmeans


def test_overlap_of_a_hand_made_pair():
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 0, 0])
    expected = [[1 / 6, 2 / 3], [2 / 4, 0], [1 / 4, 0]]
    np.testing.assert_allclose(jaccard(first, second, 3, 2), expected)
    assert jaccard(first, second, 4, 2)[3].tolist() == [0, 0]  # a type without members


def pairs_counted(before: np.ndarray, after: np.ndarray) -> float:
    """Adjusted Rand from the counts of pairs (Hubert and Arabie), one pair of customers after another."""
    n = len(before)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    a = sum(before[i] == before[j] for i, j in pairs)
    b = sum(after[i] == after[j] for i, j in pairs)
    both = sum(before[i] == before[j] and after[i] == after[j] for i, j in pairs)
    expected = a * b / comb(n, 2)
    return (both - expected) / ((a + b) / 2 - expected)


def test_agreement_equals_counting_pairs():
    draw = np.random.default_rng(3)
    before = draw.choice(["a", "b", "c"], 40)
    after = np.where(draw.random(40) < 0.7, before, draw.choice(["a", "b", "d"], 40))
    found = agreement(before, after)
    assert found["adjusted_rand"] == pytest.approx(pairs_counted(before, after))
    assert found["matched_share"] == sum(x == y for x, y in zip(before, after, strict=True)) / 40
    renamed = np.array([{"a": "b", "b": "c", "c": "a"}[x] for x in before])
    assert agreement(before, renamed) == {"adjusted_rand": 1.0, "matched_share": 0.0}


def test_a_type_continues_where_its_centre_or_its_members_do():
    old = np.array([[0.0, 0, 0], [3.0, 0, 0], [0, 9.0, 0]])
    new = np.array([[3.1, 0, 0], [0.2, 0, 0], [0, 0, 9.0]])
    nobody = np.zeros((3, 3))
    assert continued(old, new, nobody) == {0: 1, 1: 0}  # the third went 13 standard deviations: another behaviour
    members = nobody.copy()
    members[2, 2] = 0.6
    assert continued(old, new, members) == {0: 1, 1: 0, 2: 2}
    assert continued(old, new[:2], nobody[:, :2]) == {0: 1, 1: 0}
    assert continued(old[:1], new, nobody[:1]) == {1: 0}


def test_planted_groups_are_stable_and_slices_of_noise_are_not():
    draw = np.random.default_rng(5)
    groups = np.vstack([draw.normal(c, 0.3, (80, 3)) for c in (0, 4, 8)])
    centres = kmeans(groups, 3, 42).cluster_centers_
    planted = bootstrap_jaccard(groups, centres, 42)
    assert min(planted) > 0.95 and planted == bootstrap_jaccard(groups, centres, 42)
    noise = draw.normal(size=(240, 3))
    sliced = bootstrap_jaccard(noise, kmeans(noise, 7, 42).cluster_centers_, 42)
    print("Jaccard of planted groups", np.round(planted, 2), "of seven slices of noise", np.round(sliced, 2))
    assert np.mean(sliced) < 0.6
