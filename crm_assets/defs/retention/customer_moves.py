"""``customer_moves``: who changed its state since last month, and why."""

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.defs.automation_conditions import on_new_months
from crm_assets.defs.partitions import trailing
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.retention.month_before import month_before
from crm_assets.defs.segmentation.registry import model_of
from crm_assets.defs.shown import table_of
from crm_assets.defs.table import month_rows, of_snapshot, publish, table_asset
from crm_assets.months import Snapshot
from crm_assets.retention.movement import OutOfStep, counted, reasons
from crm_assets.warehouse import Session, read_query

TABLE, COUNTS = "customer_moves", "move_reasons"


@table_asset(
    TABLE,
    group="retention",
    deps=[
        dg.AssetDep("customer_types", partition_mapping=trailing(2)),
        dg.AssetDep("rfm_scores", partition_mapping=trailing(2)),
        dg.AssetDep("cluster_assignments", partition_mapping=trailing(2)),
        "receipts",
    ],
    condition=on_new_months(),
)
def customer_moves(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """A type is a function of R, F, M and the model, so the reason is computed, not guessed: the model of the month
    before is asked for the type of today's figures. Written with it: `move_reasons`, the counts."""
    snapshot = settings.snapshot(context.partition_key)
    with warehouse.session() as session:
        before = month_before(session, snapshot)
        moves = session.frame(read_query(TABLE), month=snapshot.month, before=before)
        models = [model_of(session, month, settings) for month in (before, snapshot.month)]
        try:
            explained = reasons(moves, *models)
        except OutOfStep as error:
            raise dg.Failure(f"{snapshot.month:%Y-%m}: {error}.", allow_retries=False) from error
        rows = of_snapshot(explained, snapshot)[[c.name for c in columns(CONTRACTS[TABLE])]]
        staged = session.stage_frame(CONTRACTS[TABLE], rows)
        also = [month_rows(session, COUNTS, snapshot, counted(explained))]
        yield from publish(context, session, staged, lambda s: show(s, snapshot, explained), also=also)


def show(session: Session, snapshot: Snapshot, moves: pd.DataFrame) -> dict[str, object]:
    return {
        "as_of": str(snapshot.as_of),
        "customers moved": len(moves),
        "moved by the model alone": int((moves["reason"] == "model").sum()),
        "reasons": table_of(
            session,
            """select reason, sum(customers) as customers from move_reasons where month = :month
            group by reason order by customers desc, reason""",
            month=snapshot.month,
        ),
    }
