"""``daily_activity``: who bought on each day, per type."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import WINDOW
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import require_days
from crm_assets.warehouse import Session, read_query

TABLE = "daily_activity"


@table_asset(
    TABLE,
    group="segmentation",
    deps=["cluster_assignments", dg.AssetDep("receipts", partition_mapping=WINDOW), "calendar"],
    condition=on_new_months(),
)
def daily_activity(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Days of the window from the start of history on. The series behind `signal_correlations`."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        require_days(session, snapshot)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "a day in the mean": table_of(
            session,
            """select segment_name as type, count(*) as days,
                round(cast(sum(active_customers) as double) / count(*), 1) as customers,
                round(cast(sum(receipts) as double) / count(*), 1) as receipts,
                round(cast(sum(amount) as double) / count(*), 0) as amount
            from daily_activity where month = :month group by segment_id, segment_name order by customers desc""",
            month=snapshot.month,
        ),
    }
