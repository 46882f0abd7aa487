"""The card of a customer: its facts are those of the tables, and it owns up to what it does not know."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal

import pytest

from crm_assets.charts import LANGUAGES
from crm_assets.explain.card_text import card_text, pen_of
from crm_assets.explain.customer_card import CustomerCard, read_card
from crm_assets.explain.customer_lookup import CardError
from crm_assets.explain.stated_prediction import Score
from crm_assets.segmentation.naming import read_personas
from crm_assets.segmentation.rfm import BAND, read_schemes
from crm_assets.warehouse import Session
from crm_assets_tests.explain import card_shop as shop
from crm_assets_tests.report.report_sample import REFERENCE, texts


def told(card: CustomerCard, language: str = "en") -> str:
    personas = read_personas(REFERENCE / "personas" / "lpoint.yaml")
    return card_text(card, pen_of(card, texts(), "KRW", personas, read_schemes(REFERENCE)[BAND]), language)


def part(text: str, heading: str) -> list[str]:
    """The lines of a section."""
    lines = text.split("\n\n")
    return next(p for p in lines if p.startswith(heading)).split("\n")[1:]


def test_the_facts_of_a_new_customer(filled: Session):
    card = read_card(filled, shop.NEW)
    assert (card.month, card.as_of, card.lifecycle, card.receipts) == (shop.MARCH, date(2021, 3, 31), "new", 1)
    assert (card.gender, card.age_band, card.region) == ("female", "20대", "Z17")
    (receipt,) = card.purchases
    assert (receipt.receipt_id, receipt.channel, receipt.partner_id) == ("A02199868530", "offline", "A02")
    assert (receipt.amount, receipt.purchased_at.hour, receipt.line_count) == (Decimal(3140), 19, 3)
    assert [(line.category, line.product, line.amount) for line in receipt.lines] == [
        ("주방정리용품/소모품", "수납함", Decimal(500)),
        ("냉장간편식", "볶음밥", Decimal(1380)),
        ("향신료", None, Decimal(1260)),
    ], "the returned line is no purchase"
    said = card.prediction
    assert said.base + sum(r.contribution for r in said.reasons) + said.rest == pytest.approx(said.margin, abs=1e-9)
    assert sum(said.probabilities.values()) == pytest.approx(1)
    assert said.probabilities[said.segment_id] == said.probability == max(said.probabilities.values())
    assert (said.interest, said.loyalty, said.purchasing_power) == (None, None, None)
    assert card.assigned is card.window is None
    assert set(card.claims["segment_id"]) == {"corona_averse"}


def test_figures_are_those_of_the_model_in_use_and_of_as_many_receipts(filled: Session):
    """Not of a model that another month trained, and not of the customer with most receipts."""
    one, two = (read_card(filled, customer).quality for customer in (shop.NEW, shop.SURE))
    assert (one.cut, two.cut) == ("1", "2")
    assert one.cross == Score(right=0.44, majority=0.32, hindsight=None, base=1201)
    assert two.cross == Score(right=0.5, majority=pytest.approx(0.38), hindsight=None, base=1202)


def later(parts: dict[str, tuple[float, float, float, int]]) -> list[dict[str, object]]:
    """Rows of later months by slice: the share right, the baseline's, that of answers, and how many customers."""
    at = {"month": shop.MARCH, "as_of": date(2021, 3, 31), "protocol": "later_month"}
    rows = []
    for part, (right, majority, answered, base) in parts.items():
        where = {**at, "slice": part, "metric": "accuracy", "base": base}
        own = {**where, "model": "latent_type"}
        others = [{**where, "model": "majority", "value": majority}, {**where, "model": "hindsight", "value": 0.41}]
        rows += [{**own, "value": right}, *others]
        answers = {"metric": "accuracy_answered", "base": base - 10}
        rows += [{**own, **answers, "value": answered}, *({**other, **answers} for other in others)]
    return rows


