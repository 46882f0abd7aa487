"""``crm statement``: the words by hand in both languages, hostile names, the page, and why there is none."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crm_assets.cli import cli
from crm_assets.months import last_day
from crm_assets.published import write_published
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.explain import card_shop
from crm_assets_tests.explain.card_shop import EXISTING, FEBRUARY, LAPSED, MARCH, NEW, SURE, UNTYPED
from crm_assets_tests.prediction.feature_shop import insert

HOSTILE = "<script>alert('x')</script>\x1b[31m & \u202e"


def statement(shop: Shop, *words: str) -> Result:
    """``crm statement`` within this process."""
    return CliRunner().invoke(cli, ["statement", *words], env={"CRM_DATA_DIR": str(shop.data)})


def lines_of(customer: str, month: date, section: str, *lines: tuple[object, ...]) -> list[dict[str, object]]:
    names = ("label", "amount", "receipts", "share")
    at = {"month": month, "as_of": last_day(month), "first_month": date(2021, 1, 1), "customer_id": customer}
    rows = [dict(zip(names, line, strict=True)) for line in lines]
    for row in rows:
        row["amount"] = None if row["amount"] is None else Decimal(str(row["amount"]))
    return [{**at, "section": section, "line_no": number, **row} for number, row in enumerate(rows, 1)]


def fill(session: Session) -> None:
    insert(session, "customer_statements", [
        *lines_of(EXISTING, MARCH, "income", ("급여", 300000, 3, 1.0)),
        *lines_of(EXISTING, MARCH, "spending", ("통신", 90000, 3, 0.9), ("partner C01", 10000, 1, 0.1)),
        *lines_of(EXISTING, MARCH, "recurring", ("통신", 30000, 3, None)),
        *lines_of(EXISTING, MARCH, "benefit", ("other", 1500, 2, 1.0)),
        *lines_of(EXISTING, MARCH, "habits", ("receipts", None, 8, None), ("low_value", 2500, 2, 0.25),
                  ("not_present", None, 3, 0.375), ("recurring", 30000, 3, None)),
        *lines_of(UNTYPED, MARCH, "spending", (HOSTILE, 500, 1, 1.0)),
        *lines_of(SURE, FEBRUARY, "spending", ("통신", 500, 1, 1.0)),
    ])  # fmt: skip
    for table in ("offers", "offer_matches"):  # of the card's own customers
        session.execute(f"delete from {table}")
    at = {"month": MARCH, "as_of": last_day(MARCH)}
    own = {**at, "customer_id": EXISTING}
    insert(session, "recurring_payments", [
        {**own, "payee_no": 1, "partner_id": "K1", "product_id": "P1", "category": "통신", "amount": Decimal(30000),
         "payments": 3, "months": 3, "last_paid_on": date(2021, 3, 9), "told_by": "source"}])  # fmt: skip
    insert(session, "lifestyle_assignments", [
        {**own, "lifestyle_id": "L1", "lifestyle_name": "통신 위주", "distance": 0.1},
        {**own, "customer_id": UNTYPED, "lifestyle_id": "L2", "lifestyle_name": HOSTILE, "distance": 0.1}])  # fmt: skip
    texts = {"title_ko": "통신 카드", "title_en": "Telecom card", "description_ko": "통신비", "description_en": "Bills"}
    insert(session, "offers", [{**at, "offer_id": "tel", **texts, "annual_fee": Decimal(12000),
                                "minimum_spend": Decimal(0), "monthly_cap": Decimal(4000)}])  # fmt: skip
    part = {"monthly_spend": Decimal(30000), "monthly_receipts": Decimal(1), "per_receipt": Decimal(0)}
    insert(session, "offer_match_parts", [
        {**own, "offer_id": "tel", "part": 1, "category": "통신", "rate": Decimal("0.1"), **part,
         "before_cap": Decimal(3000), "cap": Decimal(2500), "after_cap": Decimal(2500)},
        {**own, "offer_id": "tel", "part": 2, "category": "주유 +2", "rate": Decimal(0), **part,
         "per_receipt": Decimal(2000), "before_cap": Decimal(2000), "cap": None, "after_cap": Decimal(2000)},
    ])  # fmt: skip
    insert(session, "offer_matches", [
        {**own, "rank": 1, "offer_id": "tel", "monthly_spend": Decimal(33333), "gross_benefit": Decimal(4500),
         "capped_benefit": Decimal(4000), "monthly_fee": Decimal(1000), "net_benefit": Decimal(3000)}])  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    with Warehouse(made.data / "warehouse.duckdb").session() as session:
        card_shop.fill(session)
        fill(session)
        write_published(session, made.data / "published.duckdb")
    return made


def plain(text: str) -> list[str]:
    """Lines with their columns set apart by one space."""
    return [re.sub(r"\s{2,}", " ", line.strip()) for line in text.splitlines()]


def test_by_hand_in_korean(shop: Shop):
    said = plain(statement(shop, EXISTING).output)
    assert said[0] == "지난 3개월 이야기: 수입, 지출을 정리했어요"
    assert said[1] == f"고객 {EXISTING} · 2021-01-01부터 2021-03-31까지"
    for line in (
        "들어온 돈 300,000원", "쓴 돈 100,000원", "차이 200,000원", "한 달 반복 결제 30,000원", "받은 혜택 1,500원",
        "급여 3건 300,000원 100.0%", "통신 3건 90,000원 90.0%", "제휴사 C01 1건 10,000원 10.0%", "합계 100,000원",
        "통신 · K1 30,000원 3건 2021-03-09 자동 결제", "분야를 모름 2건 1,500원 100.0%",
        "영수증 8건 가운데 소액(2,500원 미만)은 2건, 25.0%입니다.", "통신 위주", "1. 통신 카드", "통신비",
        "통신 30,000원 × 10%, 한도 2,500원 2,500원", "주유 외 2개 1.0건 × 2,000원 2,000원", "혜택 합계 4,500원",
        "월 통합 한도 적용 4,000원", "연회비 ÷ 12 −1,000원", "= 한 달에 남는 금액 3,000원",
    ):  # fmt: skip
        assert line in said, line


def test_by_hand_in_english(shop: Shop):
    said = plain(statement(shop, EXISTING, "--language", "en").output)
    assert said[0] == "The story of your last 3 months: what came in, what went out"
    for line in (
        "Difference ₩200,000", "partner C01 1 ₩10,000 10.0%", "통신 · K1 ₩30,000 3 2021-03-09 automatic",
        "no category 2 ₩1,500 100.0%", "Paid without the card at hand (online, automatically …): 3, 37.5%.",
        "1. Telecom card", "통신 ₩30,000 × 10%, at most ₩2,500 ₩2,500", "Under the offer’s monthly cap ₩4,000",
        "= what stays in a month ₩3,000", "Nothing later than 2021-03-31 was read.",
    ):  # fmt: skip
        assert line in said, line


def test_names_do_no_harm_on_the_terminal_and_on_the_page(shop: Shop, tmp_path: Path):
    said = statement(shop, UNTYPED).output
    assert "\x1b" not in said and "\u202e" not in said and "\\x1b[31m" in said
    assert "지출을 정리했어요" in said and "수입, 지출" not in said, "no income, and the title says none"
    path = tmp_path / "new folder" / "page.html"
    assert statement(shop, UNTYPED, "--html", str(path)).output == f"statement: {path}\n"
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page and "\x1b" not in page and "\u202e" not in page
    assert "default-src 'none'" in page and "http://" not in page and "https://" not in page


def test_the_page_holds_what_the_terminal_says(shop: Shop, tmp_path: Path):
    statement(shop, EXISTING, "--html", str(tmp_path / "page.html"), "--language", "en")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and '<html lang="en">' in page
    for text in ("<h1>The story of your last 3 months", "<h3>1. Telecom card</h3>", "<td>₩3,000</td>", "−₩1,000"):
        assert text in page, text


def test_why_there_is_none(shop: Shop):
    told = str(statement(shop, NEW).exception)
    assert told == f"{NEW} bought nothing that has a category from 2021-01 to 2021-03."
    told = str(statement(shop, SURE).exception)
    assert told.endswith("The last month with a statement of it: --month 2021-02.")
    assert "did you mean" in str(statement(shop, "M41263790").exception)
    assert "holds 2021-02 to 2021-03" in str(statement(shop, LAPSED, "--month", "2021-07").exception)
    with Warehouse(shop.data / "warehouse.duckdb").session() as session:
        session.execute("delete from customer_statements where month = :month", month=MARCH)
        write_published(session, shop.data / "published.duckdb")
    told = str(statement(shop, EXISTING).exception)
    assert "2021-03 has no statements" in told and told.endswith(
        "or the month is not made: `crm refresh --months 2021-03`."
    )
    result = statement(shop, EXISTING, "--html", str(shop.data / "landing" / "x.html"))
    assert result.exit_code == 2 and "landing folder" in result.output
