"""Which leads to call first: how much better than at random the list is, its first leads with reasons, the figures."""

from __future__ import annotations

import json

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report.blocks import Lines, Panel, Pen, Section, Tile
from crm_assets.report.data import ReportData

SPLITS = ("lead_company", "lead_owner", "lead_random")
COMPARED = ("model", "lightgbm_text", "lightgbm", "logistic_text", "logistic", "prior")
OTHER = "(other)"
METRICS = ("f1", "precision", "recall", "pr_auc", "roc_auc", "lift_top_decile")
REASONS = 3


def leads(data: ReportData, pen: Pen) -> Section | None:
    """None for a source without leads."""
    model = data.table("lead_model")
    if model.empty:
        return None
    title, row = pen.text("leads.title"), model.iloc[0]
    if row["status"] == "none":
        return Section("leads", title, note=pen.text("leads.none", known=f"{int(row['known']):,}"))
    threshold = pen.figure("share", float(row["threshold"]))
    name = pen.label("lead_candidate", row["candidate"])
    learned = {"rows": f"{int(row['rows']):,}", "day": f"{row['trained_as_of']:%Y-%m-%d}"}
    lead = [pen.text("leads.lead", model=name, **learned)]
    panels = [_lift(data, pen), _list(data, pen), _figures(data, pen)]
    tiles = _tiles(data, pen)
    after = [pen.text("leads.threshold", threshold=threshold), pen.text("leads.unseen")]
    return Section(
        "leads",
        title,
        lead,
        [p for p in panels if p],
        tiles,
        after=after,
        source=pen.source("lead_scores, lead_lift", "lead_counts", "lead_lift"),
    )


def _tiles(data: ReportData, pen: Pen) -> list[Tile]:
    counts = data.table("lead_counts").iloc[0]
    lift = data.table("lead_lift")
    made = [
        Tile(
            pen.text("leads.open"),
            Pair(*[f"{int(counts['open_leads']):,}"] * 2),
            pen.text("leads.open_note", within=f"{int(counts['within_capacity']):,}"),
        )
    ]
    if not lift.empty:
        first = lift.sort_values("decile").iloc[0]
        share = pen.figure("share", float(first["captured_share"]))
        value = pen.figure("ratio", float(first["lift"]))
        made.append(Tile(pen.text("leads.lift"), value, pen.text("leads.lift_note", share=share)))
    return made


def _lift(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("lead_lift")
    if rows.empty:
        return None
    rows = rows.sort_values("decile")
    header = ("tenth", "leads", "converted", "rate", "expected", "lift", "captured")
    body = [
        [
            pen.text("leads.tenth", place=int(one["decile"])),
            f"{int(one['leads']):,}",
            f"{int(one['converted']):,}",
            pen.figure("share", float(one["rate"])),
            pen.figure("share", float(one["expected_rate"])),
            pen.figure("ratio", float(one["lift"])),
            pen.figure("share", float(one["captured_share"])),
        ]
        for one in rows.to_dict("records")
    ]
    table = pen.table("lead_lift", [pen.text(f"leads.column.{h}") for h in header], body)
    return Panel(
        "leads-lift", pen.text("leads.by_tenth"), pen.text("leads.by_tenth_caption"), table,
        pen.draw(lambda words: charts.lift_bars(rows, words)), wide=True,
    )  # fmt: skip


def _list(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("lead_list")
    if rows.empty:
        return None
    titles = _titles(data, pen)
    body = [
        [
            str(one["lead_id"]),
            _known(one["company_id"]),
            _known(one["owner_id"]),
            Lines([_reason(pen, titles, reason) for reason in json.loads(one["reasons"])["top"][:REASONS]]),
            f"{int(one['rank'])}",
            f"{float(one['lead_index']):.1f}",
            f"{one['created_at']:%Y-%m-%d}",
        ]
        for one in rows.to_dict("records")
    ]
    header = [pen.text(f"leads.column.{h}") for h in ("lead", "company", "owner", "reasons", "rank", "index", "day")]
    table = pen.table("lead_scores", header, body, 4, ["lead_list"])
    within = f"{int(data.table('lead_counts').iloc[0]['within_capacity']):,}"
    caption = pen.text("leads.list_caption", shown=len(rows), within=within)
    return Panel("leads-list", pen.text("leads.list"), caption, table, wide=True)


def _known(name: object) -> str:
    return "–" if pd.isna(name) else str(name)


def _titles(data: ReportData, pen: Pen) -> dict[str, Pair]:
    rows = data.table("lead_columns")
    known = {str(r["attribute"]): Pair(str(r["title_ko"]), str(r["title_en"])) for r in rows.to_dict("records")}
    return {"message_terms": pen.text("leads.terms"), **known}


def _reason(pen: Pen, titles: dict[str, Pair], reason: dict[str, object]) -> Pair:
    """A column, its value, and whether it speaks for a sale."""
    name, value = str(reason["column"]), reason["value"]
    told = "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    told = pen.text("leads.other") if told == OTHER else Pair(told, told)
    sign = "leads.speaks_for" if float(str(reason["contribution"])) > 0 else "leads.speaks_against"
    return pen.text(sign, column=titles.get(name, Pair(name, name)), value=told)


def _figures(data: ReportData, pen: Pen) -> Panel | None:
    """Of the month that trained the model; a month that uses it again has none."""
    rows = data.table("model_metrics")
    rows = rows[rows["protocol"].isin(SPLITS) & rows["model"].isin(COMPARED)]
    if rows.empty:
        return None
    grid = rows.pivot_table(index=["protocol", "model"], columns="metric", values="value")
    body = [
        [
            pen.label("lead_split", split),
            pen.label("lead_candidate", name),
            *(_figure(pen, grid, (split, name), metric) for metric in METRICS),
        ]
        for split in SPLITS
        for name in COMPARED
        if (split, name) in grid.index
    ]
    header = [pen.text(f"leads.column.{h}") for h in ("split", "candidate", *METRICS)]
    table = pen.table("model_metrics", header, body, names=2)
    return Panel("leads-figures", pen.text("leads.figures"), pen.text("leads.figures_caption"), table, wide=True)


def _figure(pen: Pen, grid: pd.DataFrame, place: tuple[str, str], metric: str) -> Pair:
    return pen.figure("ratio" if metric.startswith("lift") else "score", float(grid.at[place, metric]))
