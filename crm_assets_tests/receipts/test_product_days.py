"""``product_days.sql`` against plain Python, and at its edges: services, unpriced lines, receipts past midnight."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from math import log

import pytest

from crm_assets_tests.prediction.first_purchase_shop import line, make, random_lines, shop_of


def product_days(session):
    result = session.execute("select * from product_days order by month, product_id, date")
    return {(row[0], row[1], row[2]): row[3:] for row in result.fetchall()}


def expected(lines):
    """(lines, priced lines, sum of logs) of a month, product and day of receipt; then the same of the days before."""
    first = {}
    for row in lines:
        key = (row["month"], row["customer_id"], row["receipt_id"], row["record_type"])
        first[key] = min(first.get(key, row["purchased_at"]), row["purchased_at"])
    days = defaultdict(lambda: [0, 0, 0.0])
    for row in lines:
        if row["record_type"] == "product" and row["product_id"] is not None:
            key = (row["month"], row["customer_id"], row["receipt_id"], row["record_type"])
            day = days[row["month"], row["product_id"], first[key].date()]
            day[0] += 1
            if row["quantity"] and row["amount"] > 0:
                day[1] += 1
                day[2] += log(float(row["amount"]) / row["quantity"])
    return {
        (month, product, day): (
            *found,
            *(sum(d[i] for (m, p, e), d in days.items() if (m, p) == (month, product) and e < day) for i in (1, 2)),
        )
        for (month, product, day), found in days.items()
    }


def test_every_row_equals_plain_python():
    lines, products = random_lines()
    session = shop_of(lines, products)
    make(session)
    made, wanted = product_days(session), expected(lines)
    assert made.keys() == wanted.keys() and len({m for m, *_ in wanted}) == 5
    for key, row in wanted.items():
        assert [float(v) for v in made[key]] == pytest.approx([float(v) for v in row], abs=1e-4), key


def test_what_has_no_price_is_a_line_and_what_is_no_product_is_none():
    at = datetime(2021, 2, 1, 10)
    lines = [
        line("C1", "A1", at, quantity=None),
        line("C1", "A1", at, quantity=0, line_no=2),
        line("C1", "A1", at, amount=Decimal(0), line_no=3),
        line("C1", "A1", at, amount=Decimal(-5), line_no=4),
        line("C1", "A1", at, None, line_no=5),
        line("C1", "A1", at, None, record_type="service", quantity=None),
        line("C1", "R1", at, record_type="return", quantity=-1, amount=Decimal(-10)),
    ]
    session = shop_of(lines)
    make(session)
    assert product_days(session) == {(date(2021, 2, 1), "P1", date(2021, 2, 1)): (4, 0, 0, 0, 0)}


def test_a_line_past_midnight_belongs_to_the_day_of_its_receipt():
    lines = [
        line("C1", "A1", datetime(2021, 2, 1, 23)),
        line("C1", "A1", datetime(2021, 2, 2, 0), line_no=2),
        line("C2", "A2", datetime(2021, 2, 2, 9), amount=Decimal(1)),
    ]
    session = shop_of(lines)
    make(session)
    made = product_days(session)
    assert [(day.day, row[0], row[3]) for (_, _, day), row in made.items()] == [(1, 2, 0), (2, 1, 2)]
