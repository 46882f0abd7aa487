"""Contract of ``products``."""

from crm_assets.contracts.base import Table, column


class Products(Table, key=["product_id"]):
    """One row per product, as delivered last."""

    product_id: str = column("VARCHAR", "the shop's id of the product")
    name: str = column("VARCHAR", "name of the product", nullable=True)
    category_major: str = column("VARCHAR", "major category", nullable=True)
    category_middle: str = column("VARCHAR", "middle category", nullable=True)
