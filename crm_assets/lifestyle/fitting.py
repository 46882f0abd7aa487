"""Lifestyles: K-means on patterns of spend, how stable they are, and how a refit keeps their ids.

Here: arrays in, a ``LifestyleModel`` out. When a model is fitted is ``lifestyles_of_month``'s part. Nothing reads a
file or a clock; every draw has a seed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from crm_assets.lifestyle.lifestyle_model import LifestyleModel
from crm_assets.lifestyle.personas import Lifestyles, Profile, name_lifestyles
from crm_assets.lifestyle.signatures import evident_effects
from crm_assets.lifestyle.spend import different_patterns, pattern, rarity_weights, share_matrix
from crm_assets.segmentation.agreement import jaccard
from crm_assets.segmentation.k_choice import FIT_SAMPLE, SCAN_SAMPLE, kmeans, sample
from crm_assets.settings import Settings

STABILITY_SEEDS = 20
STARTS = 30  # of the fit itself; ten leave another seed now and then in a slightly worse optimum, with another name
# A lifestyle continues another one that shares a tenth of the members, or whose pattern is as near as two halves of one
# cluster are: planted lifestyles of one shop lie 0.5 and more apart.
CONTINUED_OVERLAP, CONTINUED_DISTANCE = 0.1, 0.3


def fit(
    spend: pd.DataFrame,
    most: int,
    as_of: str,
    settings: Settings,
    lifestyles: Lifestyles,
    previous: LifestyleModel | None = None,
) -> LifestyleModel:
    """Lifestyles of the active customers of one snapshot.

    Args:
        spend: customer_id, category, share; at most ``FIT_SAMPLE`` customers, more than K different ones.
        most: lifestyles there may be; as many as that where lifestyle_min_stability is 0.
        as_of: ISO date of the snapshot.
        settings: lifestyle_min_stability decides on K, seed on every draw.
        lifestyles: the names to give.
        previous: the newest earlier model; its centroids are a further start, its ids stay with what continues them.

    Raises:
        ValueError: more customers than that, or fewer different patterns than lifestyles.
    """
    customers, categories = sorted(spend["customer_id"].unique()), sorted(spend["category"].unique())
    _require_fit(spend, len(customers), most)
    shares = share_matrix(spend, customers, categories)
    population = pd.Series(shares.mean(axis=0), index=categories)
    weights = rarity_weights(population.to_numpy(), settings.lifestyle_rarity)
    places = pattern(shares, weights)
    k, reason = choose_k(places, most, settings.lifestyle_min_stability, settings.seed)
    old = None if previous is None else _carried(previous, categories, weights)
    centroids = _best_centroids(places, k, settings.seed, old)
    labels = scipy.spatial.distance.cdist(places, centroids).argmin(axis=1)
    kept = {} if previous is None else _kept(previous, old, places, centroids, labels)
    members = _mean_shares(shares, labels, (centroids / weights) ** 2)
    signatures = {} if previous is None else previous.signatures
    profile = Profile(members, population.to_numpy(), evident_effects(shares, labels, k), tuple(categories))
    ids, named = name_lifestyles(profile, lifestyles, kept, signatures)
    order = sorted(range(k), key=lambda row: ids[row])  # so that no order of K-means shows
    return LifestyleModel(
        fitted_as_of=as_of,
        months=settings.lifestyle_months,
        category_level=settings.lifestyle_category,
        categories=tuple(categories),
        population=tuple(float(v) for v in population),
        centroids=tuple(tuple(float(v) for v in centroids[row]) for row in order),
        lifestyle_ids=tuple(ids[row] for row in order),
        signatures={**signatures, **named},
        asked_k=settings.lifestyle_k,
        min_customers=settings.lifestyle_min_customers,
        rarity=settings.lifestyle_rarity,
        min_stability=settings.lifestyle_min_stability,
        k_reason=reason,
        seed=settings.seed,
        customers=len(customers),
        adjusted_rand=tuple(stability(places, k, settings.seed, labels)),
    )


def _require_fit(spend: pd.DataFrame, customers: int, most: int) -> None:
    if customers > FIT_SAMPLE:
        raise ValueError(f"{customers:,} customers; take a sample of at most {FIT_SAMPLE:,}")
    different = different_patterns(spend)
    if different < most:
        raise ValueError(
            f"{different} different patterns of spend do not make {most} lifestyles; "
            "set lifestyle_k lower or lifestyle_months higher"
        )


def choose_k(places: np.ndarray, most: int, min_stability: float, seed: int) -> tuple[int, str]:
    """K and the reason for it: ``most`` as it is, or the largest K up to it whose ``stability`` reaches the least
    one in the mean; where none does, the most stable K.

    Args:
        places: (n, categories) roots of shares.
    """
    if min_stability <= 0:
        return most, f"K={most}, as many as may be"
    found = {}
    for k in range(most, 1, -1):
        found[k] = float(np.mean(stability(places, k, seed)))
        if found[k] >= min_stability:
            reached = f"adjusted Rand {found[k]:.3f} over {STABILITY_SEEDS} seeds, {min_stability:g} asked"
            return k, f"K={k}, the largest up to {most} that is stable: {reached}"
    best = max(found, key=lambda k: (found[k], -k))
    return best, f"K={best}, the most stable: adjusted Rand {found[best]:.3f}, {min_stability:g} is not reached"


def stability(places: np.ndarray, k: int, seed: int, reference: np.ndarray | None = None) -> list[float]:
    """Adjusted Rand index of fits of ``STABILITY_SEEDS`` other seeds with the reference fit.

    Args:
        places: (n, categories); above ``SCAN_SAMPLE`` rows a seeded sample is used.
        reference: (n,) labels of the fit that is judged; None = one of the seed, on the sample.
    """
    rows = sample(len(places), SCAN_SAMPLE, seed)
    chosen = places[rows]
    labels = kmeans(chosen, k, seed).labels_ if reference is None else reference[rows]
    seeds = range(seed + 1, seed + 1 + STABILITY_SEEDS)
    from sklearn.metrics import adjusted_rand_score

    return [float(adjusted_rand_score(labels, kmeans(chosen, k, other).labels_)) for other in seeds]


def _best_centroids(places: np.ndarray, k: int, seed: int, start: np.ndarray | None) -> np.ndarray:
    """(k, categories) centroids of the best start; of equals the previous model's."""
    best = kmeans(places, k, seed, starts=STARTS)
    if start is not None and len(start) == k:
        carried = kmeans(places, k, seed, start)
        best = carried if carried.inertia_ <= best.inertia_ else best
    return best.cluster_centers_


