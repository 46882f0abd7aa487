"""``marketing_responses``: what was sent to customers, and their answers."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import counted
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import Session, read_query

TABLE = "marketing_responses"


@table_asset(TABLE, group="receipts", deps=["landed_files"])
def marketing_responses(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """An optional source, as delivered last. A shop without it has no row here, and no response rates."""
    with warehouse.session() as session:
        stage_dimension(session, settings.staging, TABLE)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE))
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    return {
        "by channel": counted(session, TABLE, "message_channel", "messages"),
        "by campaign": counted(session, TABLE, "campaign_id", "messages"),
    }