def test_what_became_of_predictions_is_told_of_as_many_receipts(filled: Session):
    """With the baseline, and that of answers only to who got one; the cross-check by true and by fixed days."""
    filled.execute("begin transaction")
    trained = filled.rows(
        "select distinct month, as_of from model_metrics where protocol = 'cold_start' and base = 1201"
    )
    stated = {"model": "horizon_stated", "protocol": "ablation", "slice": "1", "metric": "accuracy", "base": 900}
    shop.insert(filled, "model_metrics", [{**stated, "month": m, "as_of": end, "value": 0.29} for m, end in trained])
    parts = {"horizon/1": (0.34, 0.27, 0.37, 5098), "horizon/2": (0.36, 0.2, 0.4, 619), "first/1": (0.1, 0.1, 0.1, 900)}
    shop.insert(filled, "model_metrics", later(parts | {"horizon/all": (0.6, 0.5, 0.7, 9000)}))
    one, two = (told(read_card(filled, customer)) for customer in (shop.NEW, shop.SURE))
    filled.execute("rollback")
    lines = [line.strip() for line in part(one, "How often such predictions are right (receipts: 1)")]
    assert lines[0].startswith(
        "In the cross-check 44.0% were right (always the type most frequent in training: 32.0%): 1,201 "
    )
    assert "seen up to receipt 1 only, each by a model that learned from others" in lines[0]
    assert lines.pop(1).startswith("Told the fixed days instead, as in use, and judged by the same types: 29.0% (900 ")
    assert lines[1].startswith(
        "Of real predictions of earlier months, by the models and for the days of then, 34.0% came true "
        "(always the type most frequent in training: 27.0%; always the one that proved most frequent: 41.0%)"
    )
    assert "5,098 new customers" in lines[1] and lines[2].startswith("The model was trained"), "it abstained"
    assert (
        "the model answered, 40.0% came true (for the same customers 20.0%; 41.0%)." in two and "36.0% came true" in two
    )
    assert "%" not in two.split("\n")[-1] and "60.0%" not in one + two


def test_later_months_are_told_once_enough_is_known(filled: Session):
    for base, known in ((49, False), (50, True)):
        filled.execute("begin transaction")
        shop.insert(filled, "model_metrics", later({"horizon/2": (0.34, 0.27, 0.37, base)}))
        card = read_card(filled, shop.SURE)
        filled.execute("rollback")
        assert (
            card.quality.later == (Score(0.34, 0.27, 0.41, 50) if known else None) and not card.quality.later_answered
        )
        assert ("not known yet: the outcome of 49 is known, 50 are needed" in told(card)) != known
    assert "not known yet: the outcome of 0 is known" in told(read_card(filled, shop.NEW))


def test_many_receipts_of_a_new_customer_are_cross_checked_as_three(filled: Session):
    filled.execute("begin transaction")
    filled.execute("update customer_types set receipts = 5 where customer_id = :c", c=shop.NEW)
    shop.insert(filled, "model_metrics", later({"horizon/3": (0.34, 0.27, 0.37, 90)}))
    card = read_card(filled, shop.NEW)
    filled.execute("rollback")
    assert card.quality.cut == "3" and card.quality.later is None, "of five receipts nothing is known"
    assert "seen up to receipt 3 only" in told(card)


def test_a_long_receipt_is_cut_and_says_so(filled: Session):
    card = read_card(filled, shop.SURE)
    assert [(len(r.lines), r.line_count) for r in card.purchases] == [(10, 12), (1, 1)]
    lines = part(told(card), "Receipts")
    assert lines[11].strip() == "… lines more: 2" and "a service" in lines[13]
    assert len({len(line) for line in lines[1:11] if line}) == 1, "amounts stand below each other"


def test_an_existing_customer_has_its_type_since_the_last_break(filled: Session):
    card = read_card(filled, shop.EXISTING)
    assert (card.assigned.segment_id, card.assigned.since) == ("pro", shop.FEBRUARY)
    assert card.prediction is card.quality is None and card.purchases == ()
    text = told(card)
    assert "Ninth-dan homemaker, since the end of February 2021" in text and "4.25 standard deviations" in text
    assert "most of all in: Spend" in text and "2.0 times the usual interval of 11.5 days" in text
    assert "Days since last purchase: 23 days (score 4 of 5)" in text and "Spend: ₩123,456 (score 3 of 5)" in text
    assert "Interest: 식품" in text and "Loyalty: Lower tier" in text and "Purchasing power: Upper tier" in text
    assert "it is no prediction" in text.split("\n")[-1]
    assert "‘주부9단’ 유형의 특징" in told(card, "ko") and "주부9단, 2021년 2월 말부터" in told(card, "ko")


