"""``customer_statements``: income, spending, what is paid again and again, benefits and habits."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import recent
from crm_assets.defs.table import table_asset
from crm_assets.lifestyle.spend import first_month


@table_asset(deps=["payment_habits", "category_spend", recent("raw_transactions"), "incomes", "products", "calendar"])
def customer_statements(month: Month):
    """The last `lifestyle_months` months of every customer with a receipt in them, line by line. Income is there where
    the source has it, and none that came in after as_of; benefits are the event attribute `benefit` of the lines, and
    what of it is no number above 0 is left out and counted. `crm statement` makes a page of a customer's."""
    first = first_month(month.snapshot, month.settings.lifestyle_months)
    yield from month.publish(month.stage(first_month=first), lambda m: show(m, first))


def show(month: Month, first: object) -> Shown:
    unread = month.scalar(
        """select count(*) from event_attributes
        where month between :first_month and :month and name = 'benefit'
            and try_cast(value as decimal(18, 4)) is null""",
        first_month=first,
    )
    return {
        "customers": month.scalar("select count(distinct customer_id) from customer_statements where month = :month"),
        "benefits that are no number": int(unread),
        "sections": month.as_table(
            """select section, count(distinct customer_id) as customers, count(*) as lines,
                round(sum(case when section <> 'habits' then amount end), 0) as amount
            from customer_statements where month = :month group by section order by section"""
        ),
    }
