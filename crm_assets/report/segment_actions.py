"""What to do with a type: its strategies over its bands, whom its campaigns hold out, and by what they are judged."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.contracts.strategy_choices import NO_BAND
from crm_assets.report import cards
from crm_assets.report.blocks import Card, Claim, Panel, Pen, Section, joined
from crm_assets.report.data import ReportData
from crm_assets.report.segments import Segment
from crm_assets.report.strategy_words import strategy_word
from crm_assets.report.types import day

EVIDENCE = 3  # claims shown of a strategy
NEWEST = 10  # earlier results that are shown at once


def actions(data: ReportData, pen: Pen, segment: Segment) -> Section:
    """A card per strategy, in the order of the catalogue."""
    name, title = f"{segment.page}-do", pen.text("segment.do")
    rows = segment.of(data.table("segment_strategies"))
    if rows.empty:
        return Section(name, title, note=pen.text("segment.do_none"))
    made = [_card(pen, own) for _, own in rows.groupby(["place", "strategy_id"], sort=True)]
    source = pen.source("strategy_choices, strategies", "segment_strategies")
    return Section(name, title, [pen.text("segment.do_lead")], cards=made, source=source)


def _card(pen: Pen, rows: pd.DataFrame) -> Card:
    """One strategy over the bands of the type."""
    row = rows.iloc[0]
    values = [
        ("customers", pen.figure("customers", int(rows["customers"].sum()))),
        ("goal", strategy_word(pen.texts, "goal", row["goal"])),
        ("channel", strategy_word(pen.texts, "channel", row["channel"])),
        ("owner", strategy_word(pen.texts, "owner", row["owner"])),
        ("kpi", strategy_word(pen.texts, "kpi", row["kpi"])),
        ("window", pen.figure("days", int(row["window_days"]))),
    ]
    facts = [pen.text("segment.trigger", trigger=Pair(row["trigger_ko"], row["trigger_en"])), *_peak(pen, row)]
    facts.append(pen.text("segment.bands", bands=_bands(pen, rows)))
    return Card(
        Pair(row["title_ko"], row["title_en"]),
        Pair(row["action_ko"], row["action_en"]),
        [(pen.text(f"segment.values.{word}"), value) for word, value in values],
        facts,
        _evidence(pen, str(row["evidence"])),
    )


def _peak(pen: Pen, row: pd.Series) -> list[Pair]:
    if pd.isna(row["peak_hour_from"]):
        return []
    start, end = int(row["peak_hour_from"]), int(row["peak_hour_to"]) + 1
    share = pen.figure("share", float(row["peak_share"]))
    return [pen.text("segment.peak", start=start, end=end, share=share)]


def _bands(pen: Pen, rows: pd.DataFrame) -> Pair:
    order = list(pen.words["ko"].bands)
    place = {name: i for i, name in enumerate(order)}
    told = sorted(rows.to_dict("records"), key=lambda r: (place.get(r["rfm_band"], len(place)), r["rfm_band"]))
    counts = [
        pen.text(
            "segment.band_count",
            band=_band(pen, str(row["rfm_band"])),
            customers=pen.figure("customers", int(row["customers"])),
        )
        for row in told
    ]
    return joined(counts, " · ")


def _band(pen: Pen, band: str) -> Pair:
    return pen.text("segment.no_band") if band == NO_BAND else pen(lambda w: w.band(band))


def _evidence(pen: Pen, stored: str) -> list[Claim]:
    """The claims of which the texts know the measure."""
    known = pen.texts.at("claims.measures")
    return [cards.claim(claim, pen) for claim in json.loads(stored) if claim["measure"] in known][:EVIDENCE]


def hold_out(data: ReportData, pen: Pen, segment: Segment) -> Section:
    """How many of the type each campaign addresses, and how many it leaves out."""
    name, title = f"{segment.page}-hold", pen.text("segment.hold")
    rows = segment.of(data.table("segment_audiences"))
    if rows.empty:
        return Section(name, title, note=pen.text("segment.hold_none"))
    body = [
        [
            Pair(row["title_ko"], row["title_en"]),
            strategy_word(pen.texts, "channel", row["channel"]),
            pen.figure("customers", int(row["treatment"])),
            pen.figure("customers", int(row["control"])),
            day(row["ends_on"]),
        ]
        for row in rows.to_dict("records")
    ]
    header = [pen.text(f"todo.column.{h}") for h in ("campaign", "channel", "treatment", "control", "ends")]
    table = pen.table("audiences, campaigns", header, body, 2, ["segment_audiences"])
    caption = pen.text("segment.hold_caption")
    panel = Panel(f"{segment.page}-hold-table", pen.text("segment.hold_table"), caption, table, wide=True)
    return Section(name, title, [pen.text("segment.hold_lead")], [panel])


def judged(data: ReportData, pen: Pen, segment: Segment) -> Section:
    """By what the month's campaigns will be judged, and what earlier ones did among the type."""
    name, title = f"{segment.page}-judge", pen.text("segment.judge")
    panels = [p for p in (_judgement(data, pen, segment), _earlier(data, pen, segment)) if p]
    if not panels:
        return Section(name, title, note=pen.text("segment.judge_none"))
    return Section(name, title, [pen.text("segment.judge_lead")], panels)


