"""The section on predictions says what the tables hold, of the right month, and nothing else."""

from __future__ import annotations

import json
from datetime import datetime

import pandas as pd

from crm_assets.report import build_report
from crm_assets.report.prediction_cells import reasons, strip
from crm_assets.report.predictions import predictions
from crm_assets_tests.report.report_sample import first_month, sample_month, texts
from crm_assets_tests.report.report_sample_prediction import (
    REASONS,
    example,
    expectations,
    judged_month,
)
from crm_assets_tests.report.report_sample_prediction import (
    prediction_tables as sample_tables,
)
from crm_assets_tests.report.shown_sections import (
    made,
    panel,
    pen_of,
    row,
    said,
    with_table,
)
from crm_assets_tests.report.test_report import SCRIPTS, charts_of, without_scripts


def test_the_share_abstained_and_the_mean_are_those_of_the_table():
    section = made(predictions, judged_month())
    rows = sample_month().predictions
    total, abstained = rows["customers"].sum(), rows["abstained"].sum()
    mean = (rows["customers"] * rows["probability_mean"]).sum() / total
    assert [t.value.en for t in section.tiles] == [
        f"{total:,}", f"{abstained / total:.1%}", f"{mean:.1%}"
    ]  # fmt: skip
    assert f"{total - abstained:,} of them got a type" in section.tiles[0].note.en
    assert f"{total:,} customers with at most 3 receipts and answered for {total - abstained:,}." in section.lead[0].en
    assert f"{abstained:,} customers · probability under the floor of 40.0%" in section.tiles[1].note.en


def test_a_type_without_customers_of_some_receipts_has_a_dash():
    rows = sample_month().predictions
    section = made(predictions, judged_month(predictions=rows.iloc[1:]))
    assert row(panel(section, "predictions-probability"), "Stays away")[0] == "–"
    assert row(panel(section, "predictions-counts"), "Stays away")[0] == "–"


def test_the_three_question_marks_come_from_those_who_got_an_answer():
    shown = panel(made(predictions, judged_month()), "predictions-marks")
    assert shown.caption.en.endswith("with its share of the customers answered."), "a share needs its base"
    assert row(shown, "Stays away") == [
        "less than other types", "less than other types", "채소 (71.4%)", "음료", "420", "160"
    ]  # fmt: skip
    assert row(shown, "Newcomer")[:2] == ["no difference with evidence"] * 2
    assert row(shown, "Grand master") == ["more than other types", "more than other types", "–", "–", "40", "0"]
    assert row(shown, "Seasoned") == ["–", "–", "–", "–", "0", "30"]  # abstained: nothing is expected of them


def test_no_level_is_said_where_the_table_has_none():
    nothing = expectations().assign(loyalty=None, purchasing_power=None)
    shown = panel(made(predictions, with_table("expectations", nothing)), "predictions-marks")
    assert all(cells[1:3] == ["–", "–"] for cells in said(shown))


def test_an_unknown_type_is_shown_by_its_id_in_grey():
    rows = expectations().replace({"segment_id": {"pro": "strangers"}})
    shown = panel(made(predictions, with_table("expectations", rows)), "predictions-marks")
    cell = shown.table.rows[-1][0]
    assert cell.name.en == "strangers" and cell.colour == "#888888"


def test_the_sample_shows_reasons_and_who_got_no_answer():
    shown = panel(made(predictions, judged_month()), "predictions-sample")
    known = sample_month().sample
    for cells, (_, source) in zip(said(shown), known.iterrows(), strict=True):
        assert (cells[1] == "Abstains") == source["abstained"]
    first = said(shown)[0]
    assert first[0] == "M412637909" and first[2] == "25.0%"
    assert first[5] == "mean amount of a receipt ₩12,400 ▲ +0.62 | most frequent partner A01 ▲ +0.21 | " + (
        "most frequent weekday Mon ▼ −0.12"
    )
    assert said(shown, "ko")[0][5].startswith("평균 구매 금액 12,400원 ▲ +0.62 | 최다제휴사 A01 ▲ +0.21")


def test_texts_that_are_no_json_are_shown_as_they_are():
    pen = pen_of(judged_month())
    assert strip("no json", pen) == "no json" and reasons("no json", pen) == "no json"
    assert reasons('{"top": []}', pen) == "–"


