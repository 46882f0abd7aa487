"""K-medoids by partitioning around medoids (PAM): centres are customers, so that one far out draws none away.

BUILD as Kaufman and Rousseeuw (1990); SWAP after Schubert and Rousseeuw (2019, FastPAM1): one pass over the distances
judges every pair of a medoid and a candidate, k times cheaper than PAM's own, with the same swaps. O(n²) memory and
time: for samples.
"""

from __future__ import annotations

import numpy as np

BLOCK = 256  # candidates judged at once
MOST_SWAPS = 200
LEAST_GAIN = 1e-9  # a swap must win more than rounding does


def k_medoids(distances: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Medoids and labels; no draw, the same run to run. Of equal candidates the first row wins.

    Args:
        distances: (n, n) symmetric, any dissimilarity ≥ 0.
        k: number of medoids, at most n.

    Returns:
        k rising row numbers, and for each row the place of its nearest medoid in them.

    Raises:
        ValueError: k is not between 1 and n.
    """
    if not 1 <= k <= len(distances):
        raise ValueError(f"k={k} is not between 1 and the {len(distances)} rows; give a number in between")
    medoids = _build(distances, k)
    for _ in range(MOST_SWAPS):
        change = _swap_changes(distances, medoids)
        change[medoids] = 0.0
        candidate, medoid = np.unravel_index(change.argmin(), change.shape)
        if change[candidate, medoid] >= -LEAST_GAIN:
            break
        medoids[medoid] = candidate
    medoids = np.sort(medoids)
    return medoids, distances[:, medoids].argmin(axis=1)


def _build(distances: np.ndarray, k: int) -> np.ndarray:
    """The row with the least sum of distances, then time and again the one that lowers it most."""
    medoids = [int(distances.sum(axis=1).argmin())]
    nearest = distances[medoids[0]].copy()
    while len(medoids) < k:
        gains = np.concatenate(
            [np.maximum(nearest - distances[b : b + BLOCK], 0).sum(axis=1) for b in range(0, len(distances), BLOCK)]
        )
        gains[medoids] = -1.0
        medoids.append(int(gains.argmax()))
        nearest = np.minimum(nearest, distances[medoids[-1]])
    return np.array(medoids)


def _swap_changes(distances: np.ndarray, medoids: np.ndarray) -> np.ndarray:
    """(n, k) change of the sum of distances when a candidate takes a medoid's place.

    A row at distance d of the candidate, first and second of its nearest two medoids, changes by min(d, first) − first;
    where its own medoid goes, by min(d, second) − first, that is by clip(d, first, second) − first more.
    """
    to_medoids = distances[:, medoids]
    own = to_medoids.argmin(axis=1)
    first = to_medoids.min(axis=1)
    members = np.eye(len(medoids))[own]
    to_medoids[np.arange(len(own)), own] = np.inf
    # With one medoid there is no second: whoever it leaves goes to the candidate.
    second = to_medoids.min(axis=1) if len(medoids) > 1 else distances.max(axis=1)
    changes = np.empty((len(distances), len(medoids)))
    for b in range(0, len(distances), BLOCK):
        beyond = distances[b : b + BLOCK] - first
        kept = np.minimum(beyond, 0).sum(axis=1)
        changes[b : b + BLOCK] = kept[:, None] + np.clip(beyond, 0, second - first) @ members
    return changes
