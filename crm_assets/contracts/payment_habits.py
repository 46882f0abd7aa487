"""Contract of ``payment_habits``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class PaymentHabits(SnapshotTable, key=["month", "customer_id"]):
    """How a customer paid in the last `lifestyle_months` months: small sums, without the card at hand, recurring."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    receipts: int = column("BIGINT", "receipts above 0, returns and wallet payments left out", ge=1, unit="receipts")
    low_value_amount: float = money("receipts below it are of low value; the same for all customers", ge=0)
    low_value_receipts: int = column("BIGINT", "receipts of low value", ge=0, unit="receipts")
    low_value_share: float = column("DOUBLE", "low_value_receipts over receipts", ge=0, le=1, unit="share")
    known_receipts: int = column(
        "BIGINT", "receipts of which it is known whether the card was present", ge=0, unit="receipts"
    )
    not_present_receipts: int = column(
        "BIGINT",
        "those with a line paid without the card: the attribute card_present, where a line has none its channel "
        "(online); null where none is known",
        nullable=True,
        ge=0,
        unit="receipts",
    )
    not_present_share: float = column(
        "DOUBLE", "not_present_receipts over known_receipts", nullable=True, ge=0, le=1, unit="share"
    )
    recurring_payees: int = column("BIGINT", "payees in recurring_payments", ge=0)
    recurring_payments: int = column("BIGINT", "payments to them", ge=0, unit="receipts")
    recurring_amount: float = money("what they take in a month, all payees", ge=0)
