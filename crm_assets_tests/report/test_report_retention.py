"""The sections on dormancy and on lifestyles say what their tables hold, and say why where there is nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets.report.lifestyles import lifestyles
from crm_assets.report.retention import retention
from crm_assets_tests.report.report_sample import sample_month
from crm_assets_tests.report.report_sample_retention import lifestyle_tables, retention_tables
from crm_assets_tests.report.shown_sections import made, panel, pen_of, row, said
from crm_assets_tests.report.test_report import charts_of, page_of


def of(section, tables: dict[str, pd.DataFrame], **changed: pd.DataFrame):
    return made(section, sample_month(tables={**sample_month().tables, **tables, **changed}))


@pytest.fixture(scope="module")
def shown():
    return of(retention, retention_tables())


def test_tiles_and_trust_are_those_of_everybody(shown):
    expected, value = shown.tiles
    # H: 100 + 110 + 120 + 130, L: 140 + 150 + 160 + 170; the whole is planted with the share of an L
    assert expected.value.en == "756" and value.value.en == "₩700k"
    assert "70.0%" in expected.note.ko and "60일" in expected.note.ko
    assert "등급 B" in shown.lead[1].ko and "may be chance" in shown.lead[1].en


def test_a_grade_says_whose_probability_it_is_and_how_it_was_judged(shown):
    grades = panel(shown, "retention-grades")
    assert [cells[0] for cells in said(grades)][-1] == "All"
    rows = {cells[0][:3]: cells[1:] for cells in said(grades)}
    assert rows["LLL"][-2:] == ["Days since purchase alone", "C"]
    assert rows["HLH"][-2:] == ["The model", "–"] and rows["HHH"][-1] == "A"
    assert len(grades.figures["ko"].data[0].x) == 8


def test_evidence_stands_best_first_with_intervals(shown):
    evidence = panel(shown, "retention-evidence")
    assert "dormancy_evidence" in evidence.table.source.told.en
    assert row(evidence, "The model")[:3] == ["0.750 (0.740–0.760)", "0.730 (0.720–0.740)", "0.590 (0.580–0.600)"]
    assert row(evidence, "The model")[-1] == "0.030"
    assert "13,041" in evidence.caption.en and "4 months" in evidence.caption.en


def test_what_was_served_takes_the_place_of_what_was_only_measured():
    tables = retention_tables()
    served = tables["dormancy_evidence"]
    served = pd.concat([served, served[served["candidate"] == "model"].assign(candidate="served", value=0.9)])
    evidence = panel(of(retention, tables, dormancy_outcomes=served), "retention-evidence")
    assert "dormancy_outcomes" in evidence.table.source.told.en
    assert said(evidence)[0][0] == "As served"


def test_lists_and_the_calculator(shown):
    lists = panel(shown, "retention-lists")
    assert row(lists, "Early churn") == ["5", "80.0%", "₩2,283", "E1, E2, E3"]
    assert "Potential loyals to retain" not in [cells[0] for cells in said(lists)]
    mau = panel(shown, "retention-mau")
    assert row(mau, "New inflow") == ["5,000", "5.0%", "50.0%", "125", "2.5%"]
    assert row(mau, "Together")[1:3] == ["–", "–"]


def test_a_month_without_a_model_says_why_and_still_reckons():
    tables = {"mau_effects": retention_tables()["mau_effects"]}
    none = of(retention, tables)
    assert "Too few months" in none.note.en and [p.id for p in none.panels] == ["retention-mau"]
    assert not of(retention, {}).panels


@pytest.mark.parametrize("grade", ["A", "B", "C", None])
def test_every_judgement_has_its_words(grade):
    tables = retention_tables()
    rows = tables["dormancy_grades"].astype({"grade": object})
    rows.loc[rows["rfm_grade"] == "all", "grade"] = grade
    lead = of(retention, tables, dormancy_grades=rows).lead[1]
    assert lead.ko != lead.en and (f"(grade {grade})" in lead.en or grade is None)


def test_a_lifestyle_says_only_what_its_evidence_allows():
    section = of(lifestyles, lifestyle_tables())
    assert [p.name.ko for p in section.profiles] == ["엄지쇼핑족", "사족보행", "무색무취"]
    thumb, wheels, plain = section.profiles
    assert [t.ko for t in wheels.tags] == ["주유"] and wheels.claims[
        0
    ].text.ko == "주유 70만원, 소비 비중은 전체의 9.0배"
    assert "h +0.95 · p <0.001" in wheels.claims[0].evidence.en and not plain.claims
    assert plain.note.en == "No category stands out."
    assert thumb.values[0][1].ko == "1위"


def test_a_persona_is_called_and_described_in_the_readers_language():
    section = of(lifestyles, lifestyle_tables())
    thumb, wheels, _ = section.profiles
    assert wheels.name.en == "Four-Wheeled" and wheels.line.en == "Goes by car."
    assert thumb.name.en == "엄지쇼핑족" and thumb.line is None
    assert "Four-Wheeled" in [cells[0] for cells in said(panel(section, "lifestyles-table"))]


def test_pairs_and_offers_stand_in_their_tables():
    section = of(lifestyles, lifestyle_tables())
    apart = {cells[0]: cells[1:] for cells in said(panel(section, "lifestyles-differences"), "ko")}
    assert apart["사족보행"] == ["무색무취", "주유", "–"]
    assert said(panel(section, "lifestyles-offers"), "ko") == [
        ["사족보행", "주유 할인 카드", "12,345원", "200명", "95.0%"]
    ]
    table = {cells[0]: cells[1:] for cells in said(panel(section, "lifestyles-table"), "ko")}
    assert table["무색무취"][4:6] == ["25.0%", "–"]


def test_without_lifestyles_the_section_says_why():
    assert "no categories" in of(lifestyles, {}).note.en


def test_both_sections_are_on_the_page_with_their_charts():
    data = sample_month(tables={**sample_month().tables, **retention_tables(), **lifestyle_tables()})
    page = page_of(data)
    assert '<section id="retention"' in page and '<section id="lifestyles"' in page
    assert {"retention-grades", "retention-evidence"} <= set(charts_of(page))
    assert pen_of(data).text("retention.title").ko in page
