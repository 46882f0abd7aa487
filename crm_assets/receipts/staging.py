"""The staging folder: Parquet by table and month, one file per reading, written beside and renamed.

A reading is a content read by a mapping and policies; its files never change, so that a killed run cannot leave half of
another in their place. Only those that the ledger counts are read; a missing one is an error, never a gap.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns, literal
from crm_assets.contracts.canonical_columns import canonical_columns
from crm_assets.files import put_in_place
from crm_assets.warehouse import Session, WarehouseError

LINES, LEADS = "transactions", "leads"
_HASH_DIGITS = 32
_PARQUET_MARK = b"PAR1"


class StagedRowsGone(WarehouseError):
    """Rows that the ledger counts are not in the staging folder."""


def line_columns() -> dict[str, str]:
    """The columns of a staged line, with their SQL types: those that a mapping feeds, and what it says of the line."""
    mapped = {c.name: c.sql_type for c in canonical_columns(LINES)}
    return mapped | dict.fromkeys(("record_type", "attributes", "detail"), "VARCHAR")


def staged_month_file(staging: Path, month: date, reading: str) -> Path:
    return staging / LINES / f"{month:%Y-%m}" / f"{reading[:_HASH_DIGITS]}.parquet"


def dimension_file(staging: Path, table: str, reading: str) -> Path:
    return staging / table / f"{reading[:_HASH_DIGITS]}.parquet"


def is_whole(file: Path) -> bool:
    """Whether a Parquet file is there and has its end; a damaged disk, or a bad copy, may have taken it."""
    if not file.exists() or file.stat().st_size < 2 * len(_PARQUET_MARK):
        return False
    with file.open("rb") as opened:
        opened.seek(-len(_PARQUET_MARK), os.SEEK_END)
        return opened.read() == _PARQUET_MARK


def forget(staging: Path, reading: str) -> None:
    """Remove what a reading staged."""
    for file in staging.glob(f"*/**/{reading[:_HASH_DIGITS]}.parquet"):
        file.unlink()


def write_parquet(session: Session, sql: str, file: Path) -> None:
    """Write a query's rows; a killed run leaves the old file or the new one, never half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    session.connection.execute(f"copy ({sql}) to {literal(str(beside))} (format parquet)")
    put_in_place(beside, file)


def read_parquet(files: Sequence[Path]) -> str:
    """A table function over the files, for a FROM clause.

    Raises:
        StagedRowsGone: one of them is gone; names it and the remedy.
    """
    require_whole(files)
    return f"read_parquet([{', '.join(literal(str(f)) for f in files)}], union_by_name = true)"


def require_whole(files: Sequence[Path]) -> None:
    """
    Raises:
        StagedRowsGone: one of them is gone; names it and the remedy.
    """
    if gone := [f for f in files if not is_whole(f)]:
        raise StagedRowsGone(
            f"{gone[0]} is gone or damaged, though the ledger counts its rows. Run `crm refresh`: it reads the file "
            "anew, if it lies in the landing folder as it was. Else restore the staging folder from a backup, or move "
            "the warehouse away and refresh: that makes it from the landing folder as it is now."
        )


def read_lines(files: Sequence[Path]) -> str:
    """A query of the lines of files of any age: what was staged before a column came to be has null there.

    Raises:
        StagedRowsGone: as ``read_parquet``.
    """
    return f"select {', '.join(line_columns())} from (from {read_parquet(files)} union all by name {_no_line()})"


def _no_line() -> str:
    nulls = ", ".join(f"cast(null as {sql_type}) as {name}" for name, sql_type in line_columns().items())
    return f"select {nulls} where false"


def rows_of_its_own(session: Session, own: Sequence[Path], others: Sequence[Path]) -> int:
    """Distinct lines of ``own`` that stand in none of ``others``; null equals null."""
    if not own:
        return 0
    mine = f"select {'distinct' if len(own) > 1 else ''} * from ({read_lines(own)})"
    if others:
        # Equal rows are of the same type, so files of other types are passed over by their statistics.
        types = ", ".join(
            literal(t) for (t,) in session.rows(f"select distinct record_type from {read_parquet(own)} order by 1")
        )
        mine = f"{mine} except select * from ({read_lines(others)}) where record_type in ({types})"
    return int(session.scalar(f"select count(*) from ({mine})"))


def stage_dimension(session: Session, staging: Path, table: str) -> None:
    """Make the view ``delivered_<table>`` of a dimension: its staged rows with ``delivered``, the order of arrival.

    Rows gathered from lines (``derived``) are delivered 0, so that the order of files plays no part for them.
    """
    counting = session.rows("select distinct reading_hash, feeds from landed_files where status = 'loaded'")
    files = [dimension_file(staging, table, reading) for reading, feeds in counting if table in feeds.split(",")]
    if files:
        require_whole(files)
        session.files(f"delivered_{table}_files", files)
        rows = f"""select s.*, case when s.derived = 1 then 0 else l.delivered end as delivered
            from delivered_{table}_files s
            join (
                select reading_hash, max(delivered_no) as delivered from landed_files where status = 'loaded'
                group by reading_hash
            ) l on l.reading_hash = s.reading_hash"""
    else:
        nulls = ", ".join(f"cast(null as {c.sql_type}) as {c.name}" for c in columns(CONTRACTS[table]))
        nulls += ", cast(null as varchar) as attributes" if table == LEADS else ""
        rows = f"select {nulls}, 0 as rows, 0 as delivered where false"
    session.execute(f"create or replace temp view delivered_{table} as {rows}")


def readings_of_month(session: Session, month: date) -> list[str]:
    """The readings with lines of a month that the ledger counts."""
    rows = session.rows(
        """select distinct l.reading_hash from landed_files l join landed_months m on m.landing_no = l.landing_no
        where l.status = 'loaded' and m.purchase_month = :month and m.lines > 0 order by 1""",
        month=month,
    )
    return [reading for (reading,) in rows]


def stage_lines(session: Session, staging: Path, month: date, condition: str = "true") -> int:
    """Make the view ``delivered_lines`` of a month, its distinct staged rows; returns how many files it reads.

    Args:
        condition: of the rows that are wanted.
    """
    files = [staged_month_file(staging, month, reading) for reading in readings_of_month(session, month)]
    rows = _no_line()
    if files:
        require_whole(files)
        session.files("delivered_files", files, line_columns())
        rows = f"select {_distinct(files)} * from delivered_files"
    session.execute(f"create or replace temp view delivered_lines as select * from ({rows}) as lines where {condition}")
    return len(files)


def _distinct(files: Sequence[Path]) -> str:
    """``distinct``, unless the files cannot hold the same row: within a file the rows are distinct already, and equal
    rows are of the same type."""
    types: list[str] = []
    for file in files if len(files) > 1 else ():
        of_file = f"select distinct record_type from read_parquet({literal(str(file))})"
        types += [record_type for (record_type,) in duckdb.execute(of_file).fetchall()]
    return "distinct" if len({*types}) < len(types) else ""
