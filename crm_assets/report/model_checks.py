"""Whether the model keeps its word: later months, what stated probabilities are worth, what abstaining is worth."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Panel, Pen, joined
from crm_assets.report.data import ReportData
from crm_assets.report.model_source import BASELINES, of_the_model

MODELS = ("latent_type", *BASELINES)
OUTCOMES = ("horizon", "first")
MONTH = r"\d{4}-\d{2}"
LEAST = 30  # customers of a month, or answers at a floor, behind a figure that is drawn


def checks(data: ReportData, pen: Pen) -> list[Panel]:
    """The panels whose figures there are."""
    made = [*(_later(data, outcome, pen) for outcome in OUTCOMES), _reliability(data, pen), _abstention(data, pen)]
    return [panel for panel in made if panel]


def later_figures(data: ReportData, outcome: str) -> pd.DataFrame:
    """Metrics of an outcome (``first``, ``horizon``), with ``part``: a month 2021-03, ``all``, or receipts."""
    rows = data.measured("later_month")
    own = rows[rows["slice"].str.startswith(f"{outcome}/")]
    return own.assign(part=own["slice"].str.removeprefix(f"{outcome}/"))


def later_note(data: ReportData, pen: Pen) -> list[Pair]:
    """Where no later month has come yet, that this is so."""
    return [pen.text("model.no_later")] if data.measured("later_month").empty else []


def _later(data: ReportData, outcome: str, pen: Pen) -> Panel | None:
    rows = later_figures(data, outcome)
    scored = rows[(rows["metric"] == "macro_f1") & rows["part"].str.fullmatch(MONTH)]
    if scored.empty:
        return None
    drawn = scored[scored["base"] >= LEAST].rename(columns={"part": "month"})
    frame = pd.concat([drawn[drawn["model"] == m].sort_values("month") for m in MODELS], ignore_index=True)
    by_month = frame.pivot(index="month", columns="model", values="value").reindex(columns=list(MODELS))
    ahead = int((by_month["latent_type"] > by_month[list(BASELINES)].max(axis=1)).sum())
    return Panel(
        f"model-later-{outcome}",
        pen.text(f"model.later_{outcome}"),
        pen.text("model.later_caption", ahead=ahead, months=len(by_month), least=LEAST),
        pen.table("model_metrics", *_later_table(rows, pen)),
        pen.draw(lambda w: charts.scores_by_month(frame, w)) if len(frame) else {},
    )


def _later_table(rows: pd.DataFrame, pen: Pen) -> tuple[list[Pair], list[list]]:
    """Header and body: everything, by receipts, then by month; scores and accuracy of the model and the baselines."""
    shown = [(metric, m, unit) for metric, unit in (("macro_f1", "score"), ("accuracy", "share")) for m in MODELS]
    shown += [("error", "latent_type", "score"), ("answered", "latent_type", "share")]
    shown += [("accuracy_answered", "latent_type", "share")]
    values = rows.set_index(["part", "metric", "model"])["value"]
    bases = rows[rows["metric"] == "macro_f1"].groupby("part")["base"].max()
    months = sorted(p for p in bases.index if "-" in p)
    parts = [*(p for p in ("all", "1", "2", "3") if p in bases.index), *months]
    named = {"all": pen.text("words.everyone")} | {p: Pair(p, p) for p in months}
    body = [
        [
            named.get(p) or pen.label("receipts", p),
            f"{int(bases[p]):,}",
            *(pen.figure(unit, values.get((p, metric, m))) for metric, m, unit in shown),
        ]
        for p in parts
    ]
    header = [pen.text("words.predicted_month"), pen.text("words.customers")]
    header += [joined([pen.label("metric", n), pen.label("model", m)], " · ") for n, m, _ in shown[:6]]
    header += [pen.text(f"words.{key}") for key in ("error", "answered", "answers_right")]
    return header, body


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
    caption = pen.text("model.calibration_caption")
    whole = rows[rows["slice"] == "all"].set_index("metric")["value"]
    if {"error", "error_raw"} <= set(whole.index):
        found = {"error": f"{whole['error']:.3f}", "raw": f"{whole['error_raw']:.3f}"}
        caption = _then(caption, pen.text("model.calibration_error", **found))
    return Panel(
        "model-calibration",
        pen.text("model.calibration"),
        caption,
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
    floor = data.floor_in_use
    caption = _then(pen.text("model.abstention_caption", least=LEAST), _at_the_floor(frame, floor, data, pen))
    return Panel(
        "model-abstention",
        pen.text("model.abstention"),
        caption,
        of_the_model(data, pen, "model_metrics", header, body),
        pen.draw(lambda w: charts.abstention(drawn, w, floor)),
    )


def _at_the_floor(frame: pd.DataFrame, floor: float | None, data: ReportData, pen: Pen) -> Pair | None:
    """What the floor in use is worth, where it was measured; or that there is none to mark."""
    if floor is None:
        return pen.text("model.abstention_unknown") if data.min_probability is not None else None
    here, everybody = (frame[(frame["floor"] - f).abs() < 1e-9] for f in (floor, 0.0))
    if here.empty or everybody.empty or pd.isna(here["accuracy"].iloc[0]):
        return None
    return pen.text(
        "model.abstention_in_use",
        floor=pen.figure("share", floor),
        answered=pen.figure("share", float(here["answered"].iloc[0])),
        right=pen.figure("share", float(here["accuracy"].iloc[0])),
        all=pen.figure("share", float(everybody["accuracy"].iloc[0])),
    )


def _then(first: Pair, second: Pair | None) -> Pair:
    return joined([text for text in (first, second) if text], " ")
