"""The warehouse: every table behind one small interface, on DuckDB (``duckdb_engine``).

``Warehouse.session`` yields a ``Session``: what the rest of the project knows of an engine.
"""

from crm_assets.warehouse.duckdb_engine import Session, Warehouse, cannot_write
from crm_assets.warehouse.queries import OutOfStep, WarehouseError, read_query, written_out

__all__ = ["OutOfStep", "Session", "Warehouse", "WarehouseError", "cannot_write", "read_query", "written_out"]
