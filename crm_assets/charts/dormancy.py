"""Charts of dormancy: who is expected to fall silent, and how well that is told."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import ACCENT, ACCENT_SOFT, INK, PAPER, Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words


def risk_bars(frame: pd.DataFrame, words: Words) -> Chart:
    """A bar per group, the share that is expected to fall silent; its label adds what is at risk.

    Frame: label, dormant_share, value_at_risk.
    """
    labels, shares = [plain(t) for t in frame["label"]], [float(v) for v in frame["dormant_share"]]
    told = [
        f"{words.figure('share', share)} · {words.short('currency', float(risk))}"
        for share, risk in zip(shares, frame["value_at_risk"], strict=True)
    ]
    places = [str(i) for i in range(len(labels))]
    bar = go.Bar(
        x=shares,
        y=places,
        orientation="h",
        width=0.62,
        marker={"color": ACCENT, "cornerradius": 2},
        hoverinfo="text",
        hovertext=[f"{label} {plain(text)}" for label, text in zip(labels, told, strict=True)],
    )
    return figure(
        [bar],
        40 + 40 * len(labels),
        annotations=_ends(shares, places, told),
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, max([*shares, 0.01]) * 2]),
        yaxis=category_axis(places, labels, autorange="reversed"),
    )


def candidate_scores(frame: pd.DataFrame, words: Words) -> Chart:
    """A point with its interval per candidate, the one that is served darker; 0.5 knows nothing.

    Frame: label, value, low, high, served (bool).
    """
    labels, values = [plain(t) for t in frame["label"]], [float(v) for v in frame["value"]]
    low, high = ([float(v) for v in frame[name]] for name in ("low", "high"))
    told = [words.figure("score", v) for v in values]
    places = [str(i) for i in range(len(labels))]
    least, most = min([*low, 0.5]), max([*high, 0.6])
    dots = go.Scatter(
        x=values,
        y=places,
        mode="markers",
        marker={"size": 11, "color": [INK if served else ACCENT_SOFT for served in frame["served"]],
                "line": {"width": 1.5, "color": ACCENT}},
        error_x={
            "type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 5,
            "array": [b - v for v, b in zip(values, high, strict=True)],
            "arrayminus": [v - a for v, a in zip(values, low, strict=True)],
        },
        hoverinfo="text",
        hovertext=[
            f"{label} {words.figure('score', v)} ({words.figure('score', a)} – {words.figure('score', b)})"
            for label, v, a, b in zip(labels, values, low, high, strict=True)
        ],
    )  # fmt: skip
    return figure(
        [dots],
        40 + 40 * len(labels),
        annotations=_ends(high, places, told),
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[least - 0.02, most + 0.5 * (most - least)]),
        yaxis=category_axis(places, labels, autorange="reversed"),
    )


def _ends(at: list[float], places: list[str], told: list[str]) -> list[dict[str, object]]:
    """Labels right of the marks."""
    return [
        {"x": x, "y": y, "text": plain(t), "xanchor": "left", "xshift": 6, "showarrow": False, "bgcolor": PAPER}
        for x, y, t in zip(at, places, told, strict=True)
    ]
