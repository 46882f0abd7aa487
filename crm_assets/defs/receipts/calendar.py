"""``calendar``: one row per day."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.table import table_asset
from crm_assets.receipts.calendar import calendar_days


@table_asset(dimension=True)
def calendar(table: Whole):
    """A hundred years from the first year of history. Queries join it instead of calling date functions, which differ
    between engines."""
    days = calendar_days(table.settings.read_source().history.start)
    yield from table.publish(table.stage_frame(days), show)


def show(table: Whole) -> Shown:
    first, last = table.rows("select min(date), max(date) from calendar")[0]
    return {
        "first day": str(first),
        "last day": str(last),
        "days by season": table.as_bars(
            "select season, count(*) from calendar group by season order by season", "days"
        ),
        "first week": table.as_table(
            """select cast(date as varchar) as date, day_number, weekday, is_weekend, season from calendar
            order by date limit 7""",
        ),
    }
