"""Charts that judge a clustering: silhouettes of every cluster over K, sorted silhouettes, sizes side by side.

Each function takes a small frame and the words and returns a figure; what a measure means, and which chart shows it, is
the report's part.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import ordered
from crm_assets.charts.style import (
    ACCENT,
    ACCENT_SOFT,
    GRID,
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

LARGEST_DOT = 34  # pixels across, of a cluster that holds everybody
NOISE_COLOUR = "#C9CDD2"
BAND_GAP = 0.025  # between two types, share of the height


def clusters_by_k(frame: pd.DataFrame, words: Words, chosen: int | None) -> Chart:
    """A dot per cluster of every K at its silhouette, its area the share of customers; the mean as a line.
    Frame: k, place (by size, from 1), value (silhouette), share, mean (silhouette of the K)."""
    rows = frame.sort_values(["k", "place"])
    ks = sorted({int(k) for k in rows["k"]})
    means = rows.drop_duplicates("k").set_index("k")["mean"]
    dots = go.Scatter(
        name=plain(words.text("clusters.dot")),
        x=[int(k) for k in rows["k"]],
        y=[float(v) for v in rows["value"]],
        mode="markers",
        cliponaxis=False,
        marker={
            "size": [max(LARGEST_DOT * float(s) ** 0.5, 4) for s in rows["share"]],
            "color": [ACCENT if int(k) == chosen else ACCENT_SOFT for k in rows["k"]],
            "opacity": 0.85,
            "line": {"width": 1, "color": PAPER},
        },
        hoverinfo="text",
        hovertext=[
            plain(f"K = {int(k)} · {words.figure('score', float(v))} · {words.figure('share', float(s))}")
            for k, v, s in zip(rows["k"], rows["value"], rows["share"], strict=True)
        ],
    )
    line = go.Scatter(
        name=plain(words.text("words.silhouette_mean")),
        x=ks,
        y=[float(means[k]) for k in ks],
        mode="lines",
        line={"color": INK, "width": 1.75, "dash": "dot"},
        hoverinfo="text",
        hovertext=[plain(f"K = {k} · {words.figure('score', float(means[k]))}") for k in ks],
    )
    top, low = max(float(rows["value"].max()), 0.0), min(float(rows["value"].min()), 0.0)
    ticks = words.ticks("score", top)
    return figure(
        [line, dots],
        340,
        showlegend=True,
        margin={"l": 8, "r": 16, "t": 44, "b": 8, "pad": 4},
        xaxis=value_axis(
            (ks, [str(k) for k in ks]),
            words.text("words.k"),
            rangemode="normal",
            showgrid=False,
            range=[ks[0] - 0.6, ks[-1] + 0.6],
        ),
        yaxis=value_axis(
            ticks,
            words.text("words.silhouette"),
            range=[low * 1.1 - 0.02, max(ticks[0][-1], top) * 1.08],
            gridcolor=GRID,
        ),
    )


def silhouette_profile(frame: pd.DataFrame, words: Words, shares: Mapping[str, float], mean: float | None) -> Chart:
    """The silhouettes of each type's customers, sorted; a band is as thick as the type is large, and ends where the
    silhouettes do. Frame: segment_id, quantile (0-1), value. ``shares``: share of customers per type."""
    ids = [s for s in ordered(frame, words) if shares.get(s, 0) > 0]
    total = sum(shares[s] for s in ids) or 1.0
    height, traces, middles, top = 1 - BAND_GAP * (len(ids) - 1), [], [], 1.0
    for s in ids:
        rows = frame[frame["segment_id"] == s].sort_values("quantile", ascending=False)
        thick = height * shares[s] / total
        values = [float(v) for v in rows["value"]]
        at = [top - (1 - float(q)) * thick for q in rows["quantile"]]
        colour = segment_colour(s, list(words.segments))
        middles.append(top - thick / 2)
        traces.append(
            go.Scatter(
                x=[0.0, *values, 0.0],
                y=[at[0], *at, at[-1]],
                mode="lines",
                fill="toself",
                fillcolor=colour,
                line={"color": colour, "width": 1},
                hoveron="fills",
                hoverinfo="text",
                text=plain(f"{words.segment(s)} {words.figure('share', shares[s] / total)}"),
            )
        )
        top -= thick + BAND_GAP
    shapes = [] if mean is None else [_upright(mean, INK, "dot")]
    low, high = float(frame["value"].min()), float(frame["value"].max())
    places = [i / 5 for i in range(-5, 6) if low - 0.1 <= i / 5 <= max(high, 0) + 0.1]
    return figure(
        traces,
        140 + 62 * len(ids),
        shapes=[_upright(0.0, MUTED, "solid"), *shapes],
        margin={"l": 8, "r": 16, "t": 12, "b": 8, "pad": 6},
        xaxis=value_axis((places, [f"{p:g}" for p in places]), words.text("words.silhouette"), rangemode="normal"),
        yaxis=value_axis(
            (middles, [plain(words.segment(s)) for s in ids]),
            showgrid=False,
            range=[-0.02, 1.02],
            tickfont={"size": 12},
        ),
    )


def _upright(at: float, colour: str, dash: str) -> dict:
    line = {"color": colour, "width": 1.5 if dash == "dot" else 1, "dash": dash}
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "layer": "above", "line": line}


def size_strips(frame: pd.DataFrame, words: Words, labels: Mapping[str, str], notes: Mapping[str, str]) -> Chart:
    """One full-width bar per clustering, cut by cluster from the largest on, noise pale at its end.
    Frame: row, place (from 1; 0 = noise), share. ``labels``: name per row, in order; ``notes``: text at its end."""
    rows = list(labels)
    grid = frame.pivot(index="place", columns="row", values="share").reindex(columns=rows).fillna(0.0)
    places = [*(p for p in grid.index if p > 0), *(p for p in grid.index if p == 0)]
    traces = [
        go.Bar(
            x=[float(v) for v in grid.loc[p]],
            y=rows,
            orientation="h",
            width=0.62,
            marker={
                "color": NOISE_COLOUR if p == 0 else SHADES[(int(p) - 1) % len(SHADES)],
                "line": {"width": 1, "color": PAPER},
            },
            text=[words.figure("share", float(v)) if v >= 0.09 else "" for v in grid.loc[p]],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="inside",
            hoverinfo="text",
            hovertext=[
                plain(f"{words.text('clusters.noise') if p == 0 else int(p)} · {words.figure('share', float(v))}")
                for v in grid.loc[p]
            ],
        )
        for p in places
    ]
    ends = [
        {"x": 1.01, "y": r, "text": plain(notes[r]), "xanchor": "left", "showarrow": False, "font": {"size": 12}}
        for r in rows
    ]
    return figure(
        traces,
        40 + 40 * len(rows),
        barmode="stack",
        annotations=ends,
        uniformtext={"minsize": 10, "mode": "hide"},
        margin={"l": 8, "r": 8, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, 1.2]),
        yaxis=category_axis(rows, [plain(labels[r]) for r in rows], autorange="reversed"),
    )
