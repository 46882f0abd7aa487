"""Small pictures in markdown for the metadata of the Dagster UI, which strips scripts and images.

Text in, text out: no Dagster here, and nothing of the report's charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

_WIDTH = 20  # characters of the longest bar: wider ones wrap in the UI's side panel


def bars(rows: list[tuple[str, float]], *, unit: str = "", total: float | None = None) -> str:
    """A markdown table with a bar per row, longest = the largest value; with ``total``, shares as well.

    Raises:
        ValueError: a value below 0, which a bar cannot show.
    """
    negative = [name for name, value in rows if value < 0]
    if negative:
        raise ValueError(f"bars show values from 0 up; {negative[0]!r} is below: show it as a table")
    top = max((value for _, value in rows), default=0) or 1
    header = ["", f"{unit}".strip() or "value", *(["%"] if total else []), ""]
    lines = [_row(header), _row([":--", "--:", *(["--:"] if total else []), ":--"])]
    for name, value in rows:
        share = [f"{value / total * 100:.1f}"] if total else []
        lines.append(_row([_cell(name), _number(value), *share, "▇" * round(value / top * _WIDTH)]))
    return "\n".join(lines)


def table(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, limit: int = 50) -> str:
    """A frame as a markdown table, at most ``limit`` rows; says how many were left out."""
    names = list(columns) if columns is not None else [str(c) for c in frame.columns]
    numeric = [pd.api.types.is_numeric_dtype(frame[n]) for n in names]
    lines = [_row(map(_cell, names)), _row("--:" if n else ":--" for n in numeric)]
    for record in frame[names].head(limit).itertuples(index=False):
        lines.append(_row(_number(v) if n else _cell(v) for v, n in zip(record, numeric, strict=True)))
    if len(frame) > limit:
        lines += ["", f"… {len(frame) - limit:,} more rows"]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    """A value that cannot break the table: pipes escaped, line breaks and markup out."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return "–"
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")


def _number(value: object) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, bool):
        return str(value)
    whole = float(value).is_integer()
    return f"{value:,.0f}" if whole else f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
