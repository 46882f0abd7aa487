"""The section on recommendations says what its tables hold, and says why where there is nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets.merchandising.recommenders import RECOMMENDERS
from crm_assets.report.recommendations import method_name, recommendations
from crm_assets_tests.report.report_sample import sample_month
from crm_assets_tests.report.report_sample_recommendations import recommendation_tables
from crm_assets_tests.report.shown_sections import made, panel, pen_of, row, said


def of(**changed: pd.DataFrame):
    return made(recommendations, sample_month(tables={**recommendation_tables(), **changed}))


@pytest.fixture(scope="module")
def shown():
    return of()


def test_the_method_in_use_and_why(shown):
    assert "trend of 14 days" in shown.lead[0].en and "MAP@10 0.071" in shown.lead[0].en and "3개월" in shown.lead[0].ko


def test_methods_stand_best_first_with_intervals(shown):
    evidence = panel(shown, "recommendations-evidence")
    names = [cells[0] for cells in said(evidence)]
    assert names[0].endswith("in use") and names[1] == "Buyers of the same articles" and len(names) == 6
    assert row(evidence, "Bought by most")[:2] == ["0.250 (0.240–0.260)", "0.075 (0.065–0.085)"]
    assert "1,247" in evidence.caption.en


def test_outcomes_are_those_of_all_and_of_each_type(shown):
    outcomes = panel(shown, "recommendations-outcomes")
    assert [cells[0] for cells in said(outcomes, "ko")] == ["전체", "초보주부", "주부9단"]
    assert row(outcomes, "All")[1] == "0.400 (0.390–0.410)" and row(outcomes, "All")[-1].startswith("0.410")


def test_articles_of_types_and_regions(shown):
    articles, regions = panel(shown, "recommendations-articles"), panel(shown, "recommendations-regions")
    assert "novice 상품 1 50.0% · novice 상품 2 25.0%" in " ".join(cells[1] for cells in said(articles))
    assert row(regions, "Z01") == ["상품 1 25.0% · 상품 2 25.0%", "상품 2 25.0%", "40"]


def test_before_a_month_is_judged_it_says_so():
    first = pd.DataFrame([{"recommender": "popularity_recent", "months": 0, "map_at_10": None}])
    nothing = {name: pd.DataFrame() for name in ("recommender_evidence", "recommendation_outcomes", "region_articles")}
    section = of(recommender_choices=first, **nothing)
    assert "No month has been judged yet" in section.lead[0].en and not section.after
    assert [p.id for p in section.panels] == ["recommendations-articles"]


def test_a_shop_without_articles_says_so():
    section = of(recommended_articles=pd.DataFrame())
    assert "no articles" in section.note.en and not section.panels


def test_every_method_has_a_name():
    pen = pen_of(sample_month())
    names = [method_name(pen, name) for name in RECOMMENDERS]
    assert len({n.ko for n in names}) == len({n.en for n in names}) == len(RECOMMENDERS)
