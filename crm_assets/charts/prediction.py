"""Charts that judge the model of new customers: scores, months, calibration, abstention, what matters to it.

Each function takes a small frame and the words and returns a figure; what a measure means, and which chart
shows it, is the report's part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import (
    ACCENT,
    ACCENT_SOFT,
    GRID,
    INK,
    MUTED,
    SHADES,
    Chart,
    category_axis,
    figure,
    plain,
    value_axis,
    wrapped,
)
from crm_assets.charts.words import Words

COLOURS = {
    "seed": SHADES[1],
    "cold_start": ACCENT,
    "latent_type": ACCENT,
    "majority": "#9AA0A6",
    "prior": "#C9CDD2",
}
SHARES = [i / 5 for i in range(6)]  # ticks of an axis of shares
HOLLOW = "rgba(0,0,0,0)"
MOST_MONTHS = 12  # labels of months that stand side by side


def model_scores(frame: pd.DataFrame, words: Words, slices: Sequence[str]) -> Chart:
    """A group of columns per slice (full history, 1, 2, 3 receipts), one column per model and protocol.
    Frame: series, slice, value; the series' order is that of their first rows."""
    traces = []
    for series in dict.fromkeys(frame["series"]):
        values = frame[frame["series"] == series].set_index("slice")["value"]
        y = [float(values[s]) if s in values.index else None for s in slices]
        traces.append(
            go.Bar(
                name=plain(words.label("series", series)),
                x=list(slices),
                y=y,
                marker={"color": COLOURS.get(series, GRID), "cornerradius": 2},
                text=["" if v is None else f"{v:.2f}" for v in y],
                textposition="outside",
                textangle=0,
                cliponaxis=False,
                textfont={"size": 11},
                hoverinfo="text",
                constraintext="outside",
                hovertext=[
                    plain(f"{words.label('series', series)} · {words.label('slice', s)} {words.figure('score', v)}")
                    for s, v in zip(slices, y, strict=True)
                ],
            )
        )
    top = float(frame["value"].max())
    ticks = words.ticks("score", top)
    return figure(
        traces,
        380,
        barmode="group",
        bargap=0.24,
        bargroupgap=0.04,
        showlegend=True,
        uniformtext={"minsize": 10, "mode": "hide"},  # on a phone the columns are narrower than their figures
        margin={"l": 8, "r": 8, "t": 64, "b": 8, "pad": 4},
        xaxis=category_axis(slices, [plain(words.label("slice", s)) for s in slices], tickangle=0),
        yaxis=value_axis(ticks, words.text("words.macro_f1"), range=[0, max(ticks[0][-1], top * 1.12)]),
    )


def scores_by_month(frame: pd.DataFrame, words: Words) -> Chart:
    """A line per model over months, baselines dotted.

    Args:
        frame: month (2021-03), model, value (macro-F1), base (customers); in order of the models.
    """
    months = sorted(set(frame["month"]))
    step = -(-len(months) // MOST_MONTHS)
    traces = []
    for model in dict.fromkeys(frame["model"]):
        rows = frame[frame["model"] == model].set_index("month").reindex(months)
        name, baseline = words.label("model", model), model != "latent_type"
        traces.append(
            go.Scatter(
                name=plain(name),
                x=months,
                y=[None if pd.isna(v) else float(v) for v in rows["value"]],
                mode="lines+markers",
                line={"color": COLOURS.get(model, MUTED), "width": 2 if baseline else 2.75,
                      "dash": "dot" if baseline else "solid"},
                marker={"size": 5 if baseline else 7},
                hoverinfo="text",
                hovertext=[
                    "" if pd.isna(v) else plain(f"{m} · {name} {v:.2f} · {words.figure('customers', int(n))}")
                    for m, v, n in zip(months, rows["value"], rows["base"], strict=True)
                ],
            )
        )  # fmt: skip
    ticks = words.ticks("score", float(frame["value"].max()))
    return figure(
        traces,
        320,
        showlegend=True,
        margin={"l": 8, "r": 12, "t": 44, "b": 8, "pad": 4},
        xaxis=category_axis(months, [m if i % step == 0 else "" for i, m in enumerate(months)], tickangle=-45),
        yaxis=value_axis(ticks, words.text("words.macro_f1"), range=[0, ticks[0][-1] * 1.05]),
    )


def reliability(frame: pd.DataFrame, words: Words) -> Chart:
    """What was stated against what came true, a dot per bin; on the diagonal both are the same.

    Args:
        frame: stated, right (shares), base (rows of the bin); by stated.
    """
    stated, right = ([float(v) for v in frame[c]] for c in ("stated", "right"))
    dots = go.Scatter(
        x=stated,
        y=right,
        mode="lines+markers",
        cliponaxis=False,
        line={"color": ACCENT, "width": 1.5},
        marker={"size": 10, "color": ACCENT},
        hoverinfo="text",
        hovertext=[
            plain(
                f"{words.text('words.stated')} {words.figure('share', s)} · {words.text('words.right')} "
                f"{words.figure('share', r)} · {words.figure('rows', int(n))}"
            )
            for s, r, n in zip(stated, right, frame["base"], strict=True)
        ],
    )
    diagonal = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "layer": "below",
                "line": {"color": MUTED, "width": 1.25, "dash": "dot"}}  # fmt: skip
    ticks = (SHARES, [f"{v:.0%}" for v in SHARES])
    return figure(
        [dots],
        340,
        shapes=[diagonal],
        margin={"l": 8, "r": 16, "t": 12, "b": 8, "pad": 4},
        xaxis=value_axis(ticks, words.text("words.stated"), range=[0, 1], gridcolor=GRID),
        yaxis=value_axis(ticks, words.text("words.right"), range=[0, 1]),
    )


