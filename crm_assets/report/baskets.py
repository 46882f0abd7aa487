"""What is bought together: the best rules of every type, whether last month's held, what to sell or offer together."""

from __future__ import annotations

import pandas as pd

from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Coloured, Panel, Pen, Section, p_value, signed
from crm_assets.report.data import ReportData

BEST_RULES, BEST_PROPOSALS = 5, 3
VERDICTS = ("holds", "fails", "too_few")
EVERYBODY = "all"


def baskets(data: ReportData, pen: Pen) -> Section:
    """The types in their order, everybody first."""
    title, rules = pen.text("baskets.title"), data.table("association_rules")
    retests = _retests(data, pen)
    if rules.empty:
        return Section("baskets", title, panels=retests, note=pen.text("baskets.none"))
    passing = int(rules["passes_confidence"].astype(bool).sum())
    everybody = rules["all_baskets"].max()  # where only a small type has rules, its baskets are not all of them
    lead = [
        pen.text("baskets.lead", rules=f"{passing:,}", baskets=f"{int(everybody):,}", kept=f"{len(rules) - passing:,}")
    ]
    panels = [_rules(data, pen, rules), *retests, *_proposals(data, pen)]
    return Section("baskets", title, lead, panels, after=[pen.text("baskets.evidence")])


def _ordered(data: ReportData, rows: pd.DataFrame, best: int) -> list[dict[str, object]]:
    """The best of every segment, by rank."""
    order = [EVERYBODY, *_types(data)]
    kept = rows[rows["rank"] <= best].to_dict("records")
    return sorted(kept, key=lambda r: (_place(order, r["segment_id"]), str(r["segment_id"]), r["rank"]))


def _place(order: list[str], segment: object) -> int:
    return order.index(segment) if segment in order else len(order)


def _types(data: ReportData) -> list[str]:
    return [] if data.segments.empty else list(data.segments["segment_id"])


def _segment(data: ReportData, pen: Pen, segment: str) -> Coloured:
    return Coloured(pen.segment(segment), segment_colour(segment, _types(data)))


def _side(name: object) -> Pair:
    return Pair(str(name), str(name))


def _number(value: float, decimals: int = 2) -> str:
    """What has no number here has no bound: a conviction at confidence 1, a lift that too few customers show."""
    return "∞" if pd.isna(value) else f"{value:,.{decimals}f}"


def _rules(data: ReportData, pen: Pen, rules: pd.DataFrame) -> Panel:
    header = ("segment", "antecedents", "consequents", "antecedent_support", "consequent_support", "support",
              "confidence", "passes", "lift", "leverage", "conviction", "zhang", "baskets")  # fmt: skip
    body = [
        [
            _segment(data, pen, row["segment_id"]),
            _side(row["antecedent_names"]),
            _side(row["consequent_names"]),
            *(pen.figure("share", float(row[name])) for name in
              ("antecedent_support", "consequent_support", "support", "confidence")),
            pen.text("baskets.passes" if row["passes_confidence"] else "baskets.below"),
            _number(float(row["lift"])),
            signed(float(row["leverage"])) if abs(row["leverage"]) >= 0.01 else _number(float(row["leverage"]), 4),
            _number(row["conviction"]),
            _number(float(row["zhangs_metric"]), 3),
            f"{int(row['baskets']):,}",
        ]
        for row in _ordered(data, rules, BEST_RULES)
    ]  # fmt: skip
    table = pen.table("association_rules", [pen.text(f"baskets.column.{h}") for h in header], body, names=3)
    return Panel("baskets-rules", pen.text("baskets.rules"), pen.text("baskets.rules_caption"), table, wide=True)


def _retests(data: ReportData, pen: Pen) -> list[Panel]:
    rows = data.table("rule_retests")
    if rows.empty:
        return []
    order = [EVERYBODY, *_types(data)]
    segments = sorted(set(rows["segment_id"]), key=lambda s: (_place(order, s), str(s)))
    body = []
    for segment in segments:
        own = rows[rows["segment_id"] == segment]
        judged = own[own["verdict"] != "too_few"]
        means = [float(judged[name].mean()) if len(judged) else None for name in ("confidence_before", "confidence")]
        counts = [f"{int((own['verdict'] == verdict).sum()):,}" for verdict in VERDICTS]
        body.append([_segment(data, pen, segment), f"{len(own):,}", *counts, *(pen.figure("share", m) for m in means)])
    header = ("segment", "rules", *VERDICTS, "confidence_before", "confidence_now")
    table = pen.table("rule_retests", [pen.text(f"baskets.column.{h}") for h in header], body)
    caption = pen.text("baskets.retests_caption")
    return [Panel("baskets-retests", pen.text("baskets.retests"), caption, table, wide=True)]


def _proposals(data: ReportData, pen: Pen) -> list[Panel]:
    rows = data.table("bundle_proposals")
    if rows.empty:
        return []
    header = ("segment", "kind", "antecedents", "consequents", "lift", "p", "retest", "address", "expected")
    body = [
        [
            _segment(data, pen, row["segment_id"]),
            pen.text(f"baskets.kind.{row['kind']}"),
            _side(row["antecedent_names"]),
            _side(row["consequent_names"]),
            f"{_number(row['lift'], 1)} ({_number(row['lift_low'], 1)}–{_number(row['lift_high'], 1)})",
            p_value(float(row["p_adjusted"])),
            pen.text(f"baskets.verdict.{row['retest']}"),
            pen.figure("customers", int(row["customers_to_address"])),
            _number(float(row["expected_baskets"]), 1),
        ]
        for row in _ordered(data, rows, BEST_PROPOSALS)
    ]
    table = pen.table("bundle_proposals", [pen.text(f"baskets.column.{h}") for h in header], body, names=4)
    caption = pen.text("baskets.proposals_caption")
    return [Panel("baskets-proposals", pen.text("baskets.proposals"), caption, table, wide=True)]
