"""The warehouse on DuckDB: one file behind a small interface, opened late, closed always, one writer at a time.

Everything that touches ``data/warehouse.duckdb`` goes through ``Warehouse.session``. A table's shape comes from
its contract; a table, or a month of it, is replaced in one transaction. Queries are portable SQL from
``crm_assets/sql`` with named parameters (``:as_of``). What a table means, and Dagster, do not belong here.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar

import duckdb

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, literal
from crm_assets.warehouse.duckdb_session import Session
from crm_assets.warehouse.queries import WarehouseError

# From this size on a run does not merge what it wrote with the row groups beside it (0.03 s instead of 0.4 for a day's
# lines of 10 M): that is done when a copy for readers is made. In a small warehouse a row group of a quarter megabyte
# for every write would be most of it.
LARGE_BYTES = 256_000_000
LOCK_POLL_SECONDS = 0.05  # shorter than the pause between two runs of a refresh, so that others get their turn
_NO_ROOM = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG, errno.EACCES))


def cannot_write(error: BaseException) -> bool:
    """Whether the disk is the reason: full, read-only, or not ours to write."""
    return isinstance(error, duckdb.Error | OSError) and any(
        reason in str(error) for reason in (*_NO_ROOM, "Could not write all bytes")
    )


class Warehouse:
    """Where the tables are. A plain class: ``defs/resources.py`` gives it to Dagster.

    Attributes:
        database: path of the DuckDB file; made when it does not exist.
        lock_wait_seconds: how long ``session`` waits for another process to let go of the file.
        memory_limit: what the engine may hold in memory before it spills to disk, for instance ``3GB``.
        contracts: of the tables that it holds.
    """

    contracts: ClassVar[Mapping[str, type[Table]]] = CONTRACTS

    def __init__(self, database: str | Path, lock_wait_seconds: float = 600, memory_limit: str = "3GB") -> None:
        self.database = str(database)
        self.lock_wait_seconds = lock_wait_seconds
        self.memory_limit = memory_limit

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An open warehouse; closed on leaving, whatever happens.

        Raises:
            WarehouseError: as ``open``.
        """
        with closing(self.open()) as opened, self.within(opened) as session:
            yield session

    @contextmanager
    def within(self, opened: duckdb.DuckDBPyConnection) -> Iterator[Session]:
        """A session of an open warehouse, with temporary tables of its own."""
        with closing(opened.cursor()) as connection, self.told_when_full():
            yield Session(connection, self.database, self.contracts)

    @contextmanager
    def told_when_full(self) -> Iterator[None]:
        """
        Raises:
            WarehouseError: what is done within could not write; says where, and the remedy.
        """
        try:
            yield
        except (duckdb.Error, OSError) as error:
            if not cannot_write(error):
                raise
            raise WarehouseError(
                f"{Path(self.database).parent} cannot be written: {str(error).splitlines()[0]}. Make room or mend the "
                "folder's rights, and refresh again; what was stored before is unchanged."
            ) from error

    def open(self) -> duckdb.DuckDBPyConnection:
        """A connection to the file, with every table of the contracts; whoever asks for it closes it.

        Raises:
            WarehouseError: the file stays locked, cannot be opened, or holds a table of another shape.
        """
        deadline = time.monotonic() + self.lock_wait_seconds
        while True:
            with self.told_when_full():
                connection = self._connect(deadline)
                try:
                    Session(connection, self.database, self.contracts).ensure_tables()
                    return connection
                except duckdb.TransactionException:  # another thread makes the same tables at this moment
                    connection.close()
                    if time.monotonic() >= deadline:
                        raise
                except BaseException:
                    connection.close()
                    raise
            time.sleep(LOCK_POLL_SECONDS)

    def _connect(self, deadline: float) -> duckdb.DuckDBPyConnection:
        path = Path(self.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                connection = duckdb.connect(self.database)
                connection.execute(f"set memory_limit = {literal(self.memory_limit)}")
                # Not the machine's: moments of Parquet files are written in it.
                connection.execute("set timezone = 'UTC'")
                # Every 16 MB, as it is by default, months of receipts were packed time and again: half of their cost.
                connection.execute("set checkpoint_threshold = '512MB'")
                if path.stat().st_size >= LARGE_BYTES:
                    connection.execute("set max_vacuum_tasks = 0")
                connection.execute(f"set temp_directory = {literal(str(self._spill(path.parent / 'spill')))}")
                return connection
            except (duckdb.IOException, duckdb.ResourceInUseException) as error:
                if cannot_write(error):
                    raise
                # In use: by a thread of this process that opens it at this moment, or by another process.
                if isinstance(error, duckdb.IOException) and "lock" not in str(error):
                    raise WarehouseError(
                        f"cannot open {path}: {error}. Restore the file from a backup, or move it away and refresh."
                    ) from error
                if time.monotonic() >= deadline:
                    raise WarehouseError(
                        f"{path} is in use by another process for more than {self.lock_wait_seconds:g} s: {error}. "
                        "Close what holds it (a notebook, a BI tool, another refresh) or raise CRM_LOCK_WAIT_SECONDS. "
                        f"Read {path.with_name('published.duckdb')} instead: it is made for that."
                    ) from error
                time.sleep(LOCK_POLL_SECONDS)

    @staticmethod
    def _spill(folder: Path) -> Path:
        """Where this process spills to; what killed ones left there goes, since nobody else has the file open now. The
        engine makes the last folder of the path alone: without the one above it the first spill would fail."""
        own = folder / str(os.getpid())
        folder.mkdir(exist_ok=True)
        for other in folder.iterdir():
            if other != own:
                shutil.rmtree(other, ignore_errors=True)
        return own
