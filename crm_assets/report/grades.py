"""S1's grades by medians, S2's types by scores, and the test of whether the groups of a scheme differ."""

from __future__ import annotations

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.report import rfm_groups
from crm_assets.report.bands import value_range
from crm_assets.report.blocks import Panel, Pen, Section, joined, p_value
from crm_assets.report.data import ReportData
from crm_assets.segmentation.group_tests import INDEPENDENT, MEASURES, PROTOCOL
from crm_assets.segmentation.rfm import GRADE, SCHEMES, SCORES, TYPE, digits

COLUMNS = (
    "customers", "members", "customer_share", "revenue", "revenue_share", "recency", "frequency", "monetary",
    "visit_days",
)  # fmt: skip


def grades(data: ReportData, pen: Pen) -> Section:
    """Grades and types: sizes, members, revenue, means and the statistical evidence."""
    title = pen.text("grades.title")
    rows = rfm_groups.of_scheme(data, GRADE)
    if rows.empty:
        return Section("grades", title, note=pen.text("grades.none"))
    tests = _tests(data, pen)
    panels = [_grade_map(data, pen, rows), _shares(data, pen, GRADE), _table(data, pen, GRADE)]
    panels += [_shares(data, pen, TYPE), _table(data, pen, TYPE), tests]
    after = [] if tests else [pen.text("grades.no_tests")]
    return Section("grades", title, _lead(data, pen, rows), [p for p in panels if p], after=after)


def _lead(data: ReportData, pen: Pen, rows: pd.DataFrame) -> list:
    """How the grades are made, with this month's medians, and what a customer of the data stands for."""
    lead = [pen.text("grades.lead")]
    limits = data.table("rfm_thresholds")
    if not limits.empty:
        upper = limits[(limits["kind"] == "median") & (limits["level"] == "H")].set_index("measure")
        ends = {measure: value_range(pen, upper.loc[measure]) for measure in upper.index}
        lead.append(pen.text("grades.medians", **ends))
    weight = float(rows["estimated_members"].sum()) / float(rows["customers"].sum())
    lead.append(pen.text("grades.weight", weight=f"{weight:g}"))
    return lead


def _grade_map(data: ReportData, pen: Pen, rows: pd.DataFrame) -> Panel:
    shown = rfm_groups.names(data, GRADE)
    return Panel(
        "grades-map",
        pen.text("grades.map"),
        pen.text("grades.map_caption"),
        rfm_groups.table(pen, rows, rfm_groups.names(data, GRADE, codes=True), COLUMNS[:5], heading="grade"),
        pen.draw(lambda w: charts.grade_map(rows, w, shown)),
    )


def _shares(data: ReportData, pen: Pen, scheme: str) -> Panel:
    rows, shown = rfm_groups.of_scheme(data, scheme), rfm_groups.names(data, scheme, codes=True)
    columns = ("customers", "customer_share", "revenue", "revenue_share")
    return Panel(
        f"grades-{scheme}-shares",
        pen.text(f"grades.{scheme}_shares"),
        pen.text(f"grades.{scheme}_shares_caption", most=pen.receipts(data.new_customer_max_receipts)),
        rfm_groups.table(pen, rows, shown, columns, heading=_heading(scheme)),
        rfm_groups.figures(pen, rows, shown, charts.band_shares),
        wide=scheme == TYPE,
    )


def _table(data: ReportData, pen: Pen, scheme: str) -> Panel:
    rows, shown = rfm_groups.of_scheme(data, scheme), rfm_groups.names(data, scheme, codes=True)
    told = {"rules": _rules(data, pen, scheme), "most": pen.receipts(data.new_customer_max_receipts)}
    return Panel(
        f"grades-{scheme}",
        pen.text(f"grades.{scheme}_table"),
        pen.text(f"grades.{scheme}_table_caption", **told),
        rfm_groups.table(pen, rows, shown, COLUMNS, heading=_heading(scheme)),
        wide=True,
    )


def _rules(data: ReportData, pen: Pen, scheme: str) -> Pair:
    """The scores that make each group, for instance 핵심형 R 4–5 · F 4–5 · M 4–5; of groups that go by cells."""
    rules = []
    for group in (g for g in data.schemes[scheme].groups if g.cells):
        scores = [[digits(cell)[s] for cell in group.cells] for s in SCORES]
        shown = " · ".join(f"{s.upper()} {min(of)}–{max(of)}" for s, of in zip(SCORES, scores, strict=True))
        rules.append(pen.text("grades.rule", name=Pair(group.ko, group.en), scores=shown))
    return joined(rules, "; ")


def _heading(scheme: str) -> str:
    return "grade" if scheme == GRADE else "type_by_scores"


def _tests(data: ReportData, pen: Pen) -> Panel | None:
    """Kruskal-Wallis per scheme and measure; those that did not define the groups first."""
    found = data.measured(PROTOCOL)
    if found.empty:
        return None
    grid = found.pivot(index=["model", "slice"], columns="metric", values="value")
    n = found.groupby(["model", "slice"])["base"].first()
    order = [*INDEPENDENT, *(m for m in MEASURES if m not in INDEPENDENT)]
    body = [
        [
            pen.label("rfm_scheme", scheme),
            pen.label("rfm_measure", measure),
            pen.text("grades.free" if measure in INDEPENDENT else "grades.defining"),
            pen.figure("score", float(grid.at[(scheme, measure), "epsilon_squared"])),
            f"{grid.at[(scheme, measure), 'h']:,.1f}",
            p_value(float(grid.at[(scheme, measure), "p_adjusted"])),
            f"{int(n[scheme, measure]):,}",
        ]
        for scheme in SCHEMES
        for measure in order
        if (scheme, measure) in grid.index
    ]
    headings = ("scheme", "measure", "role", "epsilon_squared", "h", "p_adjusted", "n")
    table = pen.table("model_metrics", [pen.text(f"words.{h}") for h in headings], body, 3, ["metrics"])
    return Panel("grades-tests", pen.text("grades.tests"), pen.text("grades.tests_caption"), table, wide=True)
