"""Contract of ``recurring_payments``."""

from crm_assets.contracts.base import Day, SnapshotTable, column, money


class RecurringPayments(SnapshotTable, key=["month", "customer_id", "payee_no"]):
    """To whom a customer pays again and again, to the month or the one before: a row per payee, partner and product."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    payee_no: int = column("BIGINT", "number of the payee: by amount, then partner and product", ge=1)
    partner_id: str = column("VARCHAR", "partner that is paid", nullable=True)
    product_id: str = column("VARCHAR", "what is paid for", nullable=True)
    category: str = column("VARCHAR", "category as in category_spend; null where there is none", nullable=True)
    amount: float = money("what a month costs: the mean of the months in which it was paid", gt=0)
    payments: int = column("BIGINT", "recurring payments in the months", ge=1, unit="receipts")
    months: int = column("BIGINT", "months in which it was paid", ge=1, unit="months")
    last_paid_on: Day = column("DATE", "day of the last of them")
    told_by: str = column(
        "VARCHAR",
        "source: the file says so of the payments (attribute recurring) · rhythm: paid in each month, alike in amount",
        isin=["source", "rhythm"],
    )
