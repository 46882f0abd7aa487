"""The warehouse: every table behind one small interface, on DuckDB (``duckdb_engine``) or on Spark
(``spark_engine``).

``Warehouse.session`` yields a ``Session``: what the rest of the project knows of an engine.
"""

from __future__ import annotations

from crm_assets.settings import Settings
from crm_assets.warehouse.duckdb_engine import Session, Warehouse, cannot_write
from crm_assets.warehouse.queries import OutOfStep, WarehouseError, read_query, written_out
from crm_assets.warehouse.spark_engine import SparkWarehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse of the engine that the settings name."""
    common = (settings.database, settings.lock_wait_seconds, settings.memory_limit)
    if settings.engine == "duckdb":
        return Warehouse(*common)
    return SparkWarehouse(*common, settings.spark_master, settings.spark_conf)


__all__ = [
    "OutOfStep",
    "Session",
    "SparkWarehouse",
    "Warehouse",
    "WarehouseError",
    "cannot_write",
    "read_query",
    "warehouse_of",
    "written_out",
]
