"""``branches``: where it is sold."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset


@table_asset(deps=["landed_files"], dimension=True)
def branches(table: Whole):
    """Offline sales name a branch; online ones do not."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    return {
        "by partner": counted(table.session, table.name, "partner_id", "branches"),
        "by region": counted(table.session, table.name, "region", "branches"),
    }
