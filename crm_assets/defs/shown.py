"""What the UI shows of a table: bars and tables in markdown, made by a query. Numbers go in as plain metadata."""

from __future__ import annotations

from typing import Any

import dagster as dg

from crm_assets import pictures
from crm_assets.warehouse import Session


def bars_of(
    session: Session, sql: str, unit: str, /, *, total: float | None = None, **parameters: Any
) -> dg.MetadataValue:
    """Bars of a query that yields (name, value)."""
    rows = [(str(name), float(value)) for name, value in session.rows(sql, **parameters)]
    return dg.MetadataValue.md(pictures.bars(rows, unit=unit, total=total))


def table_of(session: Session, sql: str, /, **parameters: Any) -> dg.MetadataValue:
    return dg.MetadataValue.md(pictures.table(session.frame(sql, **parameters)))


def counted(session: Session, table: str, column: str, unit: str) -> dg.MetadataValue:
    """The most frequent values of a column of a dimension, by count."""
    total = float(session.scalar(f"select count(*) from {table}"))
    sql = f"select coalesce({column}, '(unknown)'), count(*) from {table} group by 1 order by 2 desc, 1 limit 20"
    return bars_of(session, sql, unit, total=total)
