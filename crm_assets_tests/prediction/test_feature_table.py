"""``feature_table.sql`` against plain Python, column by column, and at its edges: ties, cuts, wallet, poor sources."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.defs.prediction.feature_table import dates_before_signals
from crm_assets_tests.prediction.feature_shop import (
    KEPT,
    SIGNALS_START,
    SNAPSHOT,
    features,
    insert,
    random_shop,
    receipt,
    wallet_payment,
    warehouse,
)


def mode(values):
    """Most frequent value that is known; of a tie, the one seen last."""
    last = {v: i for i, v in enumerate(values) if v is not None}
    counts = Counter(v for v in values if v is not None)
    return max(counts, key=lambda v: (counts[v], last[v])) if counts else None


def mean(values):
    values = [float(v) for v in values if v is not None]
    return sum(values) / len(values) if values else None


def known(function, values):
    values = [v for v in values if v is not None]
    return float(function(values)) if values else None


def expected_row(rows, cutoff, payments, first_payment, person, signals):
    """One row of the table, from a customer's numbered receipts."""
    dates, hours = [r["purchase_date"] for r in rows], [r["purchase_hour"] for r in rows]
    at = rows[-1]["purchased_at"]
    channels = {r["channel"] for r in rows} - {None}
    weekdays = [d.weekday() for d in dates]

    def signal(name):
        series = signals.get(name, {})
        return mean([series.get(max(d, min(series))) for d in sorted(set(dates))]) if series else None

    return {
        "month": SNAPSHOT.month,
        "as_of": SNAPSHOT.as_of,
        "customer_id": rows[0]["customer_id"],
        "cutoff": cutoff,
        "cutoff_at": at,
        "receipts": len(rows),
        "receipt_id_length_mean": mean([len(r["receipt_id"]) for r in rows]),
        "receipt_id_length_max": max(len(r["receipt_id"]) for r in rows),
        "receipt_type_mode": mode([r["receipt_type"] for r in rows]),
        "purchase_month_mode": mode([d.month for d in dates]),
        "purchase_month_mean": mean([d.month for d in dates]),
        "purchase_season_mode": mode([("winter", "spring", "summer", "autumn")[d.month % 12 // 3] for d in dates]),
        "purchase_day_mean": mean([d.day for d in dates]),
        "weekday_mode": mode(weekdays),
        "weekday_max": max(weekdays),
        "weekend_preference": "weekend" if mean([w >= 5 for w in weekdays]) >= 0.5 else "weekday",
        "purchase_year_mode": mode([d.year for d in dates]),
        "purchase_hour_mean": mean(hours),
        "purchase_hour_mode": mode(hours),
        "daypart_mode": mode([("dawn", "morning", "afternoon", "evening")[h // 6] for h in hours]),
        "work_hours_mode": mode(["work" if h in range(9, 19) else "rest" for h in hours]),
        "receipt_amount_max": known(max, [r["amount"] for r in rows]),
        "receipt_amount_min": known(min, [r["amount"] for r in rows]),
        "quantity_mean": mean([r["quantity"] for r in rows]),
        "quantity_max": known(max, [r["quantity"] for r in rows]),
        "quantity_min": known(min, [r["quantity"] for r in rows]),
        "channel_use": "both" if len(channels) == 2 else next(iter(channels), None),
        "channel_mode": mode([r["channel"] for r in rows]),
        "partner_type_mode": mode([r["partner_id"] and r["partner_id"][0] for r in rows]),
        "partner_mode": mode([r["partner_id"] for r in rows]),
        "receipt_amount_mean": mean([r["amount"] for r in rows]),
        "unit_amount_mean": mean(
            [r["amount"] / r["quantity"] for r in rows if r["quantity"] is not None and r["quantity"] > 0]
        ),
        "new_cases_mean": signal("new_cases"),
        "new_deaths_mean": signal("new_deaths"),
        "wallet_user": (
            int(any(cutoff == "as_of" or p <= at for p in payments))
            if first_payment is not None and (cutoff == "as_of" or first_payment <= at)
            else None  # the shop had no wallet yet, as far as was known
        ),
        "gender": person.get("gender"),
        "age_band": person.get("age_band"),
    }


def expected(receipts, wallet, customers, signals):
    seen = [r for r in receipts if r["month"] <= SNAPSHOT.month]
    payments = [w for w in wallet if w["month"] <= SNAPSHOT.month]
    series = {}
    for s in signals:
        series.setdefault(s["signal"], {})[s["date"]] = s["value"]
    made = {}
    for customer in {r["customer_id"] for r in seen}:
        own = sorted(
            (r for r in seen if r["customer_id"] == customer),
            key=lambda r: (r["purchased_at"], r["receipt_id"], r["record_type"]),
        )
        person = next((c for c in customers if c["customer_id"] == customer), {})
        paid = [w["purchased_at"] for w in payments if w["customer_id"] == customer]
        for cutoff in CUTOFFS if len(own) > 3 else ("as_of",):
            rows = own[: KEPT[cutoff]]
            made[customer, cutoff] = expected_row(
                rows, cutoff, paid, min((w["purchased_at"] for w in payments), default=None), person, series
            )
    return made


@pytest.fixture(scope="module")
def shop():
    return random_shop()


@pytest.fixture(scope="module")
def made(shop):
    return features(warehouse(*shop))


def test_every_column_equals_plain_python(shop, made):
    wanted = expected(*shop)
    assert made.keys() == wanted.keys() and len({c for c, _ in wanted}) > 250
    assert set(model_columns()) <= set(next(iter(wanted.values())))
    for at, row in wanted.items():
        assert list(made[at]) == list(row)
        for name, value in row.items():
            wanted_value = pytest.approx(value, rel=1e-9, abs=1e-6) if isinstance(value, float) else value
            assert made[at][name] == wanted_value, f"{name} of {at}"


def test_every_column_takes_more_than_one_value(made):
    """The comparison above would pass on constants."""
    assert [n for n in model_columns() if len({r[n] for r in made.values()}) < 2] == []


def test_later_months_change_nothing(shop, made):
    receipts, wallet, people, signals = shop
    session = warehouse(
        [r for r in receipts if r["month"] <= SNAPSHOT.month],
        [w for w in wallet if w["month"] <= SNAPSHOT.month],
        people,
        signals,
    )
    assert features(session) == made
    late = datetime(2021, 4, 1, 12)
    poisoned = [f"C{i:04d}" for i in range(300)] + ["new in April"]
    insert(session, "receipts", [receipt(c, "Z1", late, amount=Decimal(10**9), quantity=999) for c in poisoned])
    insert(session, "raw_transactions", [wallet_payment(c, late, "899999999999999") for c in poisoned])
    assert features(session) == made


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_change_nothing(shop, made, threads):
    session = warehouse(*shop)
    session.connection.execute(f"set threads = {threads}")
    assert features(session) == made


def test_a_tie_goes_to_the_value_seen_last():
    """9 and 20 o'clock twice each; 20 is larger, 9 is more recent."""
    hours = [9, 20, 20, 9]
    rows = [receipt("C1", f"A{i}", datetime(2021, 2, 1 + i, h)) for i, h in enumerate(hours)]
    made = features(warehouse(rows))
    assert made["C1", "as_of"]["purchase_hour_mode"] == 9
    assert made["C1", "as_of"]["daypart_mode"] == "morning"
    assert [made["C1", c]["purchase_hour_mode"] for c in "123"] == [9, 20, 20]


def test_receipts_of_the_same_hour_are_numbered_by_receipt_then_record_type():
    at = datetime(2021, 2, 1, 10)
    rows = [
        receipt("C1", "A2", at, partner_id="P2"),
        receipt("C1", "A1", at, partner_id="P1", record_type="service"),
        receipt("C1", "A1", at, partner_id="P0"),
        receipt("C1", "A3", at, partner_id="P3"),
    ]
    made = features(warehouse(rows))
    assert [made["C1", c]["partner_mode"] for c in ("1", "2", "3", "as_of")] == ["P0", "P1", "P2", "P3"]


def test_an_unknown_value_is_never_the_mode():
    at = datetime(2021, 2, 1, 10)
    channels = ["online", None, None]
    rows = [receipt("C1", f"A{i}", at, channel=c, partner_id=c) for i, c in enumerate(channels)]
    row = features(warehouse(rows))["C1", "as_of"]
    assert (row["channel_mode"], row["channel_use"], row["partner_mode"]) == ("online", "online", "online")


@pytest.mark.parametrize(("receipts", "cutoffs"), [(1, 1), (3, 1), (4, 4)])
def test_only_existing_customers_are_cut(receipts, cutoffs):
    rows = [receipt("C1", f"A{i}", datetime(2021, 2, 1, i)) for i in range(receipts)]
    rows.append(receipt("C1", "A9", datetime(2021, 4, 1)))  # of a later month: does not make an existing customer
    made = features(warehouse(rows))
    assert len(made) == cutoffs
    assert {c: r["receipts"] for (_, c), r in made.items()} == {
        c: min(KEPT[c] or receipts, receipts) for c in ("as_of", "1", "2", "3")[:cutoffs]
    }


def test_the_boundary_follows_the_setting():
    rows = [receipt("C1", f"A{i}", datetime(2021, 2, 1, i)) for i in range(4)]
    assert len(features(warehouse(rows), new_customer_max_receipts=4)) == 1


def test_the_wallet_counts_from_the_hour_of_its_payment():
    """A payment with the second receipt's hour is known at cut 2, not at cut 1; one after the last receipt at as_of.
    Until somebody has paid by it, nobody can know that there is a wallet."""
    rows = [receipt(c, f"A{i}", datetime(2021, 2, 1 + i, 10)) for c in ("at", "after", "never") for i in range(4)]
    wallet = [wallet_payment("at", datetime(2021, 2, 2, 10)), wallet_payment("after", datetime(2021, 3, 31, 23))]
    made = features(warehouse(rows, wallet))
    used = {c: [made[c, cut]["wallet_user"] for cut in ("1", "2", "3", "as_of")] for c in ("at", "after", "never")}
    assert used == {"at": [None, 1, 1, 1], "after": [None, 0, 0, 1], "never": [None, 0, 0, 0]}


def test_a_source_without_them_leaves_columns_null():
    """Online Retail: no wallet up to the month, no signals, no demographics; other lines are no wallet."""
    wallet = [
        wallet_payment("C1", datetime(2021, 4, 1)),
        {**wallet_payment("C1", datetime(2021, 2, 1)), "record_type": "product"},
    ]
    rows = [receipt("C1", "536365", datetime(2021, 2, 1), channel=None, partner_id=None, quantity=None)]
    row = features(warehouse(rows, wallet))["C1", "as_of"]
    assert {n for n in model_columns() if row[n] is None} == {
        "quantity_mean", "quantity_max", "quantity_min", "channel_use", "channel_mode", "partner_type_mode",
        "partner_mode", "unit_amount_mean", "new_cases_mean", "new_deaths_mean", "wallet_user", "gender", "age_band",
    }  # fmt: skip


def test_signals_count_each_date_once_and_start_with_their_first_value():
    """Two receipts on a day before the series, one on its second day: (10 + 40) / 2; the other series is not there."""
    rows = [receipt("C1", f"A{i}", at) for i, at in enumerate([datetime(2020, 12, 28, 9), datetime(2020, 12, 28, 20)])]
    rows.append(receipt("C1", "A9", datetime.combine(SIGNALS_START + timedelta(days=1), datetime.min.time())))
    signals = [
        {"date": SIGNALS_START + timedelta(days=i), "signal": "new_cases", "value": Decimal(v)}
        for i, v in enumerate([10, 40])
    ]
    row = features(warehouse(rows, signals=signals))["C1", "as_of"]
    assert (row["new_cases_mean"], row["new_deaths_mean"]) == (25.0, None)


def test_purchase_dates_before_the_signals_are_counted():
    """Three receipts on two days before the series, one on its first day, one day before it in a later month's row."""
    days = [datetime(2020, 12, 28, 9), datetime(2020, 12, 28, 20), datetime(2021, 1, 4, 9)]
    days.append(datetime.combine(SIGNALS_START, datetime.min.time()))
    rows = [receipt("C1", f"A{i}", at) for i, at in enumerate(days)]
    rows.append(receipt("C1", "A8", datetime(2020, 12, 29), month=date(2021, 4, 1)))
    signals = [{"date": SIGNALS_START, "signal": name, "value": Decimal(1)} for name in ("new_cases", "tests")]
    assert dates_before_signals(warehouse(rows, signals=signals), SNAPSHOT) == {
        "purchase dates before new_cases begin": 2
    }
    assert dates_before_signals(warehouse(rows), SNAPSHOT) == {}


def test_no_receipts_make_no_rows():
    assert features(warehouse([])) == {}
