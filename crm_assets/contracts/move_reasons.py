"""Contract of ``move_reasons``."""

from crm_assets.contracts.base import SnapshotTable, column
from crm_assets.contracts.customer_moves import REASONS


class MoveReasons(SnapshotTable, key=["month", "from_state", "to_state", "reason"]):
    """``customer_moves`` counted: how many went which way, and why."""

    from_state: str = column("VARCHAR", "state at the end of the month before")
    to_state: str = column("VARCHAR", "state at as_of")
    reason: str = column("VARCHAR", "as in customer_moves", isin=list(REASONS))
    customers: int = column("BIGINT", "customers who went this way for this reason", ge=1, unit="customers")
