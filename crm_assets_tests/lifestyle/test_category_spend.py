"""``category_spend``: by hand, every kind of line that counts or does not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from crm_assets.defs.lifestyle.category_spend import category_spend
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import insert, line

MARCH = "2021-03-01"


def at(month: int, day: int = 5) -> datetime:
    return datetime(2021, month, day, 12)


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    with warehouse.session() as session:
        insert(session, "products", [
            {"product_id": "P1", "name": "milk", "category_major": "food", "category_middle": "dairy"},
            {"product_id": "P2", "name": "bread", "category_major": "food", "category_middle": "bakery"},
            {"product_id": "P3", "name": "fuel", "category_major": "car", "category_middle": "fuel"},
            {"product_id": "P4", "name": "thing", "category_major": None, "category_middle": None},
        ])  # fmt: skip
        insert(session, "raw_transactions", [
            line("a", "1", at(1), "P1", amount=Decimal("10.00")),
            line("a", "1", at(1), "P2", line_no=2, amount=Decimal("20.00")),  # one receipt, one category
            line("a", "1", at(3), "P1", amount=Decimal("30.00")),  # the number again, in another month
            line("a", "2", at(3), "P3", amount=Decimal("40.00")),
            line("a", "0", at(2), "P3", amount=Decimal("-40.00"), record_type="return"),
            line("a", "3", at(2), None, amount=Decimal("500.00"), record_type="wallet"),
            line("a", "4", at(2), "P4", amount=Decimal("7.00")),  # no category
            line("a", "5", at(2), "P9", amount=Decimal("7.00")),  # no such product
            line("b", "6", at(2), None, partner_id="B01", amount=Decimal("5.00"), record_type="service"),
            line("b", "7", at(2), "P3", partner_id="B01", amount=Decimal("15.00"), record_type="service"),
            line("b", "8", at(2), None, partner_id=None, amount=Decimal("9.00"), record_type="service"),
            line("c", "9", datetime(2020, 12, 31, 23), "P1", amount=Decimal("1.00")),  # before the three months
            line("d", "10", at(4), "P1", amount=Decimal("1.00")),  # after them
            line("e", "11", at(2), "P1", amount=Decimal("0.00")),  # a gift
        ])  # fmt: skip
    return warehouse


def test_by_hand(shop: Warehouse):
    rows = made(category_spend, shop, MARCH)
    found = rows[["customer_id", "category", "amount", "receipts", "share"]].to_numpy().tolist()
    assert found == [
        ["a", "car", 40.0, 1, 0.4],
        ["a", "food", 60.0, 2, 0.6],
        ["b", "car", 15.0, 1, 0.75],
        ["b", "partner B01", 5.0, 1, 0.25],
    ]


def test_middle_categories_of_one_month(shop: Warehouse):
    rows = made(category_spend, shop, MARCH, lifestyle_category="middle")
    assert rows.loc[rows["customer_id"] == "a", "category"].tolist() == ["bakery", "dairy", "fuel"]


def test_what_is_left_out_is_shown(shop: Warehouse):
    *_, done = results(category_spend, shop, MARCH)
    assert done.metadata["months"] == "2021-01 to 2021-03"
    assert done.metadata["active customers"] == 2
    assert done.metadata["lines without a category"] == "3 of 9, left out"
