"""``daily_signals``: external daily series."""

import dagster as dg

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.table import table_asset

SIGNALS = "select distinct signal from daily_signals order by signal"


@table_asset(deps=["landed_files", "calendar"], dimension=True)
def daily_signals(table: Whole):
    """A source without such a series has no row here, and the columns made from it stay empty."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    return {
        "signals": table.as_table(
            """select signal, cast(min(date) as varchar) as first_day,
                cast(max(date) as varchar) as last_day, min(value) as lowest, max(value) as highest
            from daily_signals group by signal order by signal""",
        ),
        **{f"{name}, daily mean by month": _by_month(table, name) for (name,) in table.rows(SIGNALS)},
    }


def _by_month(table: Whole, signal: str) -> dg.MetadataValue:
    return table.as_bars(
        """select cast(c.year as varchar) || '-' || lpad(cast(c.month_of_year as varchar), 2, '0') as month,
            cast(sum(s.value) as double) / count(*)
        from daily_signals s join calendar c on c.date = s.date
        where s.signal = :signal group by c.year, c.month_of_year order by c.year, c.month_of_year""",
        "a day",
        signal=signal,
    )
