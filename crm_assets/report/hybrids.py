"""Types crossed with RFM bands, and the small cells that are worth a look, with their evidence."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Card, Panel, Pen, Section, Table, joined, p_value
from crm_assets.report.data import ReportData

TABLE = "hybrid_segments"
TOLD = ("customers", "customers_before", "retention", "retention_others")
CARDS = 6  # small valuable cells in words; the table has all
COLUMNS = {  # of the table: unit, and its heading in the texts
    "customers": ("customers", "words.customers"),
    "customer_share": ("share", "words.customer_share"),
    "revenue": ("currency", "words.revenue"),
    "revenue_share": ("share", "words.revenue_share"),
    "monetary_mean": ("currency", "words.monetary"),
    "effect": ("score", "hybrids.delta"),
    "p_adjusted": ("p", "hybrids.p"),
    "customers_before": ("customers", "hybrids.customers_before"),
    "retention": ("share", "hybrids.retention"),
    "retention_others": ("share", "hybrids.retention_others"),
    "retention_effect": ("score", "hybrids.h"),
    "retention_p_adjusted": ("p", "hybrids.p"),
}


def hybrids(data: ReportData, pen: Pen) -> Section:
    """The grid of cells, the small valuable ones framed and in words."""
    title, rows = pen.text("hybrids.title"), data.table(TABLE)
    if rows.empty:
        return Section("hybrids", title, note=pen.text("hybrids.none"))
    found = rows[rows["small_valuable"].notna()].sort_values(
        ["revenue", "segment_id", "rfm_band"], ascending=[False, True, True]
    )
    after = [pen.text("hybrids.none_found" if found.empty else "hybrids.found", n=len(found))]
    cards = [_card(row, pen) for row in found.head(CARDS).to_dict("records")]
    lead = [pen.text("hybrids.lead"), pen.text("hybrids.rule"), pen.text("hybrids.caveat")]
    return Section("hybrids", title, lead, [_grid(rows, pen)], cards=cards, after=after, source=pen.source(TABLE))


def _card(row: dict, pen: Pen) -> Card:
    """What makes the cell valuable, and how sure that is."""
    kinds = ("revenue", "retention") if row["small_valuable"] == "both" else (row["small_valuable"],)
    told = [pen.text(f"hybrids.told_{kind}", **_told(row, kind, pen)) for kind in kinds]
    values = {
        "revenue": (("words.customer_share", "customer_share"), ("words.revenue_share", "revenue_share")),
        "retention": (("hybrids.retention", "retention"), ("hybrids.retention_others", "retention_others")),
    }[kinds[0]]
    title = pen(lambda w: f"{w.segment(row['segment_id'])} × {w.band(row['rfm_band'])}")
    return Card(
        title,
        joined(told, " "),
        [(pen.text(key), _figure(row[column], COLUMNS[column][0], pen)) for key, column in values],
    )


def _told(row: dict, kind: str, pen: Pen) -> dict[str, object]:
    effect, p = ("effect", "p_adjusted") if kind == "revenue" else ("retention_effect", "retention_p_adjusted")
    figures = {c: _figure(row[c], COLUMNS[c][0], pen) for c in TOLD}
    times = float(row["revenue_share"]) / float(row["customer_share"]) if kind == "revenue" else 0.0
    return {
        **figures,
        "revenue_share": pen.figure("share", float(row["revenue_share"])),
        "customer_share": pen.figure("share", float(row["customer_share"])),
        "times": f"{times:.1f}",
        "effect": f"{float(row[effect]):.2f}",
        "p": "<0.001" if float(row[p]) < 0.001 else f"={float(row[p]):.3f}",
    }


def _figure(value: object, unit: str, pen: Pen) -> str | Pair:
    if pd.isna(value):
        return "–"
    if unit == "p":
        return p_value(float(value))
    return pen.figure(unit, int(value) if unit == "customers" else float(value))


def _grid(rows: pd.DataFrame, pen: Pen) -> Panel:
    order = {b: i for i, b in enumerate(pen.words["ko"].bands)}
    types = charts.ordered(rows, pen.words["ko"])
    shown = rows.assign(
        of_type=rows["segment_id"].map(types.index), of_band=rows["rfm_band"].map(lambda b: order.get(b, len(order)))
    ).sort_values(["of_type", "of_band", "rfm_band"])
    body = []
    for row in shown.to_dict("records"):
        why = row["small_valuable"]
        body.append([
            pen.segment(row["segment_id"]),
            pen(lambda w, b=row["rfm_band"]: w.band(b)),
            *(_figure(row[c], unit, pen) for c, (unit, _) in COLUMNS.items()),
            "–" if pd.isna(why) else pen.label("small_valuable", why),
        ])  # fmt: skip
    header = [pen.text("words.type"), pen.text("words.band"), *(pen.text(key) for _, key in COLUMNS.values())]
    header.append(pen.text("hybrids.small_valuable"))
    numeric = [False, False, *([True] * len(COLUMNS)), False]
    return Panel(
        "hybrids-grid",
        pen.text("hybrids.grid"),
        pen.text("hybrids.grid_caption"),
        Table(header, body, numeric, pen.source(TABLE)),
        pen.draw(lambda w: charts.cell_grid(rows, w)),
        wide=True,
    )
