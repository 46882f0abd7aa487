"""``segment_retention``: who stayed, moved, lapsed and bought, of each state of last month."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "segment_retention"


@table_asset(TABLE, group="retention", deps=["segment_migration"], condition=on_new_months())
def segment_retention(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Retention of types and of bands, and the conversion of new customers into existing ones: overall
    (`from_state = new`) and by the type that was predicted for them (`scheme = predicted_type`). The first month of
    history has no row."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), month=snapshot.month, as_of=snapshot.as_of)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "retention": table_of(
            session,
            """select scheme, from_state, customers, stayed, moved, lapsed, bought,
                round(100 * bought_share, 1) as bought_pct, round(100 * bought_lower, 1) as from_pct,
                round(100 * bought_upper, 1) as to_pct
            from segment_retention where month = :month and scheme <> 'rfm_band'
            order by scheme desc, customers desc, from_state""",
            month=snapshot.month,
        ),
    }
