"""One figure month by month."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words

HEIGHT = 260
SHORT = 3  # letters of a month in English
MANY = 8  # months of which every second is named


def month_bars(frame: pd.DataFrame, words: Words, unit: str, colour: str) -> Chart:
    """A bar a month; the year stands below its first month.

    Args:
        frame: month (its first day), value; in order.
        unit: of the value.
    """
    months = [pd.Timestamp(month) for month in frame["month"]]
    ids = [f"{month:%Y-%m}" for month in months]
    step = 1 if len(months) <= MANY else 2  # so that a phone need not turn them
    named = months[::step]
    years = [before is None or before.year < month.year for before, month in zip([None, *named], named, strict=False)]
    labels = [""] * len(months)
    labels[::step] = [_label(month, words, year) for month, year in zip(named, years, strict=True)]
    values = [float(v) for v in frame["value"]]
    hovers = [f"{i}: {plain(words.figure(unit, v))}" for i, v in zip(ids, values, strict=True)]
    bars = go.Bar(
        x=ids, y=values, marker={"color": colour}, hovertext=hovers, hovertemplate="%{hovertext}<extra></extra>"
    )  # fmt: skip
    ticks = words.ticks(unit, max(values, default=0.0))
    return figure([bars], HEIGHT, xaxis=category_axis(ids, labels, tickangle=0), yaxis=value_axis(ticks), bargap=0.3)


def _label(month: pd.Timestamp, words: Words, with_year: bool) -> str:
    name = f"{month.month}월" if words.lang == "ko" else str(words.texts.at("page.months")[month.month - 1])[:SHORT]
    return f"{name}<br>{month.year}" if with_year else name
