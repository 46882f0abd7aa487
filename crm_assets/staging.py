"""The staging folder: Parquet by table and month, one file per landed content, written beside and renamed.

Only files whose content the ledger knows count; the rest are leftovers of a killed run and are written over.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns, literal
from crm_assets.warehouse import Session

_HASH_DIGITS = 32


def staged_month_file(staging: Path, month: date, content: str) -> Path:
    return staging / "transactions" / f"{month:%Y-%m}" / f"{content[:_HASH_DIGITS]}.parquet"


def staged_month_files(staging: Path, month: date, contents: list[str]) -> list[Path]:
    """The staged files of a month that belong to the given contents."""
    files = (staged_month_file(staging, month, content) for content in contents)
    return [file for file in files if file.exists()]


def dimension_file(staging: Path, table: str, content: str) -> Path:
    return staging / table / f"{content[:_HASH_DIGITS]}.parquet"


def dimension_files(staging: Path, table: str, contents: list[str]) -> list[Path]:
    files = (dimension_file(staging, table, content) for content in contents)
    return [file for file in files if file.exists()]


def forget(staging: Path, content: str) -> None:
    """Remove what an earlier reading of the same content staged."""
    for file in staging.glob(f"**/{content[:_HASH_DIGITS]}.parquet"):
        file.unlink()


def write_parquet(session: Session, sql: str, file: Path) -> None:
    """Write a query's rows; a killed run leaves the old file or the new one, never half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    session.execute(f"copy ({sql}) to {literal(str(beside))} (format parquet)")
    beside.replace(file)


def read_parquet(files: list[Path]) -> str:
    """A table function over the files, for a FROM clause."""
    return f"read_parquet([{', '.join(literal(str(f)) for f in files)}], union_by_name = true)"


def rows_of_its_own(session: Session, own: Path, others: list[Path]) -> int:
    """Rows of ``own`` that stand in none of ``others``; null equals null."""
    mine = f"select * from {read_parquet([own])}"
    if others:
        # Equal rows are of the same type, so files of other types are passed over by their statistics.
        types = ", ".join(
            literal(t) for (t,) in session.rows(f"select distinct record_type from {read_parquet([own])} order by 1")
        )
        mine = f"{mine} except select * from {read_parquet(others)} where record_type in ({types})"
    return int(session.scalar(f"select count(*) from ({mine})"))


def stage_dimension(session: Session, staging: Path, table: str) -> None:
    """Make the view ``delivered_<table>`` of a dimension: its staged rows with ``delivered``, the order of arrival.

    Rows gathered from lines (``derived``) are delivered 0, so that the order of files plays no part for them.
    """
    contents = [row[0] for row in session.rows("select content_hash from landed_files order by landing_no")]
    files = dimension_files(staging, table, contents)
    if files:
        rows = (
            f"select s.*, case when s.derived = 1 then 0 else l.landing_no end as delivered "
            f"from {read_parquet(files)} s join landed_files l on l.content_hash = s.content_hash"
        )
    else:
        nulls = ", ".join(f"cast(null as {c.sql_type}) as {c.name}" for c in columns(CONTRACTS[table]))
        rows = f"select {nulls}, 0 as rows, 0 as delivered where false"
    session.execute(f"create or replace temp view delivered_{table} as {rows}")


def stage_lines(session: Session, staging: Path, month: date) -> int:
    """Make the view ``delivered_lines`` of a month, its distinct staged rows; returns how many files it reads."""
    contents = [
        row[0] for row in session.rows("select content_hash from landed_files where staged_table = 'transactions'")
    ]
    files = staged_month_files(staging, month, contents)
    if files:
        # Within a file the rows are distinct already; several files may hold the same one.
        rows = f"select {'distinct' if len(files) > 1 else ''} * from {read_parquet(files)}"
    else:
        kept = [c for c in columns(CONTRACTS["raw_transactions"]) if c.name not in ("month", "line_no")]
        nulls = ", ".join(f"cast(null as {c.sql_type}) as {c.name}" for c in kept)
        rows = f"select {nulls}, cast(null as varchar) as detail where false"
    session.execute(f"create or replace temp view delivered_lines as {rows}")
    return len(files)
