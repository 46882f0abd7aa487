"""What the parts of the section on the model share: the baselines, and tables of the month that trained the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from crm_assets.report.blocks import Cell, Pen, Strip, Table
from crm_assets.report.data import ReportData
from crm_assets.report.types import day

BASELINES = ("majority", "prior")


def of_the_model(
    data: ReportData,
    pen: Pen,
    source: str,
    header: Sequence[Cell],
    rows: Sequence[Sequence[Cell | Strip]],
    names: int = 1,
) -> Table:
    """A table whose figures are of the month that trained the model in use, which its source says."""
    table = pen.table(source, header, rows, names)
    trained = data.model.iloc[0]["trained_as_of"]
    if pd.isna(trained):
        return table
    return replace(table, source=pen.text("page.source", table=source, as_of=day(trained)))
