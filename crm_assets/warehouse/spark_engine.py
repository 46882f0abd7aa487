"""The warehouse on Spark: a folder of Parquet files and a ledger beside it, locked, opened late and closed always.

Files are read by DuckDB on either engine: the intake is one machine's work. What it keeps of them (``LEDGER``) is in
``data/ledger.duckdb``; Spark is shown it as Parquet. Everything from the receipts' lines on is Spark's. The folder must
be one that the driver and the executors all see under its path.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse.duckdb_engine import LOCK_POLL_SECONDS, Warehouse
from crm_assets.warehouse.duckdb_session import Session
from crm_assets.warehouse.queries import WarehouseError
from crm_assets.warehouse.spark_session import LEDGER, SparkTables
from crm_assets.warehouse.spark_start import started
from crm_assets.warehouse.spark_store import Store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkWarehouse(Warehouse):
    """Where the tables are, on Spark.

    Attributes:
        database: the folder of the Parquet files; made when it does not exist.
        lock_wait_seconds: how long ``session`` waits for another process to let go of it.
        memory_limit: what the driver may hold, and DuckDB while it reads files.
        spark_master: where Spark runs: ``local[*]``, ``spark://host:7077``, ``yarn``, ``k8s://…``.
        spark_conf: further settings of Spark, ``key=value`` separated by semicolons.
    """

    def __init__(
        self,
        database: str | Path,
        lock_wait_seconds: float = 600,
        memory_limit: str = "3GB",
        spark_master: str = "local[*]",
        spark_conf: str = "",
    ) -> None:
        super().__init__(database, lock_wait_seconds, memory_limit)
        self.spark_master = spark_master
        self.spark_conf = spark_conf

    def open(self) -> OpenStore:
        """The store and the ledger, locked for others; whoever asks for it closes it.

        Raises:
            WarehouseError: it stays locked, cannot be read, or holds a table of another shape.
        """
        folder = Path(self.database)
        ledger = _Ledger(folder.with_name("ledger.duckdb"), self.lock_wait_seconds, self.memory_limit)
        with self.told_when_full():
            folder.mkdir(parents=True, exist_ok=True)
            lock = _locked(folder, self.lock_wait_seconds)
            try:
                store = Store(folder)
                store.require_shape(CONTRACTS)
                store.sweep()
                return OpenStore(store, ledger.open(), lock, self)
            except BaseException:
                os.close(lock)
                raise

    @contextmanager
    def within(self, opened: OpenStore) -> Iterator[Session]:
        """A session of an open warehouse, with temporary tables of its own."""
        with self.told_when_full(), closing(opened.session()) as session:
            yield session


class _Ledger(Warehouse):
    contracts = LEDGER


class OpenStore:
    """A store that this process has locked. ``close`` lets go of it; Spark goes on, for the next one."""

    def __init__(self, store: Store, ledger: duckdb.DuckDBPyConnection, lock: int, of: SparkWarehouse) -> None:
        self.store, self.ledger, self._lock, self._of = store, ledger, lock, of

    @cached_property
    def spark(self) -> SparkSession:
        """Started when the first query asks for it: what reads the ledger alone needs none."""
        return started(self._of.spark_master, self._of.memory_limit, self._of.spark_conf)

    def session(self) -> SparkTables:
        return SparkTables(self.store, self.ledger.cursor(), lambda: self.spark)

    def close(self) -> None:
        try:
            self.ledger.close()
            self.store.sweep()
        finally:
            os.close(self._lock)


def _locked(folder: Path, wait_seconds: float) -> int:
    """The store's lock, as a descriptor: it goes with the process, however that ends.

    Raises:
        WarehouseError: somebody else has it, longer than ``wait_seconds``.
    """
    deadline = time.monotonic() + wait_seconds
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(lock, 0)
            os.write(lock, f"{os.getpid()}\n".encode())
            return lock
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                holder = os.pread(lock, 20, 0).decode().strip()
                os.close(lock)
                raise WarehouseError(
                    f"{folder} is in use by process {holder} for more than {wait_seconds:g} s. Wait for that refresh, "
                    f"or raise CRM_LOCK_WAIT_SECONDS. Read {folder.with_name('published.duckdb')} instead: it is made "
                    "for that."
                ) from error
            time.sleep(LOCK_POLL_SECONDS)
