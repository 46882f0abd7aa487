"""``churn_risk.sql``: by hand for one, two and three dates, and against pandas on a random shop."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import read_query
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, insert, random_shop, receipt, warehouse


def risks(receipts):
    """customer → (recency_days, dates, own interval, interval used, risk); the contract must hold."""
    session = warehouse(receipts)
    insert(session, "rfm_scores", rfm_rows(receipts))
    staged = session.stage(CONTRACTS["churn_risk"], read_query("churn_risk"), **SNAPSHOT.parameters)
    assert session.violations(CONTRACTS["churn_risk"], staged) == []
    rows = session.rows(
        f"""select customer_id, recency_days, purchase_dates, own_interval_days, interval_days, churn_risk
        from {staged} order by customer_id"""
    )
    return {row[0]: row[1:] for row in rows}


def rfm_rows(receipts):
    """What rfm_scores holds of the receipts up to as_of, so far as the query reads it."""
    frame = pd.DataFrame(receipts)
    frame = frame[frame["purchase_date"] <= SNAPSHOT.as_of]
    return [
        {
            "month": SNAPSHOT.month,
            "as_of": SNAPSHOT.as_of,
            "customer_id": customer,
            "recency_days": (SNAPSHOT.as_of - max(days)).days,
            "visit_days": len(set(days)),
        }
        for customer, days in frame.groupby("customer_id")["purchase_date"]
    ]


def on(customer, *days):
    return [receipt(customer, f"A{customer}{i}", datetime(2021, 1, 1) + timedelta(days=d)) for i, d in enumerate(days)]


def test_one_two_and_three_dates_by_hand():
    made = risks(
        on("a", 0, 10, 20)  # every 10 days
        + on("b", 0, 20, 20, 60)  # every 30: two receipts of one day are one date
        + on("c", 50, 60)  # a gap of 10, the population's 20
        + on("d", 79)
    )
    # as_of is 2021-03-31, day 89 from 2021-01-01
    assert made["a"] == (69, 3, 10.0, 10.0, 6.9)
    assert made["b"] == (29, 3, 30.0, 30.0, pytest.approx(29 / 30))
    assert made["c"] == (29, 2, 10.0, 15.0, pytest.approx(29 / 15))
    assert made["d"] == (10, 1, None, 20.0, 0.5)


def test_without_a_customer_of_three_dates_nobody_has_a_ratio():
    made = risks(on("a", 5) + on("b", 5, 25))
    assert made == {"a": (84, 1, None, None, None), "b": (64, 2, 20.0, None, None)}


def test_a_purchase_on_the_last_day_is_no_risk():
    assert risks(on("a", 80, 85, 89))["a"] == (0, 3, 4.5, 4.5, 0.0)


def test_later_months_change_nothing():
    receipts = on("a", 0, 10, 20) + on("b", 40)
    assert risks(receipts + on("c", 95) + on("a", 100)) == risks(receipts)


def test_it_equals_pandas():
    receipts = random_shop()[0]
    frame = pd.DataFrame(receipts)
    frame = frame[frame["purchase_date"] <= date(2021, 3, 31)]
    dates = frame.drop_duplicates(["customer_id", "purchase_date"]).sort_values("purchase_date")
    gaps = pd.to_datetime(dates["purchase_date"]).groupby(dates["customer_id"]).diff().dt.days
    own = gaps.groupby(dates["customer_id"]).mean()
    count = dates.groupby("customer_id").size()
    population = own[count >= 3].mean()
    used = own.where(count >= 3, (own + population) / 2).where(count > 1, population)
    recency = (
        pd.Timestamp(SNAPSHOT.as_of) - pd.to_datetime(dates.groupby("customer_id")["purchase_date"].max())
    ).dt.days
    made = pd.DataFrame(risks(receipts), index=["recency", "dates", "own", "used", "risk"]).T.astype(float)
    wanted = pd.DataFrame(
        {"recency": recency, "dates": count, "own": own, "used": used, "risk": recency / used}
    ).astype(float)
    assert {1.0, 2.0} < set(made["dates"])
    pd.testing.assert_frame_equal(made, wanted, check_names=False, rtol=1e-8)


def test_the_window_bounds_the_dates():
    """A date before the window is no part of the rhythm."""
    receipts = on("a", -28, 10, 20, 30)
    session = warehouse(receipts)
    insert(session, "rfm_scores", [{**rfm_rows(receipts)[0], "visit_days": 3}])
    parameters = {**SNAPSHOT.parameters, "window_start": date(2021, 1, 1)}
    staged = session.stage(CONTRACTS["churn_risk"], read_query("churn_risk"), **parameters)
    assert session.rows(f"select own_interval_days from {staged}") == [(10.0,)]
