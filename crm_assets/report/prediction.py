"""The model of the new customer's type, how it was judged, and what it predicts."""

from __future__ import annotations

import json

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Card, Coloured, Panel, Pen, Section, Strip, Table
from crm_assets.report.data import ReportData
from crm_assets.report.types import day

BASELINES = ("majority", "prior")
SERIES = ("seed", "cold_start", "later_month", *BASELINES)
SHARES = {"accuracy"}  # metrics that are shares of customers; the others are scores


def model(data: ReportData, pen: Pen) -> Section:
    """Both protocols side by side, with baselines and the reason why they differ."""
    title = pen.text("model.title")
    if not data.has_model:
        stated = (
            []
            if data.model.empty
            else [pen.text("model.reason", reason=pen.texts.translated(str(data.model.iloc[0]["reason"])))]
        )
        return Section("model", title, note=pen.text("model.none"), after=stated)
    frame = scores(data)
    panels = [_score_panel(data, frame, pen)] if len(frame) else []
    cards = (
        [
            Card(pen.text("model.seed_title"), pen.text("model.seed_text"), _headline(frame, "seed", pen)),
            Card(pen.text("model.cold_title"), pen.text("model.cold_text"), _headline(frame, "cold_start", pen)),
        ]
        if len(frame)
        else []
    )
    after = [pen.text("model.why")] if len(frame) else []
    return Section("model", title, _lead(data.model.iloc[0], pen), panels, cards=cards, after=after)


def _lead(row: pd.Series, pen: Pen) -> list[Pair]:
    names = [n for n in str(row["features"] or "").split(",") if n.strip()]
    absent = [n.strip() for n in str(row["unavailable"] or "").split(",") if n.strip()]
    trained = "–" if pd.isna(row["trained_as_of"]) else day(row["trained_as_of"])
    lead = [
        pen.text(
            "model.lead",
            features=len(names),
            status=pen.label("status", str(row["status"])),
            trained=trained,
            customers=pen.figure("customers", float(row["customers"])),
            rows=pen.figure("rows", float(row["rows"])),
        ),
        pen.text("model.reason", reason=pen.texts.translated(str(row["reason"]))),
    ]
    return [*lead, pen.text("model.unavailable", names=", ".join(absent))] if absent else lead


def scores(data: ReportData) -> pd.DataFrame:
    """Macro-F1 as series over slices: a series per protocol of the model, one per baseline (cold start first)."""
    rows = (
        data.metrics[(data.metrics["metric"] == "macro_f1") & data.metrics["value"].notna()]
        if len(data.metrics)
        else data.metrics
    )
    if rows.empty:
        return pd.DataFrame(columns=["series", "slice", "value"])
    baseline = rows["model"].isin(BASELINES)
    frame = pd.DataFrame(
        {
            "series": rows["model"].where(baseline, rows["protocol"]),
            "slice": rows["slice"].where(rows["slice"].isin(["1", "2", "3"]), "full"),
            "value": rows["value"].astype(float),
            "rank": rows["protocol"].map({"cold_start": 0, "seed": 1}).fillna(2),
        }
    )
    frame = frame[frame["series"].isin(SERIES)].sort_values("rank", kind="stable").drop_duplicates(["series", "slice"])
    place = frame["series"].map(SERIES.index)
    return (
        frame.assign(place=place)
        .sort_values(["place", "slice"], kind="stable")[["series", "slice", "value"]]
        .reset_index(drop=True)
    )


def _slices(frame: pd.DataFrame) -> list[str]:
    return [s for s in ("full", "1", "2", "3") if s in set(frame["slice"])]


def _headline(frame: pd.DataFrame, series: str, pen: Pen) -> list[tuple[Pair, Pair]]:
    rows = frame[frame["series"] == series].set_index("slice")["value"]
    return [(pen.label("slice", s), Pair(*(f"{rows[s]:.2f}",) * 2)) for s in _slices(frame) if s in rows.index]


