"""Charts made of areas or of a curve over K: the treemap of bands, shares as a grid, the elbow."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import ordered
from crm_assets.charts.style import (
    ACCENT,
    GRID,
    HEAT,
    INK,
    MUTED,
    PAPER,
    Chart,
    band_colours,
    category_axis,
    figure,
    legible_on,
    plain,
    value_axis,
    wrapped,
)
from crm_assets.charts.words import Words


def band_treemap(bands: pd.DataFrame, words: Words) -> Chart:
    """Area = customers of a band, depth of colour = its place in the table. Frame: rfm_band, customers."""
    rows = bands.set_index("rfm_band")["customers"]
    shades = dict(zip(words.bands, band_colours(len(words.bands)), strict=True))
    ids = [b for b in words.bands if b in rows.index and rows[b] > 0]
    total = float(rows.sum()) or 1.0
    shown = [
        f"{words.figure('customers', float(rows[b]))}<br>{words.figure('share', float(rows[b]) / total)}" for b in ids
    ]
    tree = go.Treemap(
        ids=ids,
        labels=[plain(words.band(b)) for b in ids],
        parents=[""] * len(ids),
        values=[float(rows[b]) for b in ids],
        text=shown,
        textinfo="label+text",
        hovertemplate="%{label}<br>%{text}<extra></extra>",
        textposition="top left",
        marker={
            "colors": [shades[b] for b in ids],
            "line": {"width": 2, "color": PAPER},
            "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            "cornerradius": 3,
        },
        tiling={"pad": 0},
        pathbar={"visible": False, "textfont": {"size": 12, "color": INK}},
        insidetextfont={"size": 13, "color": [legible_on(shades[b]) for b in ids]},
        root={"color": "rgba(0,0,0,0)"},
    )
    return figure([tree], 420, margin={"l": 0, "r": 0, "t": 0, "b": 0})


def share_grid(frame: pd.DataFrame, words: Words, group: str, categories: Sequence[str]) -> Chart:
    """Categories down, types across, the share in each cell. Frame: segment_id, category, value (share)."""
    ids = (["all"] if "all" in set(frame["segment_id"]) else []) + ordered(frame, words)
    grid = frame.pivot(index="category", columns="segment_id", values="value").reindex(
        index=list(categories), columns=ids
    )
    cells = [[None if pd.isna(v) else float(v) for v in row] for row in grid.to_numpy()]
    heat = go.Heatmap(
        z=cells,
        x=ids,
        y=list(categories),
        colorscale=[[0, PAPER], [1, HEAT]],
        zmin=0,
        zmax=float(grid.max().max()) or 1.0,
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[_percent(v) for v in row] for row in cells],
        texttemplate="%{text}",
        textfont={"size": 12, "color": INK},
        hoverinfo="text",
        hovertext=[
            [
                plain(f"{words.segment(s)} · {words.label(group, c)} {words.figure('share', v)}")
                for s, v in zip(ids, row, strict=True)
            ]
            for c, row in zip(categories, cells, strict=True)
        ],
    )
    return figure(
        [heat],
        70 + 32 * len(categories),
        margin={"l": 8, "r": 8, "t": 48, "b": 8, "pad": 6},
        xaxis=category_axis(
            ids, [wrapped(words.segment(s)) for s in ids], side="top", autotickangles=[0, -60], tickfont={"size": 11}
        ),
        yaxis=category_axis(categories, [plain(words.label(group, c)) for c in categories], autorange="reversed"),
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f}"


def k_scan(frame: pd.DataFrame, words: Words, chosen: int | None, axis_title: str) -> Chart:
    """A measure over the number of types, the chosen one marked. Frame: k, value."""
    rows = frame.sort_values("k")
    ks, values = [int(k) for k in rows["k"]], [float(v) for v in rows["value"]]
    marked = [k == chosen for k in ks]
    curve = go.Scatter(
        x=ks,
        y=values,
        mode="lines+markers+text",
        hoverinfo="text",
        cliponaxis=False,
        line={"color": ACCENT, "width": 2.25},
        marker={
            "size": [13 if m else 7 for m in marked],
            "color": ACCENT,
            "opacity": 1,
            "line": {"width": 2, "color": PAPER},
        },
        text=[f"<b>{_number(v)}</b>" if m else "" for v, m in zip(values, marked, strict=True)],
        textposition="top right",
        hovertext=[f"K = {k} · {_number(v)}" for k, v in zip(ks, values, strict=True)],
    )
    top = max([*values, 0.0])
    ticks = words.ticks("score", top)
    line = {
        "type": "line",
        "x0": chosen,
        "x1": chosen,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "below",
        "line": {"color": MUTED, "width": 1, "dash": "dot"},
    }
    return figure(
        [curve],
        300,
        shapes=[line] if any(marked) else [],
        margin={"l": 8, "r": 16, "t": 20, "b": 8, "pad": 4},
        xaxis=value_axis(
            (ks, [str(k) for k in ks]),
            words.text("words.k"),
            rangemode="normal",
            showgrid=False,
            range=[ks[0] - 0.4, ks[-1] + 0.4],
        ),
        yaxis=value_axis(ticks, axis_title, range=[min([0, *values]), max(ticks[0][-1], top) * 1.05], gridcolor=GRID),
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3f}"
