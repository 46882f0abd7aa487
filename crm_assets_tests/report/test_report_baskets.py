"""The section on baskets says what its tables hold, marks what is below the confidence, says why there is nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets.report.baskets import baskets
from crm_assets_tests.report.report_sample import sample_month
from crm_assets_tests.report.report_sample_baskets import basket_tables
from crm_assets_tests.report.shown_sections import made, panel, said
from crm_assets_tests.report.test_report import page_of, without_scripts


def of(tables: dict[str, pd.DataFrame]):
    return made(baskets, sample_month(tables={**sample_month().tables, **tables}))


@pytest.fixture(scope="module")
def shown():
    return of(basket_tables())


def test_five_rules_of_each_type_with_the_ten_measures(shown):
    rows = said(panel(shown, "baskets-rules"), "ko")
    assert [cells[1] for cells in rows] == [*(f"티컵 {n}" for n in range(1, 6)), "와인 <b>", "크림"]
    assert rows[0][2:] == ["찻잔 받침", "3.0%", "4.0%", "2.5%", "89.0%", "충족", "21.44", "+0.02", "14.82", "0.975",
                           "1,234"]  # fmt: skip
    assert rows[5][0] == "롯데고수" and rows[5][10] == "∞"


def test_what_is_below_the_confidence_is_marked_and_counted(shown):
    marks = [cells[7] for cells in said(panel(shown, "baskets-rules"))]
    assert marks == ["yes"] * 6 + ["below"]
    assert "7 rules reach" in shown.lead[0].en and "40,000" in shown.lead[0].ko and "1 do not" in shown.lead[0].en


def test_where_only_a_type_has_rules_the_lead_still_counts_everybodys_baskets():
    rules = basket_tables()["association_rules"]
    lead = of({"association_rules": rules[rules["segment_id"] != "all"]}).lead[0]
    assert "40,000" in lead.en and "40,000" in lead.ko


def test_verdicts_are_counted_and_confidences_are_of_the_rules_judged(shown):
    assert [cells[1:] for cells in said(panel(shown, "baskets-retests"))] == [
        ["2", "1", "1", "0", "83.0%", "45.0%"],
        ["1", "0", "0", "1", "–", "–"],
    ]


def test_proposals_say_their_kind_interval_verdict_and_audience(shown):
    rows = said(panel(shown, "baskets-proposals"))
    assert len(rows) == 3
    assert rows[0][1:] == ["Bundle", "티컵 1", "찻잔 받침", "21.4 (18.0–25.0)", "<0.001", "Holds", "321", "14.1"]
    assert [cells[6] for cells in rows] == ["Holds", "Not yet", "Fails"]
    assert rows[2][1] == "Joint promotion" and rows[2][4] == "21.4 (18.0–∞)"


def test_without_rules_it_says_why_and_still_shows_what_became_of_the_last():
    tables = basket_tables()
    none = of({"rule_retests": tables["rule_retests"]})
    assert "rule_min_support" in none.note.en and [p.id for p in none.panels] == ["baskets-retests"]
    assert not of({}).panels


def test_it_is_on_the_page_with_its_sources_and_names_as_text():
    page = without_scripts(page_of(sample_month(tables={**sample_month().tables, **basket_tables()})))
    assert '<section id="baskets"' in page and "와인 &lt;b&gt;" in page
    for source in basket_tables():
        assert f"자료: {source} · 기준일" in page
