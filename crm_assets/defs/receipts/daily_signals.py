"""``daily_signals``: external daily series."""

import dagster as dg

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.defs.shown import bars_of, table_of
from crm_assets.defs.table import publish, table_asset
from crm_assets.receipts.staging import stage_dimension
from crm_assets.warehouse import Session, read_query

TABLE = "daily_signals"
SIGNALS = "select distinct signal from daily_signals order by signal"


@table_asset(TABLE, group="receipts", deps=["landed_files", "calendar"])
def daily_signals(context: dg.AssetExecutionContext, settings: SettingsResource, warehouse: WarehouseResource):
    """A source without such a series has no row here, and the columns made from it stay empty."""
    with warehouse.session() as session:
        stage_dimension(session, settings.staging, TABLE)
        staged = session.stage(CONTRACTS[TABLE], read_query(TABLE))
        yield from publish(context, session, staged, show)


def show(session: Session) -> dict[str, object]:
    return {
        "signals": table_of(
            session,
            """select signal, cast(min(date) as varchar) as first_day,
                cast(max(date) as varchar) as last_day, min(value) as lowest, max(value) as highest
            from daily_signals group by signal order by signal""",
        ),
        **{f"{name}, daily mean by month": _by_month(session, name) for (name,) in session.rows(SIGNALS)},
    }


def _by_month(session: Session, signal: str) -> dg.MetadataValue:
    return bars_of(
        session,
        """select cast(c.year as varchar) || '-' || lpad(cast(c.month_of_year as varchar), 2, '0') as month,
            cast(sum(s.value) as double) / count(*)
        from daily_signals s join calendar c on c.date = s.date
        where s.signal = :signal group by c.year, c.month_of_year order by c.year, c.month_of_year""",
        "a day",
        signal=signal,
    )
