"""A shop's tables on Spark: copied from DuckDB's, and compared with them row for row."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, is_monthly, key, literal, select_list
from crm_assets.warehouse import WarehouseError
from crm_assets.warehouse.spark_session import LEDGER
from crm_assets.warehouse.spark_start import require_spark
from crm_assets.warehouse.spark_store import Part, Store
from crm_assets_tests.conftest import OF_THE_RUN

TOLERANCE = 1e-9  # relative, of a DOUBLE: the order in which an engine adds is its own


def need_spark() -> None:
    """Skip where PySpark or Java is missing; in CI that fails."""
    try:
        require_spark()
    except WarehouseError as error:
        if os.environ.get("CRM_REQUIRE_DATA"):
            pytest.fail(str(error))
        pytest.skip(str(error))


def copy_to_spark(data: Path) -> None:
    """Make the Spark tables of a data folder of those of its DuckDB file."""
    store = Store(data / "spark")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        stored = {name: _parts(store, connection, name) for name in CONTRACTS if name not in LEDGER}
        store.commit(stored, CONTRACTS)
        with duckdb.connect(str(data / "ledger.duckdb")) as ledger:
            for name in LEDGER:
                ledger.register("ledger_rows", connection.sql(f"select * from {name}").to_arrow_table())
                ledger.execute(f"create or replace table {name} as select * from ledger_rows")
                ledger.unregister("ledger_rows")


def _parts(store: Store, connection: duckdb.DuckDBPyConnection, table: str) -> tuple[Part, ...]:
    """The rows of a table as parts of the store, one a month."""
    contract, parts = CONTRACTS[table], []
    month = "month" if is_monthly(contract) else "cast(null as date)"
    for held, rows in connection.execute(f"select {month}, count(*) from {table} group by 1 order by 1").fetchall():
        folder = store.new_folder(table, held)
        folder.mkdir(parents=True)
        chosen = f"select {select_list(contract)} from {table} where {month} is not distinct from $held"
        file = folder / "part-0.parquet"
        connection.execute(f"copy ({chosen}) to {literal(str(file))} (format parquet)", {"held": held})
        parts.append(Part(str(folder.relative_to(store.folder)), (file.name,), rows, held and held.isoformat()))
    return tuple(parts)


def exact(contract: type[Table]) -> str:
    """What two engines share, for a select: not the run’s columns, nor a stopwatch’s. Money is text, digit by digit."""
    shared = [c for c in columns(contract) if c.name not in OF_THE_RUN and not c.metadata.get("measured_time")]
    return ", ".join(
        f"cast({c.name} as varchar) as {c.name}" if c.sql_type.startswith("DECIMAL") else c.name for c in shared
    )


def differences(contract: type[Table], made: pd.DataFrame, expected: pd.DataFrame) -> list[str]:
    """In which columns the rows differ, and how: none where they are the same. Everything is compared exactly but a
    DOUBLE, which may differ by ``TOLERANCE``."""
    if len(made) != len(expected) or list(made) != list(expected):
        return [f"{len(made)} rows of {list(made)}, not {len(expected)} of {list(expected)}"]
    made, expected = (frame.sort_values(key(contract), ignore_index=True) for frame in (made, expected))
    found = []
    for column in expected:
        ours, theirs = made[column], expected[column]
        same = ((ours == theirs) | (ours.isna() & theirs.isna())).fillna(False)
        if ours.dtype == theirs.dtype == "float64":
            same |= np.isclose(ours, theirs, rtol=TOLERANCE, atol=0, equal_nan=True)
        if not same.all():
            row = int(np.argmin(same.to_numpy(dtype=bool)))
            found.append(f"{column}: {(~same).sum()} rows, the first {ours[row]!r}, not {theirs[row]!r}")
    return found
