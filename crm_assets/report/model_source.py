"""What the parts of the section on the model share: baselines, tables of the month that trained it, sample sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.report.blocks import Cell, Pen, Strip, Table
from crm_assets.report.data import ReportData
from crm_assets.report.types import day

BASELINES = ("majority", "prior")
LEAST = 30  # customers of a month, or answers at a floor, behind a figure that is drawn


def of_the_model(
    data: ReportData,
    pen: Pen,
    source: str,
    header: Sequence[Cell],
    rows: Sequence[Sequence[Cell | Strip]],
    names: int = 1,
) -> Table:
    """A table whose figures are of the month that trained the model in use, which its source says."""
    frame = "metrics" if source == "model_metrics" else source
    table = pen.table(source, header, rows, names, [frame])
    trained = data.model.iloc[0]["trained_as_of"]
    if pd.isna(trained):
        return table
    return replace(table, source=pen.source(source, frame, as_of=day(trained)))


def score(value: float) -> Pair:
    """A score with two digits, for a card."""
    return Pair(*(f"{value:.2f}",) * 2)


def customers_judged(rows: pd.DataFrame) -> int:
    """Customers behind figures of first receipts: each has one row per slice."""
    return int(rows["base"].max())


def sample_note(data: ReportData, rows: pd.DataFrame, pen: Pen) -> list[Pair]:
    """Where a table was measured on fewer customers than the cards, that this is so: its figures differ from theirs."""
    cards = data.measured("cold_start")
    if cards.empty or customers_judged(rows) >= customers_judged(cards):
        return []
    return [pen.text("model.sample", n=f"{customers_judged(rows):,}", all=f"{customers_judged(cards):,}")]
