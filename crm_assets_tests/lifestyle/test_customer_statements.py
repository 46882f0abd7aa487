"""``customer_statements``: by hand, every section, what is out of the months and who has none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from crm_assets.defs.lifestyle.category_spend import category_spend
from crm_assets.defs.lifestyle.customer_statements import customer_statements
from crm_assets.defs.lifestyle.payment_habits import payment_habits
from crm_assets.warehouse import Warehouse
from crm_assets_tests.lifestyle.test_payment_habits import filled, monthly, paid, told
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import insert

MARCH = "2021-03-01"


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    phone = monthly("a", 30, 30, 30)
    milk = [paid("a", "m1", 2, 5, "P2"), paid("a", "m1", 2, 5, "P2", line_no=2), paid("a", "m2", 3, 10, "P2")]
    unknown = paid("a", "u", 3, 8, "P3", channel="online")
    back = paid("a", "back", 3, -10, "P2", record_type="return")
    earlier = line_of_december()
    benefits = {
        "1.50": phone[0], "2": phone[2], "0.25": milk[0], "0.5": milk[1], "-3": milk[2], "7": back, "9": earlier,
        "0.75": unknown, "points": phone[1],
    }  # fmt: skip
    lines = [*phone, *milk, unknown, back, earlier, paid("b", "w", 3, 5, "P3"), paid("c", "c", 3, 1, "P1")]
    filled(warehouse, lines, [told(one, "benefit", value) for value, one in benefits.items()])
    names = ("customer_id", "received_on", "kind", "amount")
    received = [
        ("a", date(2020, 12, 31), "salary", 999), ("a", date(2021, 1, 1), "salary", 100),
        ("a", date(2021, 3, 31), "salary", 110), ("a", date(2021, 2, 3), "bonus", 90),
        ("a", date(2021, 4, 1), "salary", 999), ("b", date(2021, 2, 1), "salary", 50),
        ("c", date(2021, 2, 1), "gift", 0),
    ]  # fmt: skip
    with warehouse.session() as session:
        rows = [dict(zip(names, (*r[:3], Decimal(r[3])), strict=True)) for r in received]
        insert(session, "incomes", rows)
    for asset in (category_spend, payment_habits):
        made(asset, warehouse, MARCH)
    return warehouse


def line_of_december() -> dict[str, object]:
    return {**paid("a", "old", 1, 70), "month": date(2020, 12, 1), "purchased_at": datetime(2020, 12, 31, 9)}


def test_by_hand(shop: Warehouse):
    rows = made(customer_statements, shop, MARCH)
    assert set(rows["customer_id"]) == {"a", "c"}, "b bought nothing that has a category"
    names = ["label", "amount", "receipts", "share"]
    of = {s: r[names].astype(object).where(r[names].notna(), None).to_numpy().tolist()
          for s, r in rows[rows["customer_id"] == "a"].groupby("section")}  # fmt: skip
    assert of["income"] == [["salary", 210.0, 2, 0.7], ["bonus", 90.0, 1, 0.3]]
    spent = [["telecom", 90.0, 3, 90 / 110], ["food", 20.0, 2, 20 / 110]]
    assert of["spending"] == [[*row[:3], pytest.approx(row[3])] for row in spent]
    assert of["recurring"] == [["telecom", 30.0, 3, None]]
    got = [["telecom", 3.5, 2, 3.5 / 5], ["food", 0.75, 1, 0.75 / 5], ["other", 0.75, 1, 0.75 / 5]]
    assert of["benefit"] == [[*row[:3], pytest.approx(row[3])] for row in got]
    # Receipts of 1, 5, 8, 10, 10, 30, 30, 30: the median is 10, a quarter of it 2.50; the milk of 5 + 5 is one receipt.
    assert of["habits"] == [
        ["receipts", None, 6, None],
        ["low_value", 2.5, 0, 0.0],
        ["not_present", None, 1, pytest.approx(1 / 6)],
        ["recurring", 30.0, 3, None],
    ]


def test_an_income_of_nothing_has_no_share(shop: Warehouse):
    rows = made(customer_statements, shop, MARCH)
    gift = rows[(rows["customer_id"] == "c") & (rows["section"] == "income")]
    assert gift["amount"].tolist() == [0] and gift["share"].isna().all()


def test_benefits_that_are_no_number_are_counted(shop: Warehouse):
    *_, done = results(customer_statements, shop, MARCH)
    assert done.metadata["benefits that are no number"] == 2 and done.metadata["months"] == "2021-01 to 2021-03"
