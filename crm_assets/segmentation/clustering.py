"""Types of customers: K-means on recency, frequency and monetary, frozen as a model that keeps its ids.

Fit, assign, judge and compare types. Names come from ``naming``; who is clustered, when a model is refitted, and
where it is kept are the callers' business. Nothing here reads a file or a clock; every draw has a seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from crm_assets.segmentation import agreement
from crm_assets.segmentation.k_choice import (
    FIT_SAMPLE,
    K_RANGE,
    SILHOUETTE_SAMPLE,
    choose_k,
    kmeans,
    sample,
    scan_k,
    silhouette_values,
)
from crm_assets.segmentation.naming import Personas, name_segments
from crm_assets.statistics.stability import UPPER_TAIL, profile, stability_index

Scaling = Literal["log", "standard"]

FEATURES = ("recency_days", "frequency", "monetary")
LOGGED = ("frequency", "monetary")  # by scaling "log"; recency stays as it is
DISTANCE = "distance"  # to the nearest centre: behaviour between known marginals shows in it alone
PROFILED = (*FEATURES, DISTANCE)
MIN_CUSTOMERS = 20
ENOUGH_TO_TELL = 1_000  # customers among whom different ones are looked for first
FAR_OUT = 3.0  # interquartile ranges above the third quartile (Tukey 1977)
RETURN_DISTANCE = 1.0  # standard deviations within which a new type is one that had ended


@dataclass(frozen=True)
class ClusterModel:
    """A fitted model: all that is needed to give a customer its type again.

    Attributes:
        fitted_as_of: ISO date of the snapshot it was fitted on.
        scaling: ``log`` (log1p of frequency and monetary) or ``standard``, before standardising.
        means, scales: mean and standard deviation per feature, after the logarithm, in order of ``FEATURES``.
        centroids: k × 3, in standard deviations.
        segment_ids: k ids, in order of the centroids.
        seed: of every draw behind it.
        customers: it was fitted on.
        k_scan: per K the inertia, silhouettes and sizes, from ``k_choice.scan_k``.
        k_reason: why this K, one line.
        jaccard: per type its bootstrap stability at the fit, in order of the centroids (``agreement``).
        ended: ids that earlier models gave and this one does not → their last centroid in days, receipts, currency.
        profile: per name of ``PROFILED`` the inner ``edges`` of the fitting snapshot (deciles, of the distance also
            95 % and 99 %) and the ``shares`` between.
    """

    fitted_as_of: str
    scaling: Scaling
    means: tuple[float, ...]
    scales: tuple[float, ...]
    centroids: tuple[tuple[float, ...], ...]
    segment_ids: tuple[str, ...]
    seed: int
    customers: int
    k_scan: tuple[dict[str, Any], ...]
    k_reason: str
    jaccard: tuple[float, ...]
    ended: dict[str, list[float]]
    profile: dict[str, dict[str, list[float]]]

    @property
    def k(self) -> int:
        """Number of types."""
        return len(self.segment_ids)

    def to_json(self) -> str:
        """Canonical text: sorted keys, floats that read back exactly."""
        return json.dumps(asdict(self), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ClusterModel:
        """The model that ``to_json`` wrote.

        Raises:
            ValueError: the text is no such model.
        """
        content = json.loads(text)
        names = {f.name for f in fields(cls)}
        if not isinstance(content, dict) or content.keys() != names:
            raise ValueError(f"not a cluster model: it must hold exactly {sorted(names)}; refit the types")
        for name in ("means", "scales", "segment_ids", "k_scan", "jaccard"):
            content[name] = tuple(content[name])
        content["centroids"] = tuple(tuple(c) for c in content["centroids"])
        return cls(**content)


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
    raw = _raw(frame)
    _check(raw, scaling, k)
    transformed = _transformed(raw, scaling)
    means, scales = _moments(transformed)
    places = (transformed - means) / scales
    scan = scan_k(places, seed)
    chosen, reason = choose_k(scan, min_share, k, previous.k if previous else None, k_change_margin)

    def today(centres: np.ndarray) -> np.ndarray:
        return (_transformed(centres, scaling) - means) / scales

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


def assign(model: ClusterModel, frame: pd.DataFrame) -> pd.DataFrame:
    """The nearest type of every customer.

    Args:
        model: any fitted model.
        frame: one row per customer: customer_id and ``FEATURES``.

    Returns:
        customer_id, segment_id, distance (Euclidean, in standard deviations), sorted by customer_id.
    """
    frame = _sorted(frame)
    distances = cdist(_places(model, _raw(frame)), np.array(model.centroids))
    nearest = distances.argmin(axis=1)
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(),
            "segment_id": np.array(model.segment_ids, dtype=object)[nearest],
            "distance": distances[np.arange(len(frame)), nearest],
        }
    ).astype({"segment_id": "str"})


def places(model: ClusterModel, frame: pd.DataFrame) -> np.ndarray:
    """Where customers lie in the model's space.

    Args:
        frame: as for ``assign``.

    Returns:
        (n, 3) in standard deviations of the model, in order of ``FEATURES``; rows sorted by customer_id.
    """
    return _places(model, _raw(frame))


def silhouettes(model: ClusterModel, frame: pd.DataFrame, assignment: pd.DataFrame, seed: int) -> pd.Series:
    """Silhouette of a seeded sample of at most ``SILHOUETTE_SAMPLE`` customers, NaN for the others.

    Returns:
        A Series with the index of ``assignment``; NaN too when the sample holds a single type.
    """
    ordered = assignment.sort_values("customer_id")
    features = frame.set_index("customer_id").loc[ordered["customer_id"], list(FEATURES)]
    rows = sample(len(ordered), SILHOUETTE_SAMPLE, seed)
    places = _places(model, features.to_numpy(dtype=float))[rows]
    labels = pd.Categorical(ordered["segment_id"], categories=sorted(set(model.segment_ids))).codes[rows]
    values = np.full(len(ordered), np.nan)
    values[rows] = silhouette_values(places, [labels])[0]
    return pd.Series(values, index=ordered.index, name="silhouette").reindex(assignment.index)


def outliers(model: ClusterModel, frame: pd.DataFrame, assignment: pd.DataFrame) -> pd.DataFrame:
    """Who lies far out of its type: a distance above Q3 + 3 · IQR of the type's distances (Tukey's outer fence).

    Args:
        assignment: from ``assign``.

    Returns:
        is_outlier and outlier_feature (the name of ``FEATURES`` that is farthest from the centre, in standard
        deviations; None for the others), with the index of ``assignment``.
    """
    order = assignment.sort_values("customer_id", kind="stable").index
    ordered = assignment.loc[order]
    labels = pd.Categorical(ordered["segment_id"], categories=model.segment_ids).codes
    distance, fences = ordered["distance"].to_numpy(), np.full(model.k, np.inf)
    for i in np.unique(labels):
        lower, upper = np.quantile(distance[labels == i], (0.25, 0.75))
        fences[i] = upper + FAR_OUT * (upper - lower)
    far = distance > fences[labels]
    away = np.abs(_places(model, _raw(frame)[far]) - np.array(model.centroids)[labels[far]])
    feature = np.full(len(ordered), None, dtype=object)
    feature[far] = np.array(FEATURES, dtype=object)[away.argmax(axis=1)]
    made = pd.DataFrame({"is_outlier": far, "outlier_feature": feature}, index=order)
    return made.reindex(assignment.index)


def drift(model: ClusterModel, frame: pd.DataFrame) -> dict[str, float]:
    """Population stability index of each of ``PROFILED`` against the fitting snapshot, ≥ 0.

    PSI = Σ (p − q) ln(p / q) over the bins of the fitting snapshot's profile; above 0.25 the population has moved.
    """
    raw = _raw(frame)
    nearest = cdist(_places(model, raw), np.array(model.centroids)).min(axis=1)
    values = dict(zip(PROFILED, (*raw.T, nearest), strict=True))
    return {name: stability_index(model.profile[name], values[name]) for name in PROFILED}


def raw_centroids(model: ClusterModel) -> np.ndarray:
    """(k, 3) centroids in days, receipts and currency."""
    raw = np.array(model.centroids) * np.array(model.scales) + np.array(model.means)
    if model.scaling == "log":
        logged = [FEATURES.index(name) for name in LOGGED]
        raw[:, logged] = np.expm1(raw[:, logged])
    return raw


def scaled(frame: pd.DataFrame, scaling: Scaling) -> np.ndarray:
    """(n, 3) ``FEATURES`` in standard deviations of this frame, by customer_id."""
    transformed = _transformed(_raw(frame), scaling)
    means, scales = _moments(transformed)
    return (transformed - means) / scales


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


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    if frame["customer_id"].is_monotonic_increasing:  # as the warehouse gives them; to sort a million takes a second
        return frame
    return frame.sort_values("customer_id", kind="stable")


def _raw(frame: pd.DataFrame) -> np.ndarray:
    """(n, 3) in days, receipts and currency, sorted by customer_id."""
    raw = _sorted(frame)[list(FEATURES)].to_numpy(dtype=float)
    if not np.isfinite(raw).all():
        bad = [name for i, name in enumerate(FEATURES) if not np.isfinite(raw[:, i]).all()]
        raise ValueError(f"{bad} hold missing or infinite values; every clustered customer needs all of {FEATURES}")
    return raw


def _transformed(raw: np.ndarray, scaling: str) -> np.ndarray:
    """The features as they are standardised. Spend below zero (returns netted) counts as zero before a logarithm."""
    if scaling == "standard":
        return raw
    logged = [FEATURES.index(name) for name in LOGGED]
    made = raw.copy()
    made[:, logged] = np.log1p(np.maximum(raw[:, logged], 0))
    return made


def _moments(transformed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation per feature; 1 for a feature that does not vary."""
    scales = transformed.std(axis=0)
    return transformed.mean(axis=0), np.where(scales > 0, scales, 1.0)


def _places(model: ClusterModel, raw: np.ndarray) -> np.ndarray:
    return (_transformed(raw, model.scaling) - np.array(model.means)) / np.array(model.scales)


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
    old = cdist(_places(previous, raw), np.array(previous.centroids)).argmin(axis=1)
    new = cdist(places, centroids).argmin(axis=1)
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
    nearest = cdist(places, centroids).min(axis=1)
    features = {name: profile(raw[:, i]) for i, name in enumerate(FEATURES)}
    return {**features, DISTANCE: profile(nearest, UPPER_TAIL)}


def _list(values: np.ndarray) -> list[float]:
    return [float(v) for v in values]


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
