"""Daily series: activity of the types over the window, and below it the external series on scales of their own."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import ordered
from crm_assets.charts.style import GRID, MUTED, Chart, figure, plain, segment_colour, value_axis
from crm_assets.charts.words import Words

TOP, EACH, GAP = 300, 96, 34  # pixels: the types' panel, a series' panel, between them


def daily_lines(activity: pd.DataFrame, signals: pd.DataFrame, words: Words) -> Chart:
    """A line per type; a panel per series below. Nothing shares an axis but the days.

    activity: segment_id, date, value; signals: signal, date, value; both smoothed and ascending in date.
    """
    names = list(dict.fromkeys(signals["signal"])) if len(signals) else []
    margin = {"l": 8, "r": 12, "t": 44, "b": 30}
    inside = TOP + len(names) * (EACH + GAP)
    known = list(words.segments)
    traces = [
        _line(activity[activity["segment_id"] == s], words.segment(s), segment_colour(s, known), "y")
        for s in ordered(activity, words)
    ]
    top = float(activity["value"].max())
    ticks = words.ticks("number", top)
    bottom = len(names) * (EACH + GAP) / inside
    axes = {"yaxis": value_axis(ticks, range=[0, max(ticks[0][-1], top) * 1.03], domain=[bottom, 1])}
    notes = []
    for place, name in enumerate(names, 1):
        rows = signals[signals["signal"] == name]
        end = (len(names) - place) * (EACH + GAP)
        axis, highest = f"y{place + 1}", float(rows["value"].max())
        marks = words.ticks("number", highest, count=2)
        least = min(0.0, float(rows["value"].min()))
        axes[f"yaxis{place + 1}"] = value_axis(
            marks, range=[least, max(marks[0][-1], highest) * 1.05], domain=[end / inside, (end + EACH) / inside]
        )
        traces.append(_line(rows, words.label("signal", name), MUTED, axis, filled=True))
        notes.append(_heading(words.label("signal", name), (end + EACH) / inside))
    return figure(
        traces,
        inside + margin["t"] + margin["b"],
        showlegend=True,
        annotations=notes,
        margin=margin,
        hovermode="closest",
        xaxis=_months(activity["date"], words, f"y{len(names) + 1}" if names else "y"),
        **axes,
    )


def _line(rows: pd.DataFrame, name: str, colour: str, axis: str, filled: bool = False) -> go.Scatter:
    days = [d.date().isoformat() for d in pd.to_datetime(rows["date"])]
    values = [round(float(v), 2) for v in rows["value"]]
    return go.Scatter(
        name=plain(name),
        x=days,
        y=values,
        yaxis=axis,
        mode="lines",
        line={"color": colour, "width": 1.25 if filled else 2},
        fill="tozeroy" if filled else None,
        fillcolor=GRID if filled else None,
        showlegend=not filled,
        hoverinfo="text",
        hovertext=[f"{plain(name)} · {d} · {v:,.1f}" for d, v in zip(days, values, strict=True)],
    )


def _heading(text: str, at: float) -> dict:
    return {
        "text": plain(text),
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": at,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 12, "color": MUTED},
    }


def _months(dates: pd.Series, words: Words, anchor: str) -> dict:
    """The first of every month, or of so many that at most six stand side by side on a phone."""
    first, last = pd.Timestamp(dates.min()).replace(day=1), pd.Timestamp(dates.max())
    starts = pd.date_range(first, last, freq="MS")
    starts = starts[:: -(-len(starts) // 6)]
    return {
        "type": "date",
        "anchor": anchor,
        "range": [first.date().isoformat(), last.date().isoformat()],
        "fixedrange": True,
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "tickvals": [d.date().isoformat() for d in starts],
        "ticktext": [words.label("month_of_year", str(d.month)) for d in starts],
        "tickfont": {"size": 11, "color": MUTED},
        "tickangle": 0,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": "rgba(0,0,0,0)",
    }
