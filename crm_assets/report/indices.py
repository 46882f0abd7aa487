"""What customers do more than others: what the population does, who is called something for it, how all are spread."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, Section
from crm_assets.report.data import ReportData


def indices(data: ReportData, pen: Pen) -> Section:
    """The month's indices, in the order of their file."""
    title, rows = pen.text("indices.title"), data.table("index_definitions")
    known = rows[rows["customers"] > 0] if len(rows) else rows
    if known.empty:
        return Section("indices", title, note=pen.text("indices.none"))
    rows = known.sort_values(["place", "population_group"])
    names = {row["index_id"]: Pair(row["title_ko"], row["title_en"]) for row in rows.to_dict("records")}
    panels = [_populations(pen, rows, names), _labels(data, pen, rows, names), _spread(data, pen, names)]
    after = [pen.text("indices.evidence"), pen.text("indices.models")]
    return Section("indices", title, [pen.text("indices.lead")], [p for p in panels if p], after=after)


def _populations(pen: Pen, rows: pd.DataFrame, names: dict[str, Pair]) -> Panel:
    body = [
        [
            names[row["index_id"]],
            _group(pen, row),
            pen.figure("share", None if row["kind"] == "model" else float(row["population_share"])),
            _points(row["score_mean"]),
            pen.figure("customers", int(row["customers"])),
            *("–" if row["kind"] == "model" else pen.figure("customers", int(row[side]))
              for side in ("evident_above", "evident_below")),
        ]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    header = ("index", "population", "population_share", "score_mean", "customers", "evident_above", "evident_below")
    table = pen.table("index_definitions", [pen.text(f"indices.column.{h}") for h in header], body, names=2)
    return Panel(
        "indices-population", pen.text("indices.populations"), pen.text("indices.populations_caption"), table, wide=True
    )


def _group(pen: Pen, row: dict[str, object]) -> Pair:
    """Whom a customer is compared with."""
    name, group = str(row["population"]), str(row["population_group"])
    if name == "all":
        return pen.text("words.everyone")
    if name == "segment":
        return pen.segment(group)
    return Pair(group, group) if name == "region" else pen.label(name, group)


def _labels(data: ReportData, pen: Pen, rows: pd.DataFrame, names: dict[str, Pair]) -> Panel | None:
    found = data.table("index_labels")
    known = found[found["index_id"].isin(list(names))] if len(found) else found
    if known.empty:
        return None
    customers = rows.groupby("index_id")["customers"].sum()
    models = set(rows.loc[rows["kind"] == "model", "index_id"])
    order = sorted(known.to_dict("records"), key=lambda r: (list(names).index(r["index_id"]), r["label_id"]))
    body = [
        [
            Pair(row["label_ko"], row["label_en"]),
            names[row["index_id"]],
            _threshold(pen, row, row["index_id"] in models),
            pen.figure("customers", int(row["customers"])),
            pen.figure("share", float(row["customers"]) / float(customers[row["index_id"]])),
            "–" if row["index_id"] in models else pen.figure("customers", int(row["customers_unproven"])),
        ]
        for row in order
    ]
    header = ("label", "index", "threshold", "carrying", "share", "unproven")
    table = pen.table("index_labels", [pen.text(f"indices.column.{h}") for h in header], body, names=3)
    return Panel("indices-labels", pen.text("indices.labels"), pen.text("indices.labels_caption"), table, wide=True)


def _threshold(pen: Pen, row: dict[str, object], is_model: bool) -> Pair:
    side = "at_most" if pd.isna(row["at_least"]) else "at_least"
    return pen.text(f"indices.{side}", value=f"{row[side]:g}" if is_model else points(float(row[side])))


def _spread(data: ReportData, pen: Pen, names: dict[str, Pair]) -> Panel | None:
    found = data.table("index_distributions")
    known = found[found["index_id"].isin(list(names))] if len(found) else found
    if known.empty:
        return None
    wide = known.pivot(index="index_id", columns="tenth", values="customers").reindex(list(names), columns=range(10))
    wide = wide.dropna(how="all").fillna(0)

    def chart(words):
        labels = known["index_id"].map(lambda i: getattr(names[i], words.lang))
        order = known["index_id"].map(list(names).index)
        drawn = known.assign(label=labels, order=order).sort_values(["order", "tenth"])
        return charts.spread_over_tenths(drawn, words)

    body = [[names[i], *(pen.figure("customers", int(wide.at[i, t])) for t in range(10))] for i in wide.index]
    header = [pen.text("indices.column.index"), *(f"{10 * t}–{10 * (t + 1)}" for t in range(10))]
    table = pen.table("index_distributions", header, body)
    caption = pen.text("indices.spread_caption")
    return Panel("indices-spread", pen.text("indices.spread"), caption, table, pen.draw(chart), wide=True)


def points(value: float) -> str:
    """+50.0%p, or −12.5%p."""
    return f"{'−' if value < 0 else '+'}{abs(value):.1f}%p"


def _points(score: float | None) -> str:
    return "–" if pd.isna(score) else f"{float(score):.1f}"
