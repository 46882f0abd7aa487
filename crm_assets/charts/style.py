"""How every chart looks: colours, fonts, margins, axes. No data and no texts belong here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

FONT = "Pretendard, 'Noto Sans KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif"

# Stand-ins that report.js replaces by the page's light or dark colours when it draws; Plotly would refuse
# names such as var(--ink), and on their own these are near black.
INK, MUTED, GRID, PAPER, HEAT = (f"rgb(1,2,{i})" for i in range(3, 8))

# Paul Tol's bright scheme, then his light one: told apart with every common colour blindness and legible
# on white and on near black. A type keeps its colour in every chart.
SEGMENTS = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#AA3377",
    "#66CCEE",
    "#EE8866",
    "#44BB99",
    "#9966CC",
    "#888888",
)
ACCENT, ACCENT_SOFT = "#2F7F8F", "#A9C4CC"
SHADES = ("#31506F", "#6485A6", "#9DB4CB", "#CBD8E4", "#E6ECF2")  # parts of a whole that are no types
BAND_ENDS = ((29, 66, 102), (216, 227, 237))


def segment_colour(segment_id: str, order: Sequence[str]) -> str:
    """The colour of a type: by its place in the stable order of types, grey for one not in it."""
    known = list(order)
    return SEGMENTS[known.index(segment_id) % len(SEGMENTS)] if segment_id in known else SEGMENTS[-1]


def band_colours(count: int) -> list[str]:
    """From deep (first band) to pale (last), evenly."""
    steps = max(count - 1, 1)
    mixed = ([round(a + (b - a) * i / steps) for a, b in zip(*BAND_ENDS, strict=True)] for i in range(count))
    return [f"rgb({r},{g},{b})" for r, g, b in mixed]


def legible_on(colour: str) -> str:
    """Near black or white, whichever stands out more against an ``rgb(r,g,b)`` (WCAG luminance)."""
    parts = [int(v) / 255 for v in colour[4:-1].split(",")]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    luminance = sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#10202e" if luminance > 0.18 else "#ffffff"


def plain(text: str) -> str:
    """A text that Plotly shows as it is: names come from files, and Plotly would read tags in them."""
    return html.escape(str(text), quote=False)


def wrapped(text: str, width: int = 5) -> str:
    """A label broken at spaces and hyphens, for narrow columns."""
    lines: list[str] = []
    for word in str(text).replace("-", "- ").split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += ("" if lines[-1].endswith("-") else " ") + word
        else:
            lines.append(word)
    return "<br>".join(plain(line) for line in lines)


@dataclass(frozen=True)
class Chart:
    """Traces and a layout, as Plotly draws them.

    ``go.Figure`` would check and copy each property once more, a quarter of a report's time, so only the tests make one
    of every chart.
    """

    data: tuple[BaseTraceType, ...]
    properties: dict[str, Any]

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.properties["height"])

    @property
    def layout(self) -> go.Layout:
        return go.Layout(self.properties)

    def to_plotly_json(self) -> dict[str, Any]:
        return {"data": [trace.to_plotly_json() for trace in self.data], "layout": self.properties}


def figure(traces: Sequence[BaseTraceType], height: int, **layout: Any) -> Chart:
    """A chart in the house style."""
    base = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 12, "b": 8, "pad": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONT, "size": 13}, "align": "left"},
        "showlegend": False,
        "dragmode": False,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": 12},
        },
    }
    return Chart(tuple(traces), base | layout)


def value_axis(ticks: tuple[list[float], list[str]] | None = None, title: str = "", **more: Any) -> dict[str, Any]:
    """An axis of numbers; without ticks it is not drawn, for charts whose bars carry their figures."""
    axis: dict[str, Any] = {"fixedrange": True, "zeroline": False, "automargin": True, "rangemode": "tozero"}
    if ticks is None:
        return axis | {"visible": False} | more
    axis |= {"tickvals": ticks[0], "ticktext": ticks[1], "gridcolor": GRID, "tickfont": {"size": 11, "color": MUTED}}
    if title:
        axis["title"] = {"text": plain(title), "font": {"size": 12, "color": MUTED}, "standoff": 8}
    return axis | more


def category_axis(ids: Sequence[str], labels: Sequence[str], title: str = "", **more: Any) -> dict[str, Any]:
    """An axis of names: placed by id, so that equal names stay two places and "1" stays a name."""
    axis: dict[str, Any] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(ids),
        "fixedrange": True,
        "tickvals": list(ids),
        "ticktext": list(labels),
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"size": 12},
        "ticks": "",
    }
    if title:
        axis["title"] = {"text": plain(title), "font": {"size": 12, "color": MUTED}, "standoff": 8}
    return axis | more
