"""Charts of groups over categories: distributions per type as columns or lines.

Each function takes a small frame and the words and returns a figure; what a measure means, and which chart
shows it, is the report's part.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import grid_of, hover, ordered
from crm_assets.charts.style import INK, MUTED, Chart, category_axis, figure, plain, segment_colour, value_axis
from crm_assets.charts.words import Words

MANY_TYPES = 6  # more types than this make groups of bars too thin to read: lines are drawn instead


def columns(
    frame: pd.DataFrame, words: Words, group: str, categories: Sequence[str], unit: str, axis_title: str = ""
) -> Chart:
    """A group of columns per category, one column per type, the whole as a dash across each group.
    Frame: segment_id, category, value. Many types or many categories become lines."""
    ids = ordered(frame, words)
    if len(ids) > MANY_TYPES or len(categories) > 12:
        return lines(frame, words, group, categories, unit, axis_title)
    grid = grid_of(frame, ids, categories)
    traces: list = [
        go.Bar(
            name=plain(words.segment(s)),
            x=list(categories),
            y=[float(v) for v in grid.loc[s]],
            marker={"color": segment_colour(s, list(words.segments)), "cornerradius": 2},
            hoverinfo="text",
            hovertext=[hover(words, s, group, c, unit, grid.at[s, c]) for c in categories],
        )
        for s in ids
    ]
    return _by_category(frame, traces, words, group, categories, unit, axis_title, whole="markers")


def lines(
    frame: pd.DataFrame, words: Words, group: str, categories: Sequence[str], unit: str, axis_title: str = ""
) -> Chart:
    """The same as lines: for hours of the day and for many types."""
    ids = ordered(frame, words)
    grid = grid_of(frame, ids, categories)
    traces = [
        go.Scatter(
            name=plain(words.segment(s)),
            x=list(categories),
            y=[float(v) for v in grid.loc[s]],
            mode="lines+markers",
            line={"color": segment_colour(s, list(words.segments)), "width": 2.25},
            marker={"size": 5},
            hoverinfo="text",
            hovertext=[hover(words, s, group, c, unit, grid.at[s, c]) for c in categories],
        )
        for s in ids
    ]
    return _by_category(frame, traces, words, group, categories, unit, axis_title, whole="lines")


def _by_category(frame, traces, words, group, categories, unit, axis_title, whole) -> Chart:
    top = float(frame["value"].max())
    if "all" in set(frame["segment_id"]):
        row = grid_of(frame, ["all"], categories).loc["all"]
        traces = [*traces, _whole(words, group, list(categories), [float(v) for v in row], unit, whole)]
    ticks = words.ticks(unit, top)
    return figure(
        traces,
        330,
        barmode="group",
        bargap=0.28,
        bargroupgap=0.06,
        showlegend=True,
        margin={"l": 8, "r": 8, "t": 44, "b": 8, "pad": 4},
        xaxis=category_axis(categories, _labels(words, group, categories), axis_title, tickangle=0),
        yaxis=value_axis(ticks, range=[0, max(ticks[0][-1], top) * 1.03]),
    )


def _whole(words: Words, group: str, categories: list[str], values: list[float], unit: str, mode: str) -> go.Scatter:
    """Everybody, beside the types."""
    return go.Scatter(
        name=plain(words.segment("all")),
        x=categories,
        y=values,
        mode=mode,
        line={"color": MUTED, "width": 2, "dash": "dot"},
        marker={"symbol": "line-ew-open", "size": 26, "color": INK, "line": {"width": 2, "color": INK}},
        hoverinfo="text",
        hovertext=[hover(words, "all", group, c, unit, v) for c, v in zip(categories, values, strict=True)],
    )


def _labels(words: Words, group: str, categories: Sequence[str]) -> list[str]:
    """Every label, or every third where there are too many to stand side by side (hours of the day)."""
    step = 3 if len(categories) > 14 else 1
    return [plain(words.label(group, c)) if i % step == 0 else "" for i, c in enumerate(categories)]
