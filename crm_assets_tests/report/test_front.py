"""The front page says nothing that a printed query does not: each number is found again by hand in a made shop."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date

import pytest

from crm_assets.charts import Words
from crm_assets.months import Snapshot, last_day
from crm_assets.receipts.sources import source_of
from crm_assets.report import ReportData, build_report
from crm_assets.report.blocks import Pen
from crm_assets.report.front import QUERIES, front
from crm_assets.report.front_queries import FRONT
from crm_assets.report.queries import tables_of
from crm_assets.report.reading import read_report_data
from crm_assets.report.told import exact, worded
from crm_assets.segmentation.rfm import read_schemes
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.report.campaigns_by_hand import checks, drift, put, put_campaigns
from crm_assets_tests.report.report_sample import first_month, texts
from crm_assets_tests.report.report_sample_whole import whole_month
from crm_assets_tests.report.shown_pages import FrontPage

MONTH = date(2021, 4, 1)
DIGIT = re.compile(r"\d")
QUERY = re.compile(r'<pre tabindex="0"><code>(.*?)</code></pre>', re.S)


@pytest.fixture(scope="module")
def session(demo_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A made shop with campaigns."""
    shop = demo_shop.copy(tmp_path_factory.mktemp("front"))
    with Warehouse(shop.data / "warehouse.duckdb").session() as opened:
        put_campaigns(opened, MONTH)
        yield opened


def read(session: Session, demo_shop: Shop, month: date = MONTH) -> ReportData:
    settings = demo_shop.settings()
    source = source_of(settings)
    snapshot = Snapshot(month, source.history.start, settings.window_months)
    schemes = read_schemes(settings.reference)
    return read_report_data(session, snapshot, settings, source, settings.read_personas(), schemes)


def differing(session: Session, data: ReportData, page: FrontPage) -> list[str]:
    """Figures that a query run by hand does not give, or that are worded otherwise than their value."""
    words: dict[str, Words] = Pen.of(data, texts()).words
    results = {name: session.frame(query) for name, query in page.queries.items()}
    found = []
    for figure in page.figures:
        at = figure.attributes
        value = results[at["data-query"]][at["data-column"]].iloc[int(at["data-row"])]
        told = {worded(words[lang], at["data-unit"], value) for lang in ([figure.lang] if figure.lang else words)}
        if exact(value) != at["value"] or figure.text not in told:
            found.append(f"{at}: {value!r} is shown as {figure.text!r}")
    return found


def test_every_number_is_the_result_of_the_query_beside_it(session: Session, demo_shop: Shop):
    data = read(session, demo_shop)
    page = FrontPage.read(build_report(data, texts()))
    assert len(page.figures) > 60 and differing(session, data, page) == []
    asked = {figure.attributes["data-query"] for figure in page.figures}
    told = {name for part, names in QUERIES.items() if part != "alarms" for name in names}
    assert asked >= {"front_customers", "front_revenue", "front_moved", "front_campaigns", "front_results"}
    assert asked <= set(page.queries) == told, "a query is printed once, and each is printed"
    assert [text for text in page.beside if DIGIT.search(text)] == []
    for query in page.queries.values():
        assert ":" not in query and f"date '{MONTH}'" in query
        assert any(s.count(", ".join(tables_of(query))) and str(last_day(MONTH)) in s for s in page.sources), query


def test_a_number_without_a_query_and_a_figure_that_moved_would_be_seen(session: Session, demo_shop: Shop):
    data = read(session, demo_shop)
    page = build_report(data, texts())
    lied = FrontPage.read(page.replace("</h2>", " 7</h2>", 1))
    assert [text for text in lied.beside if DIGIT.search(text)] == [" 7"]
    value = session.scalar("select count(*) from rfm_scores where month = :month", month=MONTH)
    assert differing(session, data, FrontPage.read(page.replace(f">{value:,}명<", ">1명<", 1)))
    assert differing(session, data, FrontPage.read(page.replace(f'value="{value}"', 'value="1"', 1)))


@pytest.fixture
def stopped(session: Session) -> Iterator[Session]:
    """The same shop, whose checks failed; as it was when the test is over."""
    put(session, "export_checks", MONTH, checks(passed=False))
    put(session, "scoring_drift", MONTH, drift())
    session.execute("delete from audiences")
    session.execute("delete from campaigns")
    yield session
    put_campaigns(session, MONTH)
    put(session, "scoring_drift", MONTH, drift().iloc[:0])


def test_a_failed_check_is_told_with_what_moved_and_there_are_no_campaigns(stopped: Session, demo_shop: Shop):
    session, data = stopped, read(stopped, demo_shop)
    built = build_report(data, texts())
    page = FrontPage.read(built)
    assert differing(session, data, page) == [] and [t for t in page.beside if DIGIT.search(t)] == []
    assert {"front_failed", "front_not_scored"} <= {figure.attributes["data-query"] for figure in page.figures}
    said = "".join([*page.beside, *(figure.text for figure in page.figures)])
    for sentence in (
        "이달의 명단을 만들지 않았습니다", "No lists were written this month",
        "코로나 싫어: 34.1% → 52.0%",
        "신규 고객의 유형을 예측하지 않았습니다", "위의 점검에 걸려", "평균 구매 금액", "52000.5 초과: 10.0% → 31.7%",
    ):  # fmt: skip
        assert sentence in said, sentence
    assert "이번 달에 할 일" in built and ".csv" not in said


def test_every_query_of_the_report_runs_by_hand(session: Session, demo_shop: Shop):
    page = build_report(read(session, demo_shop), texts())
    found = {html.unescape(query) for query in QUERY.findall(page)}
    assert len(found) > 40
    for query in found:
        assert len(session.frame(query).columns), query


def test_a_first_month_compares_with_nothing(session: Session, demo_shop: Shop):
    data = read(session, demo_shop, date(2020, 12, 1))
    page = FrontPage.read(build_report(data, texts()))
    assert differing(session, data, page) == []
    assert not {"change", "difference"} & {figure.attributes["data-unit"] for figure in page.figures}
    assert "견줄 지난달이 없습니다" in "".join(page.beside)


def test_frames_without_queries_make_a_front_page_too():
    empty = first_month()
    shown = front(empty, Pen.of(empty, texts()))
    assert (shown.tiles, shown.changes, shown.campaigns, shown.alarms) == ([], [], [], [])


def test_the_sample_is_worded_and_its_hostile_title_is_text():
    page = FrontPage.read(build_report(whole_month(), texts()))
    said = "".join([*page.beside, *(figure.text for figure in page.figures)])
    assert "한 번에 더 담기 <b>&" in said and "▲ 3.0%" in said and "+6.0%p" in said and "−9,000원" in said
    assert set(page.queries) <= set(FRONT)


def test_more_campaigns_than_fit_are_counted():
    data = whole_month()
    many = data.tables["front_campaigns"].iloc[[0] * 9].reset_index(drop=True)
    data.tables["front_campaigns"] = many
    shown = front(data, Pen.of(data, texts()))
    assert len(shown.campaigns) == 8 and ">3<" in str(shown.first_of.ko)
