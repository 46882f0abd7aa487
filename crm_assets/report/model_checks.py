"""Whether the model keeps its word: what stated probabilities are worth, what abstaining is worth, here and in use."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, joined
from crm_assets.report.data import ReportData
from crm_assets.report.model_later import OURS, of_model_in_use, outcome_told, pooled, right_of_all
from crm_assets.report.model_source import LEAST, of_the_model


def checks(data: ReportData, pen: Pen) -> list[Panel]:
    """The panels whose figures there are."""
    made = [_reliability(data, pen), _abstention(data, pen)]
    return [panel for panel in made if panel]


def _reliability(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("calibration")
    bins = rows[rows["slice"].str.startswith("bin_")]
    if bins.empty:
        return None
    frame = bins.pivot(index="slice", columns="metric", values="value").assign(base=bins.groupby("slice")["base"].max())
    frame = frame.sort_values("stated", kind="stable").reset_index(drop=True)
    body = [
        [str(i), pen.figure("share", r.stated), pen.figure("share", r.right), f"{int(r.base):,}"]
        for i, r in enumerate(frame.itertuples(index=False), start=1)
    ]
    header = [pen.text(f"words.{k}") for k in ("bin", "stated", "right", "rows_judged")]
    caption = [pen.text("model.calibration_caption")]
    whole = rows[rows["slice"] == "all"].set_index("metric")["value"]
    if {"error", "error_raw"} <= set(whole.index):
        found = {"error": f"{whole['error']:.3f}", "raw": f"{whole['error_raw']:.3f}"}
        caption.append(pen.text("model.calibration_error", **found))
    return Panel(
        "model-calibration",
        pen.text("model.calibration"),
        joined([*caption, *_later_error(data, pen)], " "),
        of_the_model(data, pen, "model_metrics", header, body),
        pen.draw(lambda w: charts.reliability(frame, w)),
    )


def _abstention(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("abstention")
    if rows.empty:
        return None
    values = rows.pivot(index="slice", columns="metric", values="value").reindex(columns=["answered", "accuracy"])
    answers = rows[rows["metric"] == "accuracy"].set_index("slice")["base"].reindex(values.index).fillna(0).astype(int)
    frame = values.assign(floor=values.index.astype(float), answers=answers).sort_values("floor", ignore_index=True)
    drawn = frame.assign(accuracy=frame["accuracy"].where(frame["answers"] >= LEAST))
    body = [
        [
            pen.figure("share", r.floor),
            pen.figure("share", r.answered),
            pen.figure("share", r.accuracy),
            f"{r.answers:,}",
        ]
        for r in frame.itertuples(index=False)
    ]
    header = [pen.text(f"words.{k}") for k in ("floor", "answered", "answers_right", "answers")]
    floor = data.min_probability
    caption = [pen.text("model.abstention_caption", least=LEAST), *_at_the_floor(frame, floor, pen)]
    return Panel(
        "model-abstention",
        pen.text("model.abstention"),
        joined([*caption, *_later_answers(data, pen)], " "),
        of_the_model(data, pen, "model_metrics", header, body),
        pen.draw(lambda w: charts.abstention(drawn, w, floor)),
    )


def _at_the_floor(frame: pd.DataFrame, floor: float | None, pen: Pen) -> list[Pair]:
    """What the floor in use is worth, where it was measured."""
    if floor is None:
        return []
    here, everybody = (frame[(frame["floor"] - f).abs() < 1e-9] for f in (floor, 0.0))
    if here.empty or everybody.empty or pd.isna(here["accuracy"].iloc[0]):
        return []
    shares = {"answered": here["answered"], "right": here["accuracy"], "all": everybody["accuracy"]}
    written = {name: pen.figure("share", float(column.iloc[0])) for name, column in shares.items()}
    return [pen.text("model.abstention_in_use", floor=pen.figure("share", floor), **written)]


def _later_error(data: ReportData, pen: Pen) -> list[Pair]:
    """How far stated probabilities were off in later months, and in those of the model in use."""
    outcome = outcome_told(data)
    whole = pooled(data, "error") if outcome else pd.DataFrame()
    if whole.empty:
        return []
    value, base = whole.loc[OURS]
    said = [pen.text("model.later_error", error=f"{value:.3f}", n=f"{int(base):,}")]
    own = of_model_in_use(data, outcome)
    errors = own[own["metric"] == "error"]["value"]
    if len(errors):
        ends = dict.fromkeys(f"{error:.3f}" for error in (errors.min(), errors.max()))
        said.append(pen.text("model.later_error_own", errors="–".join(ends)))
    return said


def _later_answers(data: ReportData, pen: Pen) -> list[Pair]:
    """How many answers were right in later months, and in those of the model in use."""
    outcome = outcome_told(data)
    whole = pooled(data, "accuracy_answered") if outcome else pd.DataFrame()
    if whole.empty:
        return []
    value, base = whole.loc[OURS]
    said = [pen.text("model.later_answers", right=pen.figure("share", float(value)), n=f"{int(base):,}")]
    own = of_model_in_use(data, outcome)
    if (own["metric"] == "accuracy_answered").any():
        right, answers = right_of_all(own, "accuracy_answered")
        shares = {"right": right, "majority": right_of_all(own, "accuracy_answered", "majority")[0]}
        written = {name: pen.figure("share", share) for name, share in shares.items()}
        said.append(pen.text("model.later_answers_own", n=f"{answers:,}", **written))
    return said
