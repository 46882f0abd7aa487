"""Charts made of lying bars: one figure per type, parts of a whole, pairs, bands.

Each function takes a small frame and the words and returns a figure; what a measure means, and which chart
shows it, is the report's part.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import (
    ACCENT,
    ACCENT_SOFT,
    INK,
    MUTED,
    PAPER,
    SHADES,
    Chart,
    category_axis,
    figure,
    plain,
    segment_colour,
    value_axis,
)
from crm_assets.charts.words import Words


def ordered(frame: pd.DataFrame, words: Words) -> list[str]:
    """The types in a frame, in the order of the legend; unknown ones last, by id; without ``all``."""
    present = set(frame["segment_id"]) - {"all"}
    return [s for s in words.segments if s in present] + sorted(present - set(words.segments))


def segment_bars(
    frame: pd.DataFrame, words: Words, unit: str, mean: float | None = None, mean_text: str = "words.everyone"
) -> Chart:
    """One bar per type. Frame: segment_id, value, optionally ``note`` (appended to the label); ``mean`` is a line."""
    rows = frame.set_index("segment_id")
    ids = ordered(frame, words)
    values = [float(rows.at[s, "value"]) for s in ids]
    labels = [words.short(unit, v) for v in values]
    if "note" in rows:
        labels = [f"{label} · {rows.at[s, 'note']}" for label, s in zip(labels, ids, strict=True)]
    bar = go.Bar(
        x=values,
        y=ids,
        orientation="h",
        marker={"color": [segment_colour(s, list(words.segments)) for s in ids], "cornerradius": 2},
        hovertext=[plain(f"{words.segment(s)} {words.figure(unit, v)}") for s, v in zip(ids, values, strict=True)],
        hoverinfo="text",
        width=0.62,
    )
    top = max([*values, mean or 0, 0])
    low = min([*values, mean or 0, 0])
    span = (top - low) or 1
    room = 0.6 if "note" in rows else 0.34
    shapes, notes = _mean_line(words, unit, mean, mean_text)
    # Labels are annotations, not the bars' own text, because only these can cover the dotted line behind them.
    ends = [
        {
            "x": max(v, 0),
            "y": s,
            "text": plain(t),
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "bgcolor": PAPER,
            "borderpad": 1,
        }
        for s, v, t in zip(ids, values, labels, strict=True)
    ]
    return figure(
        [bar],
        56 + 44 * len(ids),
        shapes=shapes,
        annotations=notes + ends,
        margin={"l": 8, "r": 12, "t": 30 if notes else 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[low - (span * 0.12 if low < 0 else 0), top + span * room]),
        yaxis=category_axis(ids, [plain(words.segment(s)) for s in ids], autorange="reversed"),
    )


def _mean_line(words: Words, unit: str, mean: float | None, key: str) -> tuple[list[dict], list[dict]]:
    if mean is None:
        return [], []
    line = {
        "type": "line",
        "x0": mean,
        "x1": mean,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "above",
        "line": {"color": INK, "width": 1.5, "dash": "dot"},
    }
    text = plain(f"{words.text(key)} {words.short(unit, mean)}")
    note = {
        "x": mean,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "auto",
        "text": text,
        "showarrow": False,
        "font": {"size": 12, "color": MUTED},
    }
    return [line], [note]


def parts_of_whole(frame: pd.DataFrame, words: Words, row_labels: dict[str, str]) -> Chart:
    """One full-width bar per row, cut by type. Frame: row, segment_id, share."""
    rows = list(row_labels)
    ids = ordered(frame, words)
    grid = frame.pivot(index="segment_id", columns="row", values="share").reindex(ids, columns=rows)
    traces = [
        _part(
            words.segment(s),
            [float(v) for v in grid.loc[s].fillna(0)],
            rows,
            words,
            segment_colour(s, list(words.segments)),
        )
        for s in ids
    ]
    return _stacked(traces, rows, [plain(row_labels[r]) for r in rows])


def category_stack(frame: pd.DataFrame, words: Words, group: str, categories: Sequence[str]) -> Chart:
    """One full-width bar per type, cut by category. Frame: segment_id, category, value (share)."""
    ids = (["all"] if "all" in set(frame["segment_id"]) else []) + ordered(frame, words)
    grid = grid_of(frame, ids, categories)
    traces = [
        _part(words.label(group, c), [float(v) for v in grid[c]], ids, words, SHADES[i % len(SHADES)])
        for i, c in enumerate(categories)
    ]
    return _stacked(traces, ids, [plain(words.segment(s)) for s in ids])


def _part(name: str, values: list[float], rows: list[str], words: Words, colour: str) -> go.Bar:
    shown = [words.figure("share", v) if v >= 0.06 else "" for v in values]
    return go.Bar(
        name=plain(name),
        x=values,
        y=rows,
        orientation="h",
        text=shown,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        marker={"color": colour, "line": {"width": 0}},
        width=0.66,
        hoverinfo="text",
        constraintext="inside",
        hovertext=[plain(f"{name} {words.figure('share', v)}") for v in values],
    )


def _stacked(traces: list[go.Bar], rows: list[str], labels: list[str]) -> Chart:
    return figure(
        traces,
        84 + 46 * len(rows),
        barmode="stack",
        showlegend=True,
        uniformtext={"minsize": 11, "mode": "hide"},
        margin={"l": 8, "r": 12, "t": 44, "b": 8, "pad": 6},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": 12},
        },
        xaxis=value_axis(range=[0, 1.001]),
        yaxis=category_axis(rows, labels, autorange="reversed"),
    )


def hover(words: Words, segment: str, group: str, category: str, unit: str, value: float) -> str:
    return plain(f"{words.segment(segment)} · {words.label(group, category)} {words.figure(unit, float(value))}")


def grid_of(frame: pd.DataFrame, ids: Sequence[str], categories: Sequence[str]) -> pd.DataFrame:
    """Types by categories; a category that a type does not have is 0."""
    grid = frame.pivot(index="segment_id", columns="category", values="value")
    return grid.reindex(index=list(ids), columns=list(categories)).fillna(0.0)


def pairs(frame: pd.DataFrame, words: Words, group: str, categories: Sequence[str], unit: str) -> Chart:
    """Bars of each type side by side, one per category, for two or three categories (wallet users and others).
    Frame: segment_id, category, value. A missing figure is no bar, not a zero."""
    ids = ordered(frame, words)
    grid = frame.pivot(index="segment_id", columns="category", values="value").reindex(
        index=ids, columns=list(categories)
    )
    colours = [segment_colour(s, list(words.segments)) for s in ids]
    traces = [
        go.Bar(
            x=[None if pd.isna(v) else float(v) for v in grid[c]],
            y=ids,
            orientation="h",
            hoverinfo="text",
            marker={"color": colours, "opacity": 1 - 0.5 * i, "cornerradius": 2},
            textposition="outside",
            cliponaxis=False,
            text=[plain(f"{words.label(group, c)} {words.short(unit, v)}") for v in grid[c]],
            textfont={"size": 12},
            hovertext=[hover(words, s, group, c, unit, grid.at[s, c]) for s in ids],
        )
        for i, c in enumerate(categories)
    ]
    return figure(
        traces,
        40 + 62 * len(ids),
        barmode="group",
        bargap=0.3,
        bargroupgap=0.08,
        xaxis=value_axis(range=[0, float(grid.max().max()) * 1.6]),
        yaxis=category_axis(ids, [plain(words.segment(s)) for s in ids], autorange="reversed"),
    )


def band_shares(bands: pd.DataFrame, words: Words) -> Chart:
    """Share of customers against share of revenue, per band. Frame: rfm_band, customers, revenue."""
    rows = bands.set_index("rfm_band")
    ids = [b for b in words.bands if b in rows.index]
    traces = []
    for measure, key, colour in (
        ("customers", "words.customer_share", ACCENT_SOFT),
        ("revenue", "words.revenue_share", ACCENT),
    ):
        total = float(rows[measure].sum()) or 1.0
        values = [float(rows.at[b, measure]) / total for b in ids]
        traces.append(
            go.Bar(
                name=plain(words.text(key)),
                x=values,
                y=ids,
                orientation="h",
                textposition="outside",
                cliponaxis=False,
                text=[words.figure("share", v) for v in values],
                textfont={"size": 11},
                hoverinfo="text",
                marker={"color": colour, "cornerradius": 2},
                hovertext=[
                    plain(f"{words.band(b)} · {words.text(key)} {words.figure('share', v)}")
                    for b, v in zip(ids, values, strict=True)
                ],
            )
        )
    top = max((max(t.x, default=0) for t in traces), default=1)
    return figure(
        traces,
        70 + 40 * len(ids),
        barmode="group",
        bargap=0.3,
        showlegend=True,
        margin={"l": 8, "r": 12, "t": 36, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, top * 1.2]),
        yaxis=category_axis(ids, [plain(words.band(b)) for b in ids], autorange="reversed"),
    )
