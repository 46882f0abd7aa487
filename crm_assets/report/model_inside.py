"""What the model is beside others, what matters to it, and what it owes to dates and to the stated day."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.contracts.feature_table import CUTS
from crm_assets.contracts.model_comparison import ALGORITHMS
from crm_assets.report.blocks import Panel, Pen, joined
from crm_assets.report.column_words import column_name
from crm_assets.report.data import ReportData
from crm_assets.report.model_source import of_the_model, sample_note

METHODS = {"cart": "share", "permutation": "score"}  # with the unit of an importance
TOP = 10
SPREADS = 2  # standard deviations that an importance lies above zero, to be distinguishable from it
AS_SHIPPED = "as_shipped"


def inside(data: ReportData, pen: Pen) -> list[Panel]:
    """The panels whose figures there are."""
    made = [_comparison(data, pen), *(_importance(data, method, pen) for method in METHODS), _ablation(data, pen)]
    return [panel for panel in made if panel]


def _comparison(data: ReportData, pen: Pen) -> Panel | None:
    """Figures of every algorithm that was measured, a row each. Without the stopwatch's readings: two reports of the
    same month would differ by them."""
    rows = data.table("model_comparison")
    if rows.empty:
        return None
    found = rows.set_index(["algorithm", "protocol", "slice"])
    measured = [a for a in ALGORITHMS if a in set(rows["algorithm"])]
    units = {"macro_f1": "score", "accuracy": "share"}
    present = set(zip(rows["protocol"], rows["slice"], strict=True))
    parts = [part for part in (*(("cold_start", c) for c in CUTS), ("seed", "full")) if part in present]
    shown = [(*part, metric) for metric in units for part in parts]
    body = [
        [
            pen.label("algorithm", a),
            *(pen.figure(units[metric], found[metric].get((a, *part))) for *part, metric in shown),
        ]
        for a in measured
    ]
    header = [pen.text("words.model")]
    header += [joined([pen.label("metric", m), pen.label("slice", s)], " · ") for _, s, m in shown]
    captions = [pen.text("model.comparison_caption"), *sample_note(data, rows, pen)]
    if "catboost" not in measured:
        captions.append(pen.text("model.no_catboost"))
    return Panel(
        "model-comparison",
        pen.text("model.comparison"),
        joined(captions, " "),
        of_the_model(data, pen, "model_comparison", header, body),
        wide=True,
    )


def _importance(data: ReportData, method: str, pen: Pen) -> Panel | None:
    rows = data.table("feature_importance")
    if rows.empty or rows[rows["method"] == method].empty:
        return None
    top = rows[(rows["method"] == method) & (rows["rank"] <= TOP)].sort_values("rank", ignore_index=True)
    top = top.assign(is_clear=is_clear(top))
    unit, spread = METHODS[method], method == "permutation"
    body = [
        [
            str(r.rank),
            _named(r.model_column, pen),
            str(r.flags) or "–",
            "●" if r.in_both else "",
            pen.figure(unit, float(r.importance)),
            *([pen.figure(unit, float(r.spread)), pen.label("is_clear", str(r.is_clear))] if spread else []),
        ]
        for r in top.itertuples(index=False)
    ]
    keys = ["rank", "column", "flags", "in_both", "importance", *(["spread", "is_clear"] if spread else [])]

    def chart(w):
        return charts.importance_bars(top, w, {c: column_name(c, w) for c in top["model_column"]}, unit)

    caption = [pen.text(f"model.importance_{method}_caption")]
    if spread:
        caption.append(_overlap(rows, pen))
    return Panel(
        f"model-importance-{method}",
        pen.text(f"model.importance_{method}"),
        joined(caption, " "),
        of_the_model(data, pen, "feature_importance", [pen.text(f"words.{k}") for k in keys], body, names=4),
        pen.draw(chart),
    )


def is_clear(rows: pd.DataFrame) -> pd.Series:
    """Whether an importance lies more than two standard deviations above zero; one tree has no spread and is clear."""
    return rows["importance"] - SPREADS * rows["spread"].fillna(0.0) > 0


def _overlap(rows: pd.DataFrame, pen: Pen) -> Pair:
    both = rows[rows["in_both"].astype(bool)].sort_values("rank").drop_duplicates("model_column")
    if both.empty:
        return pen.text("model.no_overlap")
    shuffled = rows[(rows["method"] == "permutation") & is_clear(rows)]["model_column"]
    known = [_named(c, pen) for c in both["model_column"] if c in set(shuffled)]
    names = joined([_named(c, pen) for c in both["model_column"]])
    clear = joined(known) if known else pen.text("model.none_clear")
    return pen.text("model.overlap", n=len(both), names=names, clear=clear)


def _named(column: str, pen: Pen) -> Pair:
    return pen(lambda w: column_name(column, w))


def _ablation(data: ReportData, pen: Pen) -> Panel | None:
    rows = data.measured("ablation", "macro_f1")
    if rows.empty:
        return None
    grid = rows.pivot(index="model", columns="slice", values="value").reindex(columns=list(CUTS))
    means = grid.mean(axis=1)
    known = pen.texts.order("variant")
    variants = [*(v for v in known if v in grid.index), *sorted(set(grid.index) - set(known))]
    body = [
        [
            pen.label("variant", v),
            *(pen.figure("score", float(grid.at[v, c])) for c in CUTS),
            pen.figure("score", float(means[v])),
            "" if v == AS_SHIPPED or AS_SHIPPED not in means.index else charts.signed(means[v] - means[AS_SHIPPED], 3),
        ]
        for v in variants
    ]
    header = [pen.text("words.seen"), *(pen.label("slice", c) for c in CUTS)]
    header += [pen.text("words.mean_of_three"), pen.text("words.difference")]
    return Panel(
        "model-ablation",
        pen.text("model.ablation"),
        joined([pen.text("model.ablation_caption"), *sample_note(data, rows, pen)], " "),
        of_the_model(data, pen, "model_metrics", header, body),
        wide=True,
    )
