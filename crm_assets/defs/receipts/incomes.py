"""``incomes``: what came in on customers' accounts."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset


@table_asset(deps=["landed_files"], dimension=True)
def incomes(table: Whole):
    """An optional source, as delivered last; rows whose amount is missing or below 0 are in quarantine. A shop without
    it has no row here, and no income on its customers' statements."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    return {"by kind": counted(table.session, table.name, "kind", "incomes")}
