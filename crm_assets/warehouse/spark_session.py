"""A session on Spark: the methods of DuckDB's, over Parquet files (``spark_store``) and a small ledger.

A temporary table is Parquet files in a scratch folder and a view of them; a staged relation is the files that a commit
will count. Frames that Python makes become Parquet by DuckDB, so that a frame has the same types on both engines, and
results come back by it. How the warehouse is opened is in ``spark_engine``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, identifier, is_monthly, literal, select_list, table_name
from crm_assets.warehouse.duckdb_session import Score, Session, stamped
from crm_assets.warehouse.queries import WarehouseError, not_replaced, parameters_of
from crm_assets.warehouse.spark_start import full_disk_told
from crm_assets.warehouse.spark_store import Part, Store
from crm_assets.warehouse.spark_text import Statement, spark_text, statement, words

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# What the intake keeps of files, in DuckDB on either engine.
LEDGER = {n: CONTRACTS[n] for n in ("landed_files", "landed_months", "quarantine", "refused_files", "released_rows")}


class SparkTables(Session):
    """An open warehouse on Spark. ``connection`` is the ledger's."""

    remembers: ClassVar[bool] = False

    def __init__(self, store: Store, ledger: duckdb.DuckDBPyConnection, spark: Callable[[], SparkSession]) -> None:
        """
        Args:
            ledger: a connection of this session's own; ``close`` closes it.
            spark: gives the Spark of this process, and is asked when a query needs it.
        """
        super().__init__(ledger, str(store.folder), LEDGER)
        self._store, self._started = store, spark
        self._desk = duckdb.connect()  # frames come and go through it; it holds no table
        self._scratch, self._numbers = store.new_scratch(), count()
        self._stored: set[str] = set()  # tables of the contracts that Spark has a view of
        self._own: dict[str, Path | None] = {}  # temporary tables and views, and where the rows of the tables are
        self._written: dict[str, Part] = {}  # staged relations
        self._changed: dict[str, tuple[Part, ...]] | None = None

    def close(self) -> None:
        self.connection.close()
        self._desk.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def intake(self) -> Session:
        return Session(self.connection, self.database, LEDGER)

    @cached_property
    def spark(self) -> SparkSession:
        """Spark, with views of this session's own."""
        return self._started().newSession()

    # Statements.

    def execute(self, sql: str, /, **parameters: Any) -> duckdb.DuckDBPyConnection:
        """Run a statement with its named parameters; a query's rows are here when it returns.

        Raises:
            WarehouseError: a parameter is missing, or the statement is one that Spark is not asked.
        """
        if self._is_of_the_ledger(sql):
            return self.intake.execute(sql, **parameters)
        asked = statement(sql)
        if asked.kind == "query":
            answer = self._desk.cursor()
            answer.register("answer", self._query(sql, parameters).toArrow())
            return answer.execute("select * from answer")
        if asked.kind in ("table", "view"):
            self._make(asked, parameters)
        elif asked.kind == "delete":
            self._delete(asked, parameters)
        elif asked.kind in ("drop", "rename") and asked.name in self._own:
            self._rename(asked)
        else:
            raise WarehouseError(f"Spark is not asked this here: {' '.join(sql.split())[:80]} … Report it.")
        return self._desk

    def _is_of_the_ledger(self, sql: str) -> bool:
        """Whether every table that it names is the ledger's: then DuckDB answers, in its own dialect."""
        named = words(sql)
        return bool(named & LEDGER.keys()) and not named & (self._own.keys() | CONTRACTS.keys() - LEDGER.keys())

    def _query(self, sql: str, parameters: Mapping[str, Any]) -> DataFrame:
        used = parameters_of(sql)
        if missing := used - parameters.keys():
            raise WarehouseError(f"the query names the parameters {sorted(missing)}, which were not given")
        named = words(sql) - self._own.keys()
        for table in sorted(named & LEDGER.keys()):
            self._show(table, [self._from_duckdb(self.connection, f"select * from {table}", table)], CONTRACTS[table])
        for table in sorted(named & (CONTRACTS.keys() - LEDGER.keys() - self._stored)):
            self._show(table, self._store.paths(self._parts(table)), CONTRACTS[table])
            self._stored.add(table)
        return self.spark.sql(spark_text(sql), args={name: _plain(parameters[name]) for name in used})

    def _make(self, asked: Statement, parameters: Mapping[str, Any]) -> None:
        frame = self._query(asked.rest, parameters)
        folder = None
        if asked.kind == "table":
            folder = self._new_scratch(asked.name)
            _write(frame, folder)
            frame = self.spark.read.schema(frame.schema).parquet(str(folder))
        self._name(asked.name, frame, folder)

    def _new_scratch(self, name: str) -> Path:
        return self._scratch / f"{name}-{next(self._numbers)}"

    def _name(self, name: str, frame: DataFrame, folder: Path | None) -> None:
        frame.createOrReplaceTempView(name)
        self._stored.discard(name)
        if (before := self._own.get(name)) is not None:
            shutil.rmtree(before)
        self._own[name] = folder

    def _rename(self, asked: Statement) -> None:
        """Drop a temporary table, or give it another name."""
        frame, folder = self.spark.table(asked.name), self._own.pop(asked.name)
        self.spark.catalog.dropTempView(asked.name)
        if asked.kind == "rename":
            self._name(asked.rest, frame, folder)
        elif folder is not None:
            shutil.rmtree(folder)

    # Files that become tables.

    def _show(self, name: str, paths: Iterable[Path], contract: type[Table]) -> None:
        """A view of files, in the contract's types."""
        schema = _schema(contract)
        files = [str(path) for path in paths]
        frame = self.spark.read.schema(schema).parquet(*files) if files else self.spark.createDataFrame([], schema)
        frame.createOrReplaceTempView(name)

    def _from_duckdb(self, connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> Path:
        """A Parquet file of what DuckDB says."""
        path = self._new_scratch(name).with_suffix(".parquet")
        connection.execute(f"copy ({sql}) to {literal(str(path))} (format parquet)")
        return path

    def files(self, name: str, paths: Iterable[Path], types: Mapping[str, str] | None = None) -> None:
        reader = self.spark.read
        if types is None:
            reader = reader.option("mergeSchema", "true")
        else:
            reader = reader.schema(", ".join(f"`{n}` {spark_text(t)}" for n, t in types.items()))
        self._name(name, reader.parquet(*map(str, paths)), None)

    def json_rows(self, query: str, column: str) -> str:
        return (
            f"select * from ({query}) as numbered lateral view explode(from_json({column}, 'map<string,string>')) told "
            f"as name, value where {column} is not null and value is not null"
        )

    def json_text(self, column: str, name: str) -> str:
        path = f"$['{name}']"
        return f"get_json_object({column}, {literal(path)})"

    def reference(self, name: str, types: Mapping[str, str], rows: list[tuple[Any, ...]]) -> None:
        Session(self._desk).reference(name, types, rows)
        path = self._from_duckdb(self._desk, f"select * from {identifier(name)}", name)
        self._desk.execute(f"drop table {identifier(name)}")
        self._name(name, self.spark.read.parquet(str(path)), None)

    @contextmanager
    def lent(self, name: str, frame: pd.DataFrame) -> Iterator[None]:
        with Session(self._desk).lent(name, frame):
            path = self._from_duckdb(self._desk, f"select * from {identifier(name)}", name)
        self._name(name, self.spark.read.parquet(str(path)), None)
        try:
            yield
        finally:
            self.spark.catalog.dropTempView(name)
            del self._own[name]
            path.unlink()

    # From new rows to the table.

    def stage(self, contract: type[Table], sql: str, /, **parameters: Any) -> str:
        folder = self._store.new_folder(table_name(contract), _month(contract, parameters.get("month")))
        made = self._query(f"select {select_list(contract)} from ({sql}) as made", parameters)
        _write(made, folder)
        return self._staged(contract, folder)

    def stage_frames(self, contract: type[Table], frames: Iterable[pd.DataFrame]) -> str:
        folder: Path | None = None
        for number, frame in enumerate(frames):
            if folder is None:
                first = frame["month"].min() if "month" in frame and len(frame) else None
                folder = self._store.new_folder(table_name(contract), _month(contract, first))
                folder.mkdir(parents=True)
            path = literal(str(folder / f"part-{number:05}.parquet"))
            with Session(self._desk).lent("made_frame", frame):
                self._desk.execute(f"copy (select {select_list(contract)} from made_frame) to {path} (format parquet)")
        if folder is None:
            return self.stage(contract, f"select * from {identifier(table_name(contract))} where false")
        return self._staged(contract, folder)

    def stage_frame(self, contract: type[Table], frame: pd.DataFrame) -> str:
        return self.stage_frames(contract, [frame])

    def stage_scored(
        self, contract: type[Table], sql: str, score: Score, size: int, stamp: Mapping[str, date], /, **parameters: Any
    ) -> str:
        folder = self._store.new_folder(table_name(contract), _month(contract, stamp.get("month")))
        self.spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(size))
        made = partial(scored_batches, table=table_name(contract), score=score, stamp=stamp)
        _write(self._query(sql, parameters).mapInArrow(made, _schema(contract)), folder)
        return self._staged(contract, folder)

    def _staged(self, contract: type[Table], folder: Path) -> str:
        name = f"staged_{table_name(contract)}"
        self._written[name] = part = self._part(folder)
        self._show(name, self._store.paths([part]), contract)
        self._own[name] = None
        return name

    def _part(self, folder: Path, month: str | None = None) -> Part:
        files = tuple(sorted(path.name for path in folder.glob("*.parquet")))
        rows = 0
        if files:  # the ends of the files say how many rows they hold
            counted = f"select count(*) from read_parquet({literal(str(folder / '*.parquet'))})"
            rows = self._desk.execute(counted).fetchall()[0][0]
        return Part(str(folder.relative_to(self._store.folder)), files if rows else (), rows, month)

    # Changes.

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._changed is not None:
            raise WarehouseError("a transaction within a transaction. That is a fault of the program: report it.")
        self._changed = {}
        try:
            yield
            self._store.commit(self._changed, CONTRACTS)
        finally:
            self._stored -= self._changed.keys()
            self._changed = None

    def replace(self, contract: type[Table], staged: str, where: str = "true", /, **parameters: Any) -> int:
        if self._changed is None:
            raise WarehouseError("rows are replaced within a transaction. That is a fault of the program: report it.")
        table, part = table_name(contract), self._written[staged]
        month = self._month_of(contract, staged, where, parameters) if part.rows else None
        kept = tuple(self._kept(table, where, parameters))
        self._change(table, (*kept, replace(part, month=month)) if part.rows else kept)
        return part.rows

    def _delete(self, asked: Statement, parameters: Mapping[str, Any]) -> None:
        if self._changed is None:
            with self.transaction():
                self._delete(asked, parameters)
            return
        self._change(asked.name, tuple(self._kept(asked.name, asked.rest, parameters)))

    def _parts(self, table: str) -> tuple[Part, ...]:
        return (self._changed or {}).get(table, self._store.parts(table))

    def _change(self, table: str, parts: tuple[Part, ...]) -> None:
        self._changed[table] = parts
        self._stored.discard(table)

    def _month_of(self, contract: type[Table], staged: str, where: str, parameters: Mapping[str, Any]) -> str | None:
        """The one month of staged rows, in a monthly table; every row is one of those that ``where`` says.

        Raises:
            WarehouseError: one is not, or the rows are of several months; a part is of one.
        """
        month = "month" if is_monthly(contract) else "cast(null as date)"
        strange, first, last = self.rows(
            f"select count(case when ({where}) is not true then 1 end), min({month}), max({month}) from {staged}",
            **parameters,
        )[0]
        if strange:
            raise not_replaced(table_name(contract), where, strange)
        if first != last:
            raise WarehouseError(f"{staged} holds rows from {first:%Y-%m} to {last:%Y-%m}: a month is staged alone.")
        return first and first.isoformat()

    def _kept(self, table: str, where: str, parameters: Mapping[str, Any]) -> Iterator[Part]:
        """What is left of a table without the rows that ``where`` says: parts as they are, or written anew."""
        for part in self._parts(table):
            verdict = self._verdict(where, part, parameters)
            if verdict is False:
                yield part
            elif verdict is None:
                self._show("crm_part", self._store.paths([part]), CONTRACTS[table])
                left = self._query(f"select * from crm_part where ({where}) is not true", parameters)
                folder = self._store.new_folder(table, part.month and date.fromisoformat(part.month))
                _write(left, folder)
                if (new := self._part(folder, part.month)).rows:
                    yield new

    def _verdict(self, where: str, part: Part, parameters: Mapping[str, Any]) -> bool | None:
        """Whether a condition holds for every row of a part, or for none, by its month alone; None: rows decide."""
        of_month = f"from (select date '{part.month}' as month) as part" if part.month else ""
        with closing(self._desk.cursor()) as desk:
            try:
                return bool(Session(desk).scalar(f"select ({where}) is true {of_month}", **parameters))
            except duckdb.BinderException:  # it names columns that a part does not tell
                pass
            month_first, _, rest = where.partition(" and ")
            if of_month and rest and month_first.strip() == "month = :month":
                return None if Session(desk).scalar(f"select {month_first} {of_month}", **parameters) else False
        return None

    # For readers.

    def write_copy(self, path: Path) -> None:
        """A DuckDB file with the ledger's tables, and a view of the Parquet files for every other table. The files stay
        until two further copies were made."""
        self._store.pin()
        with closing(duckdb.connect(str(path))) as copy:
            for name, contract in CONTRACTS.items():
                if name in LEDGER:
                    with closing(self.connection.cursor()) as ledger:
                        rows = ledger.execute(f"select * from {name}").to_arrow_table()
                    copy.register("ledger_rows", rows)
                    copy.execute(f"create table {name} as select {select_list(contract)} from ledger_rows")
                    copy.unregister("ledger_rows")
                    continue
                files = ", ".join(literal(str(p.resolve())) for p in self._store.paths(self._store.parts(name)))
                none = ", ".join(f"cast(null as {c.sql_type}) as {identifier(c.name)}" for c in columns(contract))
                rows = f"select {select_list(contract)} from read_parquet([{files}])"
                copy.execute(f"create view {name} as {rows if files else f'select {none} where false'}")


