"""``receipts``: the purchases of a month, one row each."""

from crm_assets.defs.making import Month, Shown
from crm_assets.defs.table import table_asset
from crm_assets.receipts.touched import UNKNOWN, MadeFrom, basis_of, only_touched, remembered
from crm_assets.warehouse import read_query

READINGS = "receipt_readings"


@table_asset(deps=["raw_transactions", "calendar"], also=[READINGS])
def receipts(month: Month):
    """What frequency counts. A receipt takes the time of its earliest line; returns are left out; wallet payments count
    only with `count_wallet_as_purchase`."""
    lines = remembered(month.session, "line_readings", "month = :month", month=month.first_day) or UNKNOWN
    basis = basis_of(read_query(month.name), lines.basis, parameters=month.parameters)
    part = month.part(READINGS, MadeFrom(lines.readings, basis))
    with only_touched(month.session, part, "raw_transactions"):
        staged = month.stage()
    yield from month.publish_part(part, READINGS, staged, show)


def show(month: Month) -> Shown:
    customers, receipts, amount, lines = month.rows(
        """select count(distinct customer_id), count(*), coalesce(sum(amount), 0), coalesce(sum(lines), 0)
        from receipts where month = :month"""
    )[0]
    return {
        "customers": int(customers),
        "receipts": int(receipts),
        "amount": float(amount),
        "lines a receipt": round(int(lines) / int(receipts), 3) if receipts else 0.0,
        "by weekday": month.as_bars(
            """select case c.weekday when 0 then 'Monday' when 1 then 'Tuesday' when 2 then 'Wednesday'
                when 3 then 'Thursday' when 4 then 'Friday' when 5 then 'Saturday' else 'Sunday' end, count(*)
            from receipts r join calendar c on c.date = r.purchase_date
            where r.month = :month group by c.weekday order by c.weekday""",
            "receipts",
            total=float(receipts),
        ),
        "by hour": month.as_bars(
            """select lpad(cast(purchase_hour as varchar), 2, '0') as hour, count(*) from receipts
            where month = :month group by hour order by hour""",
            "receipts",
            total=float(receipts),
        ),
    }