def _score_panel(data: ReportData, frame: pd.DataFrame, pen: Pen) -> Panel:
    judged = data.metrics[data.metrics["protocol"].isin(["seed", "cold_start", "later_month"])]
    body = [
        [
            pen.label("protocol", p),
            pen.label("model", m),
            pen.label("slice", s),
            pen.label("metric", n),
            pen.figure("share" if n in SHARES else "score", float(v)),
            f"{int(b):,}",
        ]
        for m, p, s, n, v, b in judged[["model", "protocol", "slice", "metric", "value", "base"]].itertuples(
            index=False
        )
    ]
    header = [pen.text(f"words.{k}") for k in ("protocol", "model", "slice", "item", "value", "base")]
    return Panel(
        "model-macro-f1",
        pen.text("model.chart"),
        pen.text("model.chart_caption"),
        pen.table("model_metrics", header, body, names=4),
        pen.draw(lambda w: charts.model_scores(frame, w, _slices(frame))),
        wide=True,
    )


def predictions(data: ReportData, pen: Pen) -> Section:
    """How many new customers were given which type, how surely, and a sample."""
    title = pen.text("predictions.title")
    if data.predictions.empty:
        return Section("predictions", title, note=pen.text("predictions.none"))
    rows = data.predictions.assign(category=data.predictions["receipts"].map(lambda r: str(int(r))))
    categories = sorted(set(rows["category"]), key=int)
    panels = []
    for column, unit, key in (("customers", "customers", "counts"), ("probability_mean", "share", "probability")):
        frame = rows.assign(value=rows[column].astype(float))
        figures = pen.draw(lambda w, f=frame, u=unit: charts.columns(f, w, "receipts", categories, u))
        table = _grid_table(frame, categories, unit, pen)
        panels.append(
            Panel(
                f"predictions-{key}",
                pen.text(f"predictions.{key}"),
                pen.text(f"predictions.{key}_caption"),
                table,
                figures,
            )
        )
    total = pen.figure("customers", float(rows["customers"].sum()))
    return Section(
        "predictions", title, [pen.text("predictions.lead", customers=total)], [*panels, *_sample(data, pen)]
    )


def _grid_table(frame: pd.DataFrame, categories: list[str], unit: str, pen: Pen) -> Table:
    grid = frame.pivot(index="segment_id", columns="category", values="value")
    ids = charts.ordered(frame, pen.words["ko"])
    body = [[pen.segment(s), *(pen.figure(unit, float(grid.at[s, c])) for c in categories)] for s in ids]
    return pen.table(
        "new_customer_predictions", [pen.text("words.type"), *(pen.label("receipts", c) for c in categories)], body
    )


def _sample(data: ReportData, pen: Pen) -> list[Panel]:
    if data.sample.empty:
        return []
    header = [pen.text(f"words.{k}") for k in ("customer_id", "type", "probabilities", "receipts", "probability")]
    order = list(pen.words["ko"].segments)
    body = [
        [
            str(c),
            Coloured(pen.segment(str(s)), segment_colour(str(s), order)),
            strip(str(j), pen),
            pen.figure("receipts", int(r)),
            pen.figure("share", float(p)),
        ]
        for c, r, s, p, j in data.sample[
            ["customer_id", "receipts", "segment_id", "probability", "probabilities"]
        ].itertuples(index=False)
    ]
    table = Table(header, body, [False, False, False, True, True], pen.source("new_customer_predictions"), limit=15)
    return [
        Panel(
            "predictions-sample",
            pen.text("predictions.sample"),
            pen.text("predictions.sample_caption"),
            table,
            wide=True,
        )
    ]


def strip(probabilities: str, pen: Pen) -> Strip | str:
    """The probabilities of every type as a coloured strip; a text that is no JSON object is shown as it is."""
    try:
        found = {str(k): float(v) for k, v in json.loads(probabilities).items()}
    except (ValueError, AttributeError, TypeError):
        return probabilities
    order = list(pen.words["ko"].segments)
    ids = sorted(found, key=lambda s: (order.index(s) if s in order else len(order), s))
    parts = tuple((pen.segment(s), max(found[s], 0.0), segment_colour(s, order)) for s in ids)
    text = pen(lambda w: ", ".join(f"{w.segment(s)} {w.figure('share', found[s])}" for s in ids))
    return Strip(parts, text)
