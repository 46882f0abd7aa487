"""The sections on bands and grades say what their tables hold, tell the two kinds of new apart, and say why not."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from crm_assets.charts import grade_map
from crm_assets.report.bands import bands
from crm_assets.report.blocks import Pen
from crm_assets_tests.report.report_sample import sample_month, texts
from crm_assets_tests.report.report_sample_rfm import groups, rfm_month
from crm_assets_tests.report.test_report import charts_of, page_of, without_scripts

PANELS = {"bands-standard11", "grades-map", "grades-rfm_grade-shares", "grades-rfm_type-shares"}


def section(page: str, name: str) -> str:
    """The section's own markup, tags out, both languages."""
    found = re.search(rf'<section id="{name}".*?</section>', without_scripts(page), re.S)
    return "" if found is None else " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(rfm_month())


def test_scores_stand_beside_days_receipts_and_won(page):
    said = section(page, "bands")
    for words in ("0–3일", "0–3 days", "61–812건", "4,120,500원 – 98,000,000원", "5,975명", "5점"):
        assert words in said, words
    assert "1건 1 5,975" in said  # a range of one value is that value


def test_both_schemes_their_descriptions_and_who_wrote_them(page):
    said = section(page, "bands")
    assert "가장 최근 활동, 가장 높은 구매 빈도" in said and "챔피언" in said
    assert said.count("(자체 작성)") == 2 + 11  # strategies that S4 does not have, descriptions of the second scheme
    assert set(charts_of(page)) >= PANELS


def test_the_two_kinds_of_new_are_told_apart(page):
    said = section(page, "bands")
    assert "신규 고객 등급" in said and "영수증이 3건 이하인 고객" in said
    assert "‘신규형’은 점수의 모양" in section(page, "grades")


def test_bands_that_spend_more_than_the_one_above_are_named_and_no_others(page):
    said = section(page, "bands")
    assert "바로 위 등급보다 많은 등급: 잠재 충성 고객(550만원)." in said
    even = groups()
    even["monetary_mean"] = even.groupby("scheme")["monetary_mean"].transform(
        lambda m: m.sort_values().to_numpy()[::-1]
    )
    tables = {**rfm_month().tables, "rfm_groups": even}
    assert "바로 위 등급보다" not in section(page_of(rfm_month(tables=tables)), "bands")


def test_a_band_that_holds_nobody_is_left_out_of_sizes_and_means():
    data = rfm_month()
    *held, nobody = (group.en for group in data.schemes["rfm_band"].groups)
    shown = {p.id: p for p in bands(data, Pen.of(data, texts())).panels}
    for name in ("bands-treemap", "bands-shares", "bands-means"):
        assert [cells[0].en for cells in shown[name].table.rows] == held
    assert [cells[0].en for cells in shown["bands-described"].table.rows] == [*held, nobody]


def test_misfits_are_counted(page):
    assert "고객 360명(" in section(page, "bands")  # a tenth of the second band of ten


def test_grades_show_members_medians_and_evidence_with_its_caveat(page):
    said = section(page, "grades")
    for words in (
        "HHH · VIP", "LHL · 이탈 위험 단골", "76,000명", "회원 20명", "0–41일", "15–812건", "905,300원",
        "이탈 핵심형 R 1–2 · F 4–5 · M 4–5",
        "나눌 때 쓰지 않음", "차이가 나는 것이 당연", "0.012", "1,000.0", "0.400", "29,874",
    ):  # fmt: skip
        assert words in said, words


def test_every_table_of_the_sections_names_its_source(page):
    body = without_scripts(page)
    for table, times in (("rfm_groups", 11), ("rfm_thresholds", 1)):
        assert body.count(f'<p class="source"><span lang="ko">자료: {table} · ') == times, table


def test_without_thresholds_the_bands_stand_alone():
    page = page_of(sample_month())
    assert "점수의 기준" not in section(page, "bands") and set(charts_of(page)) >= PANELS


def test_a_month_without_customers_says_so():
    nothing = pd.DataFrame()
    page = page_of(rfm_month(tables={"rfm_groups": nothing, "rfm_thresholds": nothing}))
    assert "8등급과 점수 유형이 없습니다" in section(page, "grades") and not PANELS & set(charts_of(page))
    assert "등급을 매기지 않았습니다" in section(page, "bands")


def test_a_month_without_tests_says_why():
    page = page_of(rfm_month(metrics=sample_month().metrics))
    assert "차이를 검정하지 않았습니다" in section(page, "grades")


def test_the_map_of_grades_shows_shares_where_they_belong():
    words = Pen.of(rfm_month(), texts()).words["ko"]
    rows = groups()
    rows = rows[rows["scheme"] == "rfm_grade"]
    names = {g: words.bands.get(g, type(words.bands["VIP"])(g, g)) for g in rows["group_name"]}
    heat = grade_map(rows, words, names).data[0]
    share = rows.set_index("group_name")["customer_share"]
    assert heat.z[0][0] == share["HHH"] and heat.z[1][1] == share["LHL"] and heat.z[2][0] == share["HLH"]
    assert "HLH" in heat.text[2][0] and "3,400명" in heat.text[2][0]


def test_a_name_from_the_data_is_text():
    words = Pen.of(rfm_month(), texts()).words["ko"]
    rows = groups()
    rows = rows[rows["scheme"] == "rfm_grade"]
    evil = type(words.bands["VIP"])("<b>x</b>", "<b>x</b>")
    heat = grade_map(rows, words, dict.fromkeys(rows["group_name"], evil)).data[0]
    assert "&lt;b&gt;x" in heat.text[0][0]
