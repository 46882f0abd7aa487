"""Contract of ``move_reasons``."""

from crm_assets.contracts.base import Day, Table, column
from crm_assets.contracts.customer_moves import REASONS


class MoveReasons(Table):
    """``customer_moves`` counted: how many went which way, and why."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")
    from_state: str = column("VARCHAR", "state at the end of the month before")
    to_state: str = column("VARCHAR", "state at as_of")
    reason: str = column("VARCHAR", "as in customer_moves", isin=list(REASONS))
    customers: int = column("BIGINT", "customers who went this way for this reason", ge=1, unit="customers")

    class Config(Table.Config):
        unique = ["month", "from_state", "to_state", "reason"]  # noqa: RUF012
        metadata = {"monthly": True}  # noqa: RUF012
