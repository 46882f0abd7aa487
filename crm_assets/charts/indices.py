"""The chart of customer indices: how customers are spread over each."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import HEAT, INK, PAPER, Chart, category_axis, figure, plain
from crm_assets.charts.words import Words

TENTHS = range(10)


def spread_over_tenths(frame: pd.DataFrame, words: Words) -> Chart:
    """A row per index, cut into tenths of 0–100; the darker, the more of its customers lie there.

    Frame: index_id, label, tenth (0–9), customers; indices in the order of the chart.
    """
    places = list(dict.fromkeys(frame["index_id"]))
    labels = list(frame.drop_duplicates("index_id")["label"])
    grid = frame.pivot(index="index_id", columns="tenth", values="customers").reindex(places, columns=list(TENTHS))
    shares = grid.fillna(0).div(grid.sum(axis=1), axis=0)
    values = [[float(v) for v in row] for row in shares.to_numpy()]
    ends = [f"{10 * t}–{10 * (t + 1)}" for t in TENTHS]
    heat = go.Heatmap(
        z=values,
        x=[str(t) for t in TENTHS],
        y=places,
        colorscale=[[0, PAPER], [1, HEAT]],
        zmin=0,
        zmax=max(map(max, values)) or 1.0,
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[words.figure("share", v) if v >= 0.005 else "" for v in row] for row in values],
        texttemplate="%{text}",
        textfont={"size": 11, "color": INK},
        hoverinfo="text",
        hovertext=[
            [f"{plain(label)} · {end} · {words.figure('share', v)}" for end, v in zip(ends, row, strict=True)]
            for label, row in zip(labels, values, strict=True)
        ],
    )
    return figure(
        [heat],
        70 + 36 * len(labels),
        margin={"l": 8, "r": 8, "t": 8, "b": 30, "pad": 6},
        xaxis=category_axis([str(t) for t in TENTHS], ends, words.text("indices.axis"), tickangle=0),
        yaxis=category_axis(places, [plain(label) for label in labels], autorange="reversed"),
    )