def _judgement(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    rows = segment.of(data.table("segment_audiences"))
    if rows.empty:
        return None
    body = [
        [
            Pair(row["title_ko"], row["title_en"]),
            strategy_word(pen.texts, "kpi", row["kpi"]),
            day(row["starts_on"]),
            day(row["ends_on"]),
            detectable(pen, row),
        ]
        for row in rows.to_dict("records")
    ]
    header = [pen.text("todo.column.campaign"), pen.text("todo.column.kpi")]
    header += [pen.text(f"segment.{h}") for h in ("starts", "ends", "detectable")]
    table = pen.table("campaigns, audiences", header, body, 2, ["segment_audiences"])
    caption = pen.text("segment.judge_caption")
    return Panel(f"{segment.page}-judge-table", pen.text("segment.judge_table"), caption, table, wide=True)


def detectable(pen: Pen, row: dict) -> Pair:
    """The smallest difference that is found, of the campaign's own kpi."""
    if row["kpi"] != "spend":
        return points(pen, row["detectable"])
    least = row["detectable_spend"]
    return pen.figure("currency", None if pd.isna(least) else float(least))


def points(pen: Pen, value: object) -> Pair:
    """A difference of two shares."""
    return Pair("–", "–") if pd.isna(value) else Pair(*(f"{float(str(value)) * 100:.1f}%p",) * 2)


def _earlier(data: ReportData, pen: Pen, segment: Segment) -> Panel | None:
    rows = segment.of(data.table("segment_results"))
    if rows.empty:
        return None
    body = [
        [
            _title(row),
            pen.label("campaign_verdict", row["verdict"]),
            f"{pd.Timestamp(row['month']):%Y-%m}",
            pen.figure("customers", int(row["treatment"])),
            pen.figure("customers", int(row["control"])),
            _difference(pen, row),
        ]
        for row in rows.sort_values(["month", "campaign_id"], ascending=[False, True]).to_dict("records")
    ]
    header = [pen.text("todo.column.campaign"), pen.text("segment.verdict"), pen.text("segment.month")]
    header += [pen.text(f"front.campaign.{h}") for h in ("treatment", "control")] + [pen.text("segment.difference")]
    table = replace(pen.table("campaign_results", header, body, 2, ["segment_results"]), limit=NEWEST)
    caption = pen.text("segment.earlier_caption")
    return Panel(f"{segment.page}-earlier", pen.text("segment.earlier"), caption, table, wide=True)


def _title(row: dict) -> Pair:
    """The strategy's name; its id where the month's catalogue knows it no more."""
    return Pair(*(str(row["strategy_id"]),) * 2) if pd.isna(row["title_ko"]) else Pair(row["title_ko"], row["title_en"])


def _difference(pen: Pen, row: dict) -> Pair:
    ends = [row[name] for name in ("difference", "difference_low", "difference_high")]
    if any(pd.isna(end) for end in ends):
        return Pair("–", "–")
    if row["metric"] == "conversion":
        told = [points(pen, end) for end in ends]
    else:
        told = [pen.figure("currency", float(end)) for end in ends]
    return pen.text("front.interval", difference=told[0], least=told[1], most=told[2])
