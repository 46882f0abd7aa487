"""Contract of ``category_spend``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class CategorySpend(SnapshotTable, key=["month", "customer_id", "category"]):
    """What every active customer spent on each category in the last `lifestyle_months` months up to the snapshot's.
    Active: bought something in them that falls under a category."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    category: str = column(
        "VARCHAR", "category of the product; of a service that no product file describes `partner <id>`"
    )
    amount: float = money("spend in the category; returns and wallet payments do not count", gt=0)
    receipts: int = column("BIGINT", "receipts with the category", ge=1, unit="receipts")
    share: float = column("DOUBLE", "amount over the customer's in all categories", gt=0, le=1, unit="share")
