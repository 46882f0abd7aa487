"""``raw_transactions``: the receipt lines of a month."""

from datetime import date

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.staging import stage_lines
from crm_assets.warehouse import Session, read_query

QUERY = "raw_transactions"
HAS_RECEIPTS = "has_receipts"


@table_asset(QUERY, group="receipts", deps=["landed_files"], checks=(HAS_RECEIPTS,))
def raw_transactions(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """The distinct lines that landed for the month, from every file, numbered within their receipt by content. The
    sensor on the ledger asks for the months that an intake touched. A month after the last one that landed is refused;
    a gap before it is an empty month with a failed check."""
    month = date.fromisoformat(context.partition_key)
    with warehouse.session() as session:
        last = session.scalar("select max(last_month) from landed_files")
        if last is None or month > last:
            raise dg.Failure(
                f"no receipts of {month:%Y-%m} have landed yet, "
                + (f"the last month with receipts is {last:%Y-%m}. " if last else "nor of any other month. ")
                + "Put its files into the landing folder and materialise landed_files, or choose another month.",
                allow_retries=False,
            )
        files = stage_lines(session, settings.staging, month)
        yield dg.AssetCheckResult(
            check_name=HAS_RECEIPTS,
            passed=files > 0,
            severity=dg.AssetCheckSeverity.WARN,
            description=None if files else f"no file holds receipts of {month:%Y-%m}, though later months have landed",
            metadata={"files": files},
        )
        staged = session.stage(CONTRACTS[QUERY], read_query(QUERY), month=month)
        yield from publish(context, session, staged, lambda s: show(s, month))


def show(session: Session, month: date) -> dict[str, object]:
    customers, receipts, amount = session.rows(
        """select count(distinct customer_id), count(distinct receipt_id), coalesce(sum(amount), 0)
        from raw_transactions where month = :month and record_type in ('product', 'service')""",
        month=month,
    )[0]
    return {
        "customers": int(customers),
        "receipts": int(receipts),
        "amount": float(amount),
        "lines by type": bars_of(
            session,
            """select record_type, count(*) as lines from raw_transactions where month = :month
            group by record_type order by lines desc, record_type""",
            "lines",
            month=month,
        ),
        "first lines": table_of(
            session,
            """select customer_id, receipt_id, line_no, partner_id, product_id, amount, record_type
            from raw_transactions where month = :month order by customer_id, receipt_id, line_no limit 5""",
            month=month,
        ),
    }
