"""How good the types of a model are for customers: silhouettes, who lies far out, how far the population has moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy

from crm_assets.segmentation.cluster_model import FEATURES, PROFILED, ClusterModel, places_of, raw_features
from crm_assets.segmentation.k_choice import SILHOUETTE_SAMPLE, sample, silhouette_values
from crm_assets.statistics.stability import stability_index

FAR_OUT = 3.0  # interquartile ranges above the third quartile (Tukey 1977)


def silhouettes(model: ClusterModel, frame: pd.DataFrame, assignment: pd.DataFrame, seed: int) -> pd.Series:
    """Silhouette of a seeded sample of at most ``SILHOUETTE_SAMPLE`` customers, NaN for the others.

    Returns:
        A Series with the index of ``assignment``; NaN too when the sample holds a single type.
    """
    ordered = assignment.sort_values("customer_id")
    features = frame.set_index("customer_id").loc[ordered["customer_id"], list(FEATURES)]
    rows = sample(len(ordered), SILHOUETTE_SAMPLE, seed)
    places = places_of(model, features.to_numpy(dtype=float))[rows]
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
    away = np.abs(places_of(model, raw_features(frame)[far]) - np.array(model.centroids)[labels[far]])
    feature = np.full(len(ordered), None, dtype=object)
    feature[far] = np.array(FEATURES, dtype=object)[away.argmax(axis=1)]
    made = pd.DataFrame({"is_outlier": far, "outlier_feature": feature}, index=order)
    return made.reindex(assignment.index)


def drift(model: ClusterModel, frame: pd.DataFrame) -> dict[str, float]:
    """Population stability index of each of ``PROFILED`` against the fitting snapshot, ≥ 0.

    PSI = Σ (p − q) ln(p / q) over the bins of the fitting snapshot's profile; above 0.25 the population has moved.
    """
    raw = raw_features(frame)
    nearest = scipy.spatial.distance.cdist(places_of(model, raw), np.array(model.centroids)).min(axis=1)
    values = dict(zip(PROFILED, (*raw.T, nearest), strict=True))
    return {name: stability_index(model.profile[name], values[name]) for name in PROFILED}
