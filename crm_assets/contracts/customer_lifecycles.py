"""Contract of ``customer_lifecycles``."""

from crm_assets.contracts.base import Day, SnapshotTable, column


class CustomerLifecycles(SnapshotTable, key=["month", "customer_id"]):
    """Everybody with a receipt up to as_of, and whether it is new, existing or lapsed: no other table decides it."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    lifecycle: str = column(
        "VARCHAR",
        "new = at most new_customer_max_receipts receipts; existing = more, one of them in the window; lapsed = more, "
        "none in the window",
        isin=["new", "existing", "lapsed"],
    )
    receipts: int = column("BIGINT", "receipts since history_start", ge=1, unit="receipts")
    first_purchase_date: Day = column("DATE", "day of the first receipt since history_start")
    last_purchase_date: Day = column("DATE", "day of the last receipt, in the window or before it")
