"""Charts of experiments: differences of treated and held out, with what chance alone could make of them."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import MUTED, PAPER, Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words


def gain(words: Words, unit: str, value: float | None, *, short: bool = False) -> str:
    """A difference with its sign: +1.25%p of shares, −1,200원 of money; a dash where there is none."""
    if value is None or pd.isna(value):
        return "–"
    if unit == "share":
        figures = f"{abs(value) * 100:.10g}" if short else f"{abs(value) * 100:.2f}"
        return (f"{_sign(value)}{figures}%p") if float(figures) else f"{figures}%p"
    written = words.short if short else words.figure
    nothing = written(unit, 0.0)
    return nothing if written(unit, abs(value)) == nothing else _sign(value) + written(unit, abs(value))


def difference_intervals(frame: pd.DataFrame, words: Words, unit: str) -> Chart:
    """A point with its 95 % interval per row, and the line of no difference; full where a difference is sure.

    Frame: label, difference, low, high, sure (bool), colour. ``unit``: share or currency.
    """
    labels = [plain(t) for t in frame["label"]]
    values, low, high = ([float(v) for v in frame[name]] for name in ("difference", "low", "high"))
    told = [gain(words, unit, v) for v in values]
    places, colours = [str(i) for i in range(len(labels))], list(frame["colour"])
    dots = go.Scatter(
        x=values,
        y=places,
        mode="markers",
        cliponaxis=False,
        marker={
            "size": 11,
            "color": [c if sure else PAPER for c, sure in zip(colours, frame["sure"], strict=True)],
            "opacity": 1,
            "line": {"width": 2, "color": colours},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [b - v for v, b in zip(values, high, strict=True)],
            "arrayminus": [v - a for v, a in zip(values, low, strict=True)],
            "thickness": 1.4,
            "width": 0,
            "color": MUTED,
        },
        hoverinfo="text",
        hovertext=[
            f"{label} {plain(t)} ({plain(gain(words, unit, a))} – {plain(gain(words, unit, b))})"
            for label, t, a, b in zip(labels, told, low, high, strict=True)
        ],
    )
    ends = [
        {"x": b, "y": y, "text": plain(t), "xanchor": "left", "xshift": 6, "showarrow": False, "bgcolor": PAPER}
        for b, y, t in zip(high, places, told, strict=True)
    ]
    least, most = min([*low, 0.0]), max([*high, 0.0])
    reach = (most - least) or 1.0
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return figure(
        [dots],
        72 + 36 * len(labels),
        shapes=[zero | {"line": {"color": MUTED, "width": 1.2}}],
        annotations=ends,
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(
            _ticks(words, unit, least, most), rangemode="normal", range=[least - 0.05 * reach, most + 0.4 * reach]
        ),
        yaxis=category_axis(places, labels, autorange="reversed"),
    )


def _ticks(words: Words, unit: str, least: float, most: float) -> tuple[list[float], list[str]]:
    """Round places on both sides of 0 as far as the intervals reach."""
    steps, _ = words.ticks(unit, max(-least, most), 3)
    places = sorted({sign * step for step in steps for sign in (-1, 1)})
    places = [p for p in places if 1.2 * least <= p <= 1.2 * most or p == 0]
    return places, [plain(gain(words, unit, p, short=True)) for p in places]


def _sign(value: float) -> str:
    return "−" if value < 0 else "+"
