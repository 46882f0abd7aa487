"""The cards of the section on the model: first receipts by true and by stated days, later months, the model in use."""

from __future__ import annotations

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.contracts.feature_table import CUTS
from crm_assets.report.blocks import Card, Pen, joined
from crm_assets.report.data import ReportData
from crm_assets.report.model_later import later_cards
from crm_assets.report.model_source import customers_judged, score
from crm_assets.report.types import day

COMPARED = {"challenger": "challenger_macro_f1", "incumbent": "incumbent_macro_f1"}
STATED = "horizon_stated"  # the variant of the ablation that is asked as in use


def cards(data: ReportData, pen: Pen) -> list[Card]:
    """What is known of the model, what it was worth in use, then which it is, then what it would be on histories."""
    rows = data.measured("cold_start", "macro_f1")
    stated = data.measured("ablation", "macro_f1")
    return [
        *_scores("cold", rows[rows["model"] == "latent_type"], pen),
        *_scores("stated", stated[stated["model"] == STATED], pen),
        *later_cards(data, pen),
        _in_use(data, pen),
        *_seed(data, pen),
    ]


def _scores(name: str, rows: pd.DataFrame, pen: Pen) -> list[Card]:
    values = rows.set_index("slice")["value"]
    shown = [(pen.label("slice", s), score(values[s])) for s in ("full", *CUTS) if s in values.index]
    if not shown:
        return []
    text = pen.text(f"model.{name}_text", n=f"{customers_judged(rows):,}")
    return [Card(pen.text(f"model.{name}_title"), text, shown)]


def _seed(data: ReportData, pen: Pen) -> list[Card]:
    rows = data.measured("seed", "macro_f1")
    return _scores("seed", rows[rows["model"] == "latent_type"], pen)


def _in_use(data: ReportData, pen: Pen) -> Card:
    """The model in use and why; where a new one was judged, its figures; what became of attempts since."""
    row = data.model.iloc[0]
    values = [(pen.text("model.trained"), Pair(*(day(row["trained_as_of"]),) * 2))]
    compared = {name: row.get(column) for name, column in COMPARED.items()}
    if any(pd.notna(v) for v in compared.values()):
        values += [(pen.text(f"model.{n}"), score(v)) for n, v in compared.items() if pd.notna(v)]
        values.append((pen.text("model.compared"), pen.figure("customers", float(row["compared_customers"]))))
    status = _capital(pen.label("status", str(row["status"])))
    reason = _capital(pen.texts.translated(str(row["reason"])))
    told = [pen.text("model.use_text", status=status, reason=reason)]
    if attempts := _attempts(data, pen):
        told.append(pen.text("model.attempts", attempts=joined(attempts, "; ")))
    return Card(pen.text("model.use_title"), joined(told, " "), values)


def _capital(text: Pair) -> Pair:
    return Pair(text.ko, text.en[:1].upper() + text.en[1:])


def _attempts(data: ReportData, pen: Pen) -> list[Pair]:
    """What became of each model that was trained after the one in use, before this month, and was not used."""
    history = data.table("model_history")
    if history.empty:
        return []
    months, trained = pd.to_datetime(history["month"]), pd.Timestamp(data.model.iloc[0]["trained_as_of"])
    since = (months > trained) & (months < pd.Timestamp(data.month))
    return [_attempt(row, pen) for _, row in history[since & (history["status"] == "kept")].iterrows()]


def _attempt(row: pd.Series, pen: Pen) -> Pair:
    month = day(row["month"])[:7]
    if pd.isna(row["incumbent_macro_f1"]):  # the reason ends with why the two could not be compared
        return pen.text("model.attempt", month=month, reason=pen.texts.translated(row["reason"].rpartition(": ")[2]))
    figures = {name: f"{row[column]:.3f}" for name, column in COMPARED.items()}
    return pen.text("model.attempt_compared", month=month, n=f"{int(row['compared_customers']):,}", **figures)
