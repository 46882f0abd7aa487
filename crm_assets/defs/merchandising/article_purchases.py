"""``article_purchases``: who bought which article in a month."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.warehouse import read_query


@table_asset(deps=["raw_transactions"])
def article_purchases(month: Month):
    """What recommendations are made from: each article once per receipt, whatever the quantity."""
    articles = month.settings.read_source().articles or ""
    lines = read_query("article_lines")
    month.execute(
        f"create or replace temp table article_lines as {lines}", first_month=month.first_day, articles=articles
    )
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    customers, articles, pairs = month.rows(
        """select count(distinct customer_id), count(distinct product_id), count(*)
        from article_purchases where month = :month"""
    )[0]
    return {
        "customers": int(customers),
        "articles": int(articles),
        "articles a customer": round(int(pairs) / int(customers), 2) if customers else 0.0,
        "most bought": month.as_table(
            """select product_id, count(*) as customers, sum(receipts) as receipts from article_purchases
            where month = :month group by product_id order by customers desc, product_id limit 10"""
        ),
    }
