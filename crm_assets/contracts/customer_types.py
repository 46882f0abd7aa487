"""Contract of ``customer_types``."""

from crm_assets.contracts.base import SnapshotTable, column


class CustomerTypes(SnapshotTable, key=["month", "customer_id"]):
    """One type for every customer seen so far, and where it comes from."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    lifecycle: str = column("VARCHAR", "as in customer_lifecycles", isin=["new", "existing", "lapsed"])
    receipts: int = column("BIGINT", "receipts since history_start", ge=1, unit="receipts")
    segment_id: str = column("VARCHAR", "type; null where none could be given", nullable=True)
    segment_name: str = column("VARCHAR", "its persona name", nullable=True)
    source: str = column(
        "VARCHAR",
        "assigned = clustered this month; predicted = by the model of new customers; abstained = that model was not "
        "sure enough, so no type; carried = of a lapsed one, the type it was last assigned; none = no type",
        isin=["assigned", "predicted", "abstained", "carried", "none"],
    )
    state: str = column("VARCHAR", "where movement counts it: its type when assigned, else new, lapsed or untyped")
