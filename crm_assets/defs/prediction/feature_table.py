"""``feature_table``: the 31 model columns of every customer, at as_of and after its first receipts."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.feature_sets import model_columns
from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import HISTORY
from crm_assets.defs.prediction.no_totals import NO_TOTALS, no_totals
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import filled, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.warehouse import Session, read_query

TABLE = "feature_table"
EVERY_RECEIPT = 2**63 - 1
CUTOFF_COLUMNS = {"cutoff": "varchar", "place": "bigint", "receipts_kept": "bigint"}


@table_asset(
    TABLE,
    group="prediction",
    deps=[
        dg.AssetDep("receipts", partition_mapping=HISTORY),
        dg.AssetDep("raw_transactions", partition_mapping=HISTORY),
        "calendar",
        "customers",
        "daily_signals",
    ],
    condition=on_new_months(),
    checks=(NO_TOTALS,),
)
def feature_table(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Whole histories (cutoff `as_of`) of everybody and, from the same query, the first 1, 2 and 3 receipts of existing
    customers, as they were at that moment: what a model for new customers must learn from."""
    snapshot = settings.snapshot(context.partition_key)
    kept = [(cut, place, EVERY_RECEIPT if cut == "as_of" else int(cut)) for place, cut in enumerate(CUTOFFS)]
    with warehouse.session() as session:
        require_days(session, snapshot)
        session.reference("cutoffs", CUTOFF_COLUMNS, kept)
        staged = session.stage(
            CONTRACTS[TABLE],
            read_query(TABLE),
            new_customer_max_receipts=settings.new_customer_max_receipts,
            **snapshot.parameters,
        )
        yield from no_totals(session, CONTRACTS[TABLE], staged, snapshot, settings, totals=staged)
        yield from publish(
            context, session, staged, lambda s: show(s, snapshot), counted=dates_before_signals(session, snapshot)
        )


def dates_before_signals(session: Session, snapshot: Snapshot) -> dict[str, int]:
    """Per signal, the purchase dates before its first day, which take that day's value."""
    rows = session.rows(
        """select f.signal, count(distinct r.purchase_date)
        from (select signal, min(date) as first_day from daily_signals group by signal) f
        left join receipts r on r.month <= :month and r.purchase_date < f.first_day
        where f.signal in ('new_cases', 'new_deaths') group by f.signal order by f.signal""",
        month=snapshot.month,
    )
    return {f"purchase dates before {signal} begin": int(count) for signal, count in rows}


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "rows by cut-off": table_of(
            session,
            """select cutoff, count(*) as customers, round(cast(sum(receipts) as double) / count(*), 1) as receipts_mean
            from feature_table where month = :month group by cutoff order by cutoff""",
            month=snapshot.month,
        ),
        # In two halves: the UI folds up markdown of a thousand characters.
        "model columns": filled(session, TABLE, model_columns()[:16], snapshot.month),
        "model columns, continued": filled(session, TABLE, model_columns()[16:], snapshot.month),
    }
