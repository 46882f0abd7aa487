"""The results as one page of charts: the cost curve of every stage, the ways beside the raw scan, the must-holds.

The page opens offline. Looks are those of ``charts.style``, whose stand-ins for the report's colours are replaced here.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from crm_assets.bench.limits import judge
from crm_assets.bench.results import CPU, Results
from crm_assets.bench.stages import FROM_CSV, SHOWN
from crm_assets.bench.table import WAYS
from crm_assets.charts.style import (
    ACCENT,
    GRID,
    HEAT,
    INK,
    MUTED,
    PAPER,
    SEGMENTS,
    Chart,
    category_axis,
    figure,
    plain,
    value_axis,
)
from crm_assets.files import write_text

COLOURS = {INK: "#10202e", MUTED: "#5b6b7a", GRID: "#dde3e8", PAPER: "#ffffff", HEAT: "#ffffff"}
ROW = 34  # pixels of a bar
BROKEN = "#EE6677"


def write_chart(results: Results, file: Path) -> Path:
    """Write the page; returns its path."""
    blocks = [
        f"<h2>{html.escape(title)}</h2><div id='chart-{n}'></div>"
        f"<script>Plotly.newPlot('chart-{n}', {_json(chart)}, {{displayModeBar: false, responsive: true}})</script>"
        for n, (title, chart) in enumerate(charts(results))
    ]
    head = "<!doctype html><html lang='en'><meta charset='utf-8'><title>crm bench</title>"
    look = "<style>body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#10202e}</style>"
    write_text(file, "\n".join([head, look, f"<script>{get_plotlyjs()}</script>", *blocks, "</html>\n"]))
    return file


def charts(results: Results) -> Iterator[tuple[str, Chart]]:
    """Titles and charts of what was measured."""
    if results.of("stages"):
        yield "CPU seconds of a stage by million lines", cost_curves(results)
    for entry in results.of("peers"):
        ways = {name: entry.value([name], CPU) for name in WAYS}
        yield f"CPU seconds at {entry.size:g} M lines", bars({WAYS[n]: v for n, v in ways.items() if v is not None})
    if verdicts := list(judge(results)):
        shares = {v.limit.name: v.share for v in verdicts}
        yield "Must hold: measured, as a share of what it may be", bars(shares, most=1.0)


def cost_curves(results: Results) -> Chart:
    """A line a stage, on logarithmic scales: a straight line of slope 1 is a cost in proportion."""
    traces = []
    for place, stage in enumerate((*SHOWN, FROM_CSV)):
        points = [(e.about["lines"] / 1e6, cpu) for e in results.of("stages") if (cpu := e.value([stage], CPU))]
        traces.append(
            go.Scatter(
                x=[x for x, _ in points],
                y=[y for _, y in points],
                name=plain(stage),
                mode="lines+markers",
                line={"color": SEGMENTS[place % len(SEGMENTS)], "dash": "solid" if place < len(SEGMENTS) else "dash"},
            )
        )
    scale = {"type": "log", "gridcolor": GRID, "tickfont": {"size": 11, "color": MUTED}, "automargin": True}
    return figure(
        traces,
        460,
        showlegend=True,
        legend={"orientation": "v"},
        xaxis=scale | {"title": {"text": "million lines"}},
        yaxis=scale | {"title": {"text": "CPU seconds"}},
    )


def bars(values: dict[str, float], most: float | None = None) -> Chart:
    """A lying bar a value, the first on top.

    Args:
        most: what they may be: a line; bars beyond it have another colour.
    """
    names = list(values)[::-1]
    colours = [BROKEN if most is not None and values[name] > most else ACCENT for name in names]
    trace = go.Bar(
        x=[values[name] for name in names],
        y=names,
        orientation="h",
        marker={"color": colours},
        text=[f"{values[name]:.2f}" for name in names],
        textposition="outside",
        cliponaxis=False,
    )
    line = {
        "type": "line",
        "x0": most,
        "x1": most,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": MUTED, "dash": "dot"},
    }
    return figure(
        [trace],
        60 + ROW * len(names),
        xaxis=value_axis(range=[0, 1.15 * max([*values.values(), most or 0])]),
        yaxis=category_axis(names, [plain(name) for name in names]),
        shapes=[] if most is None else [line],
    )


def _json(chart: Chart) -> str:
    text = json.dumps(chart.to_plotly_json(), ensure_ascii=False).replace("</", "<\\/")
    for stand_in, colour in COLOURS.items():
        text = text.replace(stand_in, colour)
    return text
