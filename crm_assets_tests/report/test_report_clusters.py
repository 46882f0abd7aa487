"""The section on quality says how good the types are: each figure from its table, nothing where there is none."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.report.blocks import Pen
from crm_assets.report.clusters import quality
from crm_assets.segmentation.types_of_month import SPOKEN
from crm_assets_tests.report.report_sample import TYPES, sample_month, texts
from crm_assets_tests.report.report_sample_clusters import judged_month
from crm_assets_tests.report.test_report import charts_of, page_of, without_scripts

PANELS = [
    "types-k-clusters",
    "types-silhouette-profile",
    "types-stability",
    "types-comparison",
    "types-outliers",
    "types-farthest",
]


def section(data):
    return quality(data, Pen.of(data, texts()))


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(judged_month())


def test_every_panel_is_there_with_its_table_and_none_without_its_figures(page):
    ours = [p for p in section(judged_month()).panels if p.id in PANELS]
    assert [p.id for p in ours] == PANELS
    sources = ["model_metrics", "model_metrics", "model_metrics", "cluster_comparison", "model_metrics"]
    for panel, source in zip(ours, [*sources, "cluster_assignments"], strict=True):
        assert source in panel.table.source.told.en and panel.table.rows, panel.id
        assert ("2021-10-31" if source == "cluster_comparison" else "2021-12-31") in panel.table.source.told.en
        assert len({len(row) for row in panel.table.rows} | {len(panel.table.header)}) == 1, panel.id
    assert set(PANELS[:-1]) <= set(charts_of(page))
    assert not {p.id for p in section(sample_month()).panels} & set(PANELS)


def test_planted_figures_reach_the_page_in_both_languages(page):
    body = without_scripts(page)
    for text in (
        "지난달에도 분류된 고객 25,001명 가운데 91.3%가",
        "gives 72.4% of today’s 25,001 customers the same type",
        "2600 / 320 / 71 / 9",
        "0.643",
        "0.580",
        "below 0.6 doubtful, from 0.75 stable",
        "M700000019",
        "311,999,981원",
        "기준 모형을 적합할 때, 같은 고객 3,000명을",
        "(특성 수 × 2)",
        "사용 중",
    ):
        assert text in body, text


def test_seconds_are_not_in_the_report(page):
    """A stopwatch's reading would make two reports of the same month differ."""
    tables = judged_month().tables
    slower = tables["cluster_comparison"].assign(seconds=9.8765)
    assert page_of(judged_month(tables={**tables, "cluster_comparison": slower})) == page


def test_tables_without_rows_are_told(page):
    nothing = {"cluster_comparison": pd.DataFrame(), "cluster_outliers": pd.DataFrame()}
    made = section(judged_month(tables=nothing))
    told = " ".join(text.en for text in made.lead)
    assert "There is no comparison" in told and "No customer lies far out" in told
    assert not {p.id for p in made.panels} & {"types-comparison", "types-farthest"}
    told = " ".join(text.en for text in section(judged_month()).lead)
    assert "There is no comparison" not in told and "No customer lies far out" not in told


def test_dots_and_strips_are_the_figures():
    words = Pen.of(judged_month(), texts()).words["en"]
    frame = pd.DataFrame({"k": [2, 2, 3], "place": [1, 2, 1], "value": [0.5, 0.3, 0.2], "share": [0.81, 0.19, 1.0]})
    line, dots = charts.clusters_by_k(frame.assign(mean=[0.46, 0.46, 0.2]), words, 2).data
    assert list(line.y) == [0.46, 0.2] and list(dots.y) == [0.5, 0.3, 0.2]
    large, small = dots.marker.size[0], dots.marker.size[1]
    assert (large / small) ** 2 == pytest.approx(0.81 / 0.19)
    assert dots.marker.color[0] == dots.marker.color[1] != dots.marker.color[2]
    strips = pd.DataFrame({"row": ["a", "a", "a", "b"], "place": [1, 2, 0, 1], "share": [0.6, 0.3, 0.1, 1.0]})
    drawn = charts.size_strips(strips, words, {"a": "A", "b": "B"}, {"a": "0.4", "b": "-"})
    assert [list(t.x) for t in drawn.data] == [[0.6, 1.0], [0.3, 0.0], [0.1, 0.0]]  # noise at the end
    quantiles = pd.DataFrame({"segment_id": "pro", "quantile": [0.0, 0.5, 1.0], "value": [-0.2, 0.4, 0.6]})
    (band,) = charts.silhouette_profile(quantiles, words, {"pro": 0.3}, 0.3).data
    assert list(band.x) == [0.0, 0.6, 0.4, -0.2, 0.0] and (max(band.y), min(band.y)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("reason", "korean"),
    [
        ("refit: drift, PSI 0.494 of recency above 0.25. K=4 stays: K=3 is 0.009 deeper, not above 0.02; by the rule: "
         "elbow of inertia at K=3 (smallest share 0.3111)",
         "다시 적합: 경과일 분포의 PSI 0.494이 기준 0.25 초과. K=4 유지: K=3와의 차이 0.009이 기준 0.02 이하, "
         "규칙으로는 군집 내 제곱합이 꺾이는 점은 K=3(가장 작은 유형의 비중 0.3111)"),
        *((f"reused: PSI 0.143 of {name}, not above 0.25", None) for name in SPOKEN.values()),
        ("refit by hand. K=3 becomes 4: 0.138 deeper, above 0.02; by the rule: elbow of inertia at K=4 (smallest share "
         "0.2)", None),
        ("K=6 becomes 5: its smallest share is 0.0090, below half of 0.02; by the rule: elbow of inertia at K=5 "
         "(smallest share 0.1)", None),
        ("K=4 stays; by the rule: elbow of inertia at K=4 (smallest share 0.2)", None),
    ],
)  # fmt: skip
def test_reasons_have_a_korean_wording(reason, korean):
    told = texts().translated(reason)
    assert told.en == reason
    assert not set("abcdefghijlmnopqrstuvwxyz") & set(told.ko.replace("PSI", "")), told.ko
    assert korean is None or told.ko == korean


def test_names_from_files_are_plain_in_these_charts():
    evil = "<b>x</b>"
    data = judged_month(segments=pd.DataFrame([{"segment_id": s, "ko": evil, "en": evil} for s in TYPES]))
    drawn = [f for p in section(data).panels if p.id in PANELS for f in p.figures.values()]
    assert drawn and all("<b>x" not in str(figure.to_plotly_json()) for figure in drawn)
