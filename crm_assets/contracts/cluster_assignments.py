"""Contract of ``cluster_assignments``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class ClusterAssignments(SnapshotTable, key=["month", "customer_id"]):
    """The type of every clustered customer at the end of the month."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    segment_id: str = column("VARCHAR", "stable id of the type; a refit keeps it")
    segment_name: str = column("VARCHAR", "persona name of the type")
    distance: float = column("DOUBLE", "distance to the type's centre, in standard deviations", ge=0, unit="sd")
    silhouette: float = column(
        "DOUBLE", "silhouette of the customer where it is in the sample of 10,000", nullable=True, ge=-1, le=1
    )
    is_outlier: bool = column(
        "BOOLEAN", "far out of its type: distance above Q3 + 3 IQR of the type's distances (Tukey's outer fence)"
    )
    outlier_feature: str = column(
        "VARCHAR",
        "the feature in which an outlier is farthest from the centre, in standard deviations",
        nullable=True,
        isin=["recency_days", "frequency", "monetary"],
    )
    fitted_as_of: Day = column("DATE", "as_of of the cluster model")
