"""K-medoids against brute force, and against the definition of a swap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from crm_assets.segmentation.k_medoids import _swap_changes, k_medoids


def cost(distances: np.ndarray, medoids: np.ndarray) -> float:
    return float(distances[:, list(medoids)].min(axis=1).sum())


def points(size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(size, 2))


def test_every_swap_changes_the_cost_as_it_says():
    distances = cdist(points(25, 1), points(25, 1))
    for medoids in ([3], [0, 7], [2, 11, 19, 24]):
        changes = _swap_changes(distances, np.array(medoids))
        for candidate in set(range(25)) - set(medoids):
            for place in range(len(medoids)):
                swapped = [candidate if i == place else m for i, m in enumerate(medoids)]
                expected = cost(distances, swapped) - cost(distances, medoids)
                assert changes[candidate, place] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_it_ends_where_no_swap_helps(k):
    """On noise PAM may stay in a local optimum, as its authors say: no swap of one medoid betters it."""
    for seed in range(20):
        distances = cdist(points(18, seed), points(18, seed))
        medoids, labels = k_medoids(distances, k)
        assert (labels == distances[:, medoids].argmin(axis=1)).all()
        swaps = [m for m in combinations(range(18), k) if len(set(m) & set(medoids)) == k - 1]
        assert len(swaps) == k * (18 - k)
        assert min(cost(distances, m) for m in swaps) >= cost(distances, medoids) - 1e-9


@pytest.mark.parametrize("k", [1, 2, 3])
def test_groups_are_cut_as_the_best_of_all_sets_cuts_them(k):
    for seed in range(20):
        places = points(18, seed) + 4 * np.repeat([[0, 0], [2, 0], [0, 2]][:k], 18 // k, axis=0)
        distances = cdist(places, places)
        medoids, _ = k_medoids(distances, k)
        best = min(combinations(range(18), k), key=lambda m: cost(distances, m))
        assert cost(distances, medoids) == pytest.approx(cost(distances, best))


def test_planted_groups_and_one_far_out():
    """A mean would follow the customer far out; the medoid stays with its group."""
    places = np.vstack([points(30, 1) * 0.1, [[60.0, 60.0]], points(30, 2) * 0.1 + 5])
    one, _ = k_medoids(cdist(places[:31], places[:31]), 1)
    assert (one < 30).all()
    three, found = k_medoids(cdist(places, places), 3)
    assert sorted(np.bincount(found)) == [1, 30, 30] and 30 in three


@pytest.mark.parametrize("k", [0, 6])
def test_a_k_that_there_is_not_is_refused(k):
    with pytest.raises(ValueError, match=f"k={k} is not between 1 and the 5 rows"):
        k_medoids(np.zeros((5, 5)), k)


def test_equal_rows_and_as_many_medoids_as_rows():
    medoids, labels = k_medoids(np.zeros((5, 5)), 2)
    assert len(set(medoids)) == 2 and set(labels) == {0}
    every, own = k_medoids(cdist(points(6, 1), points(6, 1)), 6)
    assert every.tolist() == own.tolist() == list(range(6))
