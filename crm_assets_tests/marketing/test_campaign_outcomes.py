"""``campaign_outcomes.sql``: by hand on a small shop, day by day at the borders of the window, nothing too early."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from crm_assets.warehouse import Session
from crm_assets_tests.marketing.campaign_shop import (
    FEBRUARY,
    JANUARY,
    MARCH,
    add_lines,
    audience,
    bought,
    by_hand,
    campaign,
    open_every_day,
    outcomes,
    stock,
)
from crm_assets_tests.prediction.feature_shop import insert

WINDOW = campaign()  # 1 February to 2 March; 2 to 31 January before it
FIRST, LAST = WINDOW["starts_on"], WINDOW["ends_on"]
DAY = timedelta(days=1)
TWO = {"t": ("treatment", "novice"), "c": ("control", "novice")}


def small(session: Session, lines=(), arms=TWO, of=WINDOW, **tables) -> None:
    stock(session, [*open_every_day(), *lines], campaigns=[of], audiences=audience(of, arms), **tables)


def spend(session: Session, arm: str = "treatment", month: date = MARCH) -> tuple[object, ...]:
    found = outcomes(session, month)["win_back", "all", arm]
    return found["converted"], found["spend"], found["spend_before"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (FIRST - 31 * DAY, (0, 0, 0)), (FIRST - 30 * DAY, (0, 0, 100)), (FIRST - DAY, (0, 0, 100)),
        (FIRST, (1, 100, 0)), (LAST, (1, 100, 0)), (LAST + DAY, (0, 0, 0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("hour", [0, 23])
def test_the_days_at_the_borders(session: Session, day: date, expected: tuple[int, ...], hour: int):
    small(session, [bought("t", day, hour=hour)])
    assert spend(session) == expected and spend(session, "control") == (0, 0, 0)


def test_all_sums_by_hand(session: Session):
    draw = np.random.default_rng(3)
    arms = {
        f"C{i}": (("treatment", "control")[draw.random() < 0.3], ("novice", "pro", "none")[i % 3]) for i in range(60)
    }
    days = [FIRST + timedelta(days=int(i)) for i in draw.integers(-33, 33, 150)]
    lines = [bought(f"C{draw.integers(40)}", day, f"{draw.integers(1, 99_999) / 100}") for day in days]
    lines += [bought("C1", FIRST, "7.25", record_type="service"), bought("C2", FIRST, "-5", record_type="return")]
    lines += [bought("C3", FIRST, "9", record_type="wallet", product=None)]
    lines = list({(ln["receipt_id"], ln["customer_id"]): ln for ln in lines}.values())
    small(session, lines, arms)
    found, expected = outcomes(session), by_hand(lines, WINDOW, audience(WINDOW, arms))
    assert {key[1:] for key in found} == set(expected.index) and len(expected) == 8
    for (segment, arm), figures in expected.iterrows():
        row = found["win_back", segment, arm]
        assert {name: row[name] for name in figures.index} == figures.to_dict(), (segment, arm)
    assert found["win_back", "all", "treatment"]["converted"] < found["win_back", "all", "treatment"]["customers"]


def test_the_campaign_stands_beside_its_sums(session: Session):
    small(session)
    found = outcomes(session)["win_back", "novice", "control"]
    assert (found["strategy_id"], found["kpi"], found["holdout_share"]) == ("win_back", "purchase", 0.2)
    assert (found["starts_on"], found["ends_on"], found["as_of"]) == (FIRST, LAST, date(2021, 3, 31))
    assert (found["customers"], found["converted"], found["spend"], found["told"]) == (1, 0, 0, None)


def test_returns_are_no_purchase(session: Session):
    small(session, [bought("t", FIRST, "-100", record_type="return")])
    assert spend(session) == (0, 0, 0)


@pytest.mark.parametrize(
    ("kpi", "lines", "expected"),
    [
        ("purchase", [bought("t", FIRST)], 1),
        ("spend", [bought("t", FIRST)], 1),
        ("online_purchase", [bought("t", FIRST)], 0),
        ("online_purchase", [bought("t", FIRST), bought("t", LAST, "50", channel="online")], 1),
        ("online_purchase", [bought("t", FIRST - DAY, channel="online"), bought("t", FIRST)], 0),
        ("online_purchase", [bought("t", FIRST, channel=None)], 0),
        ("wallet_payment", [bought("t", FIRST)], 0),
        ("wallet_payment", [bought("t", LAST, record_type="wallet", hour=23)], 1),
        ("wallet_payment", [bought("t", LAST + DAY, record_type="wallet", hour=0)], 0),
        ("wallet_payment", [bought("t", FIRST - DAY, record_type="wallet", hour=23)], 0),
        ("wallet_payment", [bought("t", FIRST, "-10", record_type="wallet")], 0),
        ("purchase", [bought("t", FIRST, record_type="wallet")], 0),
    ],
)
def test_a_conversion_is_what_the_kpi_asks_for(session: Session, kpi: str, lines: list, expected: int):
    small(session, lines, of=campaign(kpi=kpi))
    assert spend(session)[0] == expected and spend(session, "control")[0] == 0


def test_several_campaigns_of_one_customer_stand_apart(session: Session):
    other = campaign(strategy="online", days=45, kpi="online_purchase")
    members = audience(WINDOW, TWO) + audience(other, {"t": ("control", "pro")})
    late = LAST + 2 * DAY
    stock(
        session,
        [*open_every_day(), bought("t", late, "70", channel="online")],
        campaigns=[WINDOW, other],
        audiences=members,
    )
    found = outcomes(session)
    assert found["win_back", "all", "treatment"]["spend"] == 0
    assert (found["online", "pro", "control"]["converted"], found["online", "all", "control"]["spend"]) == (1, 70)
    assert ("online", "all", "treatment") not in found


@pytest.mark.parametrize(
    ("days", "month", "there"),
    [
        (28, FEBRUARY, True),
        (28, MARCH, False),
        (29, FEBRUARY, False),
        (29, MARCH, True),
        (59, MARCH, True),
        (60, MARCH, False),
    ],
)
def test_a_campaign_has_its_outcome_in_the_month_in_which_it_ends(
    session: Session, days: int, month: date, there: bool
):
    small(session, of=campaign(days=days))
    assert bool(outcomes(session, month)) is there


def test_a_shop_that_was_closed_when_the_window_ended_is_judged_once_a_month_later(session: Session):
    """The last days of February without a receipt: that it was closed is known in March."""
    of = campaign(days=28)
    lines = [
        one for one in open_every_day() if not date(2021, 2, 26) <= one["purchased_at"].date() <= date(2021, 2, 28)
    ]
    stock(session, lines, campaigns=[of], audiences=audience(of, TWO))
    assert outcomes(session, FEBRUARY) == {}
    assert ("win_back", "all", "treatment") in outcomes(session, MARCH)
    add_lines(session, [bought("somebody", date(2021, 2, 28))])
    assert outcomes(session, FEBRUARY) and not outcomes(session, MARCH)


def test_a_window_beyond_the_last_day_delivered_has_no_outcome(session: Session):
    last = LAST - 3 * DAY
    lines = [*open_every_day(last), bought("t", FIRST, "40")]
    stock(session, lines, campaigns=[WINDOW], audiences=audience(WINDOW, TWO))
    assert outcomes(session) == {}
    add_lines(session, [bought("somebody", LAST)])
    assert spend(session) == (1, 40, 0)


def test_a_shop_that_closes_on_sundays_is_known_on_one(session: Session):
    """As in dormancy: up to the longest time that it was ever without a receipt."""
    window = campaign(days=28)  # it ends on a Sunday
    lines = [ln for ln in open_every_day(window["ends_on"]) if ln["purchased_at"].weekday() != 6]
    stock(session, lines, campaigns=[window], audiences=audience(window, TWO))
    assert window["ends_on"].weekday() == 6 and outcomes(session, FEBRUARY)


def test_a_shop_without_a_receipt_knows_nothing(session: Session):
    stock(session, [], campaigns=[WINDOW], audiences=audience(WINDOW, TWO))
    assert outcomes(session) == {}


def test_late_receipts_change_it(session: Session):
    small(session)
    before = spend(session)
    add_lines(session, [bought("t", LAST, "33"), bought("t", FIRST - DAY, "11")])
    assert (before, spend(session)) == ((0, 0, 0), (1, 33, 11))


def test_nothing_of_a_later_month_is_read(session: Session):
    small(session, [bought("t", FIRST)])
    before = outcomes(session)
    april = date(2021, 4, 1)
    add_lines(session, [bought("t", april, "5000", channel="online"), bought("t", april, record_type="wallet")])
    # A receipt of the window that stands in a later month's table, as no shop has it.
    insert(session, "receipts", [_misplaced("t", april)])
    within = {"starts_on": date(2021, 3, 1), "ends_on": date(2021, 3, 20)}
    later = [campaign(m, f"of {m}", **within) for m in (MARCH, april)]
    insert(session, "campaigns", later)
    insert(session, "audiences", [m for of in later for m in audience(of, TWO)])
    sent = {"customer_id": "c", "campaign_id": WINDOW["campaign_id"], "message_channel": "sms", "sent_on": april}
    insert(session, "marketing_responses", [sent])
    assert outcomes(session) == before


def _misplaced(customer: str, month: date) -> dict[str, object]:
    return {"month": month, "customer_id": customer, "receipt_id": "X", "purchase_date": FIRST, "amount": Decimal(9)}


def test_who_was_told(session: Session):
    """Each customer once; of a message after the window nobody says anything, nor of other campaigns."""
    sent = [
        ("t", "win_back", "sms", FIRST), ("t", "win_back", "email", FIRST), ("t", "win_back", "sms", LAST),
        ("c", "online", "sms", FIRST), ("stranger", "win_back", "sms", FIRST), ("c", "win_back", "sms", LAST + DAY),
    ]  # fmt: skip
    rows = [
        {"customer_id": c, "campaign_id": f"2021-01-{s}", "message_channel": way, "sent_on": day}
        for c, s, way, day in sent
    ]
    silent = campaign(strategy="silent")
    stock(
        session, open_every_day(), campaigns=[WINDOW, silent], marketing_responses=rows,
        audiences=audience(WINDOW, TWO) + audience(silent, TWO),
    )  # fmt: skip
    found = outcomes(session)
    assert [found["win_back", "all", arm]["told"] for arm in ("treatment", "control")] == [1, 0]
    assert [found["silent", "all", arm]["told"] for arm in ("treatment", "control")] == [None, None]


def test_money_is_exact_to_the_last_digit(session: Session):
    """Ten thousand billions and a cent: doubles would lose the cent, and with it the variance."""
    amounts = ["10000000000000.01", "10000000000000.02"]
    arms = {f"C{i}": ("treatment", "novice") for i in range(2)}
    small(session, [bought(f"C{i}", FIRST, amount) for i, amount in enumerate(amounts)], arms)
    found = outcomes(session)["win_back", "all", "treatment"]
    one, other = map(Decimal, amounts)
    assert found["spend"] == one + other
    assert found["spend_squares"] == Decimal("200000000000000600000000000.0005")


def test_the_time_before_may_reach_beyond_history(session: Session):
    """Of a window as long as history the days before it are those of history; none is lost, none made up."""
    window = campaign(FEBRUARY, days=31, starts_on=date(2020, 12, 20), ends_on=date(2021, 3, 15))
    small(session, [bought("t", date(2020, 12, 1), "8"), bought("t", date(2020, 12, 20), "3")], of=window)
    assert spend(session) == (1, 3, 8)


def test_an_earlier_year_than_the_calendars_is_no_failure(session: Session):
    early = campaign(JANUARY, days=0, starts_on=date(2020, 1, 10), ends_on=date(2021, 3, 15))
    small(session, [bought("t", date(2020, 12, 1), "8")], of=early)
    assert spend(session) == (1, 8, 0)
