"""``rfm_thresholds``: what every score and every half of a grade means in days, receipts and money."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

TABLE = "rfm_thresholds"


@table_asset(TABLE, group="segmentation", deps=["rfm_scores"], condition=on_new_months())
def rfm_thresholds(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Per measure, the range of values that got each score (quintiles, ties kept together) and the two halves at the
    median that make a grade. They move from month to month with the customers."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE), **snapshot.parameters)
        yield from publish(context, session, staged, lambda s: show(s, snapshot))


def show(session: Session, snapshot: Snapshot) -> dict[str, object]:
    shown: dict[str, object] = {"as_of": str(snapshot.as_of)}
    for measure in ("recency_days", "frequency", "monetary"):
        shown[measure] = table_of(
            session,
            """select kind, level, low, high, unit, customers from rfm_thresholds
            where month = :month and measure = :measure order by kind desc, level desc""",
            month=snapshot.month,
            measure=measure,
        )
    return shown
