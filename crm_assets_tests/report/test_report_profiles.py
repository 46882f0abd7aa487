"""The sections on loyalty, attributes and cells of type and band say what their tables hold, and vanish without."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.charts import Pair, Words
from crm_assets.charts.style import segment_colour
from crm_assets.report import ReportData, build_report
from crm_assets.report.attributes import attributes
from crm_assets.report.blocks import Panel, Pen, Section
from crm_assets.report.hybrids import hybrids
from crm_assets.report.loyalty import loyalty
from crm_assets.report.types import most_frequent
from crm_assets_tests.report.report_sample import TYPES, first_month, sample_month, texts
from crm_assets_tests.report.report_sample_profiles import CELLS, SEGMENTS, hybrid_segments, profile_tables, profiles
from crm_assets_tests.report.test_report import charts_of, without_scripts


def month(**changes: pd.DataFrame) -> ReportData:
    return sample_month(tables=profile_tables() | changes, profiles=profiles())


def made(section, data: ReportData) -> Section:
    return section(data, Pen.of(data, texts()))


def panel(section: Section, name: str) -> Panel:
    return next(p for p in section.panels if p.id == name)


def words(lang: str = "ko") -> Words:
    return Pen.of(sample_month(), texts()).words[lang]


def said(rows, lang: str = "ko") -> list[list[str]]:
    return [[getattr(c, lang) if isinstance(c, Pair) else c for c in row] for row in rows]


def test_without_its_measures_there_is_no_section_on_loyalty():
    assert made(loyalty, sample_month()) is made(loyalty, first_month()) is None


def test_an_empty_table_says_why():
    empty = {name: frame.iloc[:0] for name, frame in profile_tables().items()}
    data = sample_month(tables=empty)
    assert "No customer bought" in made(attributes, data).note.en
    assert "유형이 없어" in made(hybrids, data).note.ko


def test_they_are_on_the_page_with_their_sources_and_both_languages():
    page = build_report(month(), texts())
    body, found = without_scripts(page), charts_of(page)
    wanted = {"loyalty-map", "hybrids-grid", *(f"attributes-{d}" for d in SEGMENTS), "profile-churn_risk",
              "profile-churn_risk_median", "profile-loyalty", "profile-product_top"}  # fmt: skip
    assert wanted <= set(found) and all(set(f) == {"ko", "en"} for f in found.values())
    for source in ("attribute_sizes", "attribute_segments", "hybrid_segments", "segment_profiles"):
        assert f"자료: {source} · 기준일" in body
    assert "profile-other" not in body  # every measure of this part has a place
    assert not re.findall(r"\{\w+\}|\bNone\b|\bnan\b", re.sub(r"<style>.*?</style>", "", body, flags=re.S))


def test_the_ratio_and_the_conversion_show_their_inputs():
    section = made(loyalty, month())
    ratio, gain = section.tiles
    assert ratio.value == ("2.6배", "2.6×") and ratio.note.ko == "잠재 충성 19,080명 ÷ 충성 7,237명"
    assert gain.value == ("209억원", "₩20.9bn") and "10.0%" in gain.note.en and "assuming" in gain.note.en
    rows = {row[0]: row[1:] for row in said(panel(section, "loyalty-conversion").table.rows)}
    assert rows["전환율(가정)"] == ["10.0%", "19,080"] and rows["충성 유형의 평균 구매금액"] == [
        "12,965,500원",
        "7,237",
    ]


def test_without_loyal_types_there_is_no_ratio_but_a_word():
    some = profiles()
    kept = some[~some["measure"].isin(["potential_loyal_ratio", "loyal_conversion_revenue", "monetary_mean_loyal"])]
    section = made(loyalty, sample_month(profiles=kept))
    assert not section.tiles and "비율을 구하지" in section.after[0].ko


def test_the_definition_names_the_types():
    known = sample_month().segments.assign(is_loyal=[False, False, True, True])
    said_so = made(loyalty, sample_month(profiles=profiles(), segments=known)).lead[1].ko
    assert "충성 유형: 롯데고수, 주부9단." in said_so and "잠재 충성 유형: 코로나 싫어, 초보주부(" in said_so
    nobody = made(loyalty, sample_month(profiles=profiles(), segments=known.assign(is_loyal=False))).lead[1].en
    assert "Loyal types: none." in nobody


def test_the_map_shows_each_type_in_its_place():
    figure = panel(made(loyalty, month()), "loyalty-map").figures["ko"]
    trace = figure.data[0]
    names = [t.split("</b>")[0].removeprefix("<b>") for t in trace.text]
    assert names == [TYPES[s][0] for s in ("corona_averse", "novice", "pro", "master")]  # the largest is drawn first
    place = dict(zip(names, zip(trace.x, trace.y, trace.marker.size, strict=True), strict=True))
    assert place["롯데고수"] == (171.2, 21_880_452, 2_237)
    assert trace.marker.color[0] == segment_colour("corona_averse", list(TYPES))
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log" and len(figure.layout.shapes) == 2


def test_the_axes_are_plain_where_types_lie_close():
    frame = pd.DataFrame({"segment_id": list(TYPES), "frequency": [4.0, 5, 6, 7], "monetary": [0.0, 10, 20, 1000],
                          "customers": [1, 2, 3, 4]})  # fmt: skip
    figure = charts.loyalty_map(frame, words())
    assert figure.layout.xaxis.type is None and figure.layout.yaxis.type is None and not figure.layout.shapes
    assert figure.layout.xaxis.range[0] < 4 and figure.layout.xaxis.range[1] > 7


def test_sizes_are_named_ordered_and_complete():
    section = made(attributes, month())
    rows = said(panel(section, "attributes-demographic").table.rows)
    assert [r[0] for r in rows] == ["여성 40대", "남성 20대", "여성 70대"] and rows[0][1:4] == [
        "7,111명",
        "78.1%",
        "40.0%",
    ]
    assert said(panel(section, "attributes-demographic").table.rows, "en")[1][0] == "Men 20s"
    assert [r[0] for r in said(panel(section, "attributes-loyalty").table.rows)] == ["상", "중", "하"]
    region = panel(section, "attributes-geographic")
    assert len(region.table.rows) == 17 and len(region.figures["ko"].data[0].y) == 15
    usage = panel(section, "attributes-usage").figures["en"]
    assert usage.data[1].x == (0.86, 0.01, 0.06) and "Weekly" in usage.layout.yaxis.ticktext[0]
    assert "온·오프라인 이용" in section.lead[1].ko and "관심 상품" in section.lead[1].ko  # not in these tables


def test_the_sample_has_question_marks_for_new_customers_only():
    rows = said(panel(made(attributes, month()), "attributes-sample").table.rows)
    assert rows == [
        ["M1", "기존", "40대", "여성", "Z17", "유아용품", "상", "중"],
        ["M2", "기존", "–", "–", "–", "–", "하", "하"],
        ["M3", "신규", "20대", "남성", "Z01", "?", "?", "?"],
    ]


def test_small_valuable_cells_are_framed_and_told_with_their_evidence():
    section = made(hybrids, month())
    both, kept = section.cards
    assert both.title.ko == "롯데고수 × 유망 고객" and [v.ko for _, v in both.values] == ["0.8%", "2.1%"]
    assert "2.6배입니다(δ=0.64, p<0.001)" in both.text.ko and "(h=0.82, p=0.012)" in both.text.ko
    assert kept.text.en == "Of 750 customers in this cell a month ago, 86.7% bought this month, against 55.0% of " \
        "others with the same recency score (h=0.73, p<0.001)."  # fmt: skip
    grid = panel(section, "hybrids-grid")
    assert len(grid.table.rows) == len(CELLS) and len(grid.figures["ko"].layout.shapes) == 2
    heat = grid.figures["ko"].data[0]
    at = (list(heat.y).index("Promising"), list(heat.x).index("master"))
    assert heat.text[at[0]][at[1]] == "<b>2.1</b><br>0.8" and heat.z[at[0]][at[1]] == pytest.approx(0.021)
    shape = grid.figures["ko"].layout.shapes[0]
    assert (shape.x0 + shape.x1) / 2 == at[1] and (shape.y0 + shape.y1) / 2 == at[0]
    untested = next(r for r in said(grid.table.rows) if r[2] == "11명")
    assert untested[-1] == "–" and untested.count("–") == 8


def test_without_a_valuable_cell_it_says_so():
    frame = hybrid_segments().assign(small_valuable=None)
    section = made(hybrids, month(hybrid_segments=frame))
    assert not section.cards and "No small cell" in section.after[0].en


def test_names_from_files_are_text():
    evil = "<b>x</b>&"
    sizes = profile_tables()["attribute_sizes"].replace({"category": {"Z01": evil}})
    figure = panel(made(attributes, month(attribute_sizes=sizes)), "attributes-geographic").figures["ko"]
    assert "&lt;b&gt;x&lt;/b&gt;&amp;" in figure.layout.yaxis.ticktext


def test_a_grid_keeps_the_largest_also_where_everybody_has_no_figure():
    """Of products only the first five of everybody have a figure of everybody; the others count by their type's."""
    rows = [("a", f"p{i:02d}", 0.001 * i) for i in range(20)] + [("all", f"p{i:02d}", 0.0105) for i in (1, 2)]
    frame = pd.DataFrame(rows, columns=["segment_id", "category", "value"])
    shown = most_frequent(frame, sorted(set(frame["category"])))
    assert shown == [f"p{i}" for i in range(19, 10, -1)] + ["p01", "p02", "p10", "p09", "p08", "p07"]
