"""The warehouse: every table behind one small interface, on DuckDB (``duckdb_engine``) or on Spark
(``spark_engine``).

``Warehouse.session`` yields a ``Session``: what the rest of the project knows of an engine.
"""

from __future__ import annotations

from crm_assets.settings import Settings
from crm_assets.warehouse.duckdb_engine import Warehouse, cannot_write
from crm_assets.warehouse.duckdb_session import Score, Session
from crm_assets.warehouse.queries import OutOfStep, WarehouseError, parameters_of, read_query, written_out
from crm_assets.warehouse.spark_engine import SparkWarehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse of the engine that the settings name.

    Raises:
        WarehouseError: the data folder is the other engine's.
    """
    require_engine(settings)
    common = (settings.database, settings.lock_wait_seconds, settings.memory_limit)
    if settings.engine == "duckdb":
        return Warehouse(*common)
    return SparkWarehouse(*common, settings.spark_master, settings.spark_conf)


def require_engine(settings: Settings) -> None:
    """A data folder keeps its engine: what Dagster remembers as made is in that engine's tables.

    Raises:
        WarehouseError: the folder's tables are the other engine's; says the remedy.
    """
    other = settings.model_copy(update={"engine": "duckdb" if settings.engine == "spark" else "spark"})
    if other.database.exists() and not settings.database.exists():
        raise WarehouseError(
            f"the tables of {settings.data} are in {other.database}, but CRM_ENGINE is {settings.engine}. Set "
            f"CRM_ENGINE={other.engine}, or CRM_DATA_DIR to another folder, and refresh: its tables are made from the "
            "files that land there."
        )


__all__ = [
    "OutOfStep",
    "Score",
    "Session",
    "SparkWarehouse",
    "Warehouse",
    "WarehouseError",
    "cannot_write",
    "parameters_of",
    "read_query",
    "require_engine",
    "warehouse_of",
    "written_out",
]
