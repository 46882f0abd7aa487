"""A page per type, and one for the customers without: who, trend, why, what to do, with what, whom to hold out, how it
is judged. What to do is in ``segment_actions``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.contracts.strategy_choices import NO_TYPE
from crm_assets.report import cards
from crm_assets.report.blocks import Panel, Pen, Section, Tile
from crm_assets.report.data import ReportData
from crm_assets.report.segment_actions import actions, hold_out, judged
from crm_assets.report.segment_offers import offers
from crm_assets.report.segments import Segment

UNTYPED_COLOUR = "#888888"


@dataclass(frozen=True)
class SegmentPage:
    id: str
    title: Pair
    colour: str
    sections: Sequence[Section]


def segment_pages(data: ReportData, pen: Pen) -> list[SegmentPage]:
    """Of the types that have customers, in their stable order; then of those without, if there are any."""
    sources = data.table("segment_sources")
    if sources.empty:
        return []
    held, order = set(sources["segment_id"]), list(pen.words["ko"].segments)
    found, taken = [], set()
    for name in [*(s for s in order if s in held), NO_TYPE]:
        if name not in held:
            continue
        page = _page_id(name, taken)
        colour = UNTYPED_COLOUR if name == NO_TYPE else segment_colour(name, order)
        segment = Segment(name, page, colour)
        title = pen.text("pages.untyped") if name == NO_TYPE else pen.segment(name)
        found.append(SegmentPage(page, title, colour, _sections(data, pen, segment)))
    return found


def _page_id(name: str, taken: set[str]) -> str:
    """An address that stays: the type's id with what an address cannot hold replaced."""
    page = base = "segment-" + (re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "type")
    while page in taken:
        page = f"{base}-{len(taken)}"
    taken.add(page)
    return page


def _sections(data: ReportData, pen: Pen, segment: Segment) -> list[Section]:
    made = [
        _who(data, pen, segment),
        _trend(data, pen, segment),
        _why(data, pen, segment),
        actions(data, pen, segment),
        offers(data, pen, segment),
        hold_out(data, pen, segment),
        judged(data, pen, segment),
    ]
    return [section for section in made if section is not None]


def _who(data: ReportData, pen: Pen, segment: Segment) -> Section:
    """The profile card without its sentences, and how its customers came by the type."""
    panels = [_sources(data, pen, segment)]
    title, claims = pen.text("segment.who"), data.table(cards.TABLE)
    if segment.id == NO_TYPE or claims.empty or not data.has_types:
        lead = [pen.text("segment.untyped_lead")] if segment.id == NO_TYPE else []
        return Section(f"{segment.page}-who", title, lead, panels, tiles=_sizes(data, pen, segment))
    card = replace(cards.profile(data, claims, segment.id, pen), claims=(), note=None)
    source = pen.source("segment_profiles, segment_claims")
    return Section(f"{segment.page}-who", title, (), panels, profiles=[card], source=source, wide_cards=True)


def _sizes(data: ReportData, pen: Pen, segment: Segment) -> list[Tile]:
    own = segment.of(data.table("segment_sources")).groupby("lifecycle", sort=False)["customers"].sum()
    return [Tile(pen.label("lifecycle_state", str(name)), pen.figure("customers", int(n))) for name, n in own.items()]


def _sources(data: ReportData, pen: Pen, segment: Segment) -> Panel:
    rows = segment.of(data.table("segment_sources"))
    total = int(rows["customers"].sum())
    body = [
        [
            pen.label("type_source", str(row.source)),
            pen.label("lifecycle_state", str(row.lifecycle)),
            pen.figure("customers", int(row.customers)),
            pen.figure("share", row.customers / total),
        ]
        for row in rows.itertuples()
    ]
    header = [
        pen.text("segment.source"), pen.text("segment.lifecycle"), pen.text("words.customers"),
        pen.text("words.customer_share"),
    ]  # fmt: skip
    table = pen.table("customer_types", header, body, 2, ["segment_sources"])
    caption = pen.text("segment.sources_none_caption" if segment.id == NO_TYPE else "segment.sources_caption")
    return Panel(
        f"{segment.page}-sources",
        pen.text("segment.sources_none" if segment.id == NO_TYPE else "segment.sources"),
        caption,
        table,
        wide=True,
    )


def _trend(data: ReportData, pen: Pen, segment: Segment) -> Section | None:
    """Month by month up to the report's."""
    if segment.id == NO_TYPE:
        rows = data.table("segment_untyped_history")
        if rows.empty:
            return None
        frame = rows.rename(columns={"customers": "value"})
        panels = [_by_month(frame, pen, segment, "customers", "customers", "segment_untyped_history")]
    else:
        own = segment.of(data.table("segment_history"))
        if own.empty:
            return None
        panels = [
            _by_month(own[own["measure"] == measure], pen, segment, measure, unit, "segment_history")
            for measure, unit in (("customers", "customers"), ("revenue", "currency"))
            if (own["measure"] == measure).any()
        ]
    return Section(f"{segment.page}-trend", pen.text("segment.trend"), panels=panels)


def _by_month(frame: pd.DataFrame, pen: Pen, segment: Segment, name: str, unit: str, source: str) -> Panel:
    rows = frame.sort_values("month")
    worded = {"customers": int, "currency": float}[unit]
    body = [
        [f"{pd.Timestamp(month):%Y-%m}", pen.figure(unit, worded(value))]
        for month, value in zip(rows["month"], rows["value"], strict=True)
    ]
    untyped = segment.id == NO_TYPE
    table = "customer_types" if untyped else "segment_profiles"
    return Panel(
        f"{segment.page}-trend-{name}",
        pen.text(f"segment.trend_{name}"),
        pen.text("segment.trend_untyped_caption" if untyped else f"segment.trend_{name}_caption"),
        pen.table(table, [pen.text("words.month"), pen.text(f"words.{name}")], body, frames=[source]),
        pen.draw(lambda w: charts.month_bars(rows, w, unit, segment.colour)),
    )


def _why(data: ReportData, pen: Pen, segment: Segment) -> Section | None:
    """The claims that the evidence allows, as sentences."""
    rows = data.table(cards.TABLE)
    if segment.id == NO_TYPE or rows.empty or not data.has_types:
        return None
    title, name = pen.text("segment.why"), f"{segment.page}-why"
    known = cards.profile(data, rows, segment.id, pen)
    if not known.claims:
        return Section(name, title, note=pen.text("segment.why_none"))
    told = replace(known, size=None, values=(), places=(), tags=(), note=None)
    source, lead = pen.source(cards.TABLE), [pen.text("segment.why_lead")]
    return Section(name, title, lead, profiles=[told], source=source, wide_cards=True)