def test_the_example_tells_one_customer_from_its_rows():
    shown = panel(made(predictions, judged_month()), "predictions-example")
    told = {cells[0]: cells[1] for cells in said(shown)}
    assert shown.title.en.endswith("M412637909") and told["Customer"] == "woman · 20s"
    assert told["Receipt 1"] == "2021-07-26 19:00 · partner A02 · 3 lines · ₩3,140 · A02199868530"
    assert told["Type on 2021-10-24"] == "Stays away"
    assert ["", "That day has passed without another receipt."] in said(shown)
    assert told[""] == "Stays away 62.0%, Newcomer 20.0%, Grand master 10.0%, Seasoned 8.0%"
    assert told["Interest"] == "주방잡화 (most of its own spend)"
    assert told["Loyalty (visits)"] == "less than other types"
    assert told["Reason 1"] == "mean amount of a receipt ₩3,140 ▲ +0.42"
    assert told["Reason 2"] == "most frequent daypart evening (18–23) ▼ −0.18"
    assert told["Reason 3"] == "age band not known ▲ +0.07" and len(REASONS) == 3


def test_an_example_on_which_the_model_abstains_gets_no_type():
    of = example(abstained=True, loyalty=None, purchasing_power=None, interest=None, gender=None, age_band=None)
    shown = panel(made(predictions, with_table("example", of)), "predictions-example")
    told = {cells[0]: cells[1] for cells in said(shown)}
    assert told["Type on 2021-10-24"] == "Abstains; the most probable type is Stays away"
    assert told["Customer"] == "gender, age and region are not known"
    assert {told[k] for k in ("Interest", "Loyalty (visits)", "Purchasing power (spend)")} == {"not known"}


def test_a_day_asked_about_that_is_over_is_told_of_the_example_and_of_how_many():
    """The last day on which one is over is that of the report."""
    asked = pd.DataFrame({"last_date": pd.to_datetime(["2021-01-05", "2021-10-02", "2021-10-03"]), "horizon_days": 90,
                          "customers": [7, 200, 1_000]})  # fmt: skip
    section = made(predictions, with_table("asked", asked))
    total = sample_month().predictions["customers"].sum()
    assert section.lead[1].en.startswith(
        f"For 207 of the {total:,} the day asked about (90 days after the last receipt)"
    )
    assert len(made(predictions, with_table("asked", asked.tail(1))).lead) == 1
    of = pd.DataFrame([{"purchased_at": datetime(2021, 10, 3, 9), "receipt_id": "A", "partner_id": None, "lines": 1,
                        "amount": 1.0}])  # fmt: skip
    shown = panel(made(predictions, with_table("example_receipts", of)), "predictions-example")
    assert "has passed" not in str(said(shown)) and "Type on 2022-01-01" in str(said(shown))


def test_other_months_have_no_example():
    section = made(predictions, with_table("example", pd.DataFrame()))
    assert "predictions-example" not in {p.id for p in section.panels}
    none = made(predictions, judged_month(predictions=pd.DataFrame()))
    assert none.note.en == "No new customer was predicted this month."
    assert made(predictions, first_month()).note.en == (
        "No type was predicted this month: there are no types of existing customers yet for a model to learn."
    )


def test_names_from_files_are_text_in_the_new_parts_too():
    evil = "</script><script>alert(1)</script>'\"&"
    top = [{"column": evil, "value": evil, "contribution": 1.0}]
    tables = {
        "expectations": expectations().assign(interest=evil),
        "example": example(interest=evil, region=evil, reasons=json.dumps({"base": 0, "rest": 0, "top": top})),
    }
    sample = sample_month().sample.assign(reasons=json.dumps({"base": 0, "rest": 0, "top": top}))
    page = build_report(judged_month(tables=sample_tables() | tables, sample=sample), texts())
    assert "alert(1)" in page and "<script>alert" not in page and page.count("</script>") == SCRIPTS


def test_the_page_has_them_with_sources_and_stays_small():
    page, plain = (build_report(data, texts()) for data in (judged_month(), sample_month()))
    body, found = without_scripts(page), charts_of(page)
    assert {"model-later-horizon", "model-calibration", "model-abstention", "model-importance-cart"} <= set(found)
    for table in ("model_comparison", "feature_importance", "model_metrics", "new_customer_predictions, receipts"):
        assert f"자료: {table} · 기준일" in body, table
    assert len(page.encode()) - len(plain.encode()) < 150_000
