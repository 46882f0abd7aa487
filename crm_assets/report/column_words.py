"""What a reader calls a model column and its values: the texts' own words, else those of the column's contract."""

from __future__ import annotations

import math

from crm_assets.charts import Words
from crm_assets.contracts.base import Column
from crm_assets.contracts.feature_sets import SETS, described

LOG_RATIO = "log ratio"  # a unit that says nothing to a reader; the ratio does


def column_name(name: str, w: Words) -> str:
    """The texts' own name, else the contract's Korean name or English description; else, as of a column that a model of
    another version sees, the code itself."""
    own, column = w.texts.at("columns.names").get(name), _column(name)
    if own:
        return own[w.lang]
    if column is None:
        return name
    return column.metadata["korean"] if w.lang == "ko" else column.description.split(":")[0].split(", ")[0]


def column_value(name: str, value: float | str | None, w: Words) -> str:
    """A value of a model column with its unit, or the word for its code."""
    if value is None:
        return w.text("columns.unknown")
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    group = w.texts.at("columns.values").get(name)
    if group or isinstance(number, str):
        return w.label(group or name, str(number))
    column = _column(name)
    unit = (column and column.unit) or "number"
    shown = w.figure("share", math.exp(number)) if unit == LOG_RATIO else w.figure(unit, number)
    return shown.replace("-", "−")  # as contributions have it


def _column(name: str) -> Column | None:
    return next((c for contract in SETS.values() for c in described(contract) if c.name == name), None)
