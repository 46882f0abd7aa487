"""``signal_correlations``: daily activity of the types against external daily series."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import of_snapshot, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.segmentation.daily_correlation import signal_correlations as correlate
from crm_assets.warehouse import Session

TABLE = "signal_correlations"


@table_asset(
    TABLE,
    group="segmentation",
    kinds=frozenset({"duckdb", "scipy"}),
    deps=["daily_activity", "daily_signals"],
    condition=on_new_months(),
)
def signal_correlations(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """The measure is customers who bought on the day, not receipts: receipts of one customer are not independent. A
    source without such a series has no row."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        activity = session.frame(
            """select segment_id, segment_name, date, active_customers from daily_activity
            where month = :month and segment_id <> 'all' order by segment_id, date""",
            month=snapshot.month,
        )
        signals = session.frame(
            "select date, signal, value from daily_signals where date <= :as_of order by signal, date",
            as_of=snapshot.as_of,
        )
        staged = session.stage_frame(CONTRACTS[TABLE], of_snapshot(correlate(activity, signals), snapshot))
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "correlations": table_of(
            session,
            """select segment_name as type, signal, days, round(r, 3) as r, detrended_days,
                round(detrended_r, 3) as detrended_r, round(detrended_low, 3) as low, round(detrended_high, 3) as high,
                round(p_adjusted, 4) as p_adjusted, allowed
            from signal_correlations where month = :month order by signal, segment_id""",
            month=snapshot.month,
        ),
    }
