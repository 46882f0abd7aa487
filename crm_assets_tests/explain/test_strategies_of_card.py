"""The card tells which strategies fit the customer: in their order, by which way, and why."""

from __future__ import annotations

import pytest

from crm_assets.charts import Pair
from crm_assets.explain.customer_card import read_card
from crm_assets.explain.fitting_strategies import Trait
from crm_assets.warehouse import Session
from crm_assets_tests.explain import card_shop as shop
from crm_assets_tests.explain.test_customer_card import part, told


def test_the_facts(filled: Session):
    pens, offer, wallet = read_card(filled, shop.EXISTING).strategies
    assert [s.strategy_id for s in (pens, offer, wallet)] == shop.FITTING[shop.EXISTING]
    assert (pens.goal, pens.channel, pens.owner) == ("visit", "push", "crm")
    assert pens.title == Pair("title of pens in ko", "title of pens in en")
    assert pens.action == Pair("action of pens in ko", "action of pens in en")
    assert pens.traits == (Trait("segment_id", "pro"),)
    assert offer.traits == (Trait("offer_id", "fuel", Pair("주유 카드", "Fuel card")),), "its best offer alone"
    assert wallet.traits == (Trait("gender", "male"), Trait("rfm_band", "At-Risk"), Trait("wallet_user", "0"))
    assert pens.peak_hours == (12, 14) and offer.peak_hours is None
    assert len(pens.evidence) == 1 and wallet.evidence == ()
    assert [s.arm for s in (pens, offer, wallet)] == ["treatment", None, "control"]


@pytest.mark.parametrize(
    ("language", "heading", "expected"),
    [
        ("en", "What to do", [
            "1. title of pens in en — More visits · push message · CRM",
            "Trigger: trigger of pens in en",
            "Action: action of pens in en",
            "Hours: 12:00–15:00, in which the type buys most",
            "Campaign of the month: 2021-03-pens; it is to be addressed",
            "It fits by: type: Ninth-dan homemaker",
            "Evidence: ",
            "2. title of offer in en — The fitting offer · in the app · CRM",
            "Trigger: trigger of offer in en",
            "Action: action of offer in en",
            "It fits by: best offer: Fuel card",
            "3. title of wallet in en — More wallet use · text message · CRM",
            "Trigger: trigger of wallet in en",
            "Action: action of wallet in en",
            "Campaign of the month: 2021-03-wallet; held out, do not address it",
            "It fits by: gender: man · RFM band: At risk · wallet use: no",
        ]),
        ("ko", "이 고객에게 맞는 전략", [
            "1. title of pens in ko — 방문 늘리기 · 앱 푸시 · CRM팀",
            "계기: trigger of pens in ko",
            "할 일: action of pens in ko",
            "시간대: 이 유형이 가장 많이 사는 12–15시",
            "이달의 캠페인: 2021-03-pens, 보낼 대상입니다",
            "맞는 조건: 고객 유형: 주부9단",
            "근거: ",
            "2. title of offer in ko — 맞춤 혜택 제안 · 앱 화면 · CRM팀",
            "계기: trigger of offer in ko",
            "할 일: action of offer in ko",
            "맞는 조건: 가장 이득인 혜택: 주유 카드",
            "3. title of wallet in ko — 전자지갑 이용 늘리기 · 문자 · CRM팀",
            "계기: trigger of wallet in ko",
            "할 일: action of wallet in ko",
            "이달의 캠페인: 2021-03-wallet, 대조군이니 보내지 마세요",
            "맞는 조건: 성별: 남성 · RFM 등급: 이탈 위험 고객 · 전자지갑 이용: 아니요",
        ]),
    ],
)  # fmt: skip
def test_the_words(filled: Session, language: str, heading: str, expected: list[str]):
    lines = [line.strip() for line in part(told(read_card(filled, shop.EXISTING), language), heading)]
    assert len(lines) == len(expected)
    for line, start in zip(lines, expected, strict=True):
        assert line.startswith(start) and (line == start or start in ("Evidence: ", "근거: "))


def test_who_refused_messages_is_told_first(filled: Session):
    assert "do not write" not in told(read_card(filled, shop.EXISTING), "en")
    filled.execute(
        """insert into response_rates by name select date '2021-03-01' as month, date '2021-03-31' as as_of,
        :customer as customer_id, 1 as sent, 0 as responded, 0 as converted, 'no' as consent""",
        customer=shop.EXISTING,
    )
    lines = part(told(read_card(filled, shop.EXISTING), "en"), "What to do")
    assert lines[0].strip() == "It refused messages: do not write to it."
    filled.execute("delete from response_rates")


def test_what_has_no_type_has_no_evidence_and_nobody_s_strategies_are_silent(filled: Session):
    card = read_card(filled, shop.NEW)
    (only,) = card.strategies
    assert (only.strategy_id, only.traits, only.evidence) == ("new", (Trait("lifecycle", "new"),), ())
    silent = read_card(filled, shop.LAPSED)
    assert silent.strategies == () and "What to do" not in told(silent)
    assert read_card(filled, shop.NEW, shop.FEBRUARY).strategies == (), "of that month there are none"
