"""Our queries on the Parquet lines: receipts month by month, lifecycles, RFM, and the features as of the last day: the
peers make no others. Their rows stay in memory, as the peers' do: what it costs to store them is in the stages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from crm_assets.bench.peers.inputs import FEATURES, RFM, TABLES, Inputs
from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import literal, select_list
from crm_assets.defs.prediction.feature_table import CUTOFF_COLUMNS, EVERY_RECEIPT
from crm_assets.receipts.calendar import calendar_days
from crm_assets.segmentation.rfm import CELL_COLUMNS, cell_rows, read_schemes
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse, read_query


def measured(folder: Path) -> dict[str, Any]:
    with made(Inputs.read(folder)) as session:
        return {"customers": int(session.scalar("select count(*) from feature_table"))}


def rfm_and_features(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per customer each, by customer_id: those with a receipt in the window; everybody."""
    with made(inputs) as session:
        rfm = session.frame(f"select customer_id, {', '.join(RFM)} from rfm_scores order by customer_id")
        return rfm, session.frame(f"select customer_id, {', '.join(FEATURES)} from feature_table order by customer_id")


@contextmanager
def made(inputs: Inputs) -> Iterator[Session]:
    """Within it the tables ``rfm_scores`` and ``feature_table`` are made, in a warehouse that goes afterwards."""
    settings = Settings.read()
    with (
        TemporaryDirectory(prefix="crm-bench-ours-") as folder,
        Warehouse(Path(folder) / "warehouse.duckdb", memory_limit=settings.memory_limit).session() as session,
    ):
        given = dict(settings.parameters) | {
            name: getattr(inputs, name) for name in ("month", "as_of", "window_start", "history_start")
        }
        _lay(session, inputs, settings)
        months = session.rows("select distinct month from raw_transactions order by month")
        for (month,) in months:
            _make(session, "receipts", given | {"month": month})
        for table in ("customer_lifecycles", "rfm_scores", "feature_table"):
            _make(session, table, given)
        yield session


def _lay(session: Session, inputs: Inputs, settings: Settings) -> None:
    """The files under the names of their tables; the calendar, and the reference data that the queries join."""
    for name, table in TABLES.items():
        file = literal(str(getattr(inputs, name)))
        session.execute(f"drop table {table}")
        session.execute(f"create view {table} as select * from read_parquet({file})")
    days = session.stage_frame(CONTRACTS["calendar"], calendar_days(inputs.history_start))
    session.replace(CONTRACTS["calendar"], days)
    session.reference("rfm_cells", CELL_COLUMNS, cell_rows(read_schemes(settings.reference)))
    session.reference("cutoffs", CUTOFF_COLUMNS, [("as_of", 0, EVERY_RECEIPT)])


def _make(session: Session, table: str, given: dict[str, Any]) -> None:
    """Rows of a month, into a temporary table that stands before the stored one."""
    rows = f"select {select_list(CONTRACTS[table])} from ({read_query(table)}) as made"
    if not session.scalar("select count(*) from duckdb_tables() where temporary and table_name = :table", table=table):
        session.execute(f"create temp table {table} as select * from main.{table} where false")
    session.execute(f"insert into temp.{table} {rows}", **given)
