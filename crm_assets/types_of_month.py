"""The types of one month: which cluster model it uses, and why, and who is of which type.

A model is frozen and used again until the population has moved (PSI above the alarm), the settings ask for other
types, or somebody asks for a refit. Fitting itself is ``clustering``; names are ``naming``.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crm_assets import clustering
from crm_assets.clustering import ClusterModel
from crm_assets.naming import Personas, segment_name
from crm_assets.settings import Settings


@dataclass(frozen=True)
class TypesOfMonth:
    """``model`` is None when there are too few customers; ``reason`` says why this model or none.

    assignments: customer_id, segment_id, segment_name, distance, silhouette.
    metrics: rows of ``model_metrics`` without month and as_of.
    """

    model: ClusterModel | None
    reason: str
    drift_psi: float | None
    assignments: pd.DataFrame
    metrics: pd.DataFrame

    @property
    def is_new(self) -> bool:
        return self.model is not None and not self.reason.startswith("reused")


def types_of_month(
    customers: pd.DataFrame, previous: ClusterModel | None, settings: Settings, personas: Personas, as_of: str
) -> TypesOfMonth:
    """Choose or fit the model and give every customer its type.

    Args:
        customers: customer_id, recency_days, frequency, monetary of those to be clustered.
        previous: the newest model of an earlier month.
    """
    if len(customers) < settings.min_customers_to_cluster:
        reason = f"{len(customers):,} customers, fewer than {settings.min_customers_to_cluster:,}: no types"
        return TypesOfMonth(None, reason, None, _assignments_none(), _metrics([]))
    psi = None if previous is None else clustering.drift(previous, customers)
    reason = _reason(previous, psi, settings)
    model = previous
    if model is None or not reason.startswith("reused"):
        model = clustering.fit(
            customers,
            as_of=as_of,
            personas=personas,
            scaling=settings.scaling,
            k=settings.k,
            min_share=settings.min_cluster_share,
            seed=settings.seed,
            previous=previous,
        )
    assignments = clustering.assign(model, customers)
    assignments["silhouette"] = clustering.silhouettes(model, customers, assignments, settings.seed)
    names = {i: segment_name(i, personas, settings.language) for i in model.segment_ids}
    assignments.insert(2, "segment_name", assignments["segment_id"].map(names).astype("str"))
    return TypesOfMonth(model, reason, psi, assignments, _metrics(_figures(model, assignments)))


def _reason(previous: ClusterModel | None, psi: float | None, settings: Settings) -> str:
    if previous is None or psi is None:
        return "first fit"
    if settings.refit:
        return "refit by hand"
    if settings.scaling != previous.scaling:
        return f"refit: scaling is {settings.scaling} now, was {previous.scaling}"
    if settings.k is not None and settings.k != previous.k:
        return f"refit: K is forced to {settings.k}, was {previous.k}"
    if psi > settings.drift_psi:
        return f"refit: drift, PSI {psi:.3f} above {settings.drift_psi:g}"
    return f"reused: PSI {psi:.3f}, not above {settings.drift_psi:g}"


def _figures(model: ClusterModel, assignments: pd.DataFrame) -> list[tuple[str, str, str, float, int]]:
    """protocol, slice, metric, value, base."""
    rows = [
        ("k_scan", str(step["k"]), metric, float(step[metric]), model.customers)
        for step in model.k_scan
        for metric in ("inertia", "silhouette", "smallest_share")
    ]
    groups = [("all", assignments), *assignments.groupby("segment_id", sort=True)]
    for segment, group in groups:
        measured = group["silhouette"].dropna()
        rows.append(("snapshot", str(segment), "customers", float(len(group)), len(group)))
        if len(measured):
            rows.append(("snapshot", str(segment), "silhouette", float(measured.mean()), len(measured)))
    return rows


def _metrics(rows: list[tuple[str, str, str, float, int]]) -> pd.DataFrame:
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
        }
    )
