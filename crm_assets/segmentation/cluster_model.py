"""A cluster model and its space: where customers lie in it, and which type is nearest to each.

How a model is fitted is in ``clustering``; how good its types are in ``cluster_quality``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy

Scaling = Literal["log", "standard"]

FEATURES = ("recency_days", "frequency", "monetary")
LOGGED = ("frequency", "monetary")  # by scaling "log"; recency stays as it is
DISTANCE = "distance"  # to the nearest centre: behaviour between known marginals shows in it alone
PROFILED = (*FEATURES, DISTANCE)


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


def assign(model: ClusterModel, frame: pd.DataFrame) -> pd.DataFrame:
    """The nearest type of every customer.

    Args:
        model: any fitted model.
        frame: one row per customer: customer_id and ``FEATURES``.

    Returns:
        customer_id, segment_id, distance (Euclidean, in standard deviations), sorted by customer_id.
    """
    frame = by_customer(frame)
    distances = scipy.spatial.distance.cdist(places_of(model, raw_features(frame)), np.array(model.centroids))
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
    return places_of(model, raw_features(frame))


def raw_centroids(model: ClusterModel) -> np.ndarray:
    """(k, 3) centroids in days, receipts and currency."""
    raw = np.array(model.centroids) * np.array(model.scales) + np.array(model.means)
    if model.scaling == "log":
        logged = [FEATURES.index(name) for name in LOGGED]
        raw[:, logged] = np.expm1(raw[:, logged])
    return raw


def scaled(frame: pd.DataFrame, scaling: Scaling) -> np.ndarray:
    """(n, 3) ``FEATURES`` in standard deviations of this frame, by customer_id."""
    transformed = transform(raw_features(frame), scaling)
    means, scales = moments(transformed)
    return (transformed - means) / scales


def by_customer(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame sorted by customer_id."""
    if frame["customer_id"].is_monotonic_increasing:  # as the warehouse gives them; to sort a million takes a second
        return frame
    return frame.sort_values("customer_id", kind="stable")


def raw_features(frame: pd.DataFrame) -> np.ndarray:
    """(n, 3) in days, receipts and currency, sorted by customer_id."""
    raw = by_customer(frame)[list(FEATURES)].to_numpy(dtype=float)
    if not np.isfinite(raw).all():
        bad = [name for i, name in enumerate(FEATURES) if not np.isfinite(raw[:, i]).all()]
        raise ValueError(f"{bad} hold missing or infinite values; every clustered customer needs all of {FEATURES}")
    return raw


def transform(raw: np.ndarray, scaling: str) -> np.ndarray:
    """The features as they are standardised. Spend below zero (returns netted) counts as zero before a logarithm."""
    if scaling == "standard":
        return raw
    logged = [FEATURES.index(name) for name in LOGGED]
    made = raw.copy()
    made[:, logged] = np.log1p(np.maximum(raw[:, logged], 0))
    return made


def moments(transformed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation per feature; 1 for a feature that does not vary."""
    scales = transformed.std(axis=0)
    return transformed.mean(axis=0), np.where(scales > 0, scales, 1.0)


def places_of(model: ClusterModel, raw: np.ndarray) -> np.ndarray:
    """``places`` of raw features: (n, 3) in standard deviations of the model."""
    return (transform(raw, model.scaling) - np.array(model.means)) / np.array(model.scales)
