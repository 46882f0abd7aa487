"""Dagster's event log in SQLite, whose engines and connections are kept.

Dagster's own makes an engine for every statement, and SQLAlchemy compiles each statement anew for a new engine; it
opens the file anew too, and who closes a file last writes its log into it: 5,600 times in a refresh of two months. A
commit waits for the disk only where that is written: a loss of power can take the last events, and the months that they
tell of are made again (the warehouse has waited for the disk before each of them). Which class the log is of stands in
``dagster.yaml``; the files are the same, so a home that was made without it goes on with it. Nothing else of Dagster's
storage belongs here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SQLITE_BUSY_TIMEOUT_SECONDS,
    SqliteEventLogStorage,
    create_engine,
)
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

MOST_KEPT = 8  # a run has a file of its own, which nobody writes to when it is over


class KeptEngines(SqliteEventLogStorage):
    """As Dagster's, in the same folder of ``DAGSTER_HOME``."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: dict[str, str]) -> KeptEngines:
        """
        Args:
            config_value: base_dir, which is DAGSTER_HOME.
        """
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        kept: dict[str, Engine] = self.__dict__.setdefault("_engines", {})
        engine = kept.pop(shard, None)
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,  # one connection: whoever uses it holds the lock of the log
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _without_waiting_for_the_disk)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        kept[shard] = engine  # the last used is the last to go
        if len(kept) > MOST_KEPT:
            kept.pop(next(iter(kept))).dispose()
        return engine


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")
