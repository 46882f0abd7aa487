"""``calendar``: one row per day."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.calendar import calendar_days
from crm_assets.warehouse import Session


@table_asset("calendar", group="receipts")
def calendar(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """A hundred years from the first year of history. Queries join it instead of calling date functions, which differ
    between engines."""
    days = calendar_days(settings.read_source().history.start)
    with warehouse.session() as session:
        staged = session.stage_frame(CONTRACTS["calendar"], days)
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    first, last = session.rows("select min(date), max(date) from calendar")[0]
    return {
        "first day": str(first),
        "last day": str(last),
        "days by season": bars_of(
            session, "select season, count(*) from calendar group by season order by season", "days"
        ),
        "first week": table_of(
            session,
            """select cast(date as varchar) as date, day_number, weekday, is_weekend, season from calendar
            order by date limit 7""",
        ),
    }
