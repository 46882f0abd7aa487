"""Contract of ``customers``."""

from crm_assets.contracts.base import Table, column


class Customers(Table, key=["customer_id"]):
    """One row per customer, as delivered last."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    gender: str = column("VARCHAR", "female or male", nullable=True, isin=["female", "male"])
    age_band: str = column("VARCHAR", "as the source states it, for instance 20대", nullable=True)
    region: str = column("VARCHAR", "home region", nullable=True)
