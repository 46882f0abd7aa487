"""What became of predictions: the section's cards, table and charts of later months, by both measures.

The months of the model in use are told apart from those of earlier models: only they say what it is worth.
"""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Card, Panel, Pen, joined
from crm_assets.report.data import ReportData
from crm_assets.report.model_source import BASELINES, LEAST, score
from crm_assets.report.types import day

OURS = "latent_type"
MODELS = (OURS, *BASELINES)
HINDSIGHT = "hindsight"  # one type for everybody, the one that proved most frequent: no baseline, nobody knew it
OUTCOMES = ("horizon", "first")  # the day asked about tells more than the first type
MEASURES = {"macro_f1": "score", "accuracy": "share"}  # with their units
MONTH = r"\d{4}-\d{2}"


def later_figures(data: ReportData, outcome: str) -> pd.DataFrame:
    """Metrics of an outcome (``first``, ``horizon``), with ``part``: a month 2021-03, ``all``, or receipts."""
    rows = data.measured("later_month")
    own = rows[rows["slice"].str.startswith(f"{outcome}/")]
    return own.assign(part=own["slice"].str.removeprefix(f"{outcome}/"))


def outcome_told(data: ReportData) -> str | None:
    """The outcome that texts speak of: of the day asked about, else of the first type; None where nothing is known."""
    return next((outcome for outcome in OUTCOMES if len(later_figures(data, outcome))), None)


def pooled(data: ReportData, metric: str) -> pd.DataFrame:
    """Value and base of a metric over all later months, by model."""
    rows = later_figures(data, outcome_told(data))
    return rows[(rows["part"] == "all") & (rows["metric"] == metric)].set_index("model")[["value", "base"]]


def of_model_in_use(data: ReportData, outcome: str) -> pd.DataFrame:
    """The rows of ``later_figures`` of months that the model in use predicted."""
    rows, by_month = later_figures(data, outcome), models_by_month(data)
    return rows[rows["part"].isin(by_month.index[by_month == day(data.model.iloc[0]["trained_as_of"])])]


def models_by_month(data: ReportData) -> pd.Series:
    """trained_as_of (2021-04-30) of the model that each month used, by month (2021-05)."""
    history = data.table("model_history")
    if history.empty:
        return pd.Series(dtype=object)
    used = history[history["trained_as_of"].notna()]
    return pd.Series([day(d) for d in used["trained_as_of"]], index=[day(m)[:7] for m in used["month"]])


def right_of_all(rows: pd.DataFrame, metric: str, model: str = OURS) -> tuple[float, int]:
    """The share over the months together, and of how many predictions."""
    own = rows[(rows["metric"] == metric) & (rows["model"] == model)]
    return float((own["value"] * own["base"]).sum() / own["base"].sum()), int(own["base"].sum())


def later_cards(data: ReportData, pen: Pen) -> list[Card]:
    """Both measures of the model and the baselines on all later months; then what the model in use did alone."""
    outcome = outcome_told(data)
    if outcome is None:
        return []
    values = [
        (_named(metric, m, pen), score(value) if unit == "score" else pen.figure(unit, float(value)))
        for metric, unit in MEASURES.items()
        for m, value in pooled(data, metric)["value"].reindex([*MODELS, HINDSIGHT]).dropna().items()
    ]
    own = _own_card(data, outcome, pen)
    text = [pen.text(f"model.later_text_{outcome}")]
    if own is None:
        trained = day(data.model.iloc[0]["trained_as_of"])
        text.append(pen.text("model.later_none_own", trained=trained, least=LEAST))
    whole = Card(pen.text("model.later_title"), joined(text, " "), values)
    return [whole, own] if own else [whole]


def _own_card(data: ReportData, outcome: str, pen: Pen) -> Card | None:
    """By which measure the model in use beats both baselines, and by which it does not; None before it was judged."""
    rows = of_model_in_use(data, outcome)
    months = _drawn(rows)["part"].nunique()
    if not months:
        return None
    ahead = [
        (
            pen.text("model.own_ahead", measure=pen.text(f"words.{metric}_plain")),
            pen.text("model.own_months", n=_ahead(rows, metric), months=months),
        )
        for metric in MEASURES
    ]
    right = [
        (_named("accuracy", m, pen), pen.figure("share", right_of_all(rows, "accuracy", m)[0]))
        for m in (OURS, "majority", HINDSIGHT)
    ]
    told = {"start": min(rows["part"]), "n": f"{right_of_all(rows, 'accuracy')[1]:,}"}
    text = pen.text("model.own_text", trained=day(data.model.iloc[0]["trained_as_of"]), **told)
    return Card(pen.text("model.own_title"), text, [*ahead, *right])


def _named(metric: str, model: str, pen: Pen) -> Pair:
    return joined([pen.text(f"words.{metric}_plain"), pen.label("model", model)], " · ")


