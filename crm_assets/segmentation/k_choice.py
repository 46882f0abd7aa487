"""How many types: K-means for every K, its inertia, silhouettes and sizes, and the rule that picks one.

Here: arrays of standardised places in, figures out. What a type is, and how it keeps its id, is in ``clustering``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

K_RANGE = range(2, 11)
N_INIT = 10
FIT_SAMPLE = 100_000  # its inertia is within 0.3 % of the full data's
SCAN_SAMPLE = 5_000  # enough for the shape of the curve, on which the elbow rests
SILHOUETTE_SAMPLE = 10_000
BLOCK = 100  # rows of the distance matrix held at once: few enough for the cache


def scan_k(places: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """Inertia, mean silhouette, smallest share, and each type's silhouette and share, for every K of ``K_RANGE``.

    Args:
        places: (n, 3) standardised features; above ``SCAN_SAMPLE`` rows a seeded sample is used.
        seed: of the sample and of K-means.

    Returns:
        Per K: k, inertia, silhouette (None where there is none), smallest_share and ``types``, the largest first: their
        silhouette and size_share.
    """
    places = places[sample(len(places), SCAN_SAMPLE, seed)]
    models = [kmeans(places, k, seed) for k in K_RANGE]
    values = silhouette_values(places, [m.labels_ for m in models])
    return [
        {
            "k": k,
            "inertia": float(model.inertia_),
            "silhouette": None if np.isnan(value).all() else float(value.mean()),
            "smallest_share": float(np.bincount(model.labels_, minlength=k).min() / len(places)),
            "types": _by_size(model.labels_, value),
        }
        for k, model, value in zip(K_RANGE, models, values, strict=True)
    ]


def _by_size(labels: np.ndarray, values: np.ndarray) -> list[dict[str, float | None]]:
    """Share and mean silhouette of each type, the largest first."""
    sizes, sums = np.bincount(labels), np.bincount(labels, weights=values)
    return [
        {
            "size_share": float(sizes[i] / len(labels)),
            "silhouette": None if np.isnan(sums[i]) else float(sums[i] / sizes[i]),
        }
        for i in np.argsort(-sizes, kind="stable")
        if sizes[i]
    ]


def choose_k(
    scan: Sequence[Mapping[str, Any]],
    min_share: float,
    forced: int | None = None,
    in_use: int | None = None,
    margin: float = 0.0,
) -> tuple[int, str]:
    """K and the reason for it.

    The rule: the elbow of the inertia curve, that is the K farthest below the chord between its ends with both axes
    scaled to 0-1, lowered until the smallest type holds at least ``min_share`` of the customers (never below 2).

    A K that is in use already gives way to the rule's only when that lies more than ``margin`` farther below the chord,
    or when a type of it has shrunk below half of ``min_share``: from month to month two neighbouring K lie almost
    equally deep, and types must not come and go with the last digit.

    Args:
        scan: from ``scan_k``, at least two rows by rising K.
        min_share: share of customers.
        forced: a K that wins over the rule.
        in_use: K of the model that is refitted.
        margin: share of the chord's box, 0-1.
    """
    ks = [int(row["k"]) for row in scan]
    inertia = np.array([row["inertia"] for row in scan])
    # The chord runs from (0, 1) to (1, 0), so 1 - x - y is proportional to the distance below it.
    x = (np.array(ks) - ks[0]) / (ks[-1] - ks[0])
    y = (inertia - inertia[-1]) / max(inertia[0] - inertia[-1], 1e-12)
    depth = dict(zip(ks, 1 - x - y, strict=True))
    elbow = max(ks, key=lambda k: depth[k])
    shares = {k: row["smallest_share"] for k, row in zip(ks, scan, strict=True)}
    if forced is not None:
        return forced, f"forced K={forced}; elbow of inertia at K={elbow}"
    chosen = next((k for k in range(elbow, ks[0], -1) if shares[k] >= min_share), ks[0])
    reason = f"elbow of inertia at K={elbow} (smallest share {shares[elbow]:.4f})"
    if chosen != elbow:
        verdict = "reached" if shares[chosen] >= min_share else "not reached, the least K"
        reason += f"; lowered to K={chosen} (smallest share {shares[chosen]:.4f}), minimum {min_share:g} {verdict}"
    if in_use is None:
        return chosen, reason
    if in_use == chosen:
        return chosen, f"K={in_use} stays; by the rule: {reason}"
    if shares[in_use] < min_share / 2:
        why = f"its smallest share is {shares[in_use]:.4f}, below half of {min_share:g}"
        return chosen, f"K={in_use} becomes {chosen}: {why}; by the rule: {reason}"
    gain = depth[chosen] - depth[in_use]
    if gain > margin:
        return chosen, f"K={in_use} becomes {chosen}: {gain:.3f} deeper, above {margin:g}; by the rule: {reason}"
    return in_use, f"K={in_use} stays: K={chosen} is {gain:.3f} deeper, not above {margin:g}; by the rule: {reason}"


def kmeans(places: np.ndarray, k: int, seed: int, start: np.ndarray | None = None, *, starts: int = N_INIT) -> KMeans:
    """K-means from so many seeded ``starts``, or from the k × 3 ``start`` alone; the same run to run."""
    from sklearn.cluster import KMeans  # before the limit: it holds for the libraries that are loaded by then

    # One thread: the order of a threaded sum differs from run to run.
    with threadpool_limits(1):
        if start is not None:
            return KMeans(k, init=start, n_init=1, random_state=seed).fit(places)
        return KMeans(k, n_init=starts, random_state=seed).fit(places)


def silhouette_values(places: np.ndarray, labelings: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Silhouette of every row under each labeling, from one pass over the distances.

    Equal to scikit-learn's ``silhouette_samples``, which takes 4 s for each K at 10,000 rows; this takes 0.5 s for all.
    """
    members = [np.eye(int(labels.max()) + 1)[labels] for labels in labelings]
    stacked = np.hstack(members)

    def sums_of(first: int) -> np.ndarray:
        return scipy.spatial.distance.cdist(places[first : first + BLOCK], places) @ stacked

    # Blocks side by side, each on one thread: a block's sums are the same whichever thread makes them.
    with threadpool_limits(1), ThreadPoolExecutor() as pool:
        sums = np.vstack(list(pool.map(sums_of, range(0, len(places), BLOCK))))
    values, row, column = [], np.arange(len(places)), 0
    for labels, member in zip(labelings, members, strict=True):
        sizes = member.sum(axis=0)
        part = sums[:, column : column + len(sizes)]
        column += len(sizes)
        own = part[row, labels] / np.maximum(sizes[labels] - 1, 1)
        others = np.divide(part, sizes, out=np.full(part.shape, np.inf), where=sizes > 0)
        others[row, labels] = np.inf
        nearest = others.min(axis=1)
        if not np.isfinite(nearest).all():  # a single type
            values.append(np.full(len(places), np.nan))
            continue
        value = (nearest - own) / np.maximum(np.maximum(own, nearest), 1e-300)
        values.append(np.where(sizes[labels] > 1, value, 0.0))
    return values


def sample(size: int, most: int, seed: int) -> np.ndarray:
    """At most ``most`` row numbers, drawn with the seed, in rising order."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False))
