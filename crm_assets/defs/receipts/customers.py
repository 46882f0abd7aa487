"""``customers``: who the customers are."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import counted
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import Session, read_query

TABLE = "customers"


@table_asset(TABLE, group="receipts", deps=["landed_files"])
def customers(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Customers without demographics are no row here and stay in every figure."""
    with warehouse.session() as session:
        stage_dimension(session, settings.staging, TABLE)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE))
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    return {
        "by gender": counted(session, TABLE, "gender", "customers"),
        "by age band": counted(session, TABLE, "age_band", "customers"),
        "by region": counted(session, TABLE, "region", "customers"),
    }
