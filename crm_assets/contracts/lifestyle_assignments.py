"""Contract of ``lifestyle_assignments``."""

from crm_assets.contracts.base import SnapshotTable, column


class LifestyleAssignments(SnapshotTable, key=["month", "customer_id"]):
    """The lifestyle of every active customer: the nearest by the pattern of spending, never by how much is spent."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    lifestyle_id: str = column("VARCHAR", "stable id of the lifestyle; a refit keeps it")
    lifestyle_name: str = column("VARCHAR", "its persona, or the categories that set it apart")
    distance: float = column(
        "DOUBLE", "distance to its centre, between roots of shares weighted by `lifestyle_rarity` (0 = the same)", ge=0
    )