def test_customers_of_whom_less_is_known(filled: Session):
    lapsed = told(read_card(filled, shop.LAPSED))
    assert "Novice homemaker, as it was last found at the end of November 2020" in lapsed
    assert "says what it was" in lapsed.split("\n")[-1] and "gender, age and region are not known" in lapsed
    untyped = told(read_card(filled, shop.UNTYPED))
    assert "has no type this month" in untyped and "interval between its purchases is not known" in untyped
    assert "What sets" not in untyped and "Nothing can be said of its type" in untyped
    silent = read_card(filled, shop.SILENT)
    assert "No type was predicted this month: trained as of 2021-01-31, 2 months old." in told(silent)
    assert "2021-01-31 기준으로 학습한 모형(2개월 경과)" in told(silent, "ko")


def test_a_month_without_types_says_so_in_a_readers_words(filled: Session):
    filled.execute("begin transaction")
    reason = "the month has no types, so there is nothing to learn"
    filled.execute("update lightgbm_model set status = 'none', reason = :reason", reason=reason)
    card = read_card(filled, shop.SILENT)
    filled.execute("rollback")
    assert "this month: there are no types of existing customers yet for a model to learn." in told(card)
    assert "예측하지 않았습니다: 이 달에는 유형이 없어 학습할 것이 없음." in told(card, "ko")


def test_no_name_of_the_source_reaches_the_terminal_as_a_command(filled: Session):
    text = told(read_card(filled, shop.SILENT))
    assert "\\x1b[31mred\\x07" in text and "a product without a name" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sum_adds_up_for_whoever_adds_the_printed_figures(filled: Session, language: str):
    text = told(read_card(filled, shop.NEW), language)
    lines = part(text, {"ko": "이유", "en": "Why"}[language])
    figures = [float(line.rsplit(None, 1)[1].replace("−", "-")) for line in lines[:6]]
    assert figures == [-0.41, 0.652, -0.12, 0.083, 0.311, 0.516]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=1e-9)
    assert [{"ko": "연령대: 20대", "en": "age band: 20s"}[language], {"ko": "3,140원", "en": "₩3,140"}[language]] == [
        re.split(r"  +", lines[1].strip())[0],
        re.split(r"  +", lines[2].strip())[0].split(": ")[1],
    ]
    assert {"ko": "최다구매경로: 알 수 없음", "en": "most frequent channel: not known"}[language] in lines[3]


def test_the_margin_is_exact_where_rounding_would_not_add_up(filled: Session):
    filled.execute("begin transaction")
    gender = {"column": "gender", "value": "female", "contribution": 0.0006}
    filled.execute(
        "update new_customer_predictions set margin = 0.0018, reasons = :reasons where customer_id = :c",
        reasons=json.dumps({"base": 0.0006, "top": [gender], "rest": 0.0006}),
        c=shop.NEW,
    )
    lines = part(told(read_card(filled, shop.NEW)), "Why")
    filled.execute("rollback")
    assert [line.split()[-1] for line in lines[:4]] == ["+0.001", "+0.001", "+0.000", "+0.002"]
    assert "gender: woman" in lines[1]


def test_an_answer_below_the_floor_is_no_answer(filled: Session):
    card = read_card(filled, shop.NEW)
    lines = part(told(card), "Answer")
    assert lines[0].strip() == "Corona-averse, probability 38.1%"
    assert "abstains" in lines[1] and "the floor of 40.0%" in lines[1]
    assert [re.split(r"  +", line.strip()) for line in lines[2:]] == [
        ["Corona-averse", "38.1%", "█" * 8],
        ["Novice homemaker", "30.0%", "█" * 6],
        ["Ninth-dan homemaker", "20.0%", "█" * 4],
        ["Lotte master", "11.9%", "█" * 2],
    ]
    filled.execute("begin transaction")
    filled.execute("update new_customer_predictions set min_probability = 0.6")
    assert "the floor of 60.0%" in told(read_card(filled, shop.NEW)), "of the month, whatever the setting is now"
    filled.execute("rollback")
    assert "abstain" not in told(read_card(filled, shop.SURE))
    assert told(card).split("\n")[-1] == "A guess from so little (receipts: 1). Nothing later than 2021-03-31 was read."


