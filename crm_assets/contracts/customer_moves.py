"""Contract of ``customer_moves``."""

from crm_assets.contracts.base import SnapshotTable, column, money

REASONS = ("recency", "frequency", "monetary", "model", "receipts", "no_purchase", "returned")


class CustomerMoves(SnapshotTable, key=["month", "customer_id"]):
    """Every customer of a month ago whose state is another now, and what moved it; first purchases are no moves."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    from_state: str = column("VARCHAR", "state at the end of the month before")
    to_state: str = column("VARCHAR", "state at as_of")
    reason: str = column(
        "VARCHAR",
        "recency, frequency, monetary = what carried it furthest over the border between the types; model = the model "
        "moved, not the customer; receipts = it has enough receipts to be existing; no_purchase = its last receipt "
        "left the window; returned = it bought again",
        isin=list(REASONS),
    )
    recency_days_before: int = column("BIGINT", "recency_days a month ago", nullable=True, ge=0, unit="days")
    recency_days_after: int = column("BIGINT", "recency_days at as_of", nullable=True, ge=0, unit="days")
    frequency_before: int = column("BIGINT", "frequency a month ago", nullable=True, ge=1, unit="receipts")
    frequency_after: int = column("BIGINT", "frequency at as_of", nullable=True, ge=1, unit="receipts")
    monetary_before: float = money("monetary a month ago", nullable=True)
    monetary_after: float = money("monetary at as_of", nullable=True)
    recency_push: float = column(
        "DOUBLE", "way that recency went straight to the other type; null where no border was crossed",
        nullable=True, unit="sd",
    )  # fmt: skip
    frequency_push: float = column("DOUBLE", "the same of frequency", nullable=True, unit="sd")
    monetary_push: float = column("DOUBLE", "the same of monetary", nullable=True, unit="sd")