def abstention(frame: pd.DataFrame, words: Words, floor: float | None) -> Chart:
    """Share answered, and share of the answers that are right, by the floor; the floor in use is an upright line.

    Args:
        frame: floor, answered, accuracy (null = too few answers to say); by floor.
    """
    floors = [float(v) for v in frame["floor"]]
    traces = []
    for column, word, colour in (("accuracy", "answers_right", ACCENT), ("answered", "answered", SHADES[1])):
        name = words.text(f"words.{word}")
        traces.append(
            go.Scatter(
                name=plain(name),
                x=floors,
                y=[None if pd.isna(v) else float(v) for v in frame[column]],
                mode="lines+markers",
                cliponaxis=False,
                line={"color": colour, "width": 2.25, "dash": "solid" if column == "accuracy" else "dash"},
                marker={"size": 6},
                hoverinfo="text",
                hovertext=[
                    ""
                    if pd.isna(v)
                    else plain(f"{words.figure('share', f)} · {name} {words.figure('share', float(v))}")
                    for f, v in zip(floors, frame[column], strict=True)
                ],
            )
        )
    shapes, notes = _floor(words, floor)
    ticks = (SHARES, [f"{v:.0%}" for v in SHARES])
    return figure(
        traces,
        340,
        shapes=shapes,
        annotations=notes,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 64, "b": 8, "pad": 4},
        legend={"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom", "itemclick": False,
                "itemdoubleclick": False, "font": {"size": 12}},
        xaxis=value_axis(ticks, words.text("words.floor"), range=[0, 1], gridcolor=GRID),
        yaxis=value_axis(ticks, range=[0, 1.02]),
    )  # fmt: skip


def _floor(words: Words, floor: float | None) -> tuple[list[dict], list[dict]]:
    if floor is None:
        return [], []
    line = {"type": "line", "x0": floor, "x1": floor, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": INK, "width": 1.5, "dash": "dot"}}  # fmt: skip
    text = plain(words.text("model.floor_in_use", floor=words.figure("share", floor)))
    note = {"x": floor, "y": 1, "yref": "paper", "yanchor": "bottom", "text": text, "showarrow": False,
            "font": {"size": 12, "color": MUTED}}  # fmt: skip
    return [line], [note]


def importance_bars(frame: pd.DataFrame, words: Words, names: Mapping[str, str], unit: str) -> Chart:
    """A bar per model column, the most important on top; in full colour those that both methods have among their ten,
    hollow those not distinguishable from zero.

    Args:
        frame: model_column, importance, in_both, is_clear, optionally spread (a whisker); most important first.
        names: what a reader calls each column.
        unit: of the importance.
    """
    ids, values = list(frame["model_column"]), [float(v) for v in frame["importance"]]
    spread = frame["spread"].fillna(0.0) if "spread" in frame else pd.Series(0.0, index=frame.index)
    colours = [ACCENT if b else ACCENT_SOFT for b in frame["in_both"]]
    bar = go.Bar(
        x=values,
        y=ids,
        orientation="h",
        width=0.62,
        marker={"color": [colour if c else HOLLOW for colour, c in zip(colours, frame["is_clear"], strict=True)],
                "line": {"color": colours, "width": 1.2}, "cornerradius": 2},
        error_x={"type": "data", "array": [float(v) for v in spread], "color": INK, "thickness": 1.2, "width": 3,
                 "visible": bool((spread > 0).any())},
        hoverinfo="text",
        hovertext=[plain(f"{names[i]} {words.figure(unit, v)}") for i, v in zip(ids, values, strict=True)],
    )  # fmt: skip
    ends = [
        {"x": max(v, 0.0) + float(s), "y": i, "text": plain(words.figure(unit, v)), "xanchor": "left", "xshift": 5,
         "showarrow": False, "font": {"size": 12}}
        for i, v, s in zip(ids, values, spread, strict=True)
    ]  # fmt: skip
    top, low = max([*values, 0.0]), min([*values, 0.0])
    return figure(
        [bar],
        40 + 40 * len(ids),
        annotations=ends,
        margin={"l": 8, "r": 8, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[low * 1.1, (top + float(spread.max())) * 1.3 or 1.0]),
        yaxis=category_axis(ids, [wrapped(names[i], 24) for i in ids], autorange="reversed"),
    )
