"""Charts of evidence: which measures set which types apart, and correlations with their intervals.

Each function takes a small frame and the words and returns a figure; what may be said is decided before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import ordered
from crm_assets.charts.style import (
    GRID,
    MUTED,
    PAPER,
    Chart,
    category_axis,
    figure,
    plain,
    segment_colour,
    value_axis,
    wrapped,
)
from crm_assets.charts.words import Words, signed
from crm_assets.statistics.evidence import SIZES

LARGEST = 19  # of a mark, in pixels
_LARGE = {kind: sizes[-1] for kind, sizes in SIZES.items()}  # an effect that counts as large fills its mark


def claim_grid(claims: pd.DataFrame, words: Words, names: Mapping[tuple[str, str], str]) -> Chart:
    """Measures down, types across: a triangle up or down where a claim is allowed, its size by the effect.

    Frame: segment_id, measure, category, direction, effect, effect_kind. ``names`` by (measure, category), in order.
    """
    ids, known = ordered(claims, words), list(words.segments)
    rows = [f"{measure}|{category}" for measure, category in names]
    labels = dict(zip(rows, names.values(), strict=True))
    traces = []
    for segment in ids:
        mine = claims[claims["segment_id"] == segment]
        places = [f"{m}|{c}" for m, c in zip(mine["measure"], mine["category"], strict=True)]
        strength = mine["effect"].abs() / mine["effect_kind"].map(_LARGE)
        traces.append(
            go.Scatter(
                x=[segment] * len(mine),
                y=places,
                mode="markers",
                cliponaxis=False,
                marker={
                    "symbol": ["triangle-up" if d == "above" else "triangle-down" for d in mine["direction"]],
                    "size": [LARGEST * (0.45 + 0.55 * min(float(s), 1.0)) for s in strength],
                    "color": segment_colour(segment, known),
                    "opacity": 1,
                    "line": {"width": 0},
                },
                hoverinfo="text",
                hovertext=[
                    plain(f"{words.segment(segment)} · {labels[y]} · {words.text(f'claims.{d}')} {signed(e)}")
                    for y, d, e in zip(places, mine["direction"], mine["effect"], strict=True)
                ],
            )
        )
    return figure(
        traces,
        70 + 27 * len(rows),
        margin={"l": 8, "r": 8, "t": 52, "b": 8, "pad": 8},
        xaxis=category_axis(
            ids,
            [wrapped(words.segment(s)) for s in ids],
            side="top",
            range=[-0.5, len(ids) - 0.5],
            tickfont={"size": 12},
        ),
        yaxis=category_axis(
            rows,
            [plain(labels[r]) for r in rows],
            autorange=None,
            range=[len(rows) - 0.5, -0.5],
            showgrid=True,
            gridcolor=GRID,
        ),
    )


def correlation_intervals(frame: pd.DataFrame, words: Words, signals: Sequence[str]) -> Chart:
    """Per type and series: r as it is (open dot) and freed of trend and weekdays (full dot), with 95 % intervals.

    Frame: segment_id, signal, r, low, high, detrended_r, detrended_low, detrended_high.
    """
    ids, known = ordered(frame, words), list(words.segments)
    rows = [f"{signal}|{segment}" for signal in signals for segment in ids]
    by_row = frame.set_index(frame["signal"] + "|" + frame["segment_id"])
    rows = [r for r in rows if r in by_row.index]
    colours = [segment_colour(r.split("|", 1)[1], known) for r in rows]
    shown = by_row.loc[rows]
    traces = [
        _intervals(shown, rows, colours, ("r", "low", "high"), -0.17, words.text("words.raw_r"), full=False),
        _intervals(
            shown,
            rows,
            colours,
            ("detrended_r", "detrended_low", "detrended_high"),
            0.17,
            words.text("words.detrended_r"),
            full=True,
        ),
    ]
    ticks = [-1.0, -0.5, 0.0, 0.5, 1.0]
    labels = [
        plain(f"{words.segment(r.split('|', 1)[1])} · {words.label('signal', r.split('|', 1)[0])}" if len(signals) > 1
              else words.segment(r.split("|", 1)[1]))
        for r in rows
    ]  # fmt: skip
    places = list(range(len(rows)))
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return figure(
        traces,
        84 + 40 * len(rows),
        shapes=[zero | {"line": {"color": MUTED, "width": 1.2}}],
        margin={"l": 8, "r": 12, "t": 12, "b": 8, "pad": 6},
        xaxis=value_axis(
            (ticks, [f"{v:g}".replace("-", "−") for v in ticks]), "r", rangemode="normal", range=[-1.02, 1.02]
        ),
        yaxis=value_axis((places, labels), range=[len(rows) - 0.5, -0.5], rangemode="normal", showgrid=False)
        | {"tickfont": {"size": 12}},
    )


def _intervals(shown, rows, colours, columns, shift, name, full) -> go.Scatter:
    middle, low, high = (shown[c].astype(float) for c in columns)
    known = [i for i, v in enumerate(middle) if pd.notna(v)]
    written = [[signed(column.iloc[i]) for column in (middle, low, high)] for i in known]
    return go.Scatter(
        name=plain(name),
        x=[float(middle.iloc[i]) for i in known],
        y=[i + shift for i in known],
        mode="markers",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [float(high.iloc[i] - middle.iloc[i]) for i in known],
            "arrayminus": [float(middle.iloc[i] - low.iloc[i]) for i in known],
            "thickness": 1.4,
            "width": 0,
            "color": MUTED,
        },
        marker={
            "size": 10,
            "color": [colours[i] for i in known] if full else PAPER,
            "opacity": 1,
            "line": {"width": 2, "color": [colours[i] for i in known]},
        },
        hoverinfo="text",
        hovertext=[plain(f"{name} {m} ({least} – {most})") for m, least, most in written],
    )