def scored_batches(
    batches: Iterable[pa.RecordBatch], table: str, score: Score, stamp: Mapping[str, date]
) -> Iterator[pa.RecordBatch]:
    """On an executor: what a function makes of batches, in the types of the table. Frames come and go through DuckDB,
    as they do in the driver."""
    import pyarrow as pa

    contract = CONTRACTS[table]
    with closing(duckdb.connect()) as desk:
        for batch in batches:
            if batch.num_rows:
                frame = score(desk.from_arrow(pa.Table.from_batches([batch])).df())
                desk.register("made_frame", stamped(contract, frame, stamp))
                yield from desk.sql(f"select {select_list(contract)} from made_frame").to_arrow_table().to_batches()
                desk.unregister("made_frame")


def _write(frame: DataFrame, folder: Path) -> None:
    with full_disk_told():
        frame.write.parquet(str(folder))


def _schema(contract: type[Table]) -> str:
    return ", ".join(f"`{c.name}` {spark_text(c.sql_type)}" for c in columns(contract))


def _month(contract: type[Table], day: Any) -> date | None:
    """The month of a part, as a date."""
    if day is None or not is_monthly(contract):
        return None
    return day.date() if isinstance(day, pd.Timestamp) else day


def _plain(value: Any) -> Any:
    """A parameter as Spark takes it: NumPy's numbers are Python's."""
    return value.item() if hasattr(value, "item") else value
