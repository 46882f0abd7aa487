"""The card of a customer: its facts are those of the tables, and it owns up to what it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from crm_assets.card_text import card_text, pen_of
from crm_assets.charts import LANGUAGES
from crm_assets.customer_card import CustomerCard, read_card
from crm_assets.customer_lookup import CardError
from crm_assets.naming import read_personas
from crm_assets.rfm import BAND, read_schemes
from crm_assets.stated_prediction import Floor, Score
from crm_assets.warehouse import Session
from crm_assets_tests import card_shop as shop
from crm_assets_tests.report_sample import REFERENCE, texts

FLOOR = 0.4


@pytest.fixture(scope="module")
def filled() -> Iterator[Session]:
    with duckdb.connect() as connection:
        session = Session(connection)
        session.ensure_tables()
        shop.fill(session)
        yield session


def told(card: CustomerCard, language: str = "en", floor: float = FLOOR) -> str:
    personas = read_personas(REFERENCE / "personas" / "lpoint.yaml")
    return card_text(card, pen_of(card, texts(), "KRW", personas, read_schemes(REFERENCE)[BAND]), language, floor)


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
    assert one.scores["latent_type"] == Score(accuracy=0.44, macro_f1=0.42, base=1201)
    assert two.scores["majority"] == Score(accuracy=pytest.approx(0.38), macro_f1=pytest.approx(0.36), base=1202)
    assert one.as_sure == Floor(0.35, 0.53, 0.8), "0.38 was not sure enough for 0.40"
    assert two.as_sure == Floor(0.8, 0.9, 0.05), "a probability of just 0.80 was"
    assert (one.near, two.near) == ((0.4, 0.39), (0.7, 0.66))


def test_what_became_of_earlier_predictions_is_told_once_enough_is_known(filled: Session):
    """Of the card's month, whatever model made them; it is then what the last line says of such answers."""
    at = {"month": shop.MARCH, "as_of": date(2021, 3, 31), "model": "latent_type", "protocol": "later_month"}
    figure = {**at, "slice": "horizon/all", "metric": "accuracy", "value": 0.6, "base": 49}
    for base, known in ((49, None), (50, (0.6, 50))):
        filled.execute("begin transaction")
        shop.insert(filled, "model_metrics", [{**figure, "base": base}])
        shop.insert(filled, "model_metrics", [{**figure, "slice": "first/all", "value": 0.1, "base": 900}])
        card = read_card(filled, shop.NEW)
        assert card.quality.later == known
        assert ("40.0% of such answers are wrong" in told(card)) == (known is not None)
        assert ("60.0% came true after the asked number of days (50 customers)" in told(card)) == (known is not None)
        filled.execute("rollback")


def test_many_receipts_of_a_new_customer_are_judged_as_three(filled: Session):
    filled.execute("begin transaction")
    filled.execute("update customer_types set receipts = 5 where customer_id = :c", c=shop.NEW)
    assert read_card(filled, shop.NEW).quality.cut == "3"
    filled.execute("rollback")


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
    assert "No type was predicted this month. trained as of 2021-01-31, 2 months old" in told(silent)
    assert "2021-01-31 기준으로 학습한 모형(2개월 경과)" in told(silent, "ko")


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
    assert "floor of the time" in told(card, floor=0.3), "the setting is another one now"
    assert "abstain" not in told(read_card(filled, shop.SURE))
    assert "A guess from so little (receipts: 1): 61.0% of such answers are wrong" in told(card).split("\n")[-1]


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
    assert "For 1,201 customers that were not trained on, seen up to receipt 1:" in told(read_card(filled, shop.NEW))
    assert "No figures of this model are stored" in text and "how good is not known" in text and "% of such" not in text


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
        ("nobody' or 1=1 --", None, r"has a receipt up to 2021-03\. Ids are in the table customers"),
        ("x" * 10_000, None, r"Ids are in the table customers"),
    ],
)
def test_what_there_is_no_card_of(filled: Session, customer: str, month: date | None, said: str):
    with pytest.raises(CardError, match=said):
        read_card(filled, customer, month)


def test_before_the_first_month_there_is_no_card(session: Session):
    with pytest.raises(CardError, match=r"holds no month yet. Run `crm refresh` first"):
        read_card(session, shop.NEW)
