"""Contract of ``article_purchases``."""

from crm_assets.contracts.base import Day, MonthlyTable, column


class ArticlePurchases(MonthlyTable, key=["month", "customer_id", "product_id"]):
    """Which articles a customer bought in the month. Returns, services, wallet payments and products that are no
    articles (postage, manual entries; `articles` of the mapping) are left out."""

    customer_id: str = column("VARCHAR", "the shop's id of the customer")
    product_id: str = column("VARCHAR", "the shop's id of the article")
    receipts: int = column("BIGINT", "receipts with it", ge=1, unit="receipts")
    last_date: Day = column("DATE", "day of the last of them")
