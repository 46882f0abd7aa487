"""Population stability index: how far the values of a feature have moved from those a model was fitted on.

Here: a profile to keep with the model, and the index against it; counts of then and now, and whether they moved. What a
high index leads to is the callers' business.

Under no drift PSI · n·m / (n + m) of n and m customers is χ² with bins − 1 degrees of freedom, as Pearson's statistic
is (Yurdakul and Naranjo 2020, "Statistical properties of the population stability index"): of small shops every index
is large.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

SMOOTHING = 1e-4  # share that an empty bin counts as
DECILES = tuple(i / 10 for i in range(1, 10))
FALSE_ALARMS = 0.001  # months without drift in which some population of a family moves
HALF = 0.5  # added to every bin: an empty one would make the index of few customers large
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


@dataclass(frozen=True)
class Shift:
    """How far counts have moved.

    Attributes:
        psi: the index, ≥ 0.
        moved: above the threshold and beyond chance.
        bin: place of the bin that moved most; None where there is nothing to compare.
        then, now: its shares, as they are.
    """

    psi: float
    moved: bool
    bin: int | None
    then: float
    now: float


def shift(before: npt.ArrayLike, now: npt.ArrayLike, *, threshold: float, family: int) -> Shift:
    """The index of two sets of counts.

    Args:
        before, now: (bins,) counts of the same bins.
        threshold: index above which they have moved, if they are beyond chance.
        family: sets of bins that are looked at together: their false alarms are ``FALSE_ALARMS`` in all (Bonferroni).
    """
    before, now = np.asarray(before, dtype=float), np.asarray(now, dtype=float)
    n, m, used = before.sum(), now.sum(), before + now > 0
    size = max(int(used.sum()), 1)
    p, q = ((c + HALF) / (c.sum() + HALF * size) for c in (before[used], now[used]))
    parts = index_parts(p, q)
    psi = float(parts.sum())
    beyond_chance = size > 1 and psi * n * m / max(n + m, 1) > scipy.stats.chi2.isf(FALSE_ALARMS / family, size - 1)
    moved = bool(psi > threshold and beyond_chance)
    if not (n and m):
        return Shift(psi, moved, None, np.nan, np.nan)
    place = int(np.flatnonzero(used)[parts.argmax()])
    return Shift(psi, moved, place, float(before[place] / n), float(now[place] / m))


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
