"""What the sections on RFM share: the groups of a scheme with their names, as tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from crm_assets.charts import Chart, Pair, Words
from crm_assets.report.blocks import Pen, Table
from crm_assets.report.data import ReportData

SOURCE = "rfm_groups"
COLUMNS = {  # heading in the texts: unit and column of the frame; a share is of the column's sum
    "customers": ("customers", "customers"),
    "members": ("customers", "estimated_members"),
    "customer_share": ("share", "customers"),
    "recency": ("days", "recency_days_mean"),
    "frequency": ("receipts", "frequency_mean"),
    "monetary": ("currency", "monetary_mean"),
    "visit_days": ("days", "visit_days_mean"),
    "revenue": ("currency", "revenue"),
    "revenue_share": ("share", "revenue"),
}


def of_scheme(data: ReportData, scheme: str) -> pd.DataFrame:
    """The rows of ``rfm_groups`` of a scheme, in its order; none where the month has none."""
    rows = data.table(SOURCE)
    return rows if rows.empty else rows[rows["scheme"] == scheme].sort_values("position")


def with_customers(data: ReportData, scheme: str) -> pd.DataFrame:
    """The same without groups that hold nobody, which have no means."""
    rows = of_scheme(data, scheme)
    return rows if rows.empty else rows[rows["customers"] > 0]


def names(data: ReportData, scheme: str, *, codes: bool = False) -> dict[str, Pair]:
    """group → what a reader sees, in the scheme's order; with ``codes`` a grade's letters before its name."""
    groups = data.schemes[scheme].groups
    return {
        g.name: Pair(*(f"{g.name} · {text}" if codes and not g.cells else text for text in (g.ko, g.en)))
        for g in groups
    }


def figures(pen: Pen, frame: pd.DataFrame, shown: Mapping[str, Pair], chart) -> dict[str, Chart]:
    """A chart of bands, drawn for the groups of any scheme."""
    rows = frame.rename(columns={"group_name": "rfm_band"})

    def draw(words: Words) -> Chart:
        return chart(rows, replace(words, bands=shown))

    return pen.draw(draw)


def table(pen: Pen, frame: pd.DataFrame, shown: Mapping[str, Pair], columns: Sequence[str], *, heading: str) -> Table:
    """A row per group in the order of ``shown``; a group that the frame lacks has none."""
    rows = frame.set_index("group_name")
    header = [pen.text(f"words.{heading}"), *(pen.text(f"words.{c}") for c in columns)]
    body = []
    for name in (n for n in shown if n in rows.index):
        cells = [shown[name]]
        for unit, at in (COLUMNS[c] for c in columns):
            whole = (float(rows[at].sum()) or 1.0) if unit == "share" else 1.0
            cells.append(pen.figure(unit, float(rows.at[name, at]) / whole))
        body.append(cells)
    return pen.table(SOURCE, header, body)
