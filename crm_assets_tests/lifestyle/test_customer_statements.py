"""``customer_statements``: by hand, every section, and what must not be in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm_assets.defs.lifestyle.category_spend import category_spend
from crm_assets.defs.lifestyle.customer_statements import customer_statements
from crm_assets.defs.lifestyle.payment_habits import payment_habits
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.lifestyle.test_payment_habits import at, bought
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import calendar_rows, insert

MARCH = "2021-03-01"


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    with warehouse.session() as session:
        fill(session)
    return warehouse


def fill(session: Session) -> None:
    """Two customers: one of whom everything is known, one with next to nothing."""
    insert(session, "calendar", calendar_rows(date(2020, 12, 1), date(2021, 4, 30)))
    insert(session, "products", [
        {"product_id": "P1", "name": "video", "category_major": "subscriptions", "category_middle": None},
        {"product_id": "P2", "name": "petrol", "category_major": "fuel", "category_middle": None},
    ])  # fmt: skip
    for month in (1, 2, 3):
        bought(session, "a", f"v{month}", at(month), 10, "P1", {"recurring": "yes", "card_present": "no"})
    bought(session, "a", "f1", at(2), 50, "P2", {"benefit": "2.50", "card_present": "yes"})
    bought(session, "a", "f2", at(3), 15, "P2", {"benefit": "0.75"})
    bought(session, "a", "x", at(3), 5, "P9", {"benefit": "plenty"})  # nobody knows the product, nor the benefit
    bought(session, "a", "r", at(3), -5, "P2", {"benefit": "9"}, record_type="return")
    bought(session, "a", "l", at(4), 1000, "P2", {"benefit": "50"})  # later
    bought(session, "b", "y", at(3), 7, "P9")
    bought(session, "c", "z", at(4), 7, "P2")
    incomes = [
        ("a", date(2021, 1, 25), "salary", 100), ("a", date(2021, 2, 25), "salary", 100),
        ("a", date(2021, 3, 31), "rent", 50), ("a", date(2020, 12, 31), "salary", 999),
        ("a", date(2021, 4, 1), "salary", 999), ("c", date(2021, 3, 25), "salary", 999),
    ]  # fmt: skip
    names = ("customer_id", "received_on", "kind", "amount")
    insert(session, "incomes", [dict(zip(names, income, strict=True)) for income in incomes])


def test_by_hand(shop: Warehouse):
    for asset in (category_spend, payment_habits):
        made(asset, shop, MARCH)
    made(customer_statements, shop, MARCH)
    with shop.session() as session:
        found = session.rows(
            """select customer_id, section, line_no, label, partner_id, amount, receipts, round(share, 6)
            from customer_statements order by customer_id, section, line_no"""
        )
    money = Decimal
    assert found == [
        ("a", "benefit", 1, "fuel", None, money("3.25"), 2, 1.0),
        ("a", "habits", 1, "receipts", None, money(100), 6, 1.0),
        ("a", "habits", 2, "low_value", None, money("2.5"), 0, 0.0),
        ("a", "habits", 3, "not_present", None, None, 3, 0.75),
        ("a", "income", 1, "salary", None, money(200), 2, 0.8),
        ("a", "income", 2, "rent", None, money(50), 1, 0.2),
        ("a", "recurring", 1, "video", "A01", money(30), 3, 0.3),
        ("a", "spending", 1, "fuel", None, money(65), 2, 0.65),
        ("a", "spending", 2, "subscriptions", None, money(30), 3, 0.3),
        ("a", "spending", 3, None, None, money(5), None, 0.05),
        ("b", "habits", 1, "receipts", None, money(7), 1, 1.0),
        ("b", "habits", 2, "low_value", None, money("2.5"), 0, 0.0),
        ("b", "spending", 1, None, None, money(7), None, 1.0),
    ]
    *_, done = results(customer_statements, shop, MARCH)
    assert (done.metadata["customers"], done.metadata["benefits that are no number"]) == (2, 1)
