"""Population stability index: how far the values of a feature have moved from those a model was fitted on.

Here: a profile to keep with the model, and the index against it. What a high index leads to is the callers' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

SMOOTHING = 1e-4  # share that an empty bin counts as
DECILES = tuple(i / 10 for i in range(1, 10))
UPPER_TAIL = (*DECILES, 0.95, 0.99)  # what is far out moves these bins by its whole share, a decile by a part of it


def profile(values: np.ndarray, quantiles: Sequence[float] = DECILES) -> dict[str, list[float]]:
    """``edges`` at the quantiles, ties merged, and the ``shares`` of the values between them."""
    edges = quantile_edges(values, quantiles)
    return {"edges": edges.tolist(), "shares": _shares(edges, values).tolist()}


def quantile_edges(values: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """The values at the quantiles, ties merged."""
    return np.unique(np.quantile(values, quantiles, method="inverted_cdf"))


def index_parts(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """(p − q) ln(p / q) of every bin, ≥ 0; their sum is the index.

    Args:
        before, now: (bins,) shares above 0.
    """
    return (now - before) * np.log(now / before)


def stability_index(then: Mapping[str, Sequence[float]], values: np.ndarray) -> float:
    """PSI = Σ (p − q) ln(p / q) over the bins of a profile, ≥ 0; above 0.25 is read as a moved population.

    Raises:
        ValueError: no values.
    """
    if not len(values):
        raise ValueError("the stability index needs values, none were given; leave this month out")
    before = np.maximum(np.array(then["shares"]), SMOOTHING)
    now = np.maximum(_shares(np.array(then["edges"]), values), SMOOTHING)
    return float(index_parts(before, now).sum())


def _shares(edges: np.ndarray, values: np.ndarray) -> np.ndarray:
    # An edge closes the bin below it, so that a heap of equal values stays in one bin.
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1) / len(values)
