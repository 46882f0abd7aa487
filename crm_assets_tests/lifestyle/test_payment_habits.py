"""``payment_habits`` and ``recurring_payments``: by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from crm_assets.defs.lifestyle.payment_habits import payment_habits
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import insert, line, receipt

MARCH = "2021-03-01"


def at(month: int, day: int = 5) -> datetime:
    return datetime(2021, month, day, 12)


def bought(session: Session, customer: str, number: str, when: datetime, amount: object, product: str | None = "P1",
           attributes: dict[str, str] | None = None, **given: object) -> None:  # fmt: skip
    """A receipt of one line, with what the source tells of it."""
    kind = given.get("record_type", "product")
    own = {name: value for name, value in given.items() if name in {"channel", "record_type", "partner_id"}}
    insert(session, "raw_transactions", [line(customer, number, when, product, amount=Decimal(str(amount)), **own)])
    insert(session, "receipts", [receipt(customer, number, when, amount=Decimal(str(amount)), **own)])
    rows = [
        {"month": when.date().replace(day=1), "customer_id": customer, "receipt_id": number, "record_type": kind,
         "line_no": 1, "name": name, "value": value}
        for name, value in (attributes or {}).items()
    ]  # fmt: skip
    insert(session, "event_attributes", rows)


def recurring(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with warehouse.session() as session:
        return session.rows(
            """select customer_id, payee, partner_id, product_id, category, found_by, months, payments, amount,
            monthly_amount from recurring_payments order by customer_id, payee"""
        )


def test_small_receipts_and_the_channel_where_no_attribute_tells(warehouse: Warehouse):
    with warehouse.session() as session:
        bought(session, "a", "1", at(1), 40, channel="online")
        bought(session, "a", "2", at(2), "9.99", channel="offline")
        bought(session, "a", "3", at(3), 10, channel=None)
        bought(session, "b", "4", at(3), 100, channel="offline")
        bought(session, "b", "5", at(3), 0)  # a gift
        bought(session, "c", "6", at(3), 500, channel=None)
        bought(session, "d", "7", datetime(2020, 12, 31, 23), 1)  # before the months
        bought(session, "d", "8", at(4), 1)  # after them
        bought(session, "d", "9", at(3), 1, record_type="wallet")
    rows = made(payment_habits, warehouse, MARCH)
    # Receipts 9.99 10 40 100 500: the median is 40, a quarter of it 10, and 10 is not below it.
    assert rows["low_value_amount"].tolist() == [10.0] * 3
    told = rows.astype(object).where(rows.notna(), None)
    columns = ["customer_id", "receipts", "spend", "low_value_receipts", "low_value_share",
               "presence_receipts", "not_present_receipts", "not_present_share"]  # fmt: skip
    assert told[columns].to_numpy().tolist() == [
        ["a", 3, 59.99, 1, 1 / 3, 2, 1, 0.5],
        ["b", 1, 100.0, 0, 0.0, 1, 0, 0.0],
        ["c", 1, 500.0, 0, 0.0, 0, None, None],
    ]


def test_the_median_of_an_even_number_and_the_setting(warehouse: Warehouse):
    with warehouse.session() as session:
        for number, amount in enumerate([10, 30, 50, 900]):
            bought(session, "a", str(number), at(2, number + 1), amount)
    rows = made(payment_habits, warehouse, MARCH)
    assert rows["low_value_amount"].tolist() == [10.0], "a quarter of 40"
    rows = made(payment_habits, warehouse, MARCH, low_value_amount=30.01)
    assert rows[["low_value_amount", "low_value_receipts"]].to_numpy().tolist() == [[30.01, 2]]


def test_the_attribute_goes_before_the_channel(warehouse: Warehouse):
    with warehouse.session() as session:
        bought(session, "a", "1", at(1), 40, channel="online", attributes={"card_present": "yes"})
        bought(session, "a", "2", at(2), 40, channel="offline", attributes={"card_present": "no"})
        bought(session, "a", "3", at(3), 40, channel="online")  # not told: not known
        bought(session, "b", "4", at(3), 40, channel="online")
    rows = made(payment_habits, warehouse, MARCH).set_index("customer_id")
    assert rows.loc["a", ["presence_receipts", "not_present_receipts", "not_present_share"]].tolist() == [2, 1, 0.5]
    assert rows.loc["b", "presence_receipts"] == 0 and rows["not_present_share"].isna()["b"]


RHYTHM = {  # amounts by month → whether they are a rhythm
    "the same every month": ({1: [10], 2: [10], 3: [10]}, True),
    "a tenth up and down": ({1: [9], 2: [10], 3: [11]}, True),
    "a cent more": ({1: [9], 2: ["9.99"], 3: [11]}, False),
    "a cent less": ({1: ["8.99"], 2: [10], 3: [11]}, False),
    "twice a month": ({1: [10, 10], 2: [10], 3: [10, 10]}, True),
    "thrice in one": ({1: [10, 10, 10], 2: [10], 3: [10]}, False),
    "a month left out": ({1: [10], 3: [10]}, False),
}


@pytest.mark.parametrize("case", RHYTHM)
def test_rhythm(warehouse: Warehouse, case: str):
    months, has_rhythm = RHYTHM[case]
    with warehouse.session() as session:
        for month, amounts in months.items():
            for number, amount in enumerate(amounts):
                bought(session, "a", f"{number}", at(month, 5 + number), amount)
    rows = made(payment_habits, warehouse, MARCH)
    paid = [Decimal(str(a)) for amounts in months.values() for a in amounts]
    expected = [("a", 1, "A01", "P1", None, "rhythm", 3, len(paid), sum(paid), round(sum(paid) / 3, 4))]
    assert recurring(warehouse) == (expected if has_rhythm else [])
    assert rows["recurring_payees"].tolist() == [int(has_rhythm)]
    assert rows["recurring_share"].tolist() == [float(has_rhythm)]


def test_marks_payees_and_their_order(warehouse: Warehouse):
    yes, no = {"recurring": "yes"}, {"recurring": "no"}
    with warehouse.session() as session:
        insert(session, "products", [
            {"product_id": "P1", "name": "tv", "category_major": "home", "category_middle": "screen"},
            {"product_id": "P2", "name": "phone", "category_major": "telecom", "category_middle": None},
        ])  # fmt: skip
        for month in (1, 2, 3):
            bought(session, "a", f"t{month}", at(month), 20, "P1", no)  # by rhythm, though not by itself
            bought(session, "a", f"s{month}", at(month), 50, None, record_type="service", partner_id="C01")
            bought(session, "a", f"n{month}", at(month), 5, None, partner_id=None)  # nobody is paid
        bought(session, "a", "p2", at(2), 30, "P2", yes)
        bought(session, "a", "p3", at(3), 90, "P2", yes)
        bought(session, "a", "x3", at(3), 700, "P2", no)  # a phone bought there is no bill
        bought(session, "a", "r1", at(1), -20, "P1", record_type="return")
    rows = made(payment_habits, warehouse, MARCH)
    cent = Decimal("0.0001")
    assert recurring(warehouse) == [
        ("a", 1, "C01", None, "partner C01", "rhythm", 3, 3, 150, Decimal(50)),
        ("a", 2, "A01", "P2", "telecom", "mark", 2, 2, 120, Decimal(40)),
        ("a", 3, "A01", "P1", "home", "rhythm", 3, 3, 60, Decimal(20)),
    ]
    spend = 150 + 120 + 60 + 15 + 700
    assert Decimal(str(rows["recurring_amount"][0])).quantize(cent) == 110
    assert rows[["recurring_payees", "spend"]].to_numpy().tolist() == [[3, spend]]
    assert rows["recurring_share"][0] == pytest.approx(330 / spend)


def test_the_first_months_have_no_rhythm_but_marks(warehouse: Warehouse):
    with warehouse.session() as session:
        bought(session, "a", "1", at(1), 10, "P1")
        bought(session, "a", "2", at(1), 10, "P2", {"recurring": "yes"})
        bought(session, "a", "3", datetime(2020, 12, 28), 10, "P1")
    made(payment_habits, warehouse, "2021-01-01")  # history begins in December
    assert recurring(warehouse) == [("a", 1, "A01", "P2", None, "mark", 1, 1, Decimal(10), Decimal(5))]


def test_what_is_shown(warehouse: Warehouse):
    with warehouse.session() as session:
        bought(session, "a", "1", at(3), 40)
    *_, done = results(payment_habits, warehouse, MARCH)
    assert done.metadata["small below"] == 10.0
    *_, done = results(payment_habits, warehouse, "2021-02-01")
    assert done.metadata["small below"] == 0.0 and done.metadata["dagster/row_count"] == 0
