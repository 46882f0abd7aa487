"""Charts of what groups have of a whole: customers against revenue.

Takes a small frame and the words and returns a figure; what a group means belongs to the report.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import ACCENT, ACCENT_SOFT, Chart, category_axis, figure, plain, value_axis
from crm_assets.charts.words import Words


def group_shares(frame: pd.DataFrame, words: Words) -> Chart:
    """Two bars per group, its share of customers and of revenue. Frame: label, customer_share, revenue_share."""
    labels = [plain(t) for t in frame["label"]]
    places = [str(i) for i in range(len(labels))]  # two groups may have one label
    traces = []
    for name, colour in (("customer_share", ACCENT_SOFT), ("revenue_share", ACCENT)):
        values = [None if pd.isna(v) else float(v) for v in frame[name]]
        told = [words.figure("share", v) for v in values]
        traces.append(
            go.Bar(
                name=plain(words.text(f"words.{name}")),
                x=values,
                y=places,
                orientation="h",
                text=told,
                textposition="outside",
                textfont={"size": 11},
                cliponaxis=False,
                marker={"color": colour, "cornerradius": 2},
                hoverinfo="text",
                hovertext=[
                    f"{label} · {plain(words.text(f'words.{name}'))} {share}"
                    for label, share in zip(labels, told, strict=True)
                ],
            )
        )
    top = max((v for t in traces for v in t.x if v is not None), default=1)
    return figure(
        traces,
        70 + 38 * len(labels),
        barmode="group",
        bargap=0.3,
        showlegend=True,
        margin={"l": 8, "r": 12, "t": 36, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, top * 1.22]),
        yaxis=category_axis(places, labels, autorange="reversed"),
    )
