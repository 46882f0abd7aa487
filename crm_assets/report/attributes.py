"""Who the customers are: attribute segments (S2, level 1), and the first page of S0 for a few of them."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.contracts.attribute_sizes import GIVEN, RULED
from crm_assets.report.blocks import Panel, Pen, Section, Table, joined
from crm_assets.report.data import ReportData
from crm_assets.segmentation.attributes import BETWEEN, TEXTS

SIZES, SAMPLE = "attribute_sizes", "attribute_sample"
SHOWN = 15  # groups of a chart: more do not fit a screen, the table below has them all
WHO = ("age_band", "gender", "region", "interest_category", "loyalty", "purchasing_power")
PREDICTED = {"interest_category", "loyalty", "purchasing_power"}  # question marks of new customers


def attributes(data: ReportData, pen: Pen) -> Section:
    """Sizes of the segments of every dimension and a sample of customers."""
    title, rows = pen.text("attributes.title"), data.table(SIZES)
    if rows.empty:
        return Section("attributes", title, note=pen.text("attributes.none"))
    present = set(rows["dimension"])
    panels = [_sizes(rows[rows["dimension"] == d], d, pen) for d in (*RULED, *GIVEN) if d in present]
    absent = [pen.text(f"attributes.dimensions.{d}") for d in (*RULED, *GIVEN) if d not in present]
    lead = [pen.text("attributes.lead")]
    if absent:
        lead.append(pen.text("attributes.absent", names=joined(absent)))
    return Section("attributes", title, lead, [p for p in (_sample(data, pen), *panels) if p])


def _sizes(rows: pd.DataFrame, dimension: str, pen: Pen) -> Panel:
    rows = _in_order(rows, dimension, pen)
    columns = {"customers": "customers", "customer_share": "share", "revenue_share": "share",
               "recency_days_mean": "days", "frequency_mean": "receipts", "monetary_mean": "currency"}  # fmt: skip
    body = [
        [_named(pen, dimension, str(row["category"])), *(pen.figure(u, _number(row[c], u)) for c, u in columns.items())]
        for row in rows.to_dict("records")
    ]
    words = {c: c.removesuffix("_mean").removesuffix("_days") for c in columns}
    header = [pen.text(f"attributes.dimensions.{dimension}"), *(pen.text(f"words.{words[c]}") for c in columns)]
    largest = rows.loc[rows["customers"].rank(ascending=False, method="first") <= SHOWN]
    names = {lang: [_name(pen, dimension, str(c), lang) for c in largest["category"]] for lang in pen.words}
    return Panel(
        f"attributes-{dimension}",
        pen.text(f"attributes.dimensions.{dimension}"),
        pen.text(f"attributes.captions.{dimension}", base=pen.figure("customers", int(rows["base"].iloc[0]))),
        Table(header, body, [i > 0 for i in range(len(header))], pen.source(SIZES)),
        pen.draw(lambda w: charts.group_shares(largest.assign(label=names[w.lang]), w)),
    )


def _in_order(rows: pd.DataFrame, dimension: str, pen: Pen) -> pd.DataFrame:
    """Known groups in their own order; others by size."""
    known = pen.texts.order(dimension)
    place = {name: i for i, name in enumerate(known)}
    order = rows["category"].map(lambda c: place.get(c, len(known)))
    return rows.assign(order=order).sort_values(["order", "customers", "category"], ascending=[True, False, True])


def _number(value: object, unit: str) -> float | int | None:
    if pd.isna(value):
        return None
    return int(value) if unit == "customers" else float(value)


def _named(pen: Pen, dimension: str, category: str) -> Pair:
    return Pair(*(_name(pen, dimension, category, lang) for lang in pen.words))


def _name(pen: Pen, dimension: str, category: str, lang: str) -> str:
    """The label of a group; of a combination, the labels of its values."""
    if category in pen.texts.order(dimension):
        return getattr(pen.texts.label(dimension, category), lang)
    groups = {
        part: next((g for g in TEXTS if part in pen.texts.order(g)), dimension) for part in category.split(BETWEEN)
    }
    return " ".join(getattr(pen.texts.label(group, part), lang) for part, group in groups.items())


def _sample(data: ReportData, pen: Pen) -> Panel | None:
    """S0's first page: existing customers, and new ones with the question marks that the predictions answer."""
    rows = data.table(SAMPLE)
    if rows.empty:
        return None
    body = []
    for row in rows.to_dict("records"):
        new = not int(row["is_existing"])
        lifecycle = pen.text("attributes.new" if new else "attributes.existing")
        cells = ["?" if new and c in PREDICTED else _fact(pen, c, row[c]) for c in WHO]
        body.append([str(row["customer_id"]), lifecycle, *cells])
    header = [pen.text("words.customer_id"), pen.text("attributes.lifecycle")]
    header += [pen.text(f"attributes.facts.{c}") for c in WHO]
    table = Table(header, body, [False] * len(header), pen.source("attribute_segments", "attribute_sample"))
    return Panel(
        "attributes-sample", pen.text("attributes.sample"), pen.text("attributes.sample_caption"), table, wide=True
    )


def _fact(pen: Pen, column: str, value: object) -> str | Pair:
    return "–" if pd.isna(value) else pen.label(column, str(value))
