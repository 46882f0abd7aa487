"""Contract of ``customer_statements``."""

from crm_assets.contracts.base import Day, SnapshotTable, column, money

SECTIONS = ["income", "spending", "recurring", "benefit", "habits"]


class CustomerStatements(SnapshotTable, key=["month", "customer_id", "section", "line_no"]):
    """The story of an active customer's last `lifestyle_months` months, line by line: what came in, what went out."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    first_month: Day = column("DATE", "first day of the first month that is told of")
    section: str = column("VARCHAR", "part of the statement", isin=SECTIONS)
    line_no: int = column("BIGINT", "place in the section: by amount, largest first; habits in a fixed order", ge=1)
    label: str = column(
        "VARCHAR",
        "kind of income · category · the payee's category, else its product or partner · category of the payment "
        "(other where it has none) · receipts, low_value, not_present, recurring",
    )
    amount: float = money(
        "sum of the months; of recurring what a month takes; of habits only low_value (its limit) and recurring",
        nullable=True,
        ge=0,
    )
    receipts: int = column(
        "BIGINT", "how many: of income times it came in, else receipts or payments", nullable=True, ge=0
    )
    share: float = column(
        "DOUBLE", "of the section's amount; of habits of the receipts; null of recurring", nullable=True, ge=0, le=1,
        unit="share",
    )  # fmt: skip