def _carried(previous: LifestyleModel, categories: list[str], weights: np.ndarray) -> np.ndarray:
    """(k, categories) centroids of the previous model on today's categories and weights; 0 for those new to it."""
    old = pd.DataFrame(np.array(previous.centroids) / previous.weights, columns=list(previous.categories))
    return old.reindex(columns=categories, fill_value=0.0).to_numpy() * weights


def _kept(
    previous: LifestyleModel, old: np.ndarray, places: np.ndarray, centroids: np.ndarray, labels: np.ndarray
) -> dict[int, str]:
    """Row of a new centroid → id of the lifestyle that it continues (Hungarian on patterns and members)."""
    before = scipy.spatial.distance.cdist(places, old).argmin(axis=1)
    distance, overlap = (
        scipy.spatial.distance.cdist(old, centroids),
        jaccard(before, labels, previous.k, len(centroids)),
    )
    pairs = zip(*scipy.optimize.linear_sum_assignment(distance + 1 - overlap), strict=True)
    return {
        int(n): previous.lifestyle_ids[o]
        for o, n in pairs
        if overlap[o, n] >= CONTINUED_OVERLAP or distance[o, n] <= CONTINUED_DISTANCE
    }


def _mean_shares(shares: np.ndarray, labels: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """(k, categories) mean shares of the members; the row of ``empty`` where there is none."""
    rows = range(len(empty))
    return np.array([shares[labels == row].mean(axis=0) if (labels == row).any() else empty[row] for row in rows])
