"""What a section of the report shows, as a reader reads it: cells, cards, figures in one language."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.report import ReportData
from crm_assets.report.blocks import Card, Coloured, Lines, Panel, Pen, Section, Strip
from crm_assets_tests.report.report_sample import texts
from crm_assets_tests.report.report_sample_prediction import (
    judged_month,
)
from crm_assets_tests.report.report_sample_prediction import (
    prediction_tables as sample_tables,
)


def pen_of(data: ReportData) -> Pen:
    return Pen.of(data, texts())


def made(section, data: ReportData) -> Section:
    return section(data, pen_of(data))


def panel(section: Section, name: str) -> Panel:
    return next(p for p in section.panels if p.id == name)


def row(of: Panel, first: str, lang: str = "en") -> list[str]:
    """The cells after the first of the row that is called so."""
    return next(cells[1:] for cells in said(of, lang) if cells[0] == first)


def said(of: Panel, lang: str = "en") -> list[list[str]]:
    return [[spoken(cell, lang) for cell in cells] for cells in of.table.rows]


def card(section: Section, title: str) -> Card:
    return next(c for c in section.cards if c.title.en == title)


def figures_of(shown: Card) -> dict[str, str]:
    return {name.en: value.en for name, value in shown.values}


def in_use_since_july() -> pd.DataFrame:
    """The month's row of a model that was trained in July and is used again."""
    reason = "trained as of 2021-07-31, 5 months old"
    return judged_month().model.assign(status="reused", trained_as_of=date(2021, 7, 31), reason=reason)


def spoken(cell, lang: str) -> str:
    if isinstance(cell, Coloured):
        return getattr(cell.name, lang)
    if isinstance(cell, Lines):
        return " | ".join(spoken(text, lang) for text in cell.texts)
    if isinstance(cell, Strip):
        return getattr(cell.text, lang)
    return (getattr(cell, lang) if isinstance(cell, Pair) else str(cell)).replace("\N{NO-BREAK SPACE}", " ")


def with_table(name: str, frame: pd.DataFrame, **changes: object) -> ReportData:
    return judged_month(tables=sample_tables() | {name: frame}, **changes)
