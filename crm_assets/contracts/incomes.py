"""Contract of ``incomes``."""

from crm_assets.contracts.base import Day, Table, column, money


class Incomes(Table, key=["customer_id", "received_on", "kind"]):
    """What customers received on their accounts, where the source knows it: one row per customer, day and kind."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    received_on: Day = column("DATE", "day on which it came in")
    kind: str = column("VARCHAR", "what it is, in the source's words: salary, allowance, …")
    amount: float = money("what came in, all rows of the newest delivery together; exact copies count once", ge=0)