def later_panels(data: ReportData, pen: Pen) -> list[Panel]:
    """The table of both measures, then a chart per outcome."""
    made = [_measures(data, pen), *(_later(data, outcome, pen) for outcome in OUTCOMES)]
    return [panel for panel in made if panel]


def later_note(data: ReportData, pen: Pen) -> list[Pair]:
    """Where no later month has come yet, that this is so."""
    return [pen.text("model.no_later")] if data.measured("later_month").empty else []


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """Months of customers enough to be drawn and counted."""
    scored = rows[(rows["metric"] == "macro_f1") & rows["part"].str.fullmatch(MONTH)]
    return scored[scored["base"] >= LEAST]


def _ahead(rows: pd.DataFrame, metric: str) -> int:
    """In how many of the counted months the model is ahead of both baselines."""
    counted = rows[(rows["metric"] == metric) & rows["part"].isin(_drawn(rows)["part"])]
    by_month = counted.pivot(index="part", columns="model", values="value").reindex(columns=list(MODELS))
    return int((by_month[OURS] > by_month[list(BASELINES)].max(axis=1)).sum())


def _measures(data: ReportData, pen: Pen) -> Panel | None:
    """An open table: all and every month, who predicted it, and both measures beside the baselines."""
    outcome = outcome_told(data)
    if outcome is None:
        return None
    rows, used = later_figures(data, outcome), models_by_month(data)
    values = rows.set_index(["part", "metric", "model"])["value"]
    bases = rows[rows["metric"] == "macro_f1"].groupby("part")["base"].max()
    in_use = day(data.model.iloc[0]["trained_as_of"])
    body = [
        [
            pen.text("words.everyone") if part == "all" else part,
            pen.text("model.in_use", trained=in_use) if used.get(part) == in_use else used.get(part, "–"),
            f"{int(bases[part]):,}",
            *(pen.figure(unit, values.get((part, metric, m))) for metric, unit in MEASURES.items() for m in MODELS),
        ]
        for part in _parts(bases)
        if part == "all" or "-" in part
    ]
    header = [pen.text(f"words.{k}") for k in ("predicted_month", "model_of", "customers")]
    header += [_named(metric, m, pen) for metric in MEASURES for m in MODELS]
    return Panel(
        "model-measures",
        pen.text("model.measures"),
        pen.text("model.measures_caption"),
        pen.table("model_metrics, lightgbm_model", header, body, 2, ["metrics", "model_history"]),
        wide=True,
    )


def _parts(bases: pd.Series) -> list[str]:
    """Everything, by receipts, then by month."""
    by_receipts = sorted((p for p in bases.index if p.isdigit()), key=int)
    return [*(p for p in bases.index if p == "all"), *by_receipts, *sorted(p for p in bases.index if "-" in p)]


def _later(data: ReportData, outcome: str, pen: Pen) -> Panel | None:
    rows = later_figures(data, outcome)
    if rows.empty:
        return None
    drawn = _drawn(rows).rename(columns={"part": "month"})
    frame = pd.concat([drawn[drawn["model"] == m].sort_values("month") for m in MODELS], ignore_index=True)
    ahead = {"score": _ahead(rows, "macro_f1"), "right": _ahead(rows, "accuracy")}
    return Panel(
        f"model-later-{outcome}",
        pen.text(f"model.later_{outcome}"),
        pen.text("model.later_caption", **ahead, months=frame["month"].nunique(), least=LEAST),
        pen.table("model_metrics", *_later_table(rows, pen), frames=["metrics"]),
        pen.draw(lambda w: charts.scores_by_month(frame, w)) if len(frame) else {},
    )


def _later_table(rows: pd.DataFrame, pen: Pen) -> tuple[list[Pair], list[list]]:
    """Header and body: everything, by receipts, then by month; scores and accuracy of the model and the baselines."""
    shown = [(metric, m, unit) for metric, unit in MEASURES.items() for m in MODELS]
    shown += [("error", OURS, "score"), ("answered", OURS, "share"), ("accuracy_answered", OURS, "share")]
    values = rows.set_index(["part", "metric", "model"])["value"]
    bases = rows[rows["metric"] == "macro_f1"].groupby("part")["base"].max()
    named = {"all": pen.text("words.everyone")} | {p: Pair(p, p) for p in bases.index if "-" in p}
    body = [
        [
            named.get(p) or pen.receipts(int(p)),
            f"{int(bases[p]):,}",
            *(pen.figure(unit, values.get((p, metric, m))) for metric, m, unit in shown),
        ]
        for p in _parts(bases)
    ]
    header = [pen.text("words.predicted_month"), pen.text("words.customers")]
    header += [_named(metric, m, pen) for metric in MEASURES for m in MODELS]
    header += [pen.text(f"words.{key}") for key in ("error", "answered", "answers_right")]
    return header, body
