"""Profile cards and activity: every sentence has its evidence, and without evidence there is none."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from crm_assets.report import activity as activity_section
from crm_assets.report import build_report
from crm_assets.report.blocks import Pen, p_value, signed
from crm_assets.report.cards import cards, telling
from crm_assets.segmentation.customer_traits import DAYPARTS, FLAGS, NUMBERS, SPANS
from crm_assets_tests.report.report_sample import first_month, sample_month, texts
from crm_assets_tests.report.report_sample_evidence import claims, correlations, tables
from crm_assets_tests.report.test_report import charts_of, without_scripts

TREE = texts().tree["claims"]


def section_of(make, **changes: pd.DataFrame):
    data = sample_month(tables=tables(**changes))
    return make(data, Pen.of(data, texts()))


def by_name(section):
    return {p.name.ko: p for p in section.profiles}


@pytest.fixture(scope="module")
def page() -> str:
    return build_report(sample_month(tables=tables()), texts())


def test_a_card_says_what_is_allowed_and_how_it_is_known():
    card = by_name(section_of(cards))["코로나 싫어"]
    assert [(c.text.ko, c.text.en) for c in card.claims] == [
        ("마지막 구매가 모든 유형 가운데 가장 오래됨", "The last purchase is the longest ago of all types"),
        ("20대 비중이 다른 유형보다 높음", "The share of customers in their 20s is higher than in other types"),
    ]
    assert card.claims[0].evidence.ko == "이 유형 142.3일 · 다른 유형 15.2일 · δ +0.97 · 보정\u00a0p\u00a0<0.001"
    assert card.claims[1].evidence.en == "this type 25.5% · others 6.0% · h +0.51 · adjusted\u00a0p\u00a0<0.001"
    assert [t.ko for t in card.tags] == ["발길 뜸함", "20대 많음"]
    assert card.claims[0].mark is not None and card.claims[1].mark is None  # recency made the types, age did not


def test_of_a_group_the_category_that_is_above_is_told():
    """40대 below is stronger than 20대 above in this sample; a reader wants to know who they are."""
    rows = claims()[lambda f: f["segment_id"] == "corona_averse"]
    chosen = telling(rows, TREE["measures"])
    assert [(row["measure"], row["category"]) for row in chosen] == [("recency_days", ""), ("age_band", "20대")]


def test_without_evidence_a_card_says_so_and_nothing_else():
    card = by_name(section_of(cards))["초보주부"]
    assert card.claims == card.tags == [] and "뒷받침되지 않습니다" in card.note.ko
    nothing = section_of(cards, segment_claims=claims().assign(allowed=False, is_extreme=False))
    assert all(p.note and not p.claims and not p.tags for p in nothing.profiles) and not nothing.panels


def test_no_comparison_on_the_page_but_from_an_allowed_row(page: str):
    """Take every claim away: no word of the comparing texts is left on the page."""
    none = build_report(
        sample_month(
            tables=tables(
                segment_claims=claims().assign(allowed=False, is_extreme=False),
                signal_correlations=correlations().assign(allowed=False),
            )
        ),
        texts(),
    )
    said = re.compile(r"다른 유형보다|모든 유형 가운데 가장|than in other types|구매 고객이 추세와 요일에 견주어")
    assert said.search(without_scripts(page)) and not said.search(without_scripts(none))


def test_cards_show_size_figures_and_place():
    card = by_name(section_of(cards))["롯데고수"]
    assert "2,237명" in card.size.ko and [v.ko for _, v in card.values][1:] == ["9.4일", "171.2건", "21,880,452원"]
    assert card.places[-1][:2] == (1.0, 1.0) and card.places[-1][3] and len(card.places) == 4


def test_a_measure_without_words_is_in_the_table_only():
    section = section_of(cards)
    assert "new_measure" not in str(by_name(section)["주부9단"]) and "new_measure" in str(section.panels[0].table.rows)


def test_what_the_source_lacks_is_named():
    lead = section_of(cards).after[-1]
    assert "성별" in lead.ko and "region" in lead.en and "연령대" not in lead.ko and "{" not in lead.ko


def test_every_measure_has_its_words():
    measures = {*NUMBERS, *FLAGS, "weekend_share", "daypart_share", "hours_share", "online_share", "category_share"}
    assert set(TREE["measures"]) == {*measures, "wallet_user"}
    for group, known in (("daypart_share", DAYPARTS), ("hours_share", SPANS)):
        assert texts().order(group) == list(known)


def test_the_reaction_is_a_sentence_only_where_it_is_allowed():
    section = section_of(activity_section.activity)
    assert len(section.lead) == 4
    assert section.lead[3].en == (
        "On days with more new cases, fewer “Corona-averse” customers bought than trend and weekday let expect "
        "(detrended r −0.41, 95% interval −0.51 to −0.30, adjusted p <0.001)."
    ).replace("Corona-averse", "Stays away")
    none = section_of(activity_section.activity, signal_correlations=correlations().assign(allowed=False))
    assert none.lead[3].ko.startswith("추세와 요일을 제거하면") and "적었습니다" not in str(none.lead[3])


def test_the_table_of_correlations():
    table = section_of(activity_section.activity).panels[1].table
    first, last = table.rows[0], table.rows[-1]
    assert first[2:] == ["−0.68", "365", "<0.001", "−0.73 … −0.62", "−0.41", "212 / 240", "−0.51 … −0.30", "<0.001"]
    assert last[6:] == ["–", "–", "–", "–"]


def test_activity_is_smoothed_over_whole_weeks_and_summed_up_by_month():
    section = section_of(activity_section.activity)
    line = section.panels[0].figures["ko"].data[1]
    assert line.x[0] == "2021-01-07" and max(line.y) - min(line.y) < 0.5  # the rhythm of seven days is gone
    assert len(section.panels[0].table.rows) == 12
    assert (
        section.panels[0].figures["ko"].layout.yaxis2.domain[1] < section.panels[0].figures["ko"].layout.yaxis.domain[0]
    )


def test_a_window_of_a_few_days_draws_nothing_and_says_so():
    """The first month of the sample has five days."""
    days = tables()["daily_activity"]
    few = days[days["date"].isin(sorted(days["date"].unique())[:5])]
    made = section_of(activity_section.activity, daily_activity=few)
    assert made.panels == () and "7일이 되지 않아" in made.note.ko


def test_a_source_without_series_has_lines_only():
    nothing = pd.DataFrame()
    section = section_of(activity_section.activity, daily_signals=nothing, signal_correlations=nothing)
    assert len(section.panels) == 1 and "외부 일별 데이터가 없습니다" in section.lead[-1].ko


def test_empty_tables_say_why():
    data = first_month()
    pen = Pen.of(data, texts())
    assert "유형이 없어" in cards(data, pen).note.ko and "유형이 없어" in activity_section.activity(data, pen).note.ko
    assert '<section id="cards"' not in build_report(data, texts()), "of all that needs types one section says why"


def test_the_page_is_whole_and_the_same_each_time(page: str):
    charts = charts_of(page)
    assert {"cards-grid", "activity-days", "activity-correlations"} <= set(charts)
    assert page == build_report(sample_month(tables=tables()), texts())
    body = without_scripts(page)
    for table in ("segment_claims", "daily_activity", "signal_correlations"):
        assert f"자료: {table} · 기준일" in body
    assert body.count('<article class="card profile"') == 4


def test_names_from_files_stay_text():
    evil = "<script>alert(1)</script>\"'&"
    rows = claims().assign(category=evil, measure="category_share")
    page = build_report(sample_month(tables=tables(segment_claims=rows)), texts())
    assert "alert(1)" in page and "<script>alert" not in page


def test_figures_as_they_are_written():
    assert [signed(v) for v in (0.814, -0.2, 0.0, float("nan"))] == ["+0.81", "−0.20", "+0.00", "–"]
    assert [p_value(v) for v in (0.0, 0.00099, 0.0124, None)] == ["<0.001", "<0.001", "0.012", "–"]
