"""The section on campaigns says in plain words what its tables hold, and claims nothing that is not sure."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.charts import TextMissing
from crm_assets.contracts.campaign_results import METRICS, VERDICTS
from crm_assets.contracts.strategies import KPIS
from crm_assets.marketing.results import BETTER, CONVERSION, UNDECIDED, WORSE
from crm_assets.report import build_report
from crm_assets.report.results import judging_metric, results
from crm_assets_tests.report.report_sample import sample_month, texts
from crm_assets_tests.report.report_sample_results import CAMPAIGNS, result_tables
from crm_assets_tests.report.report_sample_whole import whole_month
from crm_assets_tests.report.shown_sections import card, made, panel, pen_of, row, said
from crm_assets_tests.test_charts import words


def of(**changed: pd.DataFrame):
    return made(results, sample_month(tables={**result_tables(), **changed}))


@pytest.fixture(scope="module")
def shown():
    return of()


def test_a_campaign_that_worked_is_said_in_one_sentence(shown):
    told = card(shown, "Come back coupon (November 2021)")
    assert told.text.en == (
        "Share who bought: 31.0% of those addressed, 28.0% of those held out. Chance does not explain the difference, "
        "+3.00%p (+1.90%p to +4.10%p)."
    )
    assert told.title.ko == "돌아오세요 쿠폰(2021년 11월 시작)" and "우연으로 보기 어렵습니다" in told.text.ko
    assert [value.ko for _, value in told.values] == ["효과 확인", "8,000명", "2,000명", "7,900명"]


def test_a_loss_is_said_as_a_loss_in_money(shown):
    told = card(shown, "Bundle offer (December 2021)")
    assert "Not addressing them would have been better" in told.text.en and "−₩5,000" in told.text.en
    assert "하지 않는 편이 나았습니다" in told.text.ko and "−5,000원" in told.text.ko


def test_a_broken_campaign_says_why_and_claims_nothing(shown):
    leaked, skewed = (card(shown, f"{name} (December 2021)") for name in ("leaked", "skewed"))
    assert "12명에게도 이 캠페인의 메시지가 나갔습니다" in leaked.text.ko and "held-out customers: 12" in leaked.text.en
    assert "배정 p <0.001" in skewed.text.ko
    for told in (leaked, skewed):
        assert told.values[0][1].en == "Cannot be judged" and "4.0" not in told.text.en
        assert {cells[6] for cells in said(panel(shown, f"results-2021-11-{told.title.en.split()[0]}"))} == {"–"}
    assert not panel(shown, "results-2021-11-skewed").figures


def test_too_few_is_no_verdict_and_no_card(shown):
    few = next(text for text in shown.lead if "too small to be judged" in text.en)
    assert "too small to be judged: 1." in few.en and "판단하지 못한 캠페인은 1개" in few.ko
    assert "lost (December 2021)" not in [one.title.en for one in shown.cards]
    assert "results-2021-11-lost" not in [one.id for one in shown.panels]
    assert row(panel(shown, "results-campaigns"), "lost (December 2021)")[-1] == "Too few to tell"


def test_what_must_be_seen_first_comes_first(shown):
    assert [one.values[0][1].en for one in shown.cards] == [
        "Cannot be judged", "Cannot be judged", "It did harm", "It worked"
    ]  # fmt: skip


def test_that_nothing_says_whether_lists_were_sent_is_told():
    outcomes = result_tables()["campaign_outcomes"]
    silent = outcomes["campaign_id"].isin(["2021-10-win_back", "2021-11-lost"])
    told = of(campaign_outcomes=outcomes.assign(told=outcomes["told"].astype(float).mask(silent))).lead
    assert any("Of 2 campaigns (of 5) nothing says whether they were sent" in text.en for text in told)
    assert not any("nothing says" in text.en for text in of().lead)


def test_the_table_of_all_campaigns(shown):
    table = said(panel(shown, "results-campaigns"))
    assert len(table) == len(CAMPAIGNS) * len(METRICS)
    assert table[0] == [
        "Come back coupon (November 2021)", "Share who bought", "8,000", "2,000", "31.0%", "28.0%",
        "+3.00%p (+1.90%p – +4.10%p)", "0.004", "0.600", "It worked",
    ]  # fmt: skip


def test_types_stand_in_their_order_and_only_sure_differences_are_full(shown):
    one = panel(shown, "results-2021-10-win_back")
    assert [cells[0] for cells in said(one, "ko")[::3]] == ["전체", "초보주부", "유형 없음"]
    assert row(one, "No type")[-1] == "Too few to tell" and "(" not in row(one, "No type")[5]
    (dots,) = one.figures["ko"].data
    assert len(dots.x) == 2 and dots.x[0] == pytest.approx(0.03)  # of too few nothing is drawn
    full = dots.marker.color
    assert full[0] == dots.marker.line.color[0] and full[1] != dots.marker.line.color[1]


def test_a_month_without_ended_campaigns_says_so():
    section = made(results, sample_month())
    assert "No campaign has a result this month" in section.note.en and not section.panels and not section.cards
    assert "이달에 결과가 나온 캠페인이 없습니다" in build_report(sample_month(), texts())


def test_it_has_a_page_of_its_own():
    page = build_report(whole_month(), texts())
    assert page.index('id="outcomes"') < page.index('id="results"') < page.index('id="recommendations"')
    assert "It did harm" in page


def test_every_verdict_metric_and_kpi_has_words():
    pen = pen_of(sample_month())
    labels = {*(pen.label("campaign_metric", m) for m in (*KPIS, *METRICS[1:])),
              *(pen.label("campaign_verdict", v) for v in VERDICTS)}  # fmt: skip
    assert len(labels) == len({*KPIS, *METRICS[1:]}) + len(VERDICTS)
    assert all(label.ko != label.en for label in labels)
    for verdict in (BETTER, WORSE, UNDECIDED):
        assert texts().pair(f"results.says.{verdict}").ko
    with pytest.raises(TextMissing):
        texts().pair("results.says.broken")  # it is said why
    assert {judging_metric(k) for k in KPIS} == {CONVERSION, "spend_cuped"}


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("share", 0.0312, "+3.12%p"), ("share", -0.0312, "−3.12%p"), ("share", -0.00001, "0.00%p"),
        ("currency", 1200.0, "+1,200원"), ("currency", -1200.0, "−1,200원"), ("currency", -0.2, "0원"),
        ("share", None, "–"), ("currency", float("nan"), "–"),
    ],
)  # fmt: skip
def test_a_difference_carries_its_sign(unit, value, said):
    assert charts.gain(words("ko"), unit, value) == said


@pytest.mark.parametrize(("low", "high"), [(-0.05, -0.01), (0.01, 0.05), (-0.01, 0.02), (0.0, 0.0)])
def test_the_line_of_no_difference_is_always_in_sight(low, high):
    frame = pd.DataFrame(
        [{"label": "가", "difference": (low + high) / 2, "low": low, "high": high, "sure": True, "colour": "#123456"}]
    )
    axis = charts.difference_intervals(frame, words("ko"), "share").layout.xaxis
    assert axis.range[0] <= min(low, 0) and axis.range[1] >= max(high, 0) and 0 in axis.tickvals
    assert len(set(axis.ticktext)) == len(axis.ticktext)
