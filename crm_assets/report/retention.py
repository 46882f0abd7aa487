"""Who will fall silent: by grade, what is at stake, how well it is told, whom to write to, what it would bring."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report import rfm_groups
from crm_assets.report.blocks import Coloured, Lines, Panel, Pen, Section, Strip, Tile
from crm_assets.report.data import ReportData
from crm_assets.segmentation.rfm import GRADE

SLICES = ("all", "more_receipts", "one_receipt")
FIRST_OF_A_LIST = 3
Cells = list[str | Pair | Strip | Coloured | Lines]


def retention(data: ReportData, pen: Pen) -> Section:
    """Dormancy in the days to come."""
    title, rows = pen.text("retention.title"), data.table("dormancy_grades")
    mau = _mau(data, pen)
    model = data.table("dormancy_model")
    days = None if model.empty else int(model["horizon_days"].iloc[0])
    if rows.empty:
        return Section("retention", title, note=pen.text("retention.none"), panels=[mau] if mau else [])
    rows = rows.set_index("rfm_grade")
    panels = [_grades(data, pen, rows), _evidence(data, pen), _lists(data, pen), mau]
    return Section(
        "retention",
        title,
        [pen.text("retention.lead", days=days), pen.text(f"retention.trust.{_letter(rows)}")],
        [p for p in panels if p],
        _tiles(pen, rows.loc["all"], days),
        after=[pen.text("retention.letters"), pen.text("retention.risk")],
    )


def _letter(rows: pd.DataFrame) -> str:
    grade = rows.at["all", "grade"]
    return "unjudged" if pd.isna(grade) else str(grade)


def _tiles(pen: Pen, whole: pd.Series, days: int | None) -> list[Tile]:
    share = pen.figure("share", float(whole["dormant_share"]))
    risk = float(whole["value_at_risk"]) / (float(whole["expected_spend"]) or 1.0)
    return [
        Tile(
            pen.text("retention.expected"),
            pen.figure("customers", round(float(whole["expected_dormant"]))),
            pen.text("retention.expected_note", share=share, days=days),
        ),
        Tile(
            pen.text("retention.value"),
            pen(lambda w: w.short("currency", float(whole["value_at_risk"]))),
            pen.text("retention.value_note", share=pen.figure("share", risk), days=days),
        ),
    ]


def _grades(data: ReportData, pen: Pen, rows: pd.DataFrame) -> Panel:
    names = rfm_groups.names(data, GRADE, codes=True)
    known = [g for g in names if g in rows.index]
    shown = rows.loc[known]
    header = ("grade", "customers", "expected", "dormant_share", "value", "p_alive", "served", "letter")
    body: list[Cells] = [
        [
            pen.text("words.everyone") if g == "all" else names[g],
            pen.figure("customers", int(rows.at[g, "customers"])),
            pen.figure("customers", float(rows.at[g, "expected_dormant"])),
            pen.figure("share", float(rows.at[g, "dormant_share"])),
            pen.figure("currency", float(rows.at[g, "value_at_risk"])),
            pen.figure("score", float(rows.at[g, "p_alive_mean"])),
            pen.label("dormancy_candidate", str(rows.at[g, "served"])),
            "–" if pd.isna(rows.at[g, "grade"]) else str(rows.at[g, "grade"]),
        ]
        for g in [*known, "all"]
    ]

    def chart(words):
        labels = [getattr(names[g], words.lang) for g in known]
        return charts.risk_bars(shown.assign(label=labels), words)

    table = pen.table("dormancy_grades", [pen.text(f"retention.column.{h}") for h in header], body)
    return Panel(
        "retention-grades", pen.text("retention.by_grade"), pen.text("retention.by_grade_caption"), table,
        pen.draw(chart), wide=True,
    )  # fmt: skip


def _evidence(data: ReportData, pen: Pen) -> Panel | None:
    """What was served, once that has an outcome; until then the model and the rules."""
    name = "dormancy_evidence" if data.table("dormancy_outcomes").empty else "dormancy_outcomes"
    rows = data.table(name)
    if rows.empty:
        return None
    grid = rows.set_index(["slice", "candidate", "metric"])
    whole = rows[(rows["slice"] == "all") & (rows["metric"] == "roc_auc")].sort_values("value", ascending=False)
    order = list(whole["candidate"])
    body: list[Cells] = [
        [
            pen.label("dormancy_candidate", candidate),
            *(_scored(pen, grid, part, candidate, "roc_auc") for part in SLICES),
            _scored(pen, grid, "all", candidate, "pr_auc"),
            _scored(pen, grid, "all", candidate, "brier"),
            _scored(pen, grid, "all", candidate, "calibration_error"),
        ]
        for candidate in order
    ]
    header = ("candidate", *SLICES, "pr_auc", "brier", "calibration_error")
    served = "served" if "served" in order else "model"

    def chart(words):
        labels = [words.label("dormancy_candidate", c) for c in order]
        return charts.candidate_scores(whole.assign(label=labels, served=whole["candidate"] == served), words)

    first = whole.iloc[0]
    caption = pen.text("retention.evidence_caption", base=f"{int(first['base']):,}", months=int(first["months"]))
    table = pen.table(name, [pen.text(f"retention.column.{h}") for h in header], body)
    return Panel("retention-evidence", pen.text("retention.evidence"), caption, table, pen.draw(chart), wide=True)


def _scored(pen: Pen, grid: pd.DataFrame, part: str, candidate: str, metric: str) -> str | Pair:
    if (part, candidate, metric) not in grid.index:
        return "–"
    row = grid.loc[(part, candidate, metric)]
    value = pen.figure("score", float(row["value"])).en
    return value if pd.isna(row["low"]) else f"{value} ({row['low']:.3f}–{row['high']:.3f})"


def _lists(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("retention_lists")
    if rows.empty:
        return None
    body: list[Cells] = []
    for name in (n for n in pen.texts.order("retention_list") if n in set(rows["list"])):
        of_list = rows[rows["list"] == name].sort_values("rank")
        first = ", ".join(of_list["customer_id"].head(FIRST_OF_A_LIST))
        body.append(
            [
                pen.label("retention_list", name),
                pen.figure("customers", len(of_list)),
                pen.figure("share", float(of_list["probability"].mean())),
                pen.figure("currency", float(of_list["value"].sum())),
                first,
            ]
        )
    header = ("list", "customers", "dormant_share", "list_value", "first")
    table = pen.table("retention_lists", [pen.text(f"retention.column.{h}") for h in header], body)
    return Panel("retention-lists", pen.text("retention.lists"), pen.text("retention.lists_caption"), table, wide=True)


def _mau(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("mau_effects")
    if rows.empty:
        return None
    rows = rows.set_index("component")
    body: list[Cells] = [
        [
            pen.label("mau_component", c),
            pen.figure("customers", int(rows.at[c, "population"])),
            pen.figure("share", _known(rows.at[c, "assumed_share"])),
            pen.figure("share", _known(rows.at[c, "active_share"])),
            pen.figure("customers", float(rows.at[c, "active_customers"])),
            pen.figure("share", _known(rows.at[c, "change"])),
        ]
        for c in pen.texts.order("mau_component")
    ]
    header = ("component", "population", "assumed_share", "active_share", "active", "change")
    table = pen.table("mau_effects", [pen.text(f"retention.column.{h}") for h in header], body)
    return Panel("retention-mau", pen.text("retention.mau"), pen.text("retention.mau_caption"), table, wide=True)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
