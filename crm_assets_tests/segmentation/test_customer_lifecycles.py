"""``customer_lifecycles``: who is new, existing and lapsed, by hand at every edge, and against pandas."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.coverage import require_counted
from crm_assets.defs.segmentation.customer_lifecycles import show
from crm_assets.months import Snapshot, add_months, month_of
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import OutOfStep, Session
from crm_assets_tests.lifecycles import TABLE, count
from crm_assets_tests.making import at_work
from crm_assets_tests.prediction.feature_shop import insert

HISTORY_START, MARCH = date(2020, 12, 1), date(2021, 3, 1)
SNAPSHOT = Snapshot(MARCH, HISTORY_START, 2)  # the window: February and March

# customer: days of its receipts; lifecycle with at most 3 receipts of a new one
CUSTOMERS = {
    "one": (["2021-03-31"], "new"),
    "three": (["2021-02-01", "2021-03-01", "2021-03-01"], "new"),
    "three, silent": (["2020-12-01", "2020-12-02", "2021-01-31"], "new"),
    "four": (["2021-02-01"] * 4, "existing"),
    "four, the last on the window's first day": (["2020-12-01"] * 3 + ["2021-02-01"], "existing"),
    "four, the last on the day before": (["2020-12-01"] * 3 + ["2021-01-31"], "lapsed"),
    "back after the month": (["2020-12-05"] * 4 + ["2021-04-01"], "lapsed"),
    "three, the fourth after the month": (["2021-01-05"] * 3 + ["2021-04-01"], "new"),
    "first after the month": (["2021-04-01"] * 9, None),
}


def rows(days: dict[str, list[date]]) -> list[dict[str, object]]:
    return [
        {"month": month_of(day), "customer_id": customer, "receipt_id": f"{customer}-{i}", "purchase_date": day}
        for customer, bought in days.items()
        for i, day in enumerate(bought)
    ]


def lifecycles(session: Session, snapshot: Snapshot = SNAPSHOT, most: int = 3) -> pd.DataFrame:
    """The month's rows by customer; the contract must hold."""
    count(session, snapshot, most)
    assert session.violations(CONTRACTS[TABLE], TABLE) == []
    return session.frame(
        f"select * from {TABLE} where month = :month order by customer_id", month=snapshot.month
    ).set_index("customer_id")


@pytest.fixture
def shop(session: Session) -> Session:
    bought = {customer: [date.fromisoformat(day) for day in days] for customer, (days, _) in CUSTOMERS.items()}
    insert(session, "receipts", rows(bought))
    return session


def test_march_equals_the_table_made_by_hand(shop: Session):
    made = lifecycles(shop)
    assert made["lifecycle"].to_dict() == {c: lifecycle for c, (_, lifecycle) in CUSTOMERS.items() if lifecycle}
    silent, back = made.loc["three, silent"], made.loc["back after the month"]
    assert [str(silent[name])[:10] for name in ("first_purchase_date", "last_purchase_date")] == [
        "2020-12-01",
        "2021-01-31",
    ]
    assert back["receipts"] == 4 and str(back["last_purchase_date"])[:10] == "2020-12-05"
    assert set(made["as_of"].dt.date) == {date(2021, 3, 31)}


@pytest.mark.parametrize(("most", "lifecycle"), [(3, "lapsed"), (4, "new")])
def test_the_setting_is_the_most_that_a_new_customer_has(shop: Session, most: int, lifecycle: str):
    assert lifecycles(shop, most=most).at["four, the last on the day before", "lifecycle"] == lifecycle


def test_without_a_window_nobody_lapses(shop: Session):
    made = lifecycles(shop, Snapshot(MARCH, HISTORY_START, None))
    assert set(made["lifecycle"]) == {"new", "existing"}


def test_a_random_shop_equals_pandas(session: Session):
    """Month by month, windows of every length."""
    draw = random.Random(4)
    bought = {
        f"C{i:03}": sorted(
            HISTORY_START + timedelta(days=draw.choice([0, 30, 31, 61, 62, 89, 90, 120, 149, 180])) for _ in range(size)
        )
        for i, size in enumerate(draw.choices(range(1, 8), k=300))
    }
    receipts = pd.DataFrame(rows(bought))
    insert(session, "receipts", rows(bought))
    told = set()
    for place in range(7):
        for window in (1, 3, None):
            snapshot = Snapshot(add_months(HISTORY_START, place), HISTORY_START, window)
            seen = receipts[receipts["purchase_date"] <= snapshot.as_of].groupby("customer_id")["purchase_date"]
            expected = pd.DataFrame({"receipts": seen.size(), "first": seen.min(), "last": seen.max()})
            in_window = expected["last"] >= snapshot.window_start
            expected["lifecycle"] = in_window.map({True: "existing", False: "lapsed"})
            expected.loc[expected["receipts"] <= 3, "lifecycle"] = "new"
            made = lifecycles(session, snapshot)
            for name in ("first", "last"):
                assert made[f"{name}_purchase_date"].dt.date.to_dict() == expected[name].to_dict()
            for name in ("receipts", "lifecycle"):
                assert made[name].to_dict() == expected[name].to_dict()
            told |= {(window, lifecycle) for lifecycle in expected["lifecycle"]}
    assert {lifecycle for _, lifecycle in told} == {"new", "existing", "lapsed"} and (None, "lapsed") not in told


def test_the_setting_is_read_by_this_query_alone():
    """A second place that counts for itself would disagree when the setting is changed and some tables are made."""
    folder = PROJECT_DIR / "crm_assets" / "sql"
    readers = [path.stem for path in folder.glob("*.sql") if ":new_customer_max_receipts" in path.read_text()]
    assert readers == [TABLE]


def test_lifecycles_older_than_the_receipts_are_refused(shop: Session):
    given = {**Settings.read({}).parameters, **SNAPSHOT.parameters}
    refusal = r"of 2021-03 are of other receipts or settings .* 1 customers differ\..*--select customer_lifecycles"
    lifecycles(shop)
    require_counted(shop, SNAPSHOT.month, given)
    late = {"month": date(2021, 1, 1), "customer_id": "one", "receipt_id": "late", "purchase_date": date(2021, 1, 9)}
    insert(shop, "receipts", [late])
    with pytest.raises(OutOfStep, match=refusal):
        require_counted(shop, SNAPSHOT.month, given)
    lifecycles(shop)
    require_counted(shop, SNAPSHOT.month, given)
    # As many receipts, but another's: a correction under the same name.
    shop.execute("update receipts set customer_id = 'somebody else' where receipt_id = 'late'")
    with pytest.raises(OutOfStep, match=refusal.replace("1 customers", "2 customers")):
        require_counted(shop, SNAPSHOT.month, given)


def test_lifecycles_of_other_settings_are_refused(shop: Session):
    lifecycles(shop)
    given = {**Settings.read({"CRM_NEW_CUSTOMER_MAX_RECEIPTS": "5"}).parameters, **SNAPSHOT.parameters}
    with pytest.raises(OutOfStep, match=r"of other receipts or settings .* customers differ"):
        require_counted(shop, SNAPSHOT.month, given)


def test_a_month_shows_its_lifecycles(shop: Session):
    lifecycles(shop)
    shown = show(at_work(shop, TABLE, "2021-03-01"))["lifecycles"].value
    assert all(word in shown for word in ("existing", "lapsed", "new", "receipts_mean"))
