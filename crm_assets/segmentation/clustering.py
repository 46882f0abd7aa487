"""Types of customers: K-means on recency, frequency and monetary, fitted as a model that keeps its ids.

Names come from ``naming``; who is clustered, when a model is refitted, and where it is kept are the callers' business.
Nothing here reads a file or a clock; every draw has a seed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import scipy

from crm_assets.segmentation import agreement
from crm_assets.segmentation.cluster_model import (
    DISTANCE,
    FEATURES,
    ClusterModel,
    Scaling,
    moments,
    places_of,
    raw_centroids,
    raw_features,
    transform,
)
from crm_assets.segmentation.k_choice import FIT_SAMPLE, K_RANGE, choose_k, kmeans, sample, scan_k
from crm_assets.segmentation.naming import Personas, name_segments
from crm_assets.statistics.stability import UPPER_TAIL, profile

MIN_CUSTOMERS = 20
ENOUGH_TO_TELL = 1_000  # customers among whom different ones are looked for first
RETURN_DISTANCE = 1.0  # standard deviations within which a new type is one that had ended


def fit(
    frame: pd.DataFrame,
    *,
    as_of: str,
    personas: Personas,
    scaling: Scaling = "log",
    k: int | None = None,
    min_share: float = 0.02,
    k_change_margin: float = 0.02,
    seed: int = 42,
    previous: ClusterModel | None = None,
) -> ClusterModel:
    """Types of the customers of one snapshot.

    A first fit chooses K by ``choose_k`` and takes its ids from ``naming``. A refit asks the rule again, tries the
    previous centroids as a start beside the k-means++ starts, and carries the ids of the types that continue over.

    Args:
        frame: one row per customer: customer_id and ``FEATURES`` (days, receipts, currency).
        as_of: ISO date of the snapshot.
        personas: names for types that have no id yet.
        scaling: see ``ClusterModel``.
        k: forced number of types; None = by the rule.
        min_share: smallest type that the rule for K accepts, share of customers.
        k_change_margin: by how much the rule's K must be better than the one in use, see ``choose_k``.
        seed: of every draw.
        previous: the newest earlier model.

    Raises:
        ValueError: too few customers or too few different ones, missing values, or an unknown scaling.
    """
    raw = raw_features(frame)
    _check(raw, scaling, k)
    transformed = transform(raw, scaling)
    means, scales = moments(transformed)
    places = (transformed - means) / scales
    scan = scan_k(places, seed)
    chosen, reason = choose_k(scan, min_share, k, previous.k if previous else None, k_change_margin)

    def today(centres: np.ndarray) -> np.ndarray:
        return (transform(centres, scaling) - means) / scales

    start = None if previous is None else today(raw_centroids(previous))
    centroids = _best_centroids(places, chosen, seed, start)
    ids, ended = _ids(previous, raw, places, centroids, today, personas)
    return ClusterModel(
        fitted_as_of=as_of,
        scaling=scaling,
        means=_floats(means),
        scales=_floats(scales),
        centroids=tuple(_floats(c) for c in centroids),
        segment_ids=ids,
        seed=seed,
        customers=len(frame),
        k_scan=tuple(scan),
        k_reason=reason,
        jaccard=tuple(agreement.bootstrap_jaccard(places, centroids, seed)),
        ended=ended,
        profile=_profile(raw, places, centroids),
    )


def _check(raw: np.ndarray, scaling: str, k: int | None) -> None:
    if scaling not in ("log", "standard"):
        raise ValueError(f"scaling {scaling!r} is not known; set it to 'log' or 'standard'")
    if k is not None and k not in K_RANGE:
        raise ValueError(f"k={k} is outside {K_RANGE.start}-{K_RANGE.stop - 1}; set it to none for the rule")
    if len(raw) < MIN_CUSTOMERS:
        raise ValueError(
            f"{len(raw)} customers are too few to find types (at least {MIN_CUSTOMERS}); take a longer history"
        )
    different = len(np.unique(raw[:ENOUGH_TO_TELL], axis=0))
    if different < K_RANGE.stop:
        different = len(np.unique(raw, axis=0))
    if different < K_RANGE.stop:
        raise ValueError(
            f"only {different} different (recency, frequency, monetary) among {len(raw)} customers, at least "
            f"{K_RANGE.stop} are needed; check the mapping of dates, receipts and amounts, or take a longer history"
        )


def _best_centroids(places: np.ndarray, k: int, seed: int, start: np.ndarray | None) -> np.ndarray:
    """(k, 3) centroids of the best start; of equals the previous model's."""
    places = places[sample(len(places), FIT_SAMPLE, seed)]
    best = kmeans(places, k, seed)
    if start is not None and len(start) == k:
        carried = kmeans(places, k, seed, start)
        best = carried if carried.inertia_ <= best.inertia_ else best
    return best.cluster_centers_


def _ids(
    previous: ClusterModel | None,
    raw: np.ndarray,
    places: np.ndarray,
    centroids: np.ndarray,
    today: Callable[[np.ndarray], np.ndarray],
    personas: Personas,
) -> tuple[tuple[str, ...], dict[str, list[float]]]:
    """Every type's id, carried on or new, and those that ended with where they last were."""
    kept, ended = ({}, {}) if previous is None else _kept(previous, raw, places, centroids, today)
    ids = tuple(name_segments(centroids, personas, kept, ended))
    return ids, {i: place for i, place in ended.items() if i not in ids}


def _kept(
    previous: ClusterModel,
    raw: np.ndarray,
    places: np.ndarray,
    centroids: np.ndarray,
    today: Callable[[np.ndarray], np.ndarray],
) -> tuple[dict[int, str], dict[str, list[float]]]:
    """Row of a new centroid → id that it carries on, and the ids that ended with where they last were.

    An id that ended comes back only to a type within ``RETURN_DISTANCE`` of where it was.
    """
    old = scipy.spatial.distance.cdist(places_of(previous, raw), np.array(previous.centroids)).argmin(axis=1)
    new = scipy.spatial.distance.cdist(places, centroids).argmin(axis=1)
    last = raw_centroids(previous)
    overlap = agreement.jaccard(old, new, previous.k, len(centroids))
    pairs = agreement.continued(today(last), centroids, overlap)
    kept = {row: previous.segment_ids[o] for row, o in pairs.items()}
    ended = {i: _list(c) for i, c in zip(previous.segment_ids, last, strict=True) if i not in kept.values()}
    ended = {**previous.ended, **ended}
    for segment_id, place in sorted(previous.ended.items()):
        distance = np.linalg.norm(centroids - today(np.array([place])), axis=1)
        distance[list(kept)] = np.inf
        if distance.min() <= RETURN_DISTANCE:
            kept[int(distance.argmin())] = segment_id
            del ended[segment_id]
    return kept, ended


def _profile(raw: np.ndarray, places: np.ndarray, centroids: np.ndarray) -> dict[str, dict[str, list[float]]]:
    nearest = scipy.spatial.distance.cdist(places, centroids).min(axis=1)
    features = {name: profile(raw[:, i]) for i, name in enumerate(FEATURES)}
    return {**features, DISTANCE: profile(nearest, UPPER_TAIL)}


def _list(values: np.ndarray) -> list[float]:
    return [float(v) for v in values]


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
