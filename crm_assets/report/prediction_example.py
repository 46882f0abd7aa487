"""One new customer in full, S0's own where the month predicts it: who, receipts, type, probabilities, reasons."""

from __future__ import annotations

import json

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Cell, Coloured, Panel, Pen, Strip, Table, joined
from crm_assets.report.data import ReportData, asked_day
from crm_assets.report.prediction_cells import reason_text, strip

Row = list[Cell | Strip | Coloured]
WHO = {"gender": "person", "age_band": "age_band", "region": "region"}  # with the group of labels that words them


def example(data: ReportData, pen: Pen) -> Panel | None:
    """None where the month does not predict that customer."""
    if data.table("example").empty:
        return None
    row = data.table("example").iloc[0]
    purchases = data.table("example_receipts")
    body: list[Row] = [
        [pen.text("predictions.who"), _who(row, pen)],
        *_purchases(purchases, pen),
        *_asked(data, row, purchases, pen),
        *_probabilities(str(row["probabilities"]), pen),
        *_expected(row, pen),
        *_reasons(row, pen),
    ]
    header = [pen.text("words.item"), pen.text("words.value")]
    return Panel(
        "predictions-example",
        pen.text("predictions.example", customer=str(row["customer_id"])),
        pen.text("predictions.example_caption", as_of=data.as_of.isoformat()),
        Table(
            header,
            body,
            [False, False],
            pen.source("new_customer_predictions, receipts", "example", "example_receipts"),
        ),
        wide=True,
    )


def _who(row: pd.Series, pen: Pen) -> Pair:
    known = [pen.label(group, str(row[c])) for c, group in WHO.items() if pd.notna(row[c])]
    return joined(known, " · ") if known else pen.text("predictions.who_unknown")


def _purchases(purchases: pd.DataFrame, pen: Pen) -> list[Row]:
    rows: list[Row] = []
    for number, receipt in enumerate(purchases.to_dict("records"), start=1):
        known = {
            "day": f"{pd.Timestamp(receipt['purchased_at']):%Y-%m-%d %H:%M}",
            "lines": pen.figure("lines", int(receipt["lines"])),
            "amount": pen.figure("currency", float(receipt["amount"])),
            "id": str(receipt["receipt_id"]),
        }
        if pd.isna(receipt["partner_id"]):
            told = pen.text("predictions.purchase_text_plain", **known)
        else:
            told = pen.text("predictions.purchase_text", partner=str(receipt["partner_id"]), **known)
        rows.append([pen.text("predictions.purchase", n=number), told])
    return rows


def _asked(data: ReportData, row: pd.Series, purchases: pd.DataFrame, pen: Pen) -> list[Row]:
    """The answer under the day that it is for, and whether that day is over."""
    if purchases.empty:
        return [[pen.text("words.predicted"), _answer(row, pen)]]
    last, days = purchases["purchased_at"].max(), int(row["horizon_days"])
    answer: Row = [pen.text("predictions.asked", day=asked_day(last, days).isoformat()), _answer(row, pen)]
    return [answer, ["", pen.text("predictions.asked_passed")]] if data.has_passed(last, days) else [answer]


def _answer(row: pd.Series, pen: Pen) -> Pair | Coloured:
    name, colours = pen.segment(str(row["segment_id"])), list(pen.words["ko"].segments)
    if row["abstained"]:
        return pen.text("predictions.named_not", type=name)
    return Coloured(name, segment_colour(str(row["segment_id"]), colours))


def _probabilities(stated: str, pen: Pen) -> list[Row]:
    """As a strip and in figures."""
    shown = strip(stated, pen)
    in_figures = [["", shown.text]] if isinstance(shown, Strip) else []
    return [[pen.text("predictions.strip"), shown], *in_figures]


def _expected(row: pd.Series, pen: Pen) -> list[Row]:
    """The three question marks, those that cannot be answered too."""
    unknown = pen.text("columns.unknown")
    interest = unknown
    if pd.notna(row["interest"]):
        interest = pen.text(f"predictions.interest_{row['interest_source']}", name=str(row["interest"]))
    levels = {"expected_loyalty": row["loyalty"], "expected_power": row["purchasing_power"]}
    return [
        [pen.text("words.interest"), interest],
        *(
            [pen.text(f"words.{k}"), pen.label("expected", str(v)) if pd.notna(v) else unknown]
            for k, v in levels.items()
        ),
    ]


def _reasons(row: pd.Series, pen: Pen) -> list[Row]:
    top = json.loads(str(row["reasons"]))["top"]
    return [[pen.text("predictions.reason_n", n=i), reason_text(r, pen)] for i, r in enumerate(top, start=1)]
