"""The report's section on indices says what its tables hold, the card of a customer what it is called."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from crm_assets.explain.customer_card import read_card
from crm_assets.report.indices import indices, points
from crm_assets.warehouse import Session
from crm_assets_tests.explain import card_shop
from crm_assets_tests.explain.test_customer_card import part, told
from crm_assets_tests.report.report_sample import sample_month
from crm_assets_tests.report.report_sample_indices import index_tables
from crm_assets_tests.report.shown_sections import made, panel, row, said
from crm_assets_tests.report.test_report import charts_of, page_of


def of(**changed: pd.DataFrame):
    return made(indices, sample_month(tables={**sample_month().tables, **index_tables(), **changed}))


@pytest.fixture(scope="module")
def shown():
    return of()


def test_the_population_of_each_index_and_who_is_evidently_apart(shown):
    assert said(panel(shown, "indices-population"), "ko") == [
        ["위생 민감 지수", "전체", "10.0%", "–", "900명", "40명", "12명"],
        ["온라인 구매 지수", "20대", "45.0%", "–", "300명", "20명", "30명"],
        ["온라인 구매 지수", "30대", "25.0%", "–", "500명", "10명", "5명"],
        ["휴면 위험 지수", "전체", "–", "41.2", "800명", "–", "–"],
    ], "an index of nobody is left out"


def test_labels_are_counted_with_their_thresholds_and_those_that_may_be_chance(shown):
    labels = panel(shown, "indices-labels")
    assert row(labels, "Hygiene-minded") == ["Hygiene index", "+30.0%p or more", "36", "4.0%", "9"]
    assert row(labels, "Prefers the shop") == ["Online shopping", "−12.5%p or less", "80", "10.0%", "1"]
    assert row(labels, "At risk (predicted)") == ["Risk of dormancy", "70 or more", "200", "25.0%", "–"]
    assert "None" not in [cells[0] for cells in said(labels)]


def test_the_spread_is_drawn_as_shares_of_the_index_s_customers(shown):
    spread = panel(shown, "indices-spread")
    assert row(spread, "Hygiene index") == ["810", "0", "0", "0", "0", "0", "90", "0", "0", "0"]
    heat = spread.figures["ko"].data[0]
    assert heat.z[0][0] == 0.9 and heat.z[0][6] == pytest.approx(0.1) and heat.z[2][9] == 0.25
    assert list(spread.figures["en"].layout.yaxis.ticktext) == ["Hygiene index", "Online shopping", "Risk of dormancy"]


def test_two_indices_of_one_title_stay_two():
    tables = index_tables()
    same = tables["index_definitions"].assign(title_ko="지수", title_en="Index")
    heat = panel(of(index_definitions=same), "indices-spread").figures["ko"].data[0]
    assert len(heat.z) == 3 and list(heat.y) == ["hygiene", "online", "dormancy"]


def test_without_customers_the_section_says_why():
    nobody = index_tables()["index_definitions"].assign(customers=0)
    assert "no events" in of(index_definitions=nobody).note.en
    assert made(indices, sample_month()).note is not None


def test_the_section_is_on_the_page_and_names_from_the_file_are_text():
    tables = index_tables()
    tables["index_labels"].loc[0, "label_ko"] = "<b>위생</b>"
    page = page_of(sample_month(tables={**sample_month().tables, **tables}))
    assert '<section id="indices"' in page and "indices-spread" in charts_of(page)
    assert "&lt;b&gt;위생" in page and "<b>위생" not in page


def test_points_carry_their_sign():
    assert [points(v) for v in (50.0, -12.5, 0.0)] == ["+50.0%p", "−12.5%p", "+0.0%p"]


def test_the_card_says_what_a_customer_is_called_and_nothing_without_a_label():
    with duckdb.connect() as connection:
        session = Session(connection)
        session.ensure_tables()
        card_shop.fill(session)
        new, sure, existing = (read_card(session, c) for c in (card_shop.NEW, card_shop.SURE, card_shop.EXISTING))
    assert part(told(new), "What it does more, or less, than others") == [
        "  Hygiene-minded: Hygiene index +50.0%p (this customer 62.5%, mean of those compared 12.5%)",
        "  At risk: Risk of dormancy 82 of 100",
    ]
    assert "위생 민감형: 위생 민감 지수 +50.0%p" in told(new, "ko") and "100점 만점에 82점" in told(new, "ko")
    assert not existing.called and not sure.called, "an index without a label, a label of an earlier month"
    assert "than others" not in told(existing)
