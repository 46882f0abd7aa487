"""How good predictions for new customers are: the question, the model in use, and both protocols side by side.

The cards are ``model_cards``, what became of predictions ``model_later``; what calibration and abstention say is
``model_checks``; other algorithms and what matters to the model is ``model_inside``.
"""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction.model_rows import EXPOSURE
from crm_assets.report.blocks import Panel, Pen, Section, joined
from crm_assets.report.column_words import column_name
from crm_assets.report.data import ReportData
from crm_assets.report.model_cards import cards
from crm_assets.report.model_checks import checks
from crm_assets.report.model_inside import inside
from crm_assets.report.model_later import later_note, later_panels
from crm_assets.report.model_source import BASELINES, of_the_model
from crm_assets.report.types import day

SERIES = ("seed", "cold_start", *BASELINES)
SHARES = {"accuracy"}  # metrics that are shares of customers; the others are scores


def model(data: ReportData, pen: Pen) -> Section:
    """The question, which model answers it, how well, and what it answers by."""
    title = pen.text("model.title")
    if not data.has_model:
        reasons = [pen.texts.translated(str(reason)) for reason in data.model["reason"]] if len(data.model) else []
        stated = [pen.text("model.reason", reason=reason) for reason in reasons]
        return Section("model", title, note=pen.text("model.none"), after=stated)
    frame = scores(data)
    made = [_score_panel(data, frame, pen), *later_panels(data, pen), *checks(data, pen), *inside(data, pen)]
    after = [pen.text("model.why")] if len(frame) else []
    return Section(
        "model",
        title,
        [_question(data, pen), *_lead(data.model.iloc[0], pen)],
        [panel for panel in made if panel],
        cards=cards(data, pen),
        source=pen.source("model_metrics, lightgbm_model", "metrics", "model_history"),
        after=[*after, *later_note(data, pen)],
    )


def _question(data: ReportData, pen: Pen) -> Pair:
    days = data.horizon_days
    return pen.text("model.question_of_no_day") if days is None else pen.text("model.question", days=days)


def _lead(row: pd.Series, pen: Pen) -> list[Pair]:
    lead = [
        pen.text(
            "model.lead",
            features=len([name for name in _names(row["features"]) if name != EXPOSURE]),
            trained=_trained(row),
            customers=pen.figure("customers", float(row["customers"])),
            rows=pen.figure("rows", float(row["rows"])),
        )
    ]
    absent = [pen(lambda w, n=name: column_name(n, w)) for name in _names(row["unavailable"])]
    return [*lead, pen.text("model.unavailable", names=joined(absent))] if absent else lead


def _names(listed: object) -> list[str]:
    return [name.strip() for name in str(listed or "").split(",") if name.strip()]


def _trained(row: pd.Series) -> str:
    return "–" if pd.isna(row["trained_as_of"]) else day(row["trained_as_of"])


def scores(data: ReportData) -> pd.DataFrame:
    """Macro-F1 as series over slices: a series per protocol of the model, one per baseline (cold start first)."""
    rows = _judged(data)
    rows = rows[(rows["metric"] == "macro_f1") & rows["value"].notna()]
    frame = pd.DataFrame(
        {
            "series": rows["model"].where(rows["model"].isin(BASELINES), rows["protocol"]),
            "slice": rows["slice"],
            "value": rows["value"].astype(float),
            "rank": rows["protocol"].map({"cold_start": 0, "seed": 1}),
        }
    )
    frame = frame.sort_values("rank", kind="stable").drop_duplicates(["series", "slice"])
    place = frame["series"].map({name: i for i, name in enumerate(SERIES)})
    return (
        frame.assign(place=place)
        .sort_values(["place", "slice"], kind="stable")[["series", "slice", "value"]]
        .reset_index(drop=True)
    )


def _judged(data: ReportData) -> pd.DataFrame:
    return pd.concat([data.measured("seed"), data.measured("cold_start")], ignore_index=True)


def _slices(frame: pd.DataFrame) -> list[str]:
    return [s for s in ("full", *CUTS) if s in set(frame["slice"])]


def _score_panel(data: ReportData, frame: pd.DataFrame, pen: Pen) -> Panel | None:
    if frame.empty:
        return None
    body = [
        [
            pen.label("protocol", p),
            pen.label("model", m),
            pen.label("slice", s),
            pen.label("metric", n),
            pen.figure("share" if n in SHARES else "score", float(v)),
            f"{int(b):,}",
        ]
        for m, p, s, n, v, b in _judged(data)[["model", "protocol", "slice", "metric", "value", "base"]].itertuples(
            index=False
        )
    ]
    header = [pen.text(f"words.{k}") for k in ("protocol", "model", "slice", "item", "value", "base")]
    return Panel(
        "model-macro-f1",
        pen.text("model.chart"),
        pen.text("model.chart_caption"),
        of_the_model(data, pen, "model_metrics", header, body, names=4),
        pen.draw(lambda w: charts.model_scores(frame, w, _slices(frame))),
        wide=True,
    )
