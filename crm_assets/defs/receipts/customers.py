"""``customers``: who the customers are."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset


@table_asset(deps=["landed_files"], dimension=True)
def customers(table: Whole):
    """Customers without demographics are no row here and stay in every figure."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    return {
        "by gender": counted(table.session, table.name, "gender", "customers"),
        "by age band": counted(table.session, table.name, "age_band", "customers"),
        "by region": counted(table.session, table.name, "region", "customers"),
    }
