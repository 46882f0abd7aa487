"""The warehouse: one DuckDB file behind a small interface, opened late, closed always, one writer at a time.

Everything that touches ``data/warehouse.duckdb`` goes through ``Warehouse.session``. A table's shape comes from
its contract; a table, or a month of it, is replaced in one transaction. Queries are portable SQL from
``crm_assets/sql`` with named parameters (``:as_of``). What a table means, and Dagster, do not belong here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import (
    Table,
    columns,
    ddl,
    identifier,
    key,
    literal,
    rules,
    select_list,
    table_name,
)
from crm_assets.contracts.gate import EXAMPLES, Violation

SQL_DIR = Path(__file__).parent / "sql"
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)\b")
_COMMENT = re.compile(r"--[^\n]*")


class WarehouseError(RuntimeError):
    """The warehouse cannot be used: says what, where and the remedy."""


def read_query(name: str) -> str:
    """The text of ``crm_assets/sql/<name>.sql``, without its comments: a ``:word`` in one is no parameter."""
    return _COMMENT.sub("", (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8"))


class Warehouse:
    """Where the tables are. A plain class: ``defs/resources.py`` gives it to Dagster.

    Attributes:
        database: path of the DuckDB file; made when it does not exist.
        lock_wait_seconds: how long ``session`` waits for another process to let go of the file.
        memory_limit: what the engine may hold in memory before it spills to disk, for instance ``3GB``.
    """

    def __init__(self, database: str | Path, lock_wait_seconds: float = 60, memory_limit: str = "3GB") -> None:
        self.database = str(database)
        self.lock_wait_seconds = lock_wait_seconds
        self.memory_limit = memory_limit

    @contextmanager
    def session(self) -> Iterator[Session]:
        """An open warehouse; closed on leaving, whatever happens.

        Raises:
            WarehouseError: as ``open``.
        """
        with closing(self.open()) as connection:
            yield Session(connection, self.database)

    def open(self) -> duckdb.DuckDBPyConnection:
        """A connection to the file, with every table of the contracts; whoever asks for it closes it.

        Raises:
            WarehouseError: the file stays locked, cannot be opened, or holds a table of another shape.
        """
        connection = self._connect()
        try:
            Session(connection, self.database).ensure_tables()
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> duckdb.DuckDBPyConnection:
        path = Path(self.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self.lock_wait_seconds
        while True:
            try:
                connection = duckdb.connect(self.database)
                connection.execute(f"set memory_limit = {literal(self.memory_limit)}")
                connection.execute(f"set temp_directory = {literal(str(path.parent / 'spill'))}")
                return connection
            except duckdb.IOException as error:
                if "lock" not in str(error):
                    raise WarehouseError(
                        f"cannot open {path}: {error}. Restore the file from a backup, or move it away and refresh."
                    ) from error
                if time.monotonic() >= deadline:
                    raise WarehouseError(
                        f"{path} is in use by another process for more than {self.lock_wait_seconds:g} s: {error}. "
                        "Close what holds it (a notebook, a BI tool, another refresh) or raise CRM_LOCK_WAIT_SECONDS."
                    ) from error
                time.sleep(0.2)


class Session:
    """An open warehouse. Made by ``Warehouse.session``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: str = ":memory:") -> None:
        self.connection = connection
        self.database = database

    def ensure_tables(self) -> None:
        """Create the tables that are not there yet, and refuse those of another shape.

        Raises:
            WarehouseError: a stored table's columns differ from its contract's.
        """
        stored: dict[str, dict[str, str]] = {}
        for table, name, sql_type in self.connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal"
        ).fetchall():
            stored.setdefault(table, {})[name] = sql_type
        for name, contract in CONTRACTS.items():
            wanted = {c.name: c.sql_type for c in columns(contract)}
            if name not in stored:
                self.connection.execute(ddl(contract))
            elif stored[name] != wanted:
                differing = sorted(set(stored[name].items()) ^ set(wanted.items()))
                raise WarehouseError(
                    f"{self.database}: table {name} was made by another version (columns {differing}). "
                    "Move the file away and run `crm refresh`: it reads the landing folder again."
                )

    def execute(self, sql: str, **parameters: Any) -> duckdb.DuckDBPyConnection:
        """Run SQL with its named parameters (``:name``); those that the text does not name are left out."""
        used = set(_PARAMETER.findall(sql))
        missing = used - parameters.keys()
        if missing:
            raise WarehouseError(f"the query names the parameters {sorted(missing)}, which were not given")
        text = _PARAMETER.sub(r"$\1", sql)
        return self.connection.execute(text, {n: parameters[n] for n in used} or None)

    def frame(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """The result as a frame: DECIMAL as float64, DATE and TIMESTAMP as datetime64. Never for receipt lines."""
        return self.execute(sql, **parameters).df()

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.execute(sql, **parameters).fetchall()

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """The one value of a query that yields one."""
        return self.rows(sql, **parameters)[0][0]

    def reference(self, name: str, types: Mapping[str, str], rows: list[tuple[Any, ...]]) -> None:
        """A temporary table of reference data (bands, cut-offs), for a query to join."""
        declared = ", ".join(f"{identifier(n)} {t}" for n, t in types.items())
        self.connection.execute(f"create or replace temp table {identifier(name)} ({declared})")
        if rows:
            marks = ", ".join("?" for _ in types)
            self.connection.executemany(f"insert into {identifier(name)} values ({marks})", rows)

    def stage(self, contract: type[Table], sql: str, **parameters: Any) -> str:
        """Make the new rows of a table beside it, in its columns' types; returns the name of the staged relation."""
        staged = f"staged_{table_name(contract)}"
        self.execute(
            f"create or replace temp table {staged} as select {select_list(contract)} from ({sql}) as made",
            **parameters,
        )
        return staged

    def stage_frame(self, contract: type[Table], frame: pd.DataFrame) -> str:
        """``stage`` for rows made in Python; the frame has the contract's columns."""
        self.connection.register("made_frame", frame)
        try:
            return self.stage(contract, "select * from made_frame")
        finally:
            self.connection.unregister("made_frame")

    def violations(self, contract: type[Table], relation: str) -> list[Violation]:
        """What in the relation breaks the contract: one pass for all rules, one for the key."""
        found = []
        stated = list(rules(contract))
        sums = ", ".join(f"coalesce(sum(case when {r.violation} then 1 else 0 end), 0)" for r in stated)
        counts = self.rows(f"select {sums} from {relation}")[0] if stated else ()
        for rule, count in zip(stated, counts, strict=True):
            if count:
                found.append(Violation(rule.column, rule.name, int(count), self._examples(contract, relation, rule)))
        keys = ", ".join(identifier(k) for k in key(contract))
        if keys:
            repeated = f"select {keys}, count(*) as times from {relation} group by {keys} having count(*) > 1"
            count = self.scalar(f"select count(*) from ({repeated}) as repeated")
            if count:
                examples = self.rows(f"{repeated} order by {keys} limit {EXAMPLES}")
                shown = tuple(", ".join(str(v) for v in row[:-1]) for row in examples)
                found.append(Violation(", ".join(key(contract)), "unique", int(count), shown))
        return found

    def _examples(self, contract: type[Table], relation: str, rule: Any) -> tuple[str, ...]:
        order = ", ".join(identifier(k) for k in key(contract)) or "1"
        rows = self.rows(
            f"select {identifier(rule.column)}, {order} from {relation} where {rule.violation} order by {order} "
            f"limit {EXAMPLES}"
        )
        return tuple(f"{row[0]!r} at {', '.join(str(v) for v in row[1:])}" for row in rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def replace(self, contract: type[Table], staged: str, where: str = "true", **parameters: Any) -> int:
        """Delete the rows ``where`` says and insert the staged ones; returns how many. Readers ask for an order.

        Call it within ``transaction``: the two are one step for every reader.
        """
        table = identifier(table_name(contract))
        self.execute(f"delete from {table} where {where}", **parameters)
        names = ", ".join(identifier(c.name) for c in columns(contract))
        self.connection.execute(f"insert into {table} ({names}) select {names} from {staged}")
        return int(self.scalar(f"select count(*) from {staged}"))
