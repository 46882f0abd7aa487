"""The warehouse on DuckDB: one file behind a small interface, opened late, closed always, one writer at a time.

Everything that touches ``data/warehouse.duckdb`` goes through ``Warehouse.session``. A table's shape comes from
its contract; a table, or a month of it, is replaced in one transaction. Queries are portable SQL from
``crm_assets/sql`` with named parameters (``:as_of``). What a table means, and Dagster, do not belong here.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

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
from crm_assets.warehouse.queries import PARAMETER, WarehouseError

LOCK_POLL_SECONDS = 0.05  # shorter than the pause between two runs of a refresh, so that others get their turn
_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
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
                connection.execute(
                    "set timezone = 'UTC'"
                )  # not the machine's: moments of Parquet files are written in it
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


class Session:
    """An open warehouse. Made by ``Warehouse.session``."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        database: str = ":memory:",
        contracts: Mapping[str, type[Table]] = CONTRACTS,
    ) -> None:
        self.connection = connection
        self.database = database
        self.contracts = contracts

    @property
    def intake(self) -> Session:
        """The session in which files are read and the ledger is kept: this one, or on another engine one beside it."""
        return self

    def ensure_tables(self) -> None:
        """Create the tables that are not there yet, and refuse those of another shape (``missing_tables``)."""
        missing = self.missing_tables()
        if not missing:
            return
        with self.transaction():  # one write to disk instead of a hundred: 0.1 s instead of 0.4
            for contract in missing:
                self.connection.execute(ddl(contract))

    def missing_tables(self) -> list[type[Table]]:
        """The contracts whose tables are not there.

        Raises:
            WarehouseError: a stored table's columns differ from its contract's.
        """
        missing: list[type[Table]] = []
        stored: dict[str, dict[str, str]] = {}
        for table, name, sql_type in self.connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal"
        ).fetchall():
            stored.setdefault(table, {})[name] = sql_type
        for name, contract in self.contracts.items():
            wanted = {c.name: c.sql_type for c in columns(contract)}
            if name not in stored:
                missing.append(contract)
            elif stored[name] != wanted:
                differing = sorted(set(stored[name].items()) ^ set(wanted.items()))
                raise WarehouseError(
                    f"{self.database}: table {name} was made by another version (columns {differing}). "
                    "Move the file away and run `crm refresh`: it reads the landing folder again."
                )
        return missing

    def execute(self, sql: str, /, **parameters: Any) -> duckdb.DuckDBPyConnection:
        """Run SQL with its named parameters (``:name``); those that the text does not name are left out."""
        used = {name for name in PARAMETER.findall(sql) if name}
        missing = used - parameters.keys()
        if missing:
            raise WarehouseError(f"the query names the parameters {sorted(missing)}, which were not given")
        text = PARAMETER.sub(lambda found: f"${found[1]}" if found[1] else found[0], sql)
        return self.connection.execute(text, {n: parameters[n] for n in used} or None)

    def frame(self, sql: str, /, **parameters: Any) -> pd.DataFrame:
        """The result as a frame: DECIMAL as float64, DATE and TIMESTAMP as datetime64. Never for receipt lines."""
        return self.execute(sql, **parameters).df()

    def rows(self, sql: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.execute(sql, **parameters).fetchall()

    def scalar(self, sql: str, /, **parameters: Any) -> Any:
        """The one value of a query that yields one."""
        return self.rows(sql, **parameters)[0][0]

    def reference(self, name: str, types: Mapping[str, str], rows: list[tuple[Any, ...]]) -> None:
        """A temporary table of reference data (bands, cut-offs), for a query to join."""
        declared = ", ".join(f"{identifier(n)} {t}" for n, t in types.items())
        self.connection.execute(f"create or replace temp table {identifier(name)} ({declared})")
        if rows:
            # One statement: one for each row takes ten times as long, 0.13 s instead of 0.01 for the 125 cells of RFM.
            marks = ", ".join(f"({', '.join('?' for _ in types)})" for _ in rows)
            self.connection.execute(f"insert into {identifier(name)} values {marks}", [v for row in rows for v in row])

    def files(self, name: str, paths: Iterable[Path], types: Mapping[str, str] | None = None) -> None:
        """A temporary view of Parquet files, by the names of their columns.

        Args:
            types: the columns of the view and their SQL types; what a file lacks is null there. None: those of the
                files.
        """
        listed = ", ".join(literal(str(path)) for path in paths)
        rows = f"from read_parquet([{listed}], union_by_name = true)"
        if types is not None:
            none = ", ".join(f"cast(null as {t}) as {identifier(n)}" for n, t in types.items())
            names = ", ".join(map(identifier, types))
            rows = f"select {names} from ({rows} union all by name select {none} where false)"
        self.connection.execute(f"create or replace temp view {identifier(name)} as {rows}")

    def json_rows(self, query: str, column: str) -> str:
        """A query: the rows of another, once for each entry of a JSON object that a column of it holds as text, with
        the entry's ``name`` and ``value``, as text; null ones are left out. Names are words without quotes."""
        named = f"select *, unnest(json_keys({column})) as name from ({query}) as numbered where {column} is not null"
        value = f"""json_extract_string({column}, '$."' || name || '"')"""
        return f"select * from (select *, {value} as value from ({named}) as named) as told where value is not null"

    def json_text(self, column: str, name: str) -> str:
        """SQL of an entry of a JSON object that a column holds as text; null where there is none."""
        path = f'$."{name}"'
        return f"json_extract_string({column}, {literal(path)})"

    def stage(self, contract: type[Table], sql: str, /, **parameters: Any) -> str:
        """Make the new rows of a table beside it, in its columns' types; returns the name of the staged relation."""
        staged = f"staged_{table_name(contract)}"
        self.execute(
            f"create or replace temp table {staged} as select {select_list(contract)} from ({sql}) as made",
            **parameters,
        )
        return staged

    @contextmanager
    def lent(self, name: str, frame: pd.DataFrame) -> Iterator[None]:
        """Within it a query may name the frame as a table."""
        self.connection.register(name, frame)
        try:
            yield
        finally:
            self.connection.unregister(name)

    def stage_frame(self, contract: type[Table], frame: pd.DataFrame) -> str:
        """``stage`` for rows made in Python; the frame has the contract's columns."""
        with self.lent("made_frame", frame):
            return self.stage(contract, "select * from made_frame")

    def stage_frames(self, contract: type[Table], frames: Iterable[pd.DataFrame]) -> str:
        """``stage`` for rows made in Python batch by batch, so that one batch is in memory; no frame makes no row."""
        staged = ""
        for frame in frames:
            if not staged:
                staged = self.stage_frame(contract, frame)
                continue
            with self.lent("made_frame", frame):
                self.execute(f"insert into {staged} select {select_list(contract)} from made_frame")
        return staged or self.stage(contract, f"select * from {identifier(table_name(contract))} where false")

    def violations(self, contract: type[Table], relation: str) -> list[Violation]:
        """What in the relation breaks the contract: one pass for all rules, one for the key."""
        found, table = [], table_name(contract)
        stated = list(rules(contract))
        sums = ", ".join(f"coalesce(sum(case when {r.violation} then 1 else 0 end), 0)" for r in stated)
        counts = self.rows(f"select {sums} from {relation}")[0] if stated else ()
        for rule, count in zip(stated, counts, strict=True):
            if count:
                shown = self._examples(contract, relation, rule)
                found.append(Violation(table, rule.column, rule.name, int(count), shown))
        keys = ", ".join(identifier(k) for k in key(contract))
        if keys:
            repeated = f"select {keys}, count(*) as times from {relation} group by {keys} having count(*) > 1"
            count = self.scalar(f"select count(*) from ({repeated}) as repeated")
            if count:
                examples = self.rows(f"{repeated} order by {keys} limit {EXAMPLES}")
                shown = tuple(", ".join(str(v) for v in row[:-1]) for row in examples)
                found.append(Violation(table, ", ".join(key(contract)), "unique", int(count), shown))
        return found

    def _examples(self, contract: type[Table], relation: str, rule: Any) -> tuple[str, ...]:
        order = ", ".join(identifier(k) for k in key(contract)) or "1"
        rows = self.rows(
            f"select {identifier(rule.column)}, {order} from {relation} where {rule.violation} order by {order} "
            f"limit {EXAMPLES}"
        )
        return tuple(f"{row[0]!r} at {', '.join(str(v) for v in row[1:])}" for row in rows)

    def write_copy(self, path: Path) -> None:
        """Write a DuckDB file of all tables as this session sees them. Every later statement of it is not in the copy.

        Another process copies the bytes: when this one closed a second handle of the file, the engine would lose its
        lock on it (POSIX).

        Raises:
            OSError: it could not be written.
        """
        self.connection.execute("checkpoint")
        done = subprocess.run(
            [sys.executable, "-I", "-c", _COPY, self.database, str(path)],  # -I: no module of the working folder
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{path} could not be made: {done.stderr.strip().splitlines()[-1]}")

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

    def replace(self, contract: type[Table], staged: str, where: str = "true", /, **parameters: Any) -> int:
        """Delete the rows ``where`` says and insert the staged ones; returns how many. Readers ask for an order.

        Call it within ``transaction``: the two are one step for every reader.

        Raises:
            WarehouseError: a staged row is none of those that ``where`` says: made again, it would be there twice.
        """
        table = identifier(table_name(contract))
        strange = self.scalar(f"select count(*) from {staged} where ({where}) is not true", **parameters)
        if strange:
            raise WarehouseError(
                f"{strange:,} new rows of {table_name(contract)} are none of those that they replace ({where}). That "
                "is a fault of the program, not of the data: report it. Nothing was written."
            )
        self.execute(f"delete from {table} where {where}", **parameters)
        names = ", ".join(identifier(c.name) for c in columns(contract))
        self.connection.execute(f"insert into {table} ({names}) select {names} from {staged}")
        return int(self.scalar(f"select count(*) from {staged}"))
