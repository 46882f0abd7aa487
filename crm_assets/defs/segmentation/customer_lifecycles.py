"""``customer_lifecycles``: who is a new, an existing or a lapsed customer."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.partitions import history
from crm_assets.defs.table import table_asset


@table_asset(deps=[history("receipts")])
def customer_lifecycles(month: Month):
    """Receipts are counted since the start of history. A new customer is new whether or not it bought in the window;
    existing and lapsed ones both have more receipts. The setting `new_customer_max_receipts` is read here; what else
    asks for new or existing customers joins this table."""
    yield from month.publish(month.stage(), show)


def show(month: Month) -> Shown:
    return {
        "lifecycles": month.as_table(
            """select lifecycle, count(*) as customers, min(receipts) as receipts_from, max(receipts) as receipts_to,
                round(cast(sum(receipts) as double) / count(*), 1) as receipts_mean,
                min(last_purchase_date) as last_purchase_from, max(last_purchase_date) as last_purchase_to
            from customer_lifecycles where month = :month group by lifecycle order by lifecycle""",
        ),
    }
