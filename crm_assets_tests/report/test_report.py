"""The report says what its frames hold, in both languages, and nothing else: no empty chart, no request, no markup."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date

import pandas as pd
import plotly.graph_objects as go
import pytest

from crm_assets.charts import Texts, Words
from crm_assets.charts.style import figure as chart
from crm_assets.contracts.feature_sets import SETS, described
from crm_assets.contracts.units import UNITS
from crm_assets.report import build_report
from crm_assets.report.blocks import Pen
from crm_assets.report.column_words import LOG_RATIO
from crm_assets.report.customers import overview
from crm_assets.report.page import charts_json
from crm_assets.report.pages import OF_TYPES
from crm_assets.report.types import measures_shown
from crm_assets_tests.report.report_sample import first_month, plain_shop, sample_month, texts
from crm_assets_tests.report.report_sample_whole import whole_month

LIMIT = 7_000_000
SCRIPTS = 6  # charts and customers as JSON; pages, search, Plotly, charts
OTHER_CHARTS = {  # of the sample month, beside those of its profiles
    *("bands-shares", "bands-treemap", "model-macro-f1", "predictions-counts", "predictions-probability"),
    *("types-k-inertia", "types-k-silhouette", "types-shares", "types-silhouette"),
    *("bands-standard11", "grades-map", "grades-rfm_grade-shares", "grades-rfm_type-shares"),
}


def page_of(data, language_texts: Texts | None = None) -> str:
    return build_report(data, language_texts or texts())


def without_scripts(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


def charts_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)[1])


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(sample_month())


def test_it_is_one_small_file_and_the_same_each_time(page):
    assert len(page.encode()) < LIMIT
    assert page == page_of(sample_month())


def test_it_refers_to_nothing_outside(page):
    body = without_scripts(page)
    assert not re.findall(r'(?:src|href|action)="(?!#|data:,)', body)
    assert "url(" not in body and "@import" not in body
    assert "default-src 'none'; script-src 'sha256-" in html.unescape(page[:2_000])


def test_every_chart_has_its_place_and_both_languages(page):
    found = charts_of(page)
    measures = set(sample_month().profiles["measure"])
    profiles = {f"profile-{p['measure']}" for p in texts().at("panels") if measures & set(measures_shown(p))}
    assert set(found) == profiles | OTHER_CHARTS
    for name, figures in found.items():
        assert f'class="chart" id="{name}"' in page
        assert set(figures) == {"ko", "en"} and all(f["data"] for f in figures.values())


def test_planted_figures_reach_the_page(page):
    body = without_scripts(page)
    for figure in (
        "29,874명",
        "123억원",
        "₩12.3bn",
        "11,184명 · 42.5%",
        "충성 고객",
        "0.59",
        "0.47",
        "1,204,511원",
        "M412637909",
    ):
        assert figure in body, figure
    assert "K=4로 낮춤" in body and "lowered to K=4" in body


def test_every_table_names_its_source(page):
    """And the query by which anybody reads the same."""
    body = without_scripts(page)
    alone = {"bands-means", "bands-described", "bands-described11", "grades-rfm_grade", "grades-rfm_type"}  # no chart
    panels = re.findall(r"<figure.*?</figure>", body, re.S)
    assert len(panels) == len(charts_of(page)) + len(alone | {"predictions-sample"})
    for panel in panels:
        assert panel.count('<p class="source">') == 1 and "<pre tabindex" in panel, panel[:120]
    for table in ("rfm_groups", "segment_profiles", "model_metrics", "new_customer_predictions"):
        assert f"자료: {table} · 기준일" in body


def test_a_month_without_history_says_so_and_draws_nothing_empty():
    page = page_of(first_month())
    assert {name.split("-")[0] for name in charts_of(page)} == {"bands", "grades"}
    body = without_scripts(page)
    for sentence in (
        "유형을 나눌 만큼 고객이 모이지 않았습니다",
        "예측 모형이 없어",
        "이 달에는 유형이 없어 학습할 것이 없음",
        "대상은 142명, 필요한 수는 200명(설정 min_customers_to_cluster)",
    ):
        assert sentence in body
    for section in OF_TYPES:  # they would only say once more that there are no types
        assert f'<section id="{section}"' not in body and f'href="#{section}"' not in body
    assert '<section id="predictions"' in body


def test_enough_customers_that_are_too_alike_are_not_called_too_few():
    month = first_month()
    page = page_of(replace(month, counts={**month.counts, "to_type": 200}))
    assert "too few customers differ in recency, frequency and spend" in page and "are needed (setting" not in page


def test_an_empty_month_is_still_a_page():
    nothing = pd.DataFrame()
    page = page_of(replace(first_month(), tables=defaultdict(pd.DataFrame), model=nothing, counts={}))
    assert charts_of(page) == {} and "등급을 매기지 않았습니다" in page


def test_a_source_without_gender_or_wallet_has_no_such_chart():
    page = page_of(plain_shop())
    assert not {i for i in charts_of(page) if re.search("gender|age_band|wallet|categor", i)}
    assert "£" in page and "성별" not in without_scripts(page)


def test_a_measure_without_a_panel_is_shown_as_a_table():
    data = sample_month()
    extra = data.profiles.head(1).assign(measure="new_measure", category="some", value=7.5, unit="days")
    page = page_of(sample_month(profiles=pd.concat([data.profiles, extra])))
    assert "new_measure" in without_scripts(page) and "profile-new_measure" not in page


def test_names_from_files_are_text_everywhere():
    """Customer ids, type names and categories come from files: as markup, in a script, in an attribute."""
    evil = "</script><script>alert(1)</script>\u2028'\"&"
    data = sample_month()
    segments = data.segments.assign(ko=evil, en=evil)
    profiles = data.profiles.assign(category=data.profiles["category"].replace("채소", evil))
    sample = data.sample.assign(customer_id=evil, probabilities="no json " + evil)
    page = page_of(sample_month(segments=segments, profiles=profiles, sample=sample, source={"ko": evil, "en": evil}))
    assert "alert(1)" in page and "<script>alert" not in page and "\u2028'" not in charts_json({"x": {}})
    assert page.count("</script>") == SCRIPTS
    assert "\u2028" not in re.search(r'id="charts">(.*?)</script>', page, re.S)[1]
    assert charts_of(page)  # still JSON


def test_text_that_looks_like_a_template_stays():
    page = page_of(sample_month(source={"ko": "{{ 7 * 7 }} {month}", "en": "{{ 7 * 7 }}"}))
    assert "{{ 7 * 7 }} {month}" in page


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"ReportData.sample lacks receipts"):
        sample_month(sample=sample_month().sample.drop(columns="receipts"))


def test_no_claim_that_a_figure_does_not_show():
    """'High' and 'low' need a test behind them: only the texts of claims, written when evidence allows, may say so."""

    def leaves(node):
        if isinstance(node, dict):
            yield from (leaf for value in node.values() for leaf in leaves(value))
        elif isinstance(node, list):
            yield from (leaf for value in node for leaf in leaves(value))
        else:
            yield str(node)

    said = [
        t
        for t in leaves({k: v for k, v in texts().tree.items() if k not in ("reasons", "claims")})
        if re.search(r"높[은다음]|낮[은다음]|\b(high|low)\b", t)
    ]
    assert said == []


def test_texts_name_sections_and_panels_by_their_titles_and_nothing_internal():
    """A reader looks for what a text names; S0 is the project's own name for a study."""

    def pairs(node):
        if isinstance(node, dict) and {"ko", "en"} <= set(node) and isinstance(node["ko"], str):
            yield node["ko"], str(node["en"])
        elif isinstance(node, dict | list):
            for value in node.values() if isinstance(node, dict) else node:
                yield from pairs(value)

    found = [*pairs({k: v for k, v in texts().tree.items() if k != "reasons"})]
    titles = {text for pair in found for text in pair}
    named = [
        name
        for ko, en in found
        for pattern, text in ((r"‘([^’]+)’에 있습니다", ko), (r"(?:is told under|each month:) “([^”]+)”", en))
        for name in re.findall(pattern, text)
    ]
    assert len(named) >= 7 and {re.sub(r"\.$", "", name) for name in named} <= titles
    assert [ko for ko, en in found if re.search(r"S0|나중 달", ko) or "S0" in en] == []


