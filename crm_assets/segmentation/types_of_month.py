"""The types of one month: which cluster model it uses, and why, and who is of which type.

A model is frozen and used again until the population has moved (PSI above the alarm, of R, F, M or of the distance to
the nearest centre, in which a new behaviour between known values shows), the settings ask for other types, or somebody
asks for a refit. Fitting itself is ``clustering``; names are ``naming``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets.segmentation import cluster_model, cluster_quality, clustering
from crm_assets.segmentation.agreement import agreement
from crm_assets.segmentation.cluster_model import FEATURES, ClusterModel
from crm_assets.segmentation.k_choice import K_RANGE, SCAN_SAMPLE
from crm_assets.segmentation.naming import AXES, Personas, segment_name
from crm_assets.settings import Settings

Figure = tuple[str, str, str, float, int]  # protocol, slice, metric, value, base
SPOKEN = dict(zip(cluster_model.PROFILED, (*AXES, "the distance to the centre"), strict=True))
SILHOUETTE_QUANTILES = tuple(i / 20 for i in range(21))


@dataclass(frozen=True)
class TypesOfMonth:
    """``model`` is None when customers are too few; ``reason`` says why this model or none. ``is_new``: fitted now.

    assignments: customer_id, segment_id, segment_name, distance, silhouette, is_outlier, outlier_feature.
    metrics: rows of ``model_metrics`` without month and as_of.
    """

    model: ClusterModel | None
    is_new: bool
    reason: str
    drift_psi: float | None
    assignments: pd.DataFrame
    metrics: pd.DataFrame

    def registry_row(self) -> dict[str, object]:
        """The row of ``cluster_models`` without month, as_of and the file's name; the month has types."""
        return {
            "fitted_as_of": self.model.fitted_as_of,
            "k": self.model.k,
            "scaling": self.model.scaling,
            "reason": f"{self.reason}. {self.model.k_reason}" if self.is_new else self.reason,
            "drift_psi": self.drift_psi,
            "customers": len(self.assignments),
            "silhouette": self.assignments["silhouette"].mean(),
        }


def types_of_month(
    customers: pd.DataFrame,
    previous: ClusterModel | None,
    settings: Settings,
    personas: Personas,
    as_of: str,
    month_before: pd.DataFrame | None = None,
) -> TypesOfMonth:
    """Choose or fit the model and give every customer its type.

    Args:
        customers: customer_id, recency_days, frequency, monetary of those to be clustered.
        previous: the newest model of an earlier month.
        month_before: customer_id, segment_id as assigned at the end of the month before; none or empty without one.
    """
    if len(customers) < settings.min_customers_to_cluster:
        reason = f"{len(customers):,} customers, fewer than {settings.min_customers_to_cluster:,}: no types"
        return TypesOfMonth(None, False, reason, None, _assignments_none(), _metrics([]))
    different = len(customers[list(FEATURES)].drop_duplicates())
    if different < K_RANGE.stop:
        reason = f"only {different} different customers by recency, frequency and monetary: no types"
        return TypesOfMonth(None, False, reason, None, _assignments_none(), _metrics([]))
    psi = {} if previous is None else cluster_quality.drift(previous, customers)
    is_new, reason = _decision(previous, psi, settings)
    model = previous
    if is_new:
        model = clustering.fit(
            customers,
            as_of=as_of,
            personas=personas,
            scaling=settings.scaling,
            k=settings.k,
            min_share=settings.min_cluster_share,
            k_change_margin=settings.k_change_margin,
            seed=settings.seed,
            previous=previous,
        )
    assignments = cluster_model.assign(model, customers)
    assignments["silhouette"] = cluster_quality.silhouettes(model, customers, assignments, settings.seed)
    assignments = assignments.join(cluster_quality.outliers(model, customers, assignments))
    names = {i: segment_name(i, personas, settings.language) for i in model.segment_ids}
    assignments.insert(2, "segment_name", assignments["segment_id"].map(names).astype("str"))
    rows = figures_of_model(model) + _figures_of_month(assignments)
    if previous is not None and is_new:
        rows += _agreement("refit", cluster_model.assign(previous, customers), assignments)
    if month_before is not None:
        rows += _agreement("month_before", month_before, assignments)
    return TypesOfMonth(model, is_new, reason, max(psi.values(), default=None), assignments, _metrics(rows))


