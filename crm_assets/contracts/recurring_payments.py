"""Contract of ``recurring_payments``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class RecurringPayments(SnapshotTable, key=["month", "customer_id", "payee"]):
    """What a customer pays again and again in the last `lifestyle_months` months: subscriptions, bills, telecom. A
    payee is a partner and a product. It counts when the source marks a payment of it as recurring (event attribute
    `recurring` = yes), or when it was paid in each of the months, twice in one at most, each payment within 10 % of
    their mean."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    payee: int = column("BIGINT", "number of the payee, the largest amount first", ge=1)
    partner_id: str = column("VARCHAR", "partner that is paid", nullable=True)
    product_id: str = column("VARCHAR", "product, or type of merchant, that is paid for", nullable=True)
    category: str = column("VARCHAR", "its category, as in category_spend", nullable=True)
    found_by: str = column("VARCHAR", "the source's own mark, or the rhythm alone", isin=["mark", "rhythm"])
    months: int = column("BIGINT", "months in which it was paid", ge=1, unit="months")
    payments: int = column("BIGINT", "payments of these months", ge=1)
    amount: float = money("what was paid in all of them; of a payee that has no rhythm, marked payments only", gt=0)
    monthly_amount: float = money("amount ÷ the months that were read", ge=0)
