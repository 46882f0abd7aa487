"""``category_spend``: what active customers spend their money on."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import recent
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import first_month


@table_asset(deps=[recent("raw_transactions"), "products"])
def category_spend(month: Month):
    """The last `lifestyle_months` months. Products by their `lifestyle_category` (major or middle), services by their
    partner unless the products file knows them. Returns, wallet payments and lines without a category do not count;
    how many of these there were is shown."""
    first = first_month(month.snapshot, month.settings.lifestyle_months)
    yield from month.publish(month.stage(first_month=first), lambda m: show(m, first))


def show(month: Month, first: object) -> Shown:
    lines, left_out = month.rows(
        """select count(*), sum(case
            when :lifestyle_category = 'middle' and p.category_middle is not null then 0
            when :lifestyle_category = 'major' and p.category_major is not null then 0
            when t.record_type = 'service' and t.partner_id is not null then 0
            else 1 end)
        from raw_transactions t left join products p on p.product_id = t.product_id
        where t.month between :first_month and :month and t.record_type in ('product', 'service') and t.amount > 0""",
        first_month=first,
    )[0]
    return {
        "months": f"{first:%Y-%m} to {month.first_day:%Y-%m}",
        "active customers": month.scalar("select count(distinct customer_id) from category_spend where month = :month"),
        "lines without a category": f"{left_out or 0:,} of {lines:,}, left out",
        "spend": month.as_bars(
            """select category, cast(sum(amount) as double) as amount from category_spend where month = :month
            group by category order by amount desc, category""",
            "currency",
        ),
    }
