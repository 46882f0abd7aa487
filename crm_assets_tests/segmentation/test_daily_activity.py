"""``daily_activity.sql`` against pandas: every day of the window, zeros too, nothing outside it."""

from __future__ import annotations

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import read_query
from crm_assets_tests.segmentation.profile_shop import SNAPSHOT, in_window, random_shop, warehouse


def activity(shop) -> pd.DataFrame:
    session = warehouse(shop)
    staged = session.stage(CONTRACTS["daily_activity"], read_query("daily_activity"), **SNAPSHOT.parameters)
    assert session.violations(CONTRACTS["daily_activity"], staged) == []
    return session.frame(f"select * from {staged} order by segment_id, date")


def test_it_equals_pandas() -> None:
    shop = random_shop()
    types = shop["cluster_assignments"].set_index("customer_id")["segment_id"]
    receipts = in_window(shop["receipts"])
    receipts = receipts[receipts["customer_id"].isin(types.index)].assign(
        segment_id=lambda f: f["customer_id"].map(types), date=lambda f: pd.to_datetime(f["purchase_date"])
    )
    both = pd.concat([receipts, receipts.assign(segment_id="all")])
    found = activity(shop).set_index(["segment_id", "date"])
    days = pd.date_range(SNAPSHOT.window_start, SNAPSHOT.as_of)
    assert list(found.index) == [(s, d) for s in sorted(set(types) | {"all"}) for d in days]
    groups = both.groupby(["segment_id", "date"])
    expected = pd.DataFrame(
        {
            "active_customers": groups["customer_id"].nunique(),
            "receipts": groups.size(),
            "amount": groups["amount"].sum().astype(float),
        }
    ).reindex(found.index, fill_value=0)
    assert (expected["active_customers"] < expected["receipts"]).any()  # a customer with two receipts on a day is one
    pd.testing.assert_frame_equal(found[list(expected.columns)], expected, check_dtype=False)
    assert (found.loc["all", "receipts"].sum()) == len(receipts)


def test_history_bounds_the_window() -> None:
    snapshot = SNAPSHOT.__class__(
        month=SNAPSHOT.month, history_start=SNAPSHOT.window_start.replace(day=9), window_months=3
    )
    session = warehouse(random_shop(customers=60))
    staged = session.stage(CONTRACTS["daily_activity"], read_query("daily_activity"), **snapshot.parameters)
    assert session.scalar(f"select min(date) from {staged}") == snapshot.history_start


def test_no_types_make_no_rows() -> None:
    shop = random_shop(customers=40)
    assert activity({**shop, "cluster_assignments": shop["cluster_assignments"].head(0)}).empty
