"""EASE: by its formula, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from crm_assets.merchandising.similarity import co_purchases, companions, ease_weights

# Four customers: bread and butter go together, the lamp alone.
BOUGHT = sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=float))


def test_what_is_bought_together_is_counted_batch_by_batch():
    expected = [[3, 2, 0], [2, 2, 0], [0, 0, 1]]
    assert co_purchases([BOUGHT], 3).tolist() == expected
    assert co_purchases([BOUGHT[:1], BOUGHT[1:]], 3).tolist() == expected
    assert co_purchases([], 2).tolist() == [[0, 0], [0, 0]]


def test_by_the_formula():
    """By hand: of the block of bread and butter, G + λI = [[4, 2], [2, 3]], its inverse [[3, −2], [−2, 4]] ÷ 8."""
    weights = ease_weights(co_purchases([BOUGHT], 3), 1.0)
    np.testing.assert_allclose(weights, [[0, 0.5, 0], [2 / 3, 0, 0], [0, 0, 0]], atol=1e-15)


def test_as_by_a_general_inverse():
    rng = np.random.default_rng(5)
    bought = sp.csr_matrix((rng.random((300, 40)) < rng.random(40) * 0.4).astype(float))
    counts = co_purchases([bought], 40)
    inverse = np.linalg.inv(counts + 7.0 * np.eye(40))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(ease_weights(counts, 7.0), expected, atol=1e-12)


def test_it_is_the_best_linear_model_without_itself():
    """B minimises ‖X − XB‖² + λ‖B‖² among matrices whose diagonal is 0: any other such step away is worse."""
    rng = np.random.default_rng(6)
    bought = (rng.random((60, 8)) < 0.3).astype(float)
    best = ease_weights(co_purchases([sp.csr_matrix(bought)], 8), 2.0)

    def loss(b: np.ndarray) -> float:
        return float(((bought - bought @ b) ** 2).sum() + 2.0 * (b**2).sum())

    for _ in range(20):
        step = rng.normal(scale=0.01, size=best.shape)
        np.fill_diagonal(step, 0)
        assert loss(best + step) > loss(best)


def test_the_most_telling_companions_are_kept():
    weights = np.array([[0, 0.2, 0.3], [0.5, 0, 0.2], [-0.1, 0.1, 0]])
    kept = companions(weights, 1).toarray()
    assert kept.tolist() == [[0, 0.2, 0.3], [0.5, 0, 0], [0, 0, 0]]
    assert companions(weights, 5).nnz == 5
    assert companions(np.zeros((0, 0)), 5).shape == (0, 0)


def test_without_regularisation_it_is_refused():
    with pytest.raises(ValueError, match="regularisation 0 must be above 0"):
        ease_weights(np.eye(2), 0)


def test_an_empty_shelf_and_what_is_no_count():
    assert ease_weights(np.zeros((0, 0)), 1.0).shape == (0, 0)
    with pytest.raises(ValueError, match="not those of co_purchases"):
        ease_weights(np.array([[1.0, 9.0], [9.0, 1.0]]), 1.0)


def test_the_bytes_do_not_depend_on_the_cores():
    rng = np.random.default_rng(7)
    counts = co_purchases([sp.csr_matrix((rng.random((900, 400)) < 0.05).astype(float))], 400)
    made = []
    for cores in (1, 2):
        with threadpool_limits(cores, "blas"):
            made.append(ease_weights(counts.copy(), 5.0).tobytes())
    assert made[0] == made[1]