def test_every_text_has_both_languages():
    def check(node, path):
        if isinstance(node, dict) and {"ko", "en"} & set(node):
            assert {"ko", "en"} <= set(node), path
            assert all(value is not None for value in node.values()), f"{path}: an unquoted comma cuts a text in two"
        elif isinstance(node, dict):
            for key, value in node.items():
                check(value, f"{path}.{key}")
        elif isinstance(node, list):
            for i, value in enumerate(node):
                check(
                    {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else value,
                    f"{path}[{i}]",
                )

    check({k: v for k, v in texts().tree.items() if k != "reasons"}, "texts")


def test_every_unit_has_words():
    """A number without its unit says nothing; in English people and receipts need none, so Korean is asked."""
    ko = Words(texts(), "ko", "KRW")
    of_columns = {c.unit for contract in SETS.values() for c in described(contract) if c.unit} - {LOG_RATIO}
    bare = ko.figure("number", 12.5)
    assert [unit for unit in (*UNITS, *sorted(of_columns)) if ko.figure(unit, 12.5) == bare] == []


def test_every_chart_is_what_plotly_admits():
    """The report skips Plotly's own check of a figure, which takes a quarter of its time."""
    for name, figures in charts_of(page_of(whole_month())).items():
        for lang, drawn in figures.items():
            made = go.Figure(drawn)  # raises on a property that there is not
            assert made.data and made.layout.height > 0, (name, lang)


def test_a_chart_with_a_property_that_there_is_not_would_be_seen():
    with pytest.raises(ValueError, match="colour"):
        go.Figure(chart([go.Bar(x=[1])], 100, xaxis={"colour": "red"}).to_plotly_json())


def test_who_rests_is_told_where_nobody_has_left_the_window_and_a_short_history_is_said():
    whole = whole_month(counts={**sample_month().counts, "lapsed": 0})
    tiles = {tile.label.en: tile for tile in overview(whole, Pen.of(whole, texts())).tiles}
    assert "Customers at rest" in tiles and not [label for label in tiles if "without a purchase" in label]
    left = whole_month()
    assert [t for t in overview(left, Pen.of(left, texts())).tiles if "without a purchase" in t.label.en]
    young = sample_month(history_start=date(2021, 12, 27))
    assert "only 5 days of data" in overview(young, Pen.of(young, texts())).after[0].en
    assert len(overview(left, Pen.of(left, texts())).after) == 1
