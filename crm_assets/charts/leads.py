"""The chart of leads: how much better than at random the list is, tenth by tenth."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import ACCENT, ACCENT_SOFT, INK, PAPER, Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words


def lift_bars(frame: pd.DataFrame, words: Words) -> Chart:
    """A bar per tenth of the leads, the best first: how many times the rate of all it converts; 1 is a list at random.

    Frame: decile, lift, rate, captured_share.
    """
    lifts = [float(v) for v in frame["lift"]]
    labels = [words.text("leads.tenth", place=int(d)) for d in frame["decile"]]
    told = [f"{words.figure('ratio', lift)} · {words.figure('share', float(rate))}"
            for lift, rate in zip(lifts, frame["rate"], strict=True)]  # fmt: skip
    captured = [words.figure("share", float(v)) for v in frame["captured_share"]]
    places = [str(i) for i in range(len(labels))]
    bar = go.Bar(
        x=lifts,
        y=places,
        orientation="h",
        width=0.62,
        marker={"color": [ACCENT if lift >= 1 else ACCENT_SOFT for lift in lifts], "cornerradius": 2},
        hoverinfo="text",
        hovertext=[
            plain(words.text("leads.captured", tenth=label, lift=text, share=share))
            for label, text, share in zip(labels, told, captured, strict=True)
        ],
    )
    ends = [
        {"x": lift, "y": place, "text": plain(text), "showarrow": False, "xanchor": "left", "xshift": 6,
         "font": {"color": INK, "size": 12}}
        for lift, place, text in zip(lifts, places, told, strict=True)
    ]  # fmt: skip
    line = {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": INK, "width": 1, "dash": "dot"}}  # fmt: skip
    return figure(
        [bar],
        40 + 34 * len(labels),
        annotations=ends,
        shapes=[line],
        paper_bgcolor=PAPER,
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, max([*lifts, 1.0]) * 1.6]),
        yaxis=category_axis(places, labels, autorange="reversed"),
    )
