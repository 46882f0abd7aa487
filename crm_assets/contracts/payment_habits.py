"""Contract of ``payment_habits``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class PaymentHabits(SnapshotTable, key=["month", "customer_id"]):
    """How a customer pays: receipts of the last `lifestyle_months` months, wallet payments, returns and gifts left
    out. Customers without one have no row."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    receipts: int = column("BIGINT", "receipts of the months", ge=1, unit="receipts")
    spend: float = money("their amount", gt=0)
    low_value_amount: float = money(
        "below it a receipt is small, the same for all customers: the setting, else a quarter of the median receipt",
        ge=0,
    )
    low_value_receipts: int = column("BIGINT", "receipts below it", ge=0, unit="receipts")
    low_value_share: float = column("DOUBLE", "of the receipts", ge=0, le=1, unit="share")
    presence_receipts: int = column(
        "BIGINT", "receipts of which it is known whether the card was present", ge=0, unit="receipts"
    )
    not_present_receipts: int = column(
        "BIGINT",
        "those without the card: event attribute card_present = no; in a shop without it, those bought online",
        nullable=True,
        ge=0,
        unit="receipts",
    )
    not_present_share: float = column(
        "DOUBLE", "of presence_receipts; null where there are none", nullable=True, ge=0, le=1, unit="share"
    )
    recurring_payees: int = column("BIGINT", "rows of recurring_payments", ge=0)
    recurring_amount: float = money("their monthly_amount together", ge=0)
    recurring_share: float = column("DOUBLE", "of the spend", ge=0, le=1, unit="share")
