"""A shop's tables on Spark: copied from DuckDB's, and compared with them row for row."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly, literal, select_list
from crm_assets.defs.resources import SparkWarehouseResource, WarehouseResource
from crm_assets.warehouse import WarehouseError
from crm_assets.warehouse.spark_session import LEDGER
from crm_assets.warehouse.spark_start import require_spark
from crm_assets.warehouse.spark_store import Part, Store

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
    changed: dict[str, tuple[Part, ...]] = {}
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        for name, contract in CONTRACTS.items():
            if name in LEDGER:
                continue
            found = (
                connection.execute(f"select distinct month from {name} order by 1").fetchall()
                if is_monthly(contract)
                else [(None,)]
            )
            parts = []
            for (month,) in found:
                folder = store.new_folder(name, month)
                folder.mkdir(parents=True)
                where = f"month = date '{month}'" if month else "true"
                rows = f"select {select_list(contract)} from {name} where {where}"
                count = connection.execute(f"select count(*) from {name} where {where}").fetchall()[0][0]
                if count:
                    file = folder / "part-0.parquet"
                    connection.execute(f"copy ({rows}) to {literal(str(file))} (format parquet)")
                    within = str(folder.relative_to(store.folder))
                    parts.append(Part(within, (file.name,), count, month and month.isoformat()))
            changed[name] = tuple(parts)
        store.commit(changed, CONTRACTS)
        with duckdb.connect(str(data / "ledger.duckdb")) as ledger:
            for name in LEDGER:
                rows = connection.execute(f"select * from {name}").to_arrow_table()
                ledger.register("ledger_rows", rows)
                ledger.execute(f"create or replace table {name} as select * from ledger_rows")
                ledger.unregister("ledger_rows")


def on_spark(data: Path) -> WarehouseResource:
    return SparkWarehouseResource(database=str(data / "spark"), lock_wait_seconds=5)
