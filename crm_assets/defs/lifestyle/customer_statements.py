"""``customer_statements``: a customer's last months in lines, for `crm statement`."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import recent
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import first_month


@table_asset(deps=["category_spend", "payment_habits", recent("raw_transactions"), "products", "incomes"])
def customer_statements(month: Month):
    """Income where the source has it, spending by category, recurring payments, benefits received (the attribute
    `benefit`) and habits of the customers of `category_spend`, over its months. Benefits that are no number are
    left out and counted. Lifestyle and offers have tables of their own; `crm statement` puts all on a page."""
    first = first_month(month.snapshot, month.settings.lifestyle_months)
    yield from month.publish(month.stage(first_month=first), lambda m: show(m, first))


def show(month: Month, first: object) -> Shown:
    return {
        "months": f"{first:%Y-%m} to {month.first_day:%Y-%m}",
        "customers": month.scalar("select count(distinct customer_id) from customer_statements where month = :month"),
        "benefits that are no number": month.scalar(
            """select count(*) from event_attributes where name = 'benefit' and month between :first_month and :month
                and regexp_extract(value, '^[0-9]{1,12}([.][0-9]+)?$', 0) = ''""",
            first_month=first,
        ),
        "sections": month.as_table(
            """select section, count(*) as lines, count(distinct customer_id) as customers
            from customer_statements where month = :month group by section order by section"""
        ),
    }
