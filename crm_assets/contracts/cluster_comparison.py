"""Contract of ``cluster_comparison``."""

from crm_assets.contracts.base import Day, SnapshotTable, column

ALGORITHMS = ["kmeans", "minibatch_kmeans", "gaussian_mixture", "ward", "k_medoids", "dbscan", "hdbscan"]


class ClusterComparison(SnapshotTable, key=["month", "algorithm", "scaling"]):
    """What other algorithms, and the other scaling, make of the customers that a cluster model was fitted on."""

    month: Day = column("DATE", "first day of the month that the snapshot closes; only months that fitted a model")
    algorithm: str = column("VARCHAR", "what found the clusters", isin=ALGORITHMS)
    scaling: str = column("VARCHAR", "how R, F, M were scaled before", isin=["log", "standard"])
    k: int = column("BIGINT", "number of clusters asked; none of the density-based ones", nullable=True, ge=2)
    clusters: int = column("BIGINT", "number of clusters found, without noise", ge=0)
    noise_share: float = column("DOUBLE", "customers in no cluster", ge=0, le=1, unit="share")
    silhouette: float = column(
        "DOUBLE", "mean silhouette of the customers in clusters, in this scaling", nullable=True, ge=-1, le=1
    )
    sizes: str = column("VARCHAR", "customers per cluster, the largest first")
    largest_share: float = column("DOUBLE", "the largest cluster", nullable=True, ge=0, le=1, unit="share")
    smallest_share: float = column("DOUBLE", "the smallest cluster", nullable=True, ge=0, le=1, unit="share")
    customers: int = column("BIGINT", "customers of the sample", ge=1, unit="customers")
    # A stopwatch's reading is never twice the same: comparisons of whole shops leave such columns out.
    seconds: float = column("DOUBLE", "time of the fit, one thread", ge=0, unit="s", extra={"measured_time": True})
    parameters: str = column("VARCHAR", "parameters, by stated rules")
    in_use: bool = column("BOOLEAN", "whether the types are made so")
    fingerprint: str = column("VARCHAR", "hash of what the figures depend on; the same one is not measured again")
