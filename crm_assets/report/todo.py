"""What to do this month: every campaign, its files and its terms; or which check stopped the lists."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.marketing.wording import Wording
from crm_assets.report.blocks import Card, Panel, Pen, Section
from crm_assets.report.data import ReportData
from crm_assets.report.segment_actions import detectable
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
    made = [_card(data, pen, row) for row in rows.to_dict("records")]
    source = pen.source("campaigns, strategies")
    folder = PurePosixPath(rows["path"].iloc[0]).parent
    lead = [pen.text("todo.lead", folder=f"data/{folder}")]
    return Section("campaigns", title, lead, panels, cards=made, source=source)


def _card(data: ReportData, pen: Pen, row: dict[str, Any]) -> Card:
    values = {
        "treatment": pen.figure("customers", int(row["treatment"])),
        "control": pen.figure("customers", int(row["control"])),
        "ends": Pair(*(day(row["ends_on"]),) * 2),
        "kpi": strategy_word(pen.texts, "kpi", row["kpi"]),
        "channel": strategy_word(pen.texts, "channel", row["channel"]),
        "owner": strategy_word(pen.texts, "owner", row["owner"]),
    }
    facts = [
        pen.text("todo.file", path=PurePosixPath(row["path"]).name),
        pen.text("todo.holdout", path=PurePosixPath(row["holdout_path"]).name),
        pen.text("todo.trigger", trigger=Pair(row["trigger_ko"], row["trigger_en"])),
        pen.text("todo.for_whom", definition=definition(data, pen, row)),
        _counts(pen, row),
        _detectable(pen, row),
    ]
    if int(row["consent_unknown"]):
        facts.append(pen.text("todo.consent_unknown", customers=pen.figure("customers", int(row["consent_unknown"]))))
    shown = [(pen.text(f"todo.values.{word}"), value) for word, value in values.items()]
    return Card(Pair(row["title_ko"], row["title_en"]), Pair(row["action_ko"], row["action_en"]), shown, facts)


def definition(data: ReportData, pen: Pen, row: dict[str, Any]) -> Pair:
    """The conditions of the campaign's strategy in words; as the campaign has them where the month tells none."""
    rows = data.table("strategy_conditions")
    rows = rows[rows["strategy_id"] == row["strategy_id"]] if len(rows) else rows
    if rows.empty:
        return pen.texts.translated(str(row["definition"]))
    names = {
        **_titles(data.table("offers"), "offer_id", "title_ko", "title_en"),
        **_titles(data.table("lifestyle_personas"), "lifestyle_id", "ko", "en"),
    }
    asked = {str(trait): [str(v) for v in own] for trait, own in rows.groupby("trait", sort=False)["value"]}
    return pen(lambda w: " · ".join(Wording(w, names).trait(trait, *values) for trait, values in asked.items()))


def _titles(rows: pd.DataFrame, key: str, ko: str, en: str) -> dict[tuple[str, str], Pair]:
    return {(key, str(r[key])): Pair(str(r[ko]), str(r[en])) for r in rows.to_dict("records")}


def _counts(pen: Pen, row: dict[str, Any]) -> Pair:
    if not int(row["in_other_campaigns"]) and not int(row["without_consent"]):
        return pen.text("todo.counts_all", fitting=pen.figure("customers", int(row["fitting"])))
    columns = {"fitting": "fitting", "other": "in_other_campaigns", "refused": "without_consent"}
    return pen.text("todo.counts", **{n: pen.figure("customers", int(row[c])) for n, c in columns.items()})


def _detectable(pen: Pen, row: dict[str, Any]) -> Pair:
    """By its own kpi: a share, or spend per customer."""
    spend = row["kpi"] == "spend"
    before = row["spend_before" if spend else "converted_before"]
    least = row["detectable_spend" if spend else "detectable"]
    if pd.isna(before) or pd.isna(least):
        return pen.text("todo.few")
    return pen.text(
        "todo.detectable",
        window=int(row["window_days"]),
        kpi=strategy_word(pen.texts, "kpi", row["kpi"]),
        before=pen.figure("currency" if spend else "share", float(before)),
        detectable=detectable(pen, row),
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
