"""RFM bands: what the scores mean in days, receipts and money, S4's ten bands, and the scheme of eleven beside them."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report import rfm_groups
from crm_assets.report.blocks import Panel, Pen, Section, joined
from crm_assets.report.data import ReportData
from crm_assets.segmentation.rfm import BAND, STANDARD, Note

MEASURES = {"recency_days": "recency_range", "frequency": "frequency_range", "monetary": "monetary_range"}


def bands(data: ReportData, pen: Pen) -> Section:
    """Bands: how many customers, how much revenue, their means, and how far their names fit."""
    title = pen.text("bands.title")
    held = rfm_groups.with_customers(data, BAND)
    if held.empty:
        return Section("bands", title, note=pen.text("bands.none"))
    panels = [_thresholds(data, pen), *_sizes(held, pen), _means(held, pen), *_further(data, pen)]
    two_kinds = pen.text("bands.two_kinds_of_new", most=pen.receipts(data.new_customer_max_receipts))
    lead = [pen.text("bands.lead"), *_facts(data, pen, held)]
    return Section("bands", title, lead, [p for p in panels if p], after=[two_kinds])


def _sizes(held: pd.DataFrame, pen: Pen) -> list[Panel]:
    columns = ("customers", "customer_share", "revenue", "revenue_share")
    shown = pen.words["ko"].bands
    sizes = rfm_groups.table(pen, held, shown, columns, heading="band")
    return [
        Panel(
            f"bands-{name}",
            pen.text(f"bands.{name}"),
            pen.text(f"bands.{name}_caption"),
            sizes,
            rfm_groups.figures(pen, held, shown, chart),
        )
        for name, chart in (("treemap", charts.band_treemap), ("shares", charts.band_shares))
    ]


def _means(held: pd.DataFrame, pen: Pen) -> Panel:
    columns = ("customers", "recency", "frequency", "monetary")
    table = rfm_groups.table(pen, held, pen.words["ko"].bands, columns, heading="band")
    return Panel("bands-means", pen.text("bands.means"), pen.text("bands.means_caption"), table, wide=True)


def _thresholds(data: ReportData, pen: Pen) -> Panel | None:
    """The range of days, receipts and money behind every score."""
    rows = data.table("rfm_thresholds")
    if rows.empty:
        return None
    rows = rows[rows["kind"] == "score"].set_index(["measure", "level"])
    body = []
    for score in "54321":
        cells = [pen.text("bands.score", score=score)]
        for measure in MEASURES:
            row = rows.loc[(measure, score)]
            cells += [value_range(pen, row), pen.figure("customers", float(row["customers"]))]
        body.append(cells)
    header = [pen.text("words.score")]
    for heading in MEASURES.values():
        header += [pen.text(f"words.{heading}"), pen.text("words.customers")]
    table = pen.table("rfm_thresholds", header, body)
    return Panel(
        "bands-thresholds", pen.text("bands.thresholds"), pen.text("bands.thresholds_caption"), table, wide=True
    )


def value_range(pen: Pen, row: pd.Series) -> Pair:
    """0–3일, 1건, 113,490원 – 321,030원; says so where nobody has the level."""
    if pd.isna(row["low"]):
        return pen.text("bands.nobody")
    unit, low, high = str(row["unit"]), float(row["low"]), float(row["high"])
    if low == high:
        return pen.figure(unit, low if unit == "currency" else int(low))
    if unit == "currency":
        return pen.text("bands.range", start=pen.figure(unit, low), end=pen.figure(unit, high))
    return pen.text(f"units.{unit}", n=f"{low:,.0f}–{high:,.0f}")


def _further(data: ReportData, pen: Pen) -> list[Panel]:
    """Descriptions, and the scheme of eleven."""
    standard, shown = rfm_groups.of_scheme(data, STANDARD), rfm_groups.names(data, STANDARD)
    columns = ("customers", "customer_share", "revenue", "revenue_share", "recency", "frequency", "monetary")
    return [
        _described(data, pen, BAND),
        Panel(
            "bands-standard11",
            pen.text("bands.standard11"),
            pen.text("bands.standard11_caption"),
            rfm_groups.table(pen, standard, shown, columns, heading="standard_band"),
            rfm_groups.figures(pen, standard, shown, charts.band_treemap),
            wide=True,
        ),
        _described(data, pen, STANDARD),
    ]


def _described(data: ReportData, pen: Pen, scheme: str) -> Panel:
    """What a band's name means, what to do, and how many of its customers the name does not fit."""
    rows = rfm_groups.of_scheme(data, scheme).set_index("group_name")
    groups = data.schemes[scheme].groups
    strategies = any(g.strategy for g in groups)
    body = []
    for group in groups:
        count = float(rows.at[group.name, "surprise_customers"])
        size = float(rows.at[group.name, "customers"])
        cells = [Pair(group.ko, group.en), _note(pen, group.description)]
        cells += [_note(pen, group.strategy)] if strategies else []
        cells += [
            str(len(group.cells)),
            pen.figure("customers", count),
            pen.figure("share", count / size if size else None),
        ]
        body.append(cells)
    header = ["band", "described", *(["strategy"] if strategies else []), "cells", "misfits", "misfit_share"]
    table = pen.table(rfm_groups.SOURCE, [pen.text(f"words.{h}") for h in header], body, names=len(header) - 3)
    key = "described" if scheme == BAND else "described11"
    return Panel(f"bands-{key}", pen.text(f"bands.{key}"), pen.text(f"bands.{key}_caption"), table, wide=True)


def _note(pen: Pen, note: Note | None) -> Pair:
    """A text of the bands' data; what is ours says so."""
    if note is None:
        return Pair("–", "–")
    text = Pair(note.ko, note.en)
    return pen.text("bands.ours", text=text) if note.source == "ours" else text


def _facts(data: ReportData, pen: Pen, held: pd.DataFrame) -> list[Pair]:
    """Where the names mislead this month: bands that spend more than the one above, customers whom no name fits."""
    facts = []
    above = held["monetary_mean"].shift()
    odd = held[held["monetary_mean"] > above]
    if len(odd):
        shown = rfm_groups.names(data, BAND)
        listed = [
            pen.text("bands.with_spend", band=shown[name], spend=pen(lambda w, v=value: w.short("currency", float(v))))
            for name, value in zip(odd["group_name"], odd["monetary_mean"], strict=True)
        ]
        facts.append(pen.text("bands.odd_spend", bands=joined(listed)))
    misfits = float(held["surprise_customers"].sum())
    share = pen.figure("share", misfits / float(held["customers"].sum()))
    facts.append(pen.text("bands.misfits", customers=pen.figure("customers", misfits), share=share))
    return facts
