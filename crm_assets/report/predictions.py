"""What the model said of the month's new customers: how many of which type, how surely, what to expect, a sample."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Coloured, Panel, Pen, Section, Table, Tile
from crm_assets.report.data import ReportData
from crm_assets.report.prediction_cells import reasons, strip
from crm_assets.report.prediction_example import example

LEVELS = ("loyalty", "purchasing_power")
OPEN_ROWS = 8
GREY = "#888888"  # of no type


def predictions(data: ReportData, pen: Pen) -> Section:
    """Counts and probabilities, the three question marks, one customer in full and a sample of the others."""
    title = pen.text("predictions.title")
    if data.predictions.empty:
        return Section("predictions", title, note=_nobody(data, pen))
    rows = data.predictions.assign(category=data.predictions["receipts"].map(lambda r: str(int(r))))
    panels = [*_by_receipts(rows, pen), _marks(data, pen), example(data, pen), _sample(data, pen)]
    return Section("predictions", title, _lead(data, rows, pen), [p for p in panels if p], _tiles(data, rows, pen))


def _nobody(data: ReportData, pen: Pen) -> Pair:
    if data.model.empty or data.has_model:
        return pen.text("predictions.none")
    return pen.text("explain.no_prediction", reason=pen.texts.translated(str(data.model["reason"].iloc[0])))


def _lead(data: ReportData, rows: pd.DataFrame, pen: Pen) -> list[Pair]:
    """Who was asked about, and of how many the day asked about is over."""
    total = float(rows["customers"].sum())
    customers = pen.figure("customers", total)
    answered = pen.figure("customers", total - float(rows["abstained"].sum()))
    most = pen.receipts(data.new_customer_max_receipts)
    lead = [pen.text("predictions.lead", customers=customers, answered=answered, most=most)]
    asked = data.table("asked")
    passed = sum(int(count) for last, days, count in asked.itertuples(index=False) if data.has_passed(last, int(days)))
    if passed:
        known = {"customers": customers, "passed": pen.figure("customers", passed), "days": data.horizon_days}
        lead.append(pen.text("predictions.passed", as_of=data.as_of.isoformat(), **known))
    return lead


def _tiles(data: ReportData, rows: pd.DataFrame, pen: Pen) -> list[Tile]:
    total, abstained = float(rows["customers"].sum()), float(rows["abstained"].sum())
    mean = float((rows["probability_mean"] * rows["customers"]).sum()) / total
    floor = pen.figure("share", data.min_probability)
    note = pen.text("predictions.abstained_note", customers=pen.figure("customers", abstained), floor=floor)
    answered = pen.figure("customers", total - abstained)
    return [
        Tile(
            pen.text("predictions.predicted"),
            pen.figure("customers", total),
            pen.text("predictions.predicted_note", answered=answered),
        ),
        Tile(pen.text("predictions.abstained"), pen.figure("share", abstained / total), note),
        Tile(pen.text("predictions.mean"), pen.figure("share", mean), pen.text("predictions.mean_note")),
    ]


def _by_receipts(rows: pd.DataFrame, pen: Pen) -> list[Panel]:
    categories = sorted(set(rows["category"]), key=int)
    panels = []
    for column, unit, key in (("customers", "customers", "counts"), ("probability_mean", "share", "probability")):
        frame = rows.assign(value=rows[column].astype(float))
        panels.append(
            Panel(
                f"predictions-{key}",
                pen.text(f"predictions.{key}"),
                pen.text(f"predictions.{key}_caption"),
                _grid_table(frame, categories, unit, pen),
                pen.draw(lambda w, f=frame, u=unit: charts.columns(f, w, "receipts", categories, u)),
            )
        )
    return panels


def _grid_table(frame: pd.DataFrame, categories: list[str], unit: str, pen: Pen) -> Table:
    grid = frame.pivot(index="segment_id", columns="category", values="value")
    ids = charts.ordered(frame, pen.words["ko"])
    body = [[pen.segment(s), *(pen.figure(unit, float(grid.at[s, c])) for c in categories)] for s in ids]
    return pen.table(
        "new_customer_predictions", [pen.text("words.type"), *(pen.receipts(int(c)) for c in categories)], body,
        frames=["predictions"],
    )  # fmt: skip


def _marks(data: ReportData, pen: Pen) -> Panel | None:
    """By most probable type: how many got an answer, and what is expected of these."""
    rows = data.table("expectations")
    if rows.empty:
        return None
    colours = list(pen.words["ko"].segments)
    body = []
    for segment in charts.ordered(rows, pen.words["ko"]):
        mine = rows[rows["segment_id"] == segment]
        told = mine[~mine["abstained"].astype(bool)]
        answered, abstained = int(told["customers"].sum()), int(mine["customers"].sum() - told["customers"].sum())
        body.append(
            [
                Coloured(pen.segment(segment), segment_colour(segment, colours)),
                *(_level(told, column, pen) for column in LEVELS),
                _most_own(told, answered, pen),
                _of_type(told),
                pen.figure("customers", answered),
                pen.figure("customers", abstained),
            ]
        )
    keys = ("type", "expected_loyalty", "expected_power", "interest_own", "interest_type", "named", "abstained")
    header = [pen.text(f"words.{k}") for k in keys]
    table = pen.table("new_customer_predictions", header, body, 5, ["expectations"])
    return Panel(
        "predictions-marks", pen.text("predictions.marks"), pen.text("predictions.marks_caption"), table, wide=True
    )


def _level(told: pd.DataFrame, column: str, pen: Pen) -> Pair | str:
    """The level that the type's customers have; a dash where nothing was compared or nobody answered."""
    counts = told.dropna(subset=[column]).groupby(column)["customers"].sum()
    return pen.label("expected", str(counts.idxmax())) if len(counts) else "–"


def _most_own(told: pd.DataFrame, answered: int, pen: Pen) -> Pair | str:
    counts = told[told["interest_source"] == "own"].groupby("interest")["customers"].sum()
    if counts.empty:
        return "–"
    share = pen.figure("share", float(counts.max()) / answered)
    return pen.text("predictions.share_of", name=str(counts.idxmax()), share=share)


def _of_type(told: pd.DataFrame) -> str:
    names = told.loc[told["interest_source"] == "type", "interest"].dropna()
    return ", ".join(sorted(set(names))) or "–"


def _sample(data: ReportData, pen: Pen) -> Panel | None:
    if data.sample.empty:
        return None
    header = [
        pen.text(f"words.{k}") for k in ("customer_id", "type", "probability", "receipts", "probabilities", "reasons")
    ]
    order = list(pen.words["ko"].segments)
    columns = ["customer_id", "receipts", "segment_id", "probability", "abstained", "probabilities", "reasons"]
    body = [
        [
            str(c),
            Coloured(pen.text("predictions.abstains"), GREY)
            if a
            else Coloured(pen.segment(str(s)), segment_colour(str(s), order)),
            pen.figure("share", float(p)),
            pen.figure("receipts", int(r)),
            strip(str(j), pen),
            reasons(str(why), pen),
        ]
        for c, r, s, p, a, j, why in data.sample[columns].itertuples(index=False)
    ]
    numeric = [False, False, True, True, False, False]
    table = Table(header, body, numeric, pen.source("new_customer_predictions", "sample"), limit=OPEN_ROWS)
    return Panel(
        "predictions-sample",
        pen.text("predictions.sample"),
        pen.text("predictions.sample_caption"),
        table,
        wide=True,
    )
