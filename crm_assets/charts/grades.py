"""The chart of S1's grades: two panes for recency, in each frequency across monetary."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import HEAT, INK, MUTED, PAPER, Chart, category_axis, figure, plain
from crm_assets.charts.words import Pair, Words

PLACES = {"HH": 0, "HL": 1, "LH": 2, "LL": 3}  # frequency and monetary of a row


def grade_map(grades: pd.DataFrame, words: Words, names: Mapping[str, Pair]) -> Chart:
    """Eight cells: recency across, frequency with monetary down, the share of customers in each.

    Frame: group_name (HHH … LLL), customers, customer_share, revenue_share.
    """
    rows = grades.set_index("group_name")
    cells = [[r + fm for r in "HL"] for fm in PLACES]
    shares = [[float(rows.at[g, "customer_share"]) for g in line] for line in cells]
    heat = go.Heatmap(
        z=shares,
        x=["H", "L"],
        y=list(PLACES),
        colorscale=[[0, PAPER], [1, HEAT]],
        zmin=0,
        zmax=max(map(max, shares)) or 1.0,
        showscale=False,
        xgap=3,
        ygap=3,
        text=[[_said(g, rows, words, names) for g in line] for line in cells],
        texttemplate="%{text}",
        textfont={"size": 12, "color": INK},
        hoverinfo="text",
        hovertext=[[_said(g, rows, words, names) for g in line] for line in cells],
    )
    labels = [words.text(f"grades.axis.{code}") for code in ("r_h", "r_l")]
    down = [words.text(f"grades.axis.{code.lower()}") for code in PLACES]
    return figure(
        [heat],
        360,
        margin={"l": 8, "r": 8, "t": 34, "b": 8, "pad": 6},
        xaxis=category_axis(["H", "L"], [plain(t) for t in labels], side="top", tickfont={"size": 12, "color": MUTED}),
        yaxis=category_axis(
            list(PLACES),
            ["<br>".join(plain(part) for part in text.split(" · ")) for text in down],
            autorange="reversed",
            tickfont={"size": 12, "color": MUTED},
        ),
    )


def _said(grade: str, rows: pd.DataFrame, words: Words, names: Mapping[str, Pair]) -> str:
    name = plain(getattr(names[grade], words.lang))
    count = words.figure("customers", float(rows.at[grade, "customers"]))
    share = words.figure("share", float(rows.at[grade, "customer_share"]))
    revenue = plain(f"{words.text('words.revenue')} {words.figure('share', float(rows.at[grade, 'revenue_share']))}")
    return f"<b>{name}</b><br>{count} · {share}<br>{revenue}"
