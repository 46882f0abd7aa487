"""How far two clusterings of the same customers agree, and which type of one continues which of the other.

Here: arrays of labels and centres in, figures out. What a type is called is ``naming``'s part, what a model keeps is
``clustering``'s.
"""

from __future__ import annotations

import numpy as np
import scipy

from crm_assets.segmentation.k_choice import SCAN_SAMPLE, kmeans, sample

BOOTSTRAPS = 25
BOOTSTRAP_STARTS = 2  # of K-means: a poor start would count as instability, many would cost too much
CONTINUED_OVERLAP, CONTINUED_DISTANCE = 0.1, 1.5  # less overlap and more standard deviations: another behaviour


def jaccard(first: np.ndarray, second: np.ndarray, k_first: int, k_second: int) -> np.ndarray:
    """(k_first, k_second) overlap of every pair of clusters: members of both over members of either, 0-1.

    Args:
        first, second: labels 0 … k − 1 of the same n customers.
    """
    both = np.bincount(first * k_second + second, minlength=k_first * k_second).reshape(k_first, k_second)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None] - both
    return both / np.maximum(either, 1)


def continued(old: np.ndarray, new: np.ndarray, overlap: np.ndarray) -> dict[int, int]:
    """New type → old type that it continues (Hungarian on centres and members).

    The cost of a pair is the distance of the centres in standard deviations, plus one minus the overlap. A pair that
    shares less than ``CONTINUED_OVERLAP`` of its customers and lies more than ``CONTINUED_DISTANCE`` apart is none.

    Args:
        old, new: (k, 3) centres in standard deviations of today.
        overlap: (k_old, k_new) from ``jaccard``.
    """
    distance = scipy.spatial.distance.cdist(old, new)
    pairs = zip(*scipy.optimize.linear_sum_assignment(distance + 1 - overlap), strict=True)
    return {
        int(n): int(o) for o, n in pairs if overlap[o, n] >= CONTINUED_OVERLAP or distance[o, n] <= CONTINUED_DISTANCE
    }


def agreement(before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """adjusted_rand (Hubert and Arabie 1985; 1 = the same, about 0 = by chance) and matched_share (same id, 0-1).

    Args:
        before, after: segment_id of the same customers, at least one.
    """
    from sklearn.metrics import adjusted_rand_score

    return {
        "adjusted_rand": float(adjusted_rand_score(before, after)),
        "matched_share": float((np.asarray(before) == np.asarray(after)).mean()),
    }


def bootstrap_jaccard(places: np.ndarray, centroids: np.ndarray, seed: int) -> list[float]:
    """Stability of each type: how well it is found again in bootstrap samples, mean of ``BOOTSTRAPS``, 0-1.

    Clusterwise (Hennig 2007): each sample is clustered anew; of its customers, the type's members are compared with the
    members of the cluster that overlaps most. His scale: below 0.6 doubtful, from 0.75 stable.

    Args:
        places: (n, 3) standardised features; above ``SCAN_SAMPLE`` rows a seeded sample is used.
        centroids: (k, 3) of the model that is judged.
    """
    places = places[sample(len(places), SCAN_SAMPLE, seed)]
    labels = scipy.spatial.distance.cdist(places, centroids).argmin(axis=1)
    k, draw = len(centroids), np.random.default_rng(seed)
    found = []
    for turn in range(BOOTSTRAPS):
        rows = draw.integers(0, len(places), len(places))
        again = kmeans(places[rows], k, seed + turn, starts=BOOTSTRAP_STARTS)
        found.append(jaccard(labels[rows], again.labels_, k, k).max(axis=1))
    return [float(v) for v in np.mean(found, axis=0)]
