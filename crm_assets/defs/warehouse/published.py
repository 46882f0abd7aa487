"""``published``: the warehouse as a file for readers, which no writer waits for."""

import dagster as dg
import pandas as pd

from crm_assets.defs.making import Shown, Whole, run_mark
from crm_assets.defs.table import table_asset
from crm_assets.published import write_published


@table_asset(deps=["landed_files", "raw_transactions", "report"])
def published(table: Whole):
    """`data/published.duckdb`, a whole copy for BI tools and notebooks: written beside and renamed, so that a reader
    has the old state or the new one and never blocks a run. `crm refresh` and the sensor `publication` make it when
    every month that receipts asked for is made."""
    mark, path = run_mark(table.context), table.settings.published
    state = table.rows(
        """select (select min(month) from report), (select max(month) from report),
            (select count(*) from landed_files where status = 'loaded'), (select count(*) from raw_transactions)"""
    )[0]
    columns = ["path", "published_at", "run_id", "first_month", "last_month", "deliveries", "lines"]
    row = pd.DataFrame([(path.name, mark.began, mark.run_id, *state)], columns=columns)

    def copy_and_show(table: Whole) -> Shown:
        write_published(table.session, path)
        return {
            "copy": dg.MetadataValue.path(str(path)),
            "size_mb": round(path.stat().st_size / 1e6, 1),
            "last month": str(state[1]),
            "lines": int(state[3]),
        }

    yield from table.publish(table.stage_frame(row), copy_and_show)
