"""Figures that carry the query they come from: the front page holds no other ones.

A figure is a ``<data>`` element: its exact value, the name of its query, the row and column of the result, and the unit
in which it is worded. Whoever runs the query finds the value; ``worded`` says how it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from crm_assets.charts import LANGUAGES, Pair, Words
from crm_assets.charts.words import with_minus
from crm_assets.report.blocks import Pen
from crm_assets.report.column_words import column_name
from crm_assets.report.data import ReportData
from crm_assets.report.queries import tables_of
from crm_assets.report.strategy_words import strategy_word

UP, DOWN, SAME = "▲", "▼", "="
_MOVED = re.compile(r"([^,:]*)([,:] )?(.*)", re.DOTALL)  # a column, if one is told, and the bin that moved
_ELEMENT = Markup(
    '<data value="{value}" data-query="{query}" data-row="{row}" data-column="{column}" data-unit="{unit}"{mood}>'
    "{text}</data>"
)


def _change(words: Words, value: Any) -> str:
    """▲ 3.2%: against the month before."""
    return f"{UP if value > 0 else DOWN if value < 0 else SAME} {words.figure('share', abs(float(value)))}"


def _signed(words: Words, value: Any, write: Callable[[Any], str]) -> str:
    return f"{'+' if value >= 0 else '−'}{write(abs(value))}"


def _column(words: Words, name: str) -> str:
    """What a check calls a column: of the model, or one of those that only checks look at."""
    return words.label("moved", name) if name in words.texts.order("moved") else column_name(name, words)


def _reason(words: Words, text: str) -> str:
    """What moved (``column, bin: share → share``, or the bin alone), its column and types by their names."""
    column, between, rest = _MOVED.match(text).groups()
    known = between and _column(words, column) != column
    told = getattr(words.texts.translated(rest if known else text), words.lang)
    if known:
        told = f"{_column(words, column)}: {told}"
    for segment in words.segments:
        told = re.sub(rf"(?<![\w-]){re.escape(segment)}(?![\w-])", lambda _, s=segment: words.segment(s), told)
    return with_minus(told)


_WORDED: dict[str, Callable[[Words, Any], str]] = {
    "change": _change,
    "difference": lambda w, v: _signed(w, v, lambda n: w.figure("customers", n)),
    "difference_money": lambda w, v: _signed(w, v, lambda n: w.short("currency", float(n))),
    "points": lambda w, v: _signed(w, v, lambda n: f"{float(n) * 100:.1f}%p"),
    "money": lambda w, v: w.short("currency", float(v)),
    "amount": lambda w, v: w.figure("currency", float(v)),
    "index": lambda w, v: f"{float(v):.2f}",
    "count": lambda w, v: f"{int(v):,}",
    "segment": lambda w, v: w.segment(str(v)),
    "reason": lambda w, v: _reason(w, str(v)),
    "column": lambda w, v: _column(w, str(v)),
    "check": lambda w, v: w.text(f"front.checks.{v}"),
    "verdict": lambda w, v: w.label("campaign_verdict", str(v)),
    "kpi": lambda w, v: getattr(strategy_word(w.texts, "kpi", str(v)), w.lang),
    "channel": lambda w, v: getattr(strategy_word(w.texts, "channel", str(v)), w.lang),
    "text": lambda w, v: str(v),
    "file": lambda w, v: str(v).rsplit("/", 1)[-1],
    "day": lambda w, v: exact(v),
}


def worded(words: Words, unit: str, value: Any) -> str:
    """What a reader sees of a value in its unit."""
    known = _WORDED.get(unit)
    return words.figure(unit, float(value) if unit == "share" else int(value)) if known is None else known(words, value)


def exact(value: Any) -> str:
    """A value of a result as text, the same for whatever type an engine gives it: a day as 2021-12-31."""
    if isinstance(value, str):
        return value
    if hasattr(value, "isoformat"):
        return pd.Timestamp(value).date().isoformat()
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


@dataclass
class Teller:
    """Words figures of the front page, and remembers which queries were asked."""

    data: ReportData
    pen: Pen

    def rows(self, query: str) -> int:
        return len(self.data.table(query))

    def value(self, query: str, column: str, row: int = 0) -> Any:
        """The value, or None where the query has no such row or nothing there."""
        frame = self.data.table(query)
        if row >= len(frame):
            return None
        found = frame[column].iloc[row]
        return None if pd.isna(found) else found

    def figure(self, query: str, column: str, unit: str, row: int = 0, good: int = 0) -> Pair:
        """The figure as markup in both languages; ``{lang}`` in the column's name is the language.

        Args:
            good: 1 = growth is welcome, −1 = it is not: the element says which it is.

        Raises:
            ValueError: the query gives no value there.
        """
        return Pair(*(self._element(query, column.format(lang=lang), unit, row, good, lang) for lang in LANGUAGES))

    def _element(self, query: str, column: str, unit: str, row: int, good: int, lang: str) -> Markup:
        value = self.value(query, column, row)
        if value is None:
            raise ValueError(f"{query} gives no {column} in row {row}: leave the figure out, or mend the query")
        sign = 0 if not good else (float(value) > 0) - (float(value) < 0)
        mood = Markup(' class="{}"').format("well" if sign * good > 0 else "ill") if sign else ""
        return _ELEMENT.format(
            value=exact(value), query=query, row=row, column=column, unit=unit, mood=mood,
            text=worded(self.pen.words[lang], unit, value),
        )  # fmt: skip

    def say(self, key: str, **figures: Pair | str) -> Pair:
        """A sentence of the texts with figures in it."""
        template = self.pen.text(key)
        return Pair(
            *(
                Markup(escape(getattr(template, lang))).format(
                    **{n: getattr(v, lang) if isinstance(v, Pair) else v for n, v in figures.items()}
                )
                for lang in LANGUAGES
            )
        )

    def sources(self, *queries: str) -> list[tuple[str, str, Pair]]:
        """Per query its name, its text, and the line that tells its tables and as_of."""
        found = []
        for query in queries:
            text = self.data.queries.get(query, "")
            tables = ", ".join(tables_of(text))
            found.append((query, text, self.pen.text("page.source", table=tables, as_of=self.pen.as_of.isoformat())))
        return found
