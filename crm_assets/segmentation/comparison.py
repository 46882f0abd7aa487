"""The types beside what other algorithms make of the same customers, and K-means beside itself under the other scaling.

Every algorithm gets the same seeded sample, standardised the same way, and parameters by a stated rule, not by trial.
Which of them makes the types is no question of this table: it shows what the choice is worth.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice

import numpy as np
import pandas as pd
import scipy
from threadpoolctl import threadpool_limits

from crm_assets.segmentation.cluster_model import FEATURES, Scaling, scaled
from crm_assets.segmentation.k_choice import N_INIT, kmeans, sample, silhouette_values
from crm_assets.segmentation.k_medoids import k_medoids

SAMPLE = 2_000  # customers: what takes n² time and memory must stay within seconds
NOISE = -1
MIN_SAMPLES = 2 * len(FEATURES)  # of a core customer (Sander et al. 1998)
MIXTURE_STARTS = 3
BATCH = 1_024
RULES = 1  # raise it when a rule or an algorithm here changes: what was measured by others is not kept


@dataclass(frozen=True)
class Candidate:
    """An algorithm with its parameters; ``label`` gives labels 0 …, noise −1. ``k`` is None where it is not asked."""

    algorithm: str
    k: int | None
    parameters: str
    label: Callable[[], np.ndarray]


def fingerprint(customers: pd.DataFrame, scaling: Scaling, k: int, min_share: float, seed: int) -> str:
    """What the figures depend on, as a hash: with the same one they need not be measured again."""
    drawn = _sample(customers, seed)
    content = hashlib.sha256(f"{RULES} {version('scikit-learn')} {scaling} {k} {min_share} {seed}\n".encode())
    content.update("\n".join(drawn["customer_id"].astype(str)).encode())
    content.update(drawn[list(FEATURES)].to_numpy(dtype="<f8").tobytes())
    return content.hexdigest()


def compare(customers: pd.DataFrame, scaling: Scaling, k: int, min_share: float, seed: int) -> pd.DataFrame:
    """One row per algorithm: what it finds in a sample of at most ``SAMPLE`` customers.

    Args:
        customers: customer_id, recency_days, frequency, monetary of those clustered.
        scaling: in use; K-means is tried under the other one too.
        k: number of types in use, asked of the algorithms that must be told.
        min_share: share of the sample that HDBSCAN takes for a cluster, at least.
        seed: of the sample and of every draw.

    Returns:
        The columns of ``cluster_comparison`` but month, as_of and fingerprint. The silhouette is that of the customers
        who are no noise, in the space of the row's scaling.
    """
    import sklearn.cluster  # noqa: F401  now, because the limit holds for the libraries that are loaded when it is set

    drawn = _sample(customers, seed)
    rows = []
    with threadpool_limits(1):  # so that seconds compare, and sums have one order
        for space in (scaling, "standard" if scaling == "log" else "log"):
            places = scaled(drawn, space)
            tried = _candidates(places, k, min_share, seed)
            for candidate in tried if space == scaling else islice(tried, 1):
                began = time.perf_counter()
                labels = candidate.label()
                seconds = time.perf_counter() - began
                rows.append(
                    {
                        "algorithm": candidate.algorithm,
                        "scaling": space,
                        "k": candidate.k,
                        **_figures(places, labels),
                        "customers": len(drawn),
                        "seconds": seconds,
                        "parameters": candidate.parameters,
                        "in_use": candidate.algorithm == "kmeans" and space == scaling,
                    }
                )
    return pd.DataFrame(rows).astype({"k": "Int64"})


def _sample(customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    ordered = customers.sort_values("customer_id", kind="stable")
    return ordered.iloc[sample(len(ordered), SAMPLE, seed)]


def _candidates(places: np.ndarray, k: int, min_share: float, seed: int) -> Iterator[Candidate]:
    from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering, MiniBatchKMeans
    from sklearn.mixture import GaussianMixture

    yield Candidate("kmeans", k, f"n_init={N_INIT}", lambda: kmeans(places, k, seed).labels_)
    batch = MiniBatchKMeans(k, n_init=N_INIT, batch_size=BATCH, random_state=seed)
    yield Candidate("minibatch_kmeans", k, f"n_init={N_INIT}, batch_size={BATCH}", lambda: batch.fit_predict(places))
    mixture = GaussianMixture(k, n_init=MIXTURE_STARTS, random_state=seed)
    yield Candidate(
        "gaussian_mixture", k, f"covariance=full, n_init={MIXTURE_STARTS}", lambda: mixture.fit_predict(places)
    )
    yield Candidate("ward", k, "linkage=ward", lambda: AgglomerativeClustering(k).fit_predict(places))
    yield Candidate(
        "k_medoids", k, "PAM, Euclidean", lambda: k_medoids(scipy.spatial.distance.cdist(places, places), k)[1]
    )
    eps = _knee(places)
    yield Candidate(
        "dbscan",
        None,
        f"min_samples={MIN_SAMPLES} (2 x features), eps={eps:.3f} (knee of the distances to that neighbour)",
        lambda: DBSCAN(eps=eps, min_samples=MIN_SAMPLES).fit_predict(places),
    )
    size = max(2, round(min_share * len(places)))
    yield Candidate(
        "hdbscan",
        None,
        f"min_cluster_size={size} (min_cluster_share of the sample)",
        lambda: HDBSCAN(min_cluster_size=size, copy=True).fit_predict(places),
    )


def _knee(places: np.ndarray) -> float:
    """The distance to the ``MIN_SAMPLES``-th neighbour at the knee of its sorted curve (Ester et al. 1996): where the
    curve lies farthest below the chord between its ends, both axes 0-1. Above 0, as DBSCAN asks."""
    distances = np.sort(
        np.partition(scipy.spatial.distance.cdist(places, places), MIN_SAMPLES - 1, axis=1)[:, MIN_SAMPLES - 1]
    )
    x = np.linspace(0, 1, len(distances))
    y = (distances - distances[0]) / max(distances[-1] - distances[0], 1e-12)
    return max(float(distances[(x - y).argmax()]), 1e-9)


def _figures(places: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    kept = labels != NOISE
    _, dense = np.unique(labels[kept], return_inverse=True)
    sizes = np.sort(np.bincount(dense))[::-1] if len(dense) else np.array([], dtype=int)
    values = silhouette_values(places[kept], [dense])[0] if len(sizes) > 1 else np.array([np.nan])
    return {
        "clusters": len(sizes),
        "noise_share": float(1 - kept.mean()),
        "silhouette": None if np.isnan(values).all() else float(values.mean()),
        "sizes": " / ".join(str(n) for n in sizes),
        "largest_share": float(sizes[0] / len(labels)) if len(sizes) else None,
        "smallest_share": float(sizes[-1] / len(labels)) if len(sizes) else None,
    }
