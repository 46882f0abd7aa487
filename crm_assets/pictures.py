"""Small pictures in markdown for the metadata of the Dagster UI, which strips scripts and images.

Text in, text out: no Dagster here, and nothing of the report's charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

import pandas as pd

LONGEST = 999  # characters: the UI hides a longer text behind a word to click on
_WIDTH = 20  # characters of the longest bar: wider ones wrap in the UI's side panel


def bars(rows: list[tuple[str, float]], *, unit: str = "", total: float | None = None) -> str:
    """A markdown table with a bar per row, longest = the largest value; with ``total``, shares as well. As many rows as
    have room in ``LONGEST``, and how many were left out.

    Raises:
        ValueError: a value below 0, which a bar cannot show.
    """
    negative = [name for name, value in rows if value < 0]
    if negative:
        raise ValueError(f"bars show values from 0 up; {negative[0]!r} is below: show it as a table")
    top = max((value for _, value in rows), default=0) or 1
    header = ["", f"{unit}".strip() or "value", *(["%"] if total else []), ""]
    head = [_row(header), _row([":--", "--:", *(["--:"] if total else []), ":--"])]
    lines, decimals = [], _decimals(value for _, value in rows)
    for name, value in rows:
        share = [f"{value / total * 100:.1f}"] if total else []
        lines.append(_row([_cell(name), _number(value, decimals), *share, _bar(value / top)]))
    return _with_room(head, lines)


def table(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, longest: int | None = LONGEST) -> str:
    """A frame as a markdown table; as many rows as have room in ``longest`` characters (None = all), and how many were
    left out."""
    names = list(columns) if columns is not None else [str(c) for c in frame.columns]
    decimals = [_decimals(frame[n]) if _is_numeric(frame[n]) else None for n in names]
    frame = frame.assign(**{n: frame[n].dt.date for n in names if _are_days(frame[n])})
    head = [_row(map(_cell, names)), _row(":--" if d is None else "--:" for d in decimals)]
    records = frame[names].itertuples(index=False)
    lines = [_row(_cell(v) if d is None else _number(v, d) for v, d in zip(r, decimals, strict=True)) for r in records]
    return _with_room(head, lines, longest)


def _with_room(head: Sequence[str], lines: Sequence[str], longest: int | None = LONGEST) -> str:
    text = "\n".join([*head, *lines])
    if longest is None or len(text) <= longest:
        return text
    ending = f"\n\n… {len(lines):,} more rows"  # the longest there can be
    ends = accumulate((len(line) + 1 for line in lines), initial=len("\n".join(head)) + len(ending))
    shown = max(1, sum(end <= longest for end in ends) - 1)
    return "\n".join([*head, *lines[:shown], "", f"… {len(lines) - shown:,} more rows"])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    """A value that cannot break the table: pipes escaped, line breaks and markup out."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return "–"
    text = " ".join(str(value).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _are_days(column: pd.Series) -> bool:
    """Times that all are midnight."""
    return pd.api.types.is_datetime64_any_dtype(column) and bool(
        (column == column.dt.normalize())[column.notna()].all()
    )


def _bar(share: float) -> str:
    """A share of the longest bar; what is more than nothing is seen."""
    return "▇" * round(share * _WIDTH) or ("▏" if share > 0 else "")


def _decimals(values: Iterable[float]) -> int:
    """As many for all numbers of a column: none or one where that is all they have, three where one is small."""
    known = [abs(float(v)) for v in values if not pd.isna(v)]
    for enough in (0, 1):
        if all(round(v, enough) == v for v in known):
            return enough
    return 3 if max(known) < 10 or min(v for v in known if v) < 1 else 1


def _number(value: object, decimals: int) -> str:
    return "–" if pd.isna(value) else f"{float(value):,.{decimals}f}"
