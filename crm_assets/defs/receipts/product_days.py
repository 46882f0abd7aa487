"""``product_days``: what was sold of each product on each day, and at which prices."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.warehouse import Session, read_query

TABLE = "product_days"


@table_asset(TABLE, group="receipts", deps=["raw_transactions", "receipts"], condition=on_new_months())
def product_days(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """What a price or a product is compared with: the usual price so far and the first day of sale. Services and lines
    without a product are left out; a line belongs to the day of its receipt."""
    month = date.fromisoformat(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), month=month)
        yield from publish(context, session, staged, lambda s: show(s, month))


def show(session: Session, month: date) -> dict[str, object]:
    products, days, lines, priced = session.rows(
        """select count(distinct product_id), count(distinct date), coalesce(sum(lines), 0),
            coalesce(sum(priced_lines), 0)
        from product_days where month = :month""",
        month=month,
    )[0]
    return {
        "products": int(products),
        "days": int(days),
        "lines": int(lines),
        "lines with a price, %": round(100 * int(priced) / int(lines), 1) if lines else 0.0,
        "most sold": table_of(
            session,
            """select product_id, sum(lines) as lines, count(*) as days,
                round(exp(cast(sum(log_unit_price) as double) / nullif(sum(priced_lines), 0)), 2) as unit_price
            from product_days where month = :month group by product_id order by lines desc, product_id limit 10""",
            month=month,
        ),
    }
