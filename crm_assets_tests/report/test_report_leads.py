"""The section on leads says what its tables hold, why there is nothing, and is not there for a source without leads."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from crm_assets.report.leads import leads
from crm_assets_tests.report.report_sample import sample_month
from crm_assets_tests.report.report_sample_whole import whole_month
from crm_assets_tests.report.shown_sections import made, panel, row, said
from crm_assets_tests.report.test_report import page_of

RATES = (0.4, 0.2, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.02)


def lead_tables() -> dict[str, pd.DataFrame]:
    """Ten tenths of a hundred leads, two open leads, figures by company and at random."""
    won = [round(100 * rate) for rate in RATES]
    lift = [
        {"decile": place, "leads": 100, "converted": n, "rate": rate, "expected_rate": rate, "lift": rate / 0.1,
         "captured_share": sum(won[:place]) / sum(won)}
        for place, (n, rate) in enumerate(zip(won, RATES, strict=True), start=1)
    ]  # fmt: skip
    reasons = json.dumps(
        {"base": -2.0, "rest": 0.1, "top": [
            {"column": "job", "value": "purchasing", "contribution": 0.9},
            {"column": "message_terms", "value": None, "contribution": -0.3},
            {"column": "size", "value": 12.0, "contribution": 0.2}]}
    )  # fmt: skip
    values = {"f1": 0.31, "precision": 0.25, "recall": 0.41, "pr_auc": 0.24, "roc_auc": 0.75, "lift_top_decile": 3.5}
    metrics = [
        {"protocol": protocol, "model": name, "slice": "all", "metric": metric, "value": value, "base": 1000}
        for protocol in ("lead_company", "lead_random")
        for name in ("model", "logistic", "prior", "lightgbm_text")
        for metric, value in values.items()
    ]
    day = pd.Timestamp("2021-12-31")
    return {
        "lead_model": pd.DataFrame(
            [
                {
                    "status": "trained",
                    "rows": 1000,
                    "known": 1100,
                    "threshold": 0.155,
                    "trained_as_of": day,
                    "candidate": "lightgbm_text",
                }
            ]
        ),
        "lead_lift": pd.DataFrame(lift),
        "lead_columns": pd.DataFrame([{"attribute": "job", "title_ko": "직업군", "title_en": "job <1>"}]),
        "lead_list": pd.DataFrame(
            [
                {
                    "rank": n,
                    "lead_id": f"L{n}",
                    "lead_index": 50.0 - n,
                    "created_at": day,
                    "reasons": reasons,
                    "company_id": "C7",
                    "owner_id": None,
                }
                for n in (1, 2)
            ]
        ),
        "lead_counts": pd.DataFrame([{"open_leads": 1234, "within_capacity": 50}]),
        "model_metrics": pd.DataFrame(metrics),
    }


@pytest.fixture(scope="module")
def shown():
    return made(leads, sample_month(tables={**sample_month().tables, **lead_tables()}))


def test_tiles_are_the_open_leads_and_the_best_tenth(shown):
    waiting, lift = shown.tiles
    assert waiting.value.ko == "1,234" and "50" in waiting.note.en
    assert lift.value.en.startswith("4") and "40.0%" in lift.note.ko
    assert "1,000 leads" in shown.lead[0].en and "15.5%" in shown.after[0].en


def test_the_tenths_stand_as_bars_and_as_a_table(shown):
    tenths = panel(shown, "leads-lift")
    assert row(tenths, "Tenth 2")[:4] == ["100", "20", "20.0%", "20.0%"] and len(said(tenths)) == 10
    chart = tenths.figures["en"]
    assert list(chart.data[0].x) == pytest.approx([rate / 0.1 for rate in RATES])
    assert chart.layout.shapes[0].x0 == 1


def test_the_list_has_reasons_in_the_reader_s_words(shown):
    first = said(panel(shown, "leads-list"))[0]
    assert first[:3] == ["L1", "C7", "–"] and first[4:] == ["1", "49.0", "2021-12-31"]
    assert all(part in first[3] for part in ("▲ job <1>: purchasing", "▼ words of the message: –", "▲ size: 12"))


def test_figures_are_told_by_split_of_what_is_compared(shown):
    rows = said(panel(shown, "leads-figures"))
    assert [cells[:2] for cells in rows] == [
        [split, name]
        for split in ("Companies not seen", "Dealt at random")
        for name in (
            "Chosen by validation",
            "LightGBM with the message",
            "Logistic regression without it",
            "The base rate",
        )
    ]
    assert rows[0][2:7] == ["0.310", "0.250", "0.410", "0.240", "0.750"]


def test_a_month_without_a_model_says_so_and_a_source_without_leads_has_no_section():
    none = pd.DataFrame([{"status": "none", "known": 120}])
    section = made(leads, sample_month(tables={**sample_month().tables, "lead_model": none}))
    assert "120 leads" in section.note.en and "lead_min_outcomes" in section.note.en and not section.panels
    assert made(leads, sample_month()) is None


def test_the_page_holds_the_section_and_markup_in_a_file_s_words_stays_text():
    whole = whole_month()
    page = page_of(whole_month(tables={**whole.tables, **lead_tables()}))
    assert "Which leads to call first" in page and "job &lt;1&gt;" in page and "job <1>" not in page
    assert "Which leads to call first" not in page_of(whole)
