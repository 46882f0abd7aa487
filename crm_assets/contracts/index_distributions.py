"""Contract of ``index_distributions``."""

from crm_assets.contracts.base import SnapshotTable, column


class IndexDistributions(SnapshotTable, key=["month", "index_id", "tenth"]):
    """How the customers' shares, or scores, are spread over ten equal parts of 0–100; made with
    ``customer_indices``."""

    index_id: str = column("VARCHAR", "index of index_definitions")
    tenth: int = column("BIGINT", "0 = below 10 %, 9 = 90 % and more", ge=0, le=9)
    customers: int = column("BIGINT", "customers whose share or score lies there", ge=1, unit="customers")
