"""Charts that place things in a plane: the loyalty and spend map of types, the grid of types and bands.

Each function takes a small frame and the words and returns a figure; what a measure means, and which chart
shows it, is the report's part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.bars import ordered
from crm_assets.charts.style import (
    HEAT,
    INK,
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
from crm_assets.charts.words import Words

LOG_FROM = 8  # largest over smallest place from which an axis is logarithmic
LARGEST = 72  # diameter of the largest bubble, pixels
WIDTH = 2.2  # of the picture, in its heights
NAME_OFFSET = 0.17  # of a name from its bubble's centre, in heights
STEPS = (1, 2, 5)  # ticks of a logarithmic axis, times powers of ten


def loyalty_map(frame: pd.DataFrame, words: Words) -> Chart:
    """Types by loyalty (mean receipts) and spend (mean amount); area = customers; dotted lines = everybody's means.
    Frame: segment_id (``all`` for everybody), frequency, monetary, customers."""
    rows = frame.set_index("segment_id")
    ids = sorted(ordered(frame, words), key=lambda s: -float(rows.at[s, "customers"]))  # the smaller on the larger
    x, y = ([float(rows.at[s, name]) for s in ids] for name in ("frequency", "monetary"))
    sizes = [float(rows.at[s, "customers"]) for s in ids]
    names = [f"{words.segment(s)} · {words.figure('customers', n)}" for s, n in zip(ids, sizes, strict=True)]
    bubbles = go.Scatter(
        x=x,
        y=y,
        mode="markers+text",
        text=[
            f"<b>{plain(words.segment(s))}</b> {plain(words.figure('customers', n))}"
            for s, n in zip(ids, sizes, strict=True)
        ],
        textposition=_sides(x, y),
        textfont={"size": 12, "color": INK},
        cliponaxis=False,
        marker={
            "size": sizes,
            "sizemode": "area",
            "sizeref": max(sizes) / LARGEST**2,
            "sizemin": 5,
            "color": [segment_colour(s, list(words.segments)) for s in ids],
            "opacity": 0.82,
            "line": {"width": 1.5, "color": PAPER},
        },
        hoverinfo="text",
        hovertext=[
            plain(f"{name} · {words.figure('receipts', a)} · {words.figure('currency', b)}")
            for name, a, b in zip(names, x, y, strict=True)
        ],
    )
    mean = [float(rows.at["all", name]) for name in ("frequency", "monetary")] if "all" in rows.index else []
    return figure(
        [bubbles],
        460,
        shapes=_crossing(*mean) if mean else [],
        margin={"l": 8, "r": 20, "t": 20, "b": 8, "pad": 4},
        xaxis=_place_axis(words, "receipts", x, words.text("words.frequency"), 0.16),
        yaxis=_place_axis(words, "currency", y, words.text("words.monetary"), 0.3),
    )


def _sides(x: Sequence[float], y: Sequence[float]) -> list[str]:
    """Names above or below the bubbles: on the side that lies farther from every other bubble."""
    places = list(zip(_in_picture(x, WIDTH), _in_picture(y, 1.0), strict=True))

    def room(i: int, offset: float) -> float:
        name = (places[i][0], places[i][1] + offset)
        return min((math.dist(name, p) for j, p in enumerate(places) if j != i), default=1.0)

    above = [room(i, NAME_OFFSET) >= room(i, -NAME_OFFSET) for i in range(len(places))]
    return ["top center" if a else "bottom center" for a in above]


def _in_picture(values: Sequence[float], length: float) -> list[float]:
    """Where the values lie along an axis of this length."""
    logs = [math.log(max(v, 1e-9)) for v in values]
    span = (max(logs) - min(logs)) or 1.0
    return [(v - min(logs)) / span * length for v in logs]


def _crossing(frequency: float, monetary: float) -> list[dict]:
    line = {"type": "line", "layer": "below", "line": {"color": MUTED, "width": 1, "dash": "dot"}}
    return [
        {**line, "x0": frequency, "x1": frequency, "y0": 0, "y1": 1, "yref": "paper"},
        {**line, "y0": monetary, "y1": monetary, "x0": 0, "x1": 1, "xref": "paper"},
    ]


def _place_axis(words: Words, unit: str, values: Sequence[float], title: str, room: float) -> dict:
    """Logarithmic where the places lie far apart, with room for bubbles and names, as a share of the span."""
    low, top = min(values), max(values)
    if low <= 0 or top < LOG_FROM * low:
        ticks = words.ticks(unit, top)
        return value_axis(ticks, title, range=[min(low, 0) - room / 4 * top, top * (1.1 + room)])
    span = math.log10(top / low)
    lower, upper = math.log10(low) - room * span, math.log10(top) + room * span
    powers = [10.0**e for e in range(math.floor(lower), math.ceil(upper) + 1)]
    places = [s * p for p in powers for s in STEPS if lower <= math.log10(s * p) <= upper]
    labels = [words.short(unit, int(p) if p >= 1 else p) for p in places]
    return value_axis((places, labels), title, type="log", range=[lower, upper], rangemode="normal")


def cell_grid(frame: pd.DataFrame, words: Words) -> Chart:
    """Bands down, types across; colour and upper figure = share of revenue, lower = share of customers; small
    valuable cells are framed. Frame: segment_id, rfm_band, customer_share, revenue_share, small_valuable."""
    ids, present = ordered(frame, words), set(frame["rfm_band"])
    bands = [b for b in words.bands if b in present] + sorted(present - set(words.bands))
    cells = {(r.segment_id, r.rfm_band): r for r in frame.itertuples(index=False)}

    def at(band: str, segment: str, name: str) -> float | None:
        value = getattr(cells.get((segment, band)), name, None)
        return None if value is None or pd.isna(value) else float(value)

    def shown(band: str, segment: str) -> str:
        if (segment, band) not in cells:
            return ""
        revenue, customers = at(band, segment, "revenue_share"), at(band, segment, "customer_share")
        return f"<b>{_percent(revenue)}</b><br>{_percent(customers)}"  # below each other: a phone is narrow

    def told(band: str, segment: str) -> str:
        if (segment, band) not in cells:
            return ""
        shares = [
            f"{words.text(f'words.{name}')} {words.figure('share', at(band, segment, name))}"
            for name in ("revenue_share", "customer_share")
        ]
        return plain(" · ".join([words.segment(segment), words.band(band), *shares]))

    values = [[at(b, s, "revenue_share") for s in ids] for b in bands]
    heat = go.Heatmap(
        z=values,
        x=ids,
        y=bands,
        colorscale=[[0, PAPER], [1, HEAT]],
        zmin=0,
        zmax=max((v for row in values for v in row if v is not None), default=0) or 1.0,
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[shown(b, s) for s in ids] for b in bands],
        texttemplate="%{text}",
        textfont={"size": 12, "color": INK},
        hoverinfo="text",
        hovertext=[[told(b, s) for s in ids] for b in bands],
    )
    marked = frame.loc[frame["small_valuable"].notna(), ["segment_id", "rfm_band"]]
    frames = [_framed(ids.index(s), bands.index(b)) for s, b in marked.itertuples(index=False)]
    return figure(
        [heat],
        70 + 44 * len(bands),
        shapes=frames,
        margin={"l": 8, "r": 8, "t": 48, "b": 8, "pad": 6},
        xaxis=category_axis(
            ids, [wrapped(words.segment(s)) for s in ids], side="top", autotickangles=[0, -60], tickfont={"size": 11}
        ),
        yaxis=category_axis(bands, [plain(words.band(b)) for b in bands], autorange="reversed"),
    )


def _framed(column: int, row: int) -> dict:
    return {
        "type": "rect",
        "x0": column - 0.47,
        "x1": column + 0.47,
        "y0": row - 0.44,
        "y1": row + 0.44,
        "line": {"color": INK, "width": 2},
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f}"
