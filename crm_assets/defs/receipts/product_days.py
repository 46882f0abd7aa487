"""``product_days``: what was sold of each product on each day, and at which prices."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset


@table_asset(deps=["raw_transactions", "receipts"])
def product_days(month: Month):
    """What a price or a product is compared with: the usual price so far and the first day of sale. Services and lines
    without a product are left out; a line belongs to the day of its receipt."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    products, days, lines, priced = month.rows(
        """select count(distinct product_id), count(distinct date), coalesce(sum(lines), 0),
            coalesce(sum(priced_lines), 0)
        from product_days where month = :month"""
    )[0]
    return {
        "products": int(products),
        "days": int(days),
        "lines": int(lines),
        "lines with a price, %": round(100 * int(priced) / int(lines), 1) if lines else 0.0,
        "most sold": month.as_table(
            """select product_id, sum(lines) as lines, count(*) as days,
                round(exp(cast(sum(log_unit_price) as double) / nullif(sum(priced_lines), 0)), 2) as unit_price
            from product_days where month = :month group by product_id order by lines desc, product_id limit 10""",
        ),
    }