def _decision(previous: ClusterModel | None, psi: Mapping[str, float], settings: Settings) -> tuple[bool, str]:
    """Whether a model is fitted, and why or why not."""
    if previous is None:
        return True, "first fit"
    if settings.refit:
        return True, "refit by hand"
    if settings.scaling != previous.scaling:
        return True, f"refit: scaling is {settings.scaling} now, was {previous.scaling}"
    if settings.k is not None and settings.k != previous.k:
        return True, f"refit: K is forced to {settings.k}, was {previous.k}"
    name = max(psi, key=psi.get)
    if psi[name] > settings.drift_psi:
        return True, f"refit: drift, PSI {psi[name]:.3f} of {SPOKEN[name]} above {settings.drift_psi:g}"
    return False, f"reused: PSI {psi[name]:.3f} of {SPOKEN[name]}, not above {settings.drift_psi:g}"


def figures_of_model(model: ClusterModel) -> list[Figure]:
    """What was measured when the model was fitted: the scan of K, each type of each K by size, and stability."""
    rows = [
        ("k_scan", str(step["k"]), metric, step[metric], model.customers)
        for step in model.k_scan
        for metric in ("inertia", "silhouette", "smallest_share")
    ]
    for step in model.k_scan:
        for place, one in enumerate(step["types"], start=1):
            rows += [("k_scan", f"{step['k']}/{place}", metric, one[metric], model.customers) for metric in one]
    base = min(model.customers, SCAN_SAMPLE)
    rows += [("stability", i, "jaccard", v, base) for i, v in zip(model.segment_ids, model.jaccard, strict=True)]
    return [row for row in rows if row[3] is not None]


def _figures_of_month(assignments: pd.DataFrame) -> list[Figure]:
    rows: list[Figure] = []
    for segment, group in [("all", assignments), *assignments.groupby("segment_id", sort=True)]:
        measured = group["silhouette"].dropna()
        rows.append(("snapshot", str(segment), "customers", float(len(group)), len(group)))
        rows.append(("snapshot", str(segment), "outliers", float(group["is_outlier"].sum()), len(group)))
        if len(measured):
            rows.append(("snapshot", str(segment), "silhouette", float(measured.mean()), len(measured)))
            values = np.quantile(measured, SILHOUETTE_QUANTILES)
            named = zip(SILHOUETTE_QUANTILES, values, strict=True)
            rows += [("snapshot", str(segment), quantile_name(q), float(v), len(measured)) for q, v in named]
    return rows


def quantile_name(quantile: float) -> str:
    """``silhouette_p05`` for 0.05."""
    return f"silhouette_p{round(100 * quantile):02}"


def _agreement(part: str, before: pd.DataFrame, after: pd.DataFrame) -> list[Figure]:
    """Figures of the customers that both have, none without any."""
    both = before[["customer_id", "segment_id"]].merge(after[["customer_id", "segment_id"]], on="customer_id")
    if both.empty:
        return []
    found = agreement(both["segment_id_x"].to_numpy(), both["segment_id_y"].to_numpy())
    return [("stability", part, metric, value, len(both)) for metric, value in found.items()]


def _metrics(rows: list[Figure]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["protocol", "slice", "metric", "value", "base"])
    return frame.assign(model="clusters")


def _assignments_none() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": pd.Series(dtype="str"),
            "segment_id": pd.Series(dtype="str"),
            "segment_name": pd.Series(dtype="str"),
            "distance": pd.Series(dtype="float64"),
            "silhouette": pd.Series(dtype="float64"),
            "is_outlier": pd.Series(dtype="bool"),
            "outlier_feature": pd.Series(dtype="str"),
        }
    )
