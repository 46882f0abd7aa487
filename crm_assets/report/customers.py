"""The first screen and the account of the rows: what is known of everybody."""

from __future__ import annotations

import pandas as pd

from crm_assets.report import rfm_groups
from crm_assets.report.blocks import Pen, Section, Tile
from crm_assets.report.data import ReportData
from crm_assets.segmentation.rfm import BAND

SHORT_HISTORY = 60  # days: with fewer, recency parts customers by days only


def overview(data: ReportData, pen: Pen) -> Section:
    """What the month looks like, in at most six figures."""
    tiles = [
        _customers(data, pen),
        _revenue(data, pen),
        _new(data, pen),
        _largest(pen, "overview.type", _type_sizes(data), lambda s: pen.segment(s)),
        _largest(pen, "overview.band", _band_sizes(data), lambda b: pen(lambda w: w.band(b))),
        _lapsed(data, pen) if data.count("lapsed") else _paused(data, pen),
    ]
    after = [pen.text("overview.definition", most=pen.receipts(data.new_customer_max_receipts))]
    if data.days_of_history is not None and data.days_of_history < SHORT_HISTORY:
        after.insert(0, pen.text("overview.short_history", days=data.days_of_history))
    return Section("overview", pen.text("overview.title"), tiles=[t for t in tiles if t], after=after,
        source=pen.source("rfm_scores, customer_lifecycles, receipts, attribute_sizes", "counts", "attribute_sizes"),
    )  # fmt: skip


def _customers(data: ReportData, pen: Pen) -> Tile | None:
    value, existing = data.count("customers"), data.count("existing")
    if value is None:
        return None
    note = None
    if existing is not None:  # both within the window, so that they add up
        new = pen.figure("customers", value - existing)
        note = pen.text("overview.customers_note", existing=pen.figure("customers", existing), new=new)
    return Tile(pen.text("overview.customers"), pen.figure("customers", value), note)


def _revenue(data: ReportData, pen: Pen) -> Tile | None:
    revenue, receipts = data.count("revenue"), data.count("receipts")
    if revenue is None:
        return None
    note = None
    if receipts:
        note = pen.text(
            "overview.revenue_note",
            receipts=pen.figure("receipts", int(receipts)),
            mean=pen.figure("currency", revenue / receipts),
        )
    return Tile(pen.text("overview.revenue"), pen(lambda w: w.short("currency", revenue)), note)


def _new(data: ReportData, pen: Pen) -> Tile | None:
    value, predicted = data.count("new"), data.count("predicted")
    if value is None:
        return None
    note = None if predicted is None else pen.text("overview.new_note", predicted=pen.figure("customers", predicted))
    return Tile(pen.text("overview.new"), pen.figure("customers", value), note)


def _paused(data: ReportData, pen: Pen) -> Tile | None:
    """Where nobody has left the window yet (it may hold all of history): who is late for their own rhythm."""
    sizes = data.table("attribute_sizes")
    rows = sizes[(sizes["dimension"] == "usage") & (sizes["category"] == "paused")] if len(sizes) else sizes
    if rows.empty:
        return None
    size, share = float(rows["customers"].iloc[0]), float(rows["customer_share"].iloc[0])
    note = pen.text("overview.paused_note", share=pen.figure("share", share))
    return Tile(pen.text("overview.paused"), pen.figure("customers", size), note)


def _lapsed(data: ReportData, pen: Pen) -> Tile | None:
    value = data.count("lapsed")
    if value is None:
        return None
    return Tile(pen.text("overview.lapsed"), pen.figure("customers", value), pen.text("overview.lapsed_note"))


def _largest(pen: Pen, key: str, sizes: pd.Series, named) -> Tile | None:
    if sizes.empty or sizes.sum() <= 0:
        return None
    name, size = str(sizes.idxmax()), float(sizes.max())
    note = pen.text(
        "overview.share_note",
        customers=pen.figure("customers", size),
        share=pen.figure("share", size / float(sizes.sum())),
    )
    return Tile(pen.text(key), named(name), note)


def _type_sizes(data: ReportData) -> pd.Series:
    """Customers per type: the profile's measure ``customers``, else the snapshot's metric of that name."""
    rows = data.measure("customers")
    if not rows.empty:
        rows = rows[rows["segment_id"] != "all"]
        return rows.set_index("segment_id")["value"].astype(float)
    rows = data.measured("snapshot", "customers")
    return rows[rows["slice"] != "all"].set_index("slice")["value"].astype(float)


def _band_sizes(data: ReportData) -> pd.Series:
    rows = rfm_groups.of_scheme(data, BAND)
    return pd.Series(dtype=float) if rows.empty else rows.set_index("group_name")["customers"].astype(float)


def intake(data: ReportData, pen: Pen) -> Section | None:
    """Where every landed row went."""
    units = {
        "rows_landed": "rows",
        "rows_loaded": "rows",
        "rows_duplicate": "rows",
        "rows_quarantined": "rows",
        "receipts": "receipts",
        "lines": "lines",
    }
    tiles = [
        Tile(pen.text(f"intake.{name}"), pen.figure(unit, int(data.count(name))))
        for name, unit in units.items()
        if data.count(name) is not None
    ]
    source = pen.source("receipts", "counts")
    return (
        Section("intake", pen.text("intake.title"), [pen.text("intake.lead")], tiles=tiles, source=source)
        if tiles
        else None
    )
