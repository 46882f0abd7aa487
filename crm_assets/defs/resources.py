"""The resources: settings and warehouse, given to Dagster. What they do is on their own floor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from crm_assets.defs.progress import PROGRESS, progress
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import Source, source_of
from crm_assets.segmentation.naming import Personas, read_personas
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, SparkWarehouse, Warehouse, require_engine


class SettingsResource(dg.ConfigurableResource, Settings):
    """The knobs, as the launchpad shows them."""

    def read_source(self) -> Source:
        return source_of(self)

    def read_personas(self) -> Personas:
        return read_personas(self.reference / "personas" / f"{self.read_source().personas}.yaml")

    def snapshot(self, partition_key: str) -> Snapshot:
        """What the output of a partition may read."""
        return Snapshot(date.fromisoformat(partition_key), self.read_source().history.start, self.window_months)


class WarehouseResource(dg.ConfigurableResource, Warehouse):
    """The warehouse. A run opens it with its first session and closes it when it ends: to open it and to write it back
    with every step took as long as many a step's own work."""

    database: str
    lock_wait_seconds: float = 600
    memory_limit: str = "3GB"
    _in_run: bool = PrivateAttr(False)
    _of_run: Any = PrivateAttr(None)  # what ``open`` gave: an engine's own

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._in_run = True

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        self._in_run = False
        if self._of_run is not None:
            self._of_run.close()
            self._of_run = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        if not self._in_run:
            with super().session() as session:
                yield session
            return
        if self._of_run is None:
            self._of_run = self.open()
        with self.within(self._of_run) as session:
            yield session


class SparkWarehouseResource(WarehouseResource, SparkWarehouse):
    """The warehouse on Spark."""

    spark_master: str = "local[*]"
    spark_conf: str = ""


def build_resources(settings: Settings) -> dict[str, object]:
    return {"settings": SettingsResource(**settings.model_dump()), "warehouse": warehouse_resource(settings)}


def warehouse_resource(settings: Settings) -> WarehouseResource:
    """The engine's that the settings name."""
    require_engine(settings)
    common = {
        "database": str(settings.database),
        "lock_wait_seconds": settings.lock_wait_seconds,
        "memory_limit": settings.memory_limit,
    }
    if settings.engine == "duckdb":
        return WarehouseResource(**common)
    return SparkWarehouseResource(**common, spark_master=settings.spark_master, spark_conf=settings.spark_conf)


@dg.definitions
def resources() -> dg.Definitions:
    # One process a run: DuckDB admits one writer, and a step of its own process costs seconds (DESIGN).
    return dg.Definitions(
        resources=build_resources(Settings.read()),
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, PROGRESS: progress},
    )
