"""Contract of ``customer_statements``."""

from crm_assets.contracts.base import SnapshotTable, column, money


class CustomerStatements(SnapshotTable, key=["month", "customer_id", "section", "line_no"]):
    """Income, spending, recurring payments, benefits and habits of the last `lifestyle_months` months, line by line,
    of every customer with a receipt in them; `crm statement` tells them."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    section: str = column(
        "VARCHAR", "what the line tells of", isin=["income", "spending", "recurring", "benefit", "habits"]
    )
    line_no: int = column("BIGINT", "position in the section, the largest amount first; habits in a fixed order", ge=1)
    label: str = column(
        "VARCHAR",
        "kind of income; category of spending and benefit; what is paid for again and again; name of a habit "
        "(receipts, low_value, not_present). null where the source has no name for it",
        nullable=True,
    )
    partner_id: str = column("VARCHAR", "of a recurring payment: who is paid", nullable=True)
    amount: float = money("its amount; of low_value the amount below which a receipt is small", nullable=True, ge=0)
    receipts: int = column("BIGINT", "receipts, payments or incomes behind it", nullable=True, ge=0, unit="receipts")
    share: float = column(
        "DOUBLE",
        "income, spending, benefit: of the section's amount; recurring: of the spend; habits: of the receipts",
        nullable=True,
        ge=0,
        le=1,
        unit="share",
    )
