"""``branches``: where it is sold."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import counted
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import Session, read_query

TABLE = "branches"


@table_asset(TABLE, group="receipts", deps=["landed_files"])
def branches(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Offline sales name a branch; online ones do not."""
    with warehouse.session() as session:
        stage_dimension(session, settings.staging, TABLE)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE))
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    return {
        "by partner": counted(session, TABLE, "partner_id", "branches"),
        "by region": counted(session, TABLE, "region", "branches"),
    }
