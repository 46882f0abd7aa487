"""Cells that show one prediction: probabilities as a strip, reasons in words. A text that is no JSON stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Lines, Pen, Strip, signed
from crm_assets.report.column_words import column_name, column_value


def strip(probabilities: str, pen: Pen) -> Strip | str:
    """The probabilities of every type as a coloured strip."""
    try:
        found = {str(k): float(v) for k, v in json.loads(probabilities).items()}
    except (ValueError, AttributeError, TypeError):
        return probabilities
    order = list(pen.words["ko"].segments)
    ids = sorted(found, key=lambda s: (order.index(s) if s in order else len(order), s))
    parts = tuple((pen.segment(s), max(found[s], 0.0), segment_colour(s, order)) for s in ids)
    text = pen(lambda w: ", ".join(f"{w.segment(s)} {w.figure('share', found[s])}" for s in ids))
    return Strip(parts, text)


def reasons(stated: str, pen: Pen) -> Lines | str:
    """The strongest reasons, a line each: column, value, arrow for or against the type, contribution."""
    try:
        top = [reason_text(reason, pen) for reason in json.loads(stated)["top"]]
    except (ValueError, KeyError, TypeError):
        return stated
    return Lines(top) if top else "–"


def reason_text(reason: Mapping[str, Any], pen: Pen) -> Pair:
    """``mean amount of a receipt £12.40 ▲ +0.42``."""
    name, value, weight = str(reason["column"]), reason["value"], float(reason["contribution"])
    return pen.text(
        "predictions.reason",
        column=pen(lambda w: column_name(name, w)),
        value=pen(lambda w: column_value(name, value, w)),
        weight=f"{'▲' if weight > 0 else '▼'}\N{NO-BREAK SPACE}{signed(weight)}",
    )