def test_the_three_question_marks(filled: Session):
    assert [line.strip() for line in part(told(read_card(filled, shop.SURE)), "The three")] == [
        "Interest: 식품 (what its type prefers)",
        "Loyalty (visits): more than other types",
        "Purchasing power (spend): no difference with evidence",
    ], "no tier of its own, and no evidence is no middle"
    assert [line.split(": ")[1] for line in part(told(read_card(filled, shop.NEW), "ko"), "세 물음표")] == [
        "알 수 없음"
    ] * 3


def test_the_question_has_a_day_and_says_when_it_is_past(filled: Session):
    text = told(read_card(filled, shop.SURE))
    assert "on 2021-06-03, 90 days after its last receipt" in text and "has passed" not in text
    filled.execute("begin transaction")
    filled.execute("update new_customer_predictions set horizon_days = 64 where customer_id = :c", c=shop.NEW)
    assert "on 2021-03-31, 64 days" in (text := told(read_card(filled, shop.NEW))) and "has passed" in text
    filled.execute("rollback")


def test_traits_are_the_sentences_that_the_report_allows(filled: Session):
    lines = [line.strip() for line in part(told(read_card(filled, shop.NEW)), "What sets “Corona-averse” apart")]
    assert lines[0].startswith("The last purchase is the longest ago of all types † (this type 142.3 days")
    assert not re.search("δ|adjusted p", lines[0]), "of no use without the report's explanation"
    assert lines[1].startswith("The share of customers in their 20s is higher than in other types (this type 25.5%")
    assert lines[2].startswith("† made the types") and len(lines) == 3
    filled.execute("begin transaction")
    filled.execute("update segment_claims set allowed = false, is_extreme = false")
    assert "Nothing sets this type apart" in told(read_card(filled, shop.NEW))
    filled.execute("rollback")


def test_without_stored_figures_nothing_is_said_of_how_good_it_is(filled: Session):
    filled.execute("begin transaction")
    filled.execute("delete from model_metrics")
    text = told(read_card(filled, shop.NEW))
    filled.execute("rollback")
    assert "In the cross-check: not stored." in text and "not known yet" in text
    assert "%" not in "".join(part(text, "How often"))


def test_another_month_shows_the_customer_of_then(filled: Session):
    card = read_card(filled, shop.EXISTING, shop.FEBRUARY)
    assert (card.receipts, card.as_of, card.window) == (5, date(2021, 2, 28), None)
    assert card.last_purchase == date(2021, 2, 3), "not that of March"


@pytest.mark.parametrize(
    ("customer", "month", "said"),
    [
        (shop.NEW, date(2020, 12, 1), r"2020-12 is not in :memory:, which holds 2021-02 to 2021-03\. `crm refresh`"),
        (shop.SURE, shop.FEBRUARY, r"M2 has no receipt up to 2021-02, but from 2021-03 on: --month 2021-03"),
        ("M412637990", None, r"no customer 'M412637990' .*did you mean M412637909\?"),
        ("m412637909", None, r"did you mean M412637909\?"),
        ("M41263709", None, r"did you mean M412637909\?"),
        ("M4126379099", None, r"did you mean M412637909\?"),
        ("nobody' or 1=1 --", None, r"has a receipt up to 2021-03\. Ids are in the table customer_types of :memory:"),
        ("x" * 10_000, None, r"Ids are in the table customer_types of :memory:"),
    ],
)
def test_what_there_is_no_card_of(filled: Session, customer: str, month: date | None, said: str):
    with pytest.raises(CardError, match=said):
        read_card(filled, customer, month)


def test_before_the_first_month_there_is_no_card(session: Session):
    with pytest.raises(CardError, match=r"holds no month yet. Run `crm refresh` first"):
        read_card(session, shop.NEW)
