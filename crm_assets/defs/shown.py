"""What the UI shows of a table: bars and tables in markdown, made by a query. Numbers go in as plain metadata."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import dagster as dg

from crm_assets import pictures
from crm_assets.warehouse import Session


def bars_of(
    session: Session, sql: str, unit: str, *, total: float | None = None, **parameters: Any
) -> dg.MetadataValue:
    """Bars of a query that yields (name, value)."""
    rows = [(str(name), float(value)) for name, value in session.rows(sql, **parameters)]
    return dg.MetadataValue.md(pictures.bars(rows, unit=unit, total=total))


def table_of(session: Session, sql: str, **parameters: Any) -> dg.MetadataValue:
    return dg.MetadataValue.md(pictures.table(session.frame(sql, **parameters)))


def counted(session: Session, table: str, column: str, unit: str) -> dg.MetadataValue:
    """The most frequent values of a column of a dimension, by count."""
    total = float(session.scalar(f"select count(*) from {table}"))
    sql = f"select coalesce({column}, '(unknown)'), count(*) from {table} group by 1 order by 2 desc, 1 limit 20"
    return bars_of(session, sql, unit, total=total)


def filled(session: Session, table: str, names: Sequence[str], month: date) -> dg.MetadataValue:
    """Of columns of a monthly table, how many rows have a value, and how many values differ."""
    parts = " union all ".join(
        f"select {i} as n, '{name}' as model_column, count(distinct {name}) as different, "
        f"round(100.0 * count({name}) / greatest(count(*), 1), 1) as filled_pct from {table} where month = :month"
        for i, name in enumerate(names)
    )
    return table_of(session, f"select model_column, filled_pct, different from ({parts}) order by n", month=month)
