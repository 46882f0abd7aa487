"""``dormancy_features.sql`` and ``dormancy_answers.sql``: features end at as_of, the answer begins the day after."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import read_query
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, insert, receipt, warehouse
from crm_assets_tests.retention.dormancy_shop import add, answers, every_day, feature_row, on

OF_MONTH = {"month": SNAPSHOT.month, "as_of": SNAPSHOT.as_of}


def features(receipts):
    session = warehouse(receipts)
    customers = sorted({r["customer_id"] for r in receipts if r["purchase_date"] <= SNAPSHOT.as_of})
    for customer in customers:
        known = {**OF_MONTH, "customer_id": customer}
        insert(
            session,
            "rfm_scores",
            [known | {"rfm_grade": "HHH", "recency_days": 3, "frequency": 2, "visit_days": 2, "monetary": 9}],
        )
        insert(session, "churn_risk", [known | {"churn_risk": 0.5}])
        insert(
            session,
            "alive_probabilities",
            [known | {"age_days": 80, "horizon_days": 60, "p_alive": 0.9, "p_silent": 0.4}],
        )
    staged = session.stage(CONTRACTS["dormancy_features"], read_query("dormancy_features"), **SNAPSHOT.parameters)
    assert session.violations(CONTRACTS["dormancy_features"], staged) == []
    result = session.execute(f"select * from {staged}")
    names = [d[0] for d in result.description]
    return {r["customer_id"]: r for r in (dict(zip(names, v, strict=True)) for v in result.fetchall())}


def at(customer, number, when, **given):
    return receipt(customer, number, datetime.fromisoformat(when), **given)


def test_features_by_hand():
    # as_of is 2021-03-31: the last 30 days begin on March 2
    made = features(
        [
            at("a", "A1", "2021-01-01T09:00", amount=Decimal("10"), lines=1, quantity=2),
            at("a", "A2", "2021-03-01T09:00", amount=Decimal("20"), lines=3, quantity=None),
            at("a", "A3", "2021-03-02T09:00", amount=Decimal("30"), lines=2, quantity=3),
            at("a", "A4", "2021-03-02T10:00", amount=Decimal("40"), lines=6, quantity=1),
            at("a", "A5", "2021-04-01T00:00", amount=Decimal("999"), lines=99, quantity=1),  # later than as_of
        ]
    )["a"]
    assert (made["receipts_30"], made["receipts_60"], made["receipts_90"]) == (2, 3, 4)
    assert made["receipt_amount_mean"] == 25 and made["receipt_lines_mean"] == 3
    assert made["unit_amount"] == pytest.approx(80 / 6)  # of what is counted alone
    assert (made["last_receipt_amount"], made["last_receipt_lines"]) == (Decimal("40"), 6)
    assert (made["p_alive"], made["lateness"], made["age_days"]) == (0.9, 0.5, 80)


def test_the_last_of_receipts_of_one_moment_is_the_larger_whatever_their_order():
    rows = [
        at("a", "A1", "2021-03-02T09:00", amount=Decimal("10"), lines=1),
        at("a", "A2", "2021-03-02T09:00", amount=Decimal("50"), lines=5),
        at("a", "A3", "2021-03-02T09:00", amount=Decimal("50"), lines=7),
    ]
    for order in (rows, rows[::-1]):
        assert features(order)["a"]["last_receipt_lines"] == 7


def test_an_answer_begins_the_day_after_and_ends_with_the_horizon():
    session = warehouse(
        every_day("2021-02-01", "2021-03-31")
        + on("came at once", "2021-01-31", "2021-02-01")
        + on("came on the last day", "2021-03-02")
        + on("came a day late", "2021-03-03")
        + on("came on as_of only", "2021-01-31")
    )
    customers = ("came at once", "came on the last day", "came a day late", "came on as_of only")
    add(session, "dormancy_features", [feature_row(c, "2021-01") for c in customers])
    assert answers(session, "2021-03", horizon=30) == {
        ("2021-01", "came at once"): 0,
        ("2021-01", "came on the last day"): 0,
        ("2021-01", "came a day late"): 1,
        ("2021-01", "came on as_of only"): 1,
    }


def asked(receipts, month: str, horizon: int, snapshots=("2020-12", "2021-01", "2021-02"), **given):
    """(snapshot, ``a``) → dormant, of a shop in which ``a`` has a row of features in every snapshot."""
    session = warehouse(receipts)
    add(session, "dormancy_features", [feature_row("a", m, **{"horizon_days": horizon, **given}) for m in snapshots])
    return answers(session, month, horizon=horizon)


OPEN = every_day("2020-12-01", "2021-03-31")


def test_an_answer_that_is_not_over_is_not_known():
    shop = OPEN + on("a", "2021-02-10")
    # at the end of February: of December's snapshot 59 days are over, of January's 28
    assert asked(shop, "2021-02", 59) == {("2020-12", "a"): 0}
    assert asked(shop, "2021-02", 60) == {}
    assert asked(shop, "2021-02", 28) == {("2020-12", "a"): 1, ("2021-01", "a"): 0}


def test_a_purchase_after_the_month_answers_nothing():
    """Poison: what comes after as_of of the month that asks changes no answer of it."""
    early = every_day("2020-12-01", "2021-02-28") + on("a", "2021-01-10")
    expected = {("2020-12", "a"): 0, ("2021-01", "a"): 1}
    assert asked(early, "2021-02", 28) == expected
    assert asked(early + on("a", "2021-03-01", "2021-03-02"), "2021-02", 28) == expected


def test_days_of_which_no_receipts_came_answer_nothing():
    """Receipts end on February 20, a week before the month does: nobody is dormant for what was not delivered."""
    assert asked(every_day("2020-12-01", "2021-02-20"), "2021-02", 28) == {("2020-12", "a"): 1}
    assert asked(every_day("2020-12-01", "2021-02-27"), "2021-02", 28) == {("2020-12", "a"): 1, ("2021-01", "a"): 1}


def test_a_shop_that_shuts_for_days_is_known_as_far_as_it_ever_shut():
    shut = [f"2021-01-{d:02}" for d in range(11, 18)]  # from the 10th to the 18th are 8 days
    shop = every_day("2020-12-01", "2021-02-20", but=shut)
    assert asked(shop, "2021-02", 28) == {("2020-12", "a"): 1, ("2021-01", "a"): 1}
    later = every_day("2020-12-01", "2021-02-19", but=shut)  # and 8 days are not the 9 that are missing now
    assert asked(later, "2021-02", 28) == {("2020-12", "a"): 1}


def test_snapshots_made_for_another_horizon_answer_nothing():
    assert asked(OPEN, "2021-03", 28, horizon_days=30) == {}
