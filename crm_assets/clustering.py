"""Types of customers: K-means on recency, frequency and monetary, frozen as a model that keeps its ids.

Fit, assign, judge and compare types. Names come from ``naming``; who is clustered, when a model is refitted, and
where it is kept are the callers' business. Nothing here reads a file or a clock; every draw has a seed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from crm_assets.k_choice import (
    FIT_SAMPLE,
    K_RANGE,
    SILHOUETTE_SAMPLE,
    choose_k,
    kmeans,
    sample,
    scan_k,
    silhouette_values,
)
from crm_assets.naming import Personas, name_segments
from crm_assets.stability import profile, stability_index

Scaling = Literal["log", "standard"]

FEATURES = ("recency_days", "frequency", "monetary")
LOGGED = ("frequency", "monetary")  # by scaling "log"; recency stays as it is
MIN_CUSTOMERS = 20


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
        k_scan: per K the inertia, mean silhouette and share of the smallest type.
        k_reason: why this K, one line.
        profile: per feature the inner decile ``edges`` of the fitting snapshot and the ``shares`` between them.
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
        for name in ("means", "scales", "segment_ids", "k_scan"):
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
    seed: int = 42,
    previous: ClusterModel | None = None,
) -> ClusterModel:
    """Types of the customers of one snapshot.

    A first fit chooses K by ``choose_k`` and takes its ids from ``naming``. A refit keeps the previous K unless ``k``
    forces another, tries the previous centroids as a start beside the k-means++ starts, keeps the better, and
    carries the ids of the previous types over.

    Args:
        frame: one row per customer: customer_id and ``FEATURES`` (days, receipts, currency).
        as_of: ISO date of the snapshot.
        personas: names for types that have no id yet.
        scaling: see ``ClusterModel``.
        k: forced number of types; None = by the rule.
        min_share: smallest type that the rule for K accepts, share of customers.
        seed: of every draw.
        previous: the newest earlier model.

    Raises:
        ValueError: too few customers or too few different ones, missing values, or an unknown scaling.
    """
    raw = _raw(frame)
    _check(raw, scaling, k)
    transformed = _transformed(raw, scaling)
    means, scales = transformed.mean(axis=0), transformed.std(axis=0)
    scales = np.where(scales > 0, scales, 1.0)
    places = (transformed - means) / scales
    scan = scan_k(places, seed)
    by_rule, reason = choose_k(scan, min_share, k)
    start = None
    if previous is not None:
        start = (_transformed(_raw_centroids(previous), scaling) - means) / scales
        if k is None:
            reason = f"kept K={previous.k} of the model of {previous.fitted_as_of}; by the rule: {reason}"
    chosen = previous.k if previous is not None and k is None else by_rule
    centroids = _best_centroids(places, chosen, seed, start)
    kept = {} if previous is None else _match(previous, frame, places, centroids, start)
    return ClusterModel(
        fitted_as_of=as_of,
        scaling=scaling,
        means=_floats(means),
        scales=_floats(scales),
        centroids=tuple(_floats(c) for c in centroids),
        segment_ids=tuple(name_segments(centroids, personas, kept)),
        seed=seed,
        customers=len(frame),
        k_scan=tuple(scan),
        k_reason=reason,
        profile={name: profile(raw[:, i]) for i, name in enumerate(FEATURES)},
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


def drift(model: ClusterModel, frame: pd.DataFrame) -> float:
    """The largest population stability index of the features against the fitting snapshot, ≥ 0.

    PSI = Σ (p − q) ln(p / q) over the deciles of the fitting snapshot; above 0.25 the population has moved.
    """
    raw = _raw(frame)
    return max(stability_index(model.profile[name], raw[:, i]) for i, name in enumerate(FEATURES))


def _check(raw: np.ndarray, scaling: str, k: int | None) -> None:
    if scaling not in ("log", "standard"):
        raise ValueError(f"scaling {scaling!r} is not known; set it to 'log' or 'standard'")
    if k is not None and k not in K_RANGE:
        raise ValueError(f"k={k} is outside {K_RANGE.start}-{K_RANGE.stop - 1}; set it to none for the rule")
    if len(raw) < MIN_CUSTOMERS:
        raise ValueError(
            f"{len(raw)} customers are too few to find types (at least {MIN_CUSTOMERS}); take a longer history"
        )
    different = len(np.unique(raw, axis=0))
    if different < K_RANGE.stop:
        raise ValueError(
            f"only {different} different (recency, frequency, monetary) among {len(raw)} customers, at least "
            f"{K_RANGE.stop} are needed; check the mapping of dates, receipts and amounts, or take a longer history"
        )


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
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


def _places(model: ClusterModel, raw: np.ndarray) -> np.ndarray:
    return (_transformed(raw, model.scaling) - np.array(model.means)) / np.array(model.scales)


def _raw_centroids(model: ClusterModel) -> np.ndarray:
    """(k, 3) centroids in days, receipts and currency."""
    raw = np.array(model.centroids) * np.array(model.scales) + np.array(model.means)
    if model.scaling == "log":
        logged = [FEATURES.index(name) for name in LOGGED]
        raw[:, logged] = np.expm1(raw[:, logged])
    return raw


def _best_centroids(places: np.ndarray, k: int, seed: int, start: np.ndarray | None) -> np.ndarray:
    """(k, 3) centroids of the best start; of equals the previous model's."""
    places = places[sample(len(places), FIT_SAMPLE, seed)]
    best = kmeans(places, k, seed)
    if start is not None and len(start) == k:
        carried = kmeans(places, k, seed, start)
        best = carried if carried.inertia_ <= best.inertia_ else best
    return best.cluster_centers_


def _match(
    previous: ClusterModel, frame: pd.DataFrame, places: np.ndarray, centroids: np.ndarray, start: np.ndarray
) -> dict[int, str]:
    """Row of a new centroid → id of the previous type that it continues (Hungarian on centroids and members).

    The cost of a pair is the distance of the centroids in standard deviations of today, plus one minus the Jaccard
    overlap of the customers of today whom the two models put there.
    """
    old_members = assign(previous, frame)["segment_id"].to_numpy()[:, None] == np.array(previous.segment_ids)
    new_members = cdist(places, centroids).argmin(axis=1)[:, None] == np.arange(len(centroids))
    both = old_members.T.astype(float) @ new_members.astype(float)
    either = old_members.sum(axis=0)[:, None] + new_members.sum(axis=0)[None] - both
    cost = cdist(start, centroids) + 1 - both / np.maximum(either, 1)
    return {int(new): previous.segment_ids[old] for old, new in zip(*linear_sum_assignment(cost), strict=True)}


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
