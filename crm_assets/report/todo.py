"""What to do this month: every campaign, its files and its terms; or which check stopped the lists."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.report.blocks import Card, Panel, Pen, Section
from crm_assets.report.data import ReportData
from crm_assets.report.strategy_words import strategy_word
from crm_assets.report.told import worded
from crm_assets.report.types import day


def todo(data: ReportData, pen: Pen) -> Section:
    """A card per campaign in the order of the catalogue, then the checks."""
    title, checks = pen.text("todo.title"), _checks(data, pen)
    rows, strategies = data.table("campaigns"), data.table("strategies")
    panels = [checks] if checks else []
    if rows.empty:
        found = data.table("export_checks")
        failed = len(found) and not found["passed"].astype(bool).all()
        return Section("campaigns", title, panels=panels, note=pen.text("todo.stopped" if failed else "todo.none"))
    rows = rows.merge(strategies.drop(columns=["kpi", "month", "as_of"]), on="strategy_id").sort_values("place")
    made = [_card(pen, row) for row in rows.to_dict("records")]
    source = pen.source("campaigns, strategies")
    return Section("campaigns", title, [pen.text("todo.lead")], panels, cards=made, source=source)


def _card(pen: Pen, row: dict[str, Any]) -> Card:
    values = {
        "treatment": pen.figure("customers", int(row["treatment"])),
        "control": pen.figure("customers", int(row["control"])),
        "ends": Pair(*(day(row["ends_on"]),) * 2),
        "kpi": strategy_word(pen.texts, "kpi", row["kpi"]),
        "channel": strategy_word(pen.texts, "channel", row["channel"]),
        "owner": strategy_word(pen.texts, "owner", row["owner"]),
    }
    facts = [
        pen.text("todo.file", path=row["path"]),
        pen.text("todo.holdout", path=row["holdout_path"]),
        pen.text("todo.trigger", trigger=Pair(row["trigger_ko"], row["trigger_en"])),
        pen.text("todo.for_whom", definition=pen.texts.translated(str(row["definition"]))),
        _counts(pen, row),
        _detectable(pen, row),
    ]
    if int(row["consent_unknown"]):
        facts.append(pen.text("todo.consent_unknown", customers=pen.figure("customers", int(row["consent_unknown"]))))
    shown = [(pen.text(f"todo.values.{word}"), value) for word, value in values.items()]
    return Card(Pair(row["title_ko"], row["title_en"]), Pair(row["action_ko"], row["action_en"]), shown, facts)


def _counts(pen: Pen, row: dict[str, Any]) -> Pair:
    columns = {"fitting": "fitting", "other": "in_other_campaigns", "refused": "without_consent"}
    return pen.text("todo.counts", **{n: pen.figure("customers", int(row[c])) for n, c in columns.items()})


def _detectable(pen: Pen, row: dict[str, Any]) -> Pair:
    if pd.isna(row["detectable"]):
        return pen.text("todo.few")
    return pen.text(
        "todo.detectable",
        window=int(row["window_days"]),
        before=pen.figure("share", float(row["bought_before"])),
        detectable=Pair(*(f"{float(row['detectable']) * 100:.1f}%",) * 2),
    )


def _checks(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.table("export_checks")
    if rows.empty:
        return None
    body = [
        [
            pen.text(f"front.checks.{row['name']}"),
            pen.text("todo.passed" if row["passed"] else "todo.failed"),
            "–" if pd.isna(row["what"]) else pen(lambda w, t=row["what"]: worded(w, "reason", t)),
            "–" if pd.isna(row["psi"]) else f"{float(row['psi']):.2f}",
            f"{float(row['threshold']):.2f}",
        ]
        for row in rows.to_dict("records")
    ]
    header = [pen.text(f"todo.{h}") for h in ("check", "state", "what", "psi", "threshold")]
    table = pen.table("export_checks", header, body, names=3)
    return Panel("todo-checks", pen.text("todo.checks"), pen.text("todo.checks_caption"), table, wide=True)
