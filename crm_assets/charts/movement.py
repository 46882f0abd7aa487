"""Charts of movement: flows between the states of two months, and shares with their intervals.

A state is a type, an RFM band, or one of the codes under ``labels.movement_state`` of the texts (new, lapsed, …).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from crm_assets.charts.style import (
    ACCENT,
    ACCENT_SOFT,
    INK,
    MUTED,
    PAPER,
    Chart,
    category_axis,
    figure,
    plain,
    segment_colour,
    value_axis,
)
from crm_assets.charts.words import Words

GROUP = "movement_state"
OTHER = "other"  # where thin flows go together
COLOURS = {
    "new": ACCENT,
    "all_new": ACCENT,
    "first_purchase": ACCENT_SOFT,
    "lapsed": "#9AA0A6",
    "untyped": "#B9AE9C",
    OTHER: "#C9CDD2",
}
MOST_FLOWS, THIN = 30, 0.005  # more flows than that, and those below this share of all customers are put together
PAD, PER_STATE = 22, 58  # pixels between states, and for each of them


def state_name(words: Words, state: str) -> str:
    """A type's or band's name, else the word for the code."""
    if state in words.segments:
        return words.segment(state)
    return words.band(state) if state in words.bands else words.label(GROUP, state)


def state_colour(words: Words, state: str) -> str:
    if state in words.bands:
        return ACCENT
    return COLOURS.get(state) or segment_colour(state, list(words.segments))


def in_order_of_states(words: Words, states: Sequence[str]) -> list[str]:
    """Types or bands in their order, then types that have no place in it, then the codes as the texts list them."""
    known, codes, present = [*words.segments, *words.bands], words.texts.order(GROUP), set(states)
    others = sorted(present - set(known) - set(codes))
    return [s for s in (*known, *others, *codes) if s in present]


def flows(frame: pd.DataFrame, words: Words, before: str, after: str) -> Chart:
    """From the states of the month before, left, to those of the month, right; widths are customers.

    Args:
        frame: from_state, to_state, customers; one row per pair.
        before, after: names of the months, above the columns.
    """
    frame = _without_thin(frame)
    columns = [in_order_of_states(words, frame[c]) for c in ("from_state", "to_state")]
    height = 60 + PER_STATE * max(len(c) for c in columns)
    margin = {"l": 8, "r": 8, "t": 36, "b": 12}
    sizes = [frame.groupby(c)["customers"].sum() for c in ("from_state", "to_state")]
    total = float(frame["customers"].sum())
    nodes = [(side, s, int(sizes[side][s])) for side in (0, 1) for s in columns[side]]
    place = {(side, s): i for i, (side, s, _) in enumerate(nodes)}
    room = height - margin["t"] - margin["b"]
    names = [state_name(words, s) for _, s, _ in nodes]
    colours = [state_colour(words, s) for _, s, _ in nodes]
    told = [plain(f"{n} {words.figure('customers', size)}") for n, (_, _, size) in zip(names, nodes, strict=True)]
    middles = _middles(columns, sizes, total, room)
    pairs = list(frame[["from_state", "to_state", "customers"]].itertuples(index=False))
    sankey = go.Sankey(
        arrangement="fixed",
        node={
            "label": [""] * len(nodes),  # Plotly's own labels are struck through by thin flows
            "color": colours,
            "x": [0.001 if side == 0 else 0.999 for side, _, _ in nodes],
            "y": middles,
            "pad": PAD,
            "thickness": 14,
            "line": {"width": 0},
            "customdata": told,
            "hovertemplate": "%{customdata}<extra></extra>",
        },
        link={
            "source": [place[0, f] for f, _, _ in pairs],
            "target": [place[1, t] for _, t, _ in pairs],
            "value": [int(n) for _, _, n in pairs],
            "color": [_faint(state_colour(words, f)) for f, _, _ in pairs],
            "customdata": [
                plain(f"{state_name(words, f)} → {state_name(words, t)} {words.figure('customers', int(n))}")
                for f, t, n in pairs
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    )
    beside = [
        {"x": side, "y": 1 - y, "xref": "paper", "yref": "paper", "xanchor": ("left", "right")[side],
         "yanchor": "middle",
         "xshift": (18, -18)[side], "showarrow": False, "text": text, "font": {"size": 13, "color": INK},
         "bgcolor": PAPER, "borderpad": 1, "opacity": 0.92}
        for (side, *_), y, text in zip(nodes, middles, told, strict=True)
    ]  # fmt: skip
    heads = [
        {"x": x, "y": 1, "xref": "paper", "yref": "paper", "xanchor": anchor, "yanchor": "bottom", "yshift": 8,
         "showarrow": False, "text": plain(text), "font": {"size": 13, "color": MUTED}}
        for x, anchor, text in ((0, "left", before), (1, "right", after))
    ]  # fmt: skip
    return figure([sankey], height, margin=margin, annotations=[*heads, *beside])


def _without_thin(frame: pd.DataFrame) -> pd.DataFrame:
    """Thin flows of a state as one, where there are too many to tell apart."""
    if len(frame) <= MOST_FLOWS:
        return frame
    thin = frame["customers"] < THIN * frame["customers"].sum()
    to_state = frame["to_state"].mask(thin, OTHER)
    return frame.assign(to_state=to_state).groupby(["from_state", "to_state"], as_index=False)["customers"].sum()


def _middles(columns: list[list[str]], sizes: list[pd.Series], total: float, room: float) -> list[float]:
    """Where the middle of each state is, as a share of the height: both columns at one scale, centred."""
    scale = (room - PAD * (max(len(c) for c in columns) - 1)) / total
    middles = []
    for states, size in zip(columns, sizes, strict=True):
        top = (room - total * scale - PAD * (len(states) - 1)) / 2
        for state in states:
            tall = float(size[state]) * scale
            middles.append(max((top + tall / 2) / room, 0.001))  # 0 would be taken for "anywhere"
            top += tall + PAD
    return middles


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.36)"


def shares_with_intervals(frame: pd.DataFrame, words: Words) -> Chart:
    """One bar per state with its 95 % interval; the label says the share and of how many.

    Args:
        frame: state, share, lower, upper, customers.
    """
    rows = frame.set_index("state")
    ids = in_order_of_states(words, frame["state"])
    share, lower, upper = ([float(rows.at[s, c]) for s in ids] for c in ("share", "lower", "upper"))
    labels = [f"{words.figure('share', v)} · {words.figure('customers', int(rows.at[s, 'customers']))}"
              for v, s in zip(share, ids, strict=True)]  # fmt: skip
    told = [
        f"{state_name(words, s)} {words.figure('share', v)} ({words.figure('share', a)} – {words.figure('share', b)})"
        for s, v, a, b in zip(ids, share, lower, upper, strict=True)
    ]
    bar = go.Bar(
        x=share,
        y=ids,
        orientation="h",
        width=0.62,
        marker={"color": [state_colour(words, s) for s in ids], "cornerradius": 2},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [b - v for v, b in zip(share, upper, strict=True)],
            "arrayminus": [v - a for v, a in zip(share, lower, strict=True)],
            "color": INK,
            "thickness": 1.5,
            "width": 5,
        },
        hoverinfo="text",
        hovertext=[plain(t) for t in told],
    )
    ends = [
        {"x": b, "y": s, "text": plain(t), "xanchor": "left", "xshift": 6, "showarrow": False, "bgcolor": PAPER}
        for s, b, t in zip(ids, upper, labels, strict=True)
    ]
    return figure(
        [bar],
        40 + 40 * len(ids),
        annotations=ends,
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 6},
        xaxis=value_axis(range=[0, max(upper) * 1.8]),
        yaxis=category_axis(ids, [plain(state_name(words, s)) for s in ids], autorange="reversed"),
    )
