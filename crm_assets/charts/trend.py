"""One figure month by month."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words

HEIGHT = 260
SHORT = 3  # letters of a month in English


def month_bars(frame: pd.DataFrame, words: Words, unit: str, colour: str) -> Chart:
    """A bar a month; the year stands below its first month.

    Args:
        frame: month (its first day), value; in order.
        unit: of the value.
    """
    months = [pd.Timestamp(month) for month in frame["month"]]
    ids = [f"{month:%Y-%m}" for month in months]
    labels = [
        _month(month, words) + (f"<br>{month.year}" if i == 0 or month.month == 1 else "")
        for i, month in enumerate(months)
    ]
    values = [float(v) for v in frame["value"]]
    told = [f"{i}: {plain(words.figure(unit, v))}" for i, v in zip(ids, values, strict=True)]
    bars = go.Bar(
        x=ids, y=values, marker={"color": colour}, hovertext=told, hovertemplate="%{hovertext}<extra></extra>"
    )  # fmt: skip
    ticks = words.ticks(unit, max(values, default=0.0))
    return figure([bars], HEIGHT, xaxis=category_axis(ids, labels), yaxis=value_axis(ticks), bargap=0.3)


def _month(month: pd.Timestamp, words: Words) -> str:
    if words.lang == "ko":
        return f"{month.month}월"
    return str(words.texts.at("page.months")[month.month - 1])[:SHORT]
