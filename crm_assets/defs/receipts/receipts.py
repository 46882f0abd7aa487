"""``receipts``: the purchases of a month, one row each."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.warehouse import Session, read_query

TABLE = "receipts"


@table_asset(TABLE, group="receipts", deps=["raw_transactions", "calendar"], condition=on_new_months())
def receipts(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """What frequency counts. A receipt takes the time of its earliest line; returns are left out; wallet payments count
    only with `count_wallet_as_purchase`."""
    month = date.fromisoformat(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            month=month,
            count_wallet=int(settings.count_wallet_as_purchase),
        )
        yield from publish(context, session, staged, lambda s: show(s, month))


def show(session: Session, month: date) -> dict[str, object]:
    customers, receipts, amount, lines = session.rows(
        """select count(distinct customer_id), count(*), coalesce(sum(amount), 0), coalesce(sum(lines), 0)
        from receipts where month = :month""",
        month=month,
    )[0]
    return {
        "customers": int(customers),
        "receipts": int(receipts),
        "amount": float(amount),
        "lines a receipt": round(int(lines) / int(receipts), 3) if receipts else 0.0,
        "by weekday": bars_of(
            session,
            """select case c.weekday when 0 then 'Monday' when 1 then 'Tuesday' when 2 then 'Wednesday'
                when 3 then 'Thursday' when 4 then 'Friday' when 5 then 'Saturday' else 'Sunday' end, count(*)
            from receipts r join calendar c on c.date = r.purchase_date
            where r.month = :month group by c.weekday order by c.weekday""",
            "receipts",
            total=float(receipts),
            month=month,
        ),
        "by hour": bars_of(
            session,
            """select lpad(cast(purchase_hour as varchar), 2, '0') as hour, count(*) from receipts
            where month = :month group by hour order by hour""",
            "receipts",
            total=float(receipts),
            month=month,
        ),
    }
