"""Contract of ``cluster_models``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class ClusterModels(SnapshotTable, key=["month"]):
    """Registry of cluster models: which one a month used and why."""

    fitted_as_of: Day = column("DATE", "as_of of the model in use, never later than as_of")
    k: int = column("BIGINT", "number of types", ge=2)
    scaling: str = column("VARCHAR", "how R, F, M were scaled", isin=["log", "standard"])
    reason: str = column("VARCHAR", "why this model: first, reused, drift, refit by hand")
    drift_psi: float = column(
        "DOUBLE",
        "largest population stability index of R, F, M and the distance to the centre, against the fit",
        nullable=True,
        ge=0,
    )
    customers: int = column("BIGINT", "customers clustered", ge=0, unit="customers")
    silhouette: float = column("DOUBLE", "mean silhouette of the month's sample", nullable=True, ge=-1, le=1)
    path: str = column("VARCHAR", "file of the model, relative to the data folder")
    sha256: str = column("VARCHAR", "hash of that file")
