"""``products``: what is sold."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import counted, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import Session, read_query

TABLE = "products"


@table_asset(TABLE, group="receipts", deps=["landed_files"])
def products(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """Products without a row keep their id on the lines."""
    with warehouse.session() as session:
        stage_dimension(session, settings.staging, TABLE)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE))
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    majors, middles = session.rows(
        "select count(distinct category_major), count(distinct category_middle) from products"
    )[0]
    return {
        "major categories": int(majors),
        "middle categories": int(middles),
        "by major category": counted(session, TABLE, "category_major", "products"),
        "first products": table_of(session, "select * from products order by product_id limit 10"),
    }
