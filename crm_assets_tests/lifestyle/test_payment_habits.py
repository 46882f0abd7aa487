"""``payment_habits`` and ``recurring_payments``: by hand, and against pandas with exact decimals on a random shop."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from crm_assets.defs.lifestyle.payment_habits import payment_habits
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.prediction.feature_shop import insert, line

MARCH = "2021-03-01"
FOUR = Decimal("0.0001")


def paid(
    customer: str, receipt: str, month: int, amount: object, product: str | None = "P1", day: int = 5, **given: object
):
    return line(customer, receipt, datetime(2021, month, day, 12), product, amount=Decimal(str(amount)), **given)


def told(of: dict[str, object], name: str, value: str) -> dict[str, object]:
    """An attribute of a line."""
    own = ("month", "customer_id", "receipt_id", "record_type", "line_no")
    return {**{n: of[n] for n in own}, "name": name, "value": value}


def filled(warehouse: Warehouse, lines: list[dict[str, object]], attributes: list[dict[str, object]] = ()) -> Warehouse:
    with warehouse.session() as session:
        names = ("product_id", "name", "category_major", "category_middle")
        products = [("P1", "phone", "telecom", "mobile"), ("P2", "milk", "food", "dairy"), ("P3", "thing", None, None)]
        insert(session, "products", [dict(zip(names, p, strict=True)) for p in products])
        insert(session, "raw_transactions", lines)
        insert(session, "event_attributes", list(attributes))
    return warehouse


def payees(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with warehouse.session() as session:
        return session.rows(
            """select customer_id, payee_no, partner_id, product_id, category, amount, payments, months, last_paid_on,
            told_by from recurring_payments order by customer_id, payee_no"""
        )


def test_small_sums_and_the_card_at_hand(warehouse: Warehouse):
    at_home = paid("a", "3", 2, 40)
    lines = [
        paid("a", "1", 1, 10), paid("a", "1", 1, 10, "P2", line_no=2),  # one receipt of 20
        paid("a", "2", 2, 9.99, channel="online"),
        at_home,
        paid("a", "4", 2, -40, record_type="return"), paid("a", "5", 2, 1, record_type="wallet"), paid("a", "6", 2, 0),
        paid("b", "7", 3, 100, channel=None),  # nobody knows
        paid("c", "8", 4, 1), line("c", "9", datetime(2020, 12, 31), amount=Decimal(1)),  # outside of the months
    ]  # fmt: skip
    shop = filled(warehouse, lines, [told(at_home, "card_present", "no")])
    rows = made(payment_habits, shop, MARCH).set_index("customer_id")
    # Receipts of 9.99, 20, 40, 100: the median is 30, a quarter of it 7.50.
    assert rows["low_value_amount"].tolist() == [7.5, 7.5] and rows["low_value_receipts"].tolist() == [0, 0]
    a, b = rows.loc["a"], rows.loc["b"]
    assert (a["receipts"], a["known_receipts"], a["not_present_receipts"]) == (3, 3, 2)
    assert a["not_present_share"] == pytest.approx(2 / 3)
    assert b["known_receipts"] == 0 and pd.isna(b["not_present_receipts"]) and pd.isna(b["not_present_share"])
    rows = made(payment_habits, shop, MARCH, low_value_amount=20.0).set_index("customer_id")
    assert rows.loc["a", ["low_value_receipts", "low_value_amount"]].tolist() == [1, 20.0], "20 itself is not below"


def test_the_attribute_is_believed_before_the_channel(warehouse: Warehouse):
    lines = [paid("a", "1", 3, 5, channel="online"), paid("a", "2", 3, 5, channel="offline")]
    shop = filled(warehouse, lines, [told(lines[0], "card_present", "yes"), told(lines[1], "card_present", "no")])
    rows = made(payment_habits, shop, MARCH)
    assert rows[["known_receipts", "not_present_receipts"]].to_numpy().tolist() == [[2, 1]]


def monthly(customer: str, *amounts: object, product: str | None = "P1", **given: object) -> list[dict[str, object]]:
    """Payments from January on; several of a month stand in a tuple."""
    found = []
    for month, month_amounts in enumerate(amounts, 1):
        each = month_amounts if isinstance(month_amounts, tuple) else (month_amounts,)
        found += [
            paid(customer, f"{customer}{product}{month}{i}", month, amount, product, 5 + i, **given)
            for i, amount in enumerate(each)
        ]
    return found


def test_a_rhythm_by_hand(warehouse: Warehouse):
    shop = filled(
        warehouse,
        [
            *monthly("alike", 90, 100, 110),  # each 10 % from the mean of 100, no further
            *monthly("apart", "89.99", 100, 110),
            *monthly("twice", (50, 50), 50, (50, 50)),
            *monthly("often", (50, 50, 50), 50, 50),
            *[p for p in monthly("gap", 50, 50, 50) if p["month"] != date(2021, 2, 1)],
            *monthly("service", 7, 7, 7, product=None, partner_id="C01", record_type="service"),
            *monthly("nobody", 7, 7, 7, product=None, partner_id=None),
            *monthly("nameless", 8, 8, 8, product="P3", partner_id=None),
            *monthly("shops", 9, 9, partner_id="A01"),  # the same thing, of another partner
            paid("shops", "x", 3, 9, partner_id="A02"),
            *monthly("later", 9, 9, 0, 9),
        ],
    )
    rows = made(payment_habits, shop, MARCH).set_index("customer_id")
    fifth = date(2021, 3, 5)
    assert payees(shop) == [
        ("alike", 1, "A01", "P1", "telecom", Decimal(100), 3, 3, fifth, "rhythm"),
        ("nameless", 1, None, "P3", None, Decimal(8), 3, 3, fifth, "rhythm"),
        ("service", 1, "C01", None, "partner C01", Decimal(7), 3, 3, fifth, "rhythm"),
        ("twice", 1, "A01", "P1", "telecom", Decimal("83.3333"), 5, 3, date(2021, 3, 6), "rhythm"),
    ]
    columns = ["recurring_payees", "recurring_payments", "recurring_amount"]
    assert rows.loc["twice", columns].tolist() == [1, 5, 83.3333]
    assert rows.loc["gap", columns].tolist() == [0, 0, 0.0]


def test_what_the_source_tells_needs_no_rhythm(warehouse: Warehouse):
    lines = [*monthly("a", 30, 500, 40), paid("a", "more", 3, 60, day=20), *monthly("a", 20, 20, 20, product="P2")]
    flags = [told(lines[i], "recurring", "yes") for i in (0, 2, 3)] + [told(lines[1], "recurring", "no")]
    shop = filled(warehouse, lines, flags)
    rows = made(payment_habits, shop, MARCH)
    assert payees(shop) == [
        ("a", 1, "A01", "P1", "telecom", Decimal(65), 3, 2, date(2021, 3, 20), "source"),  # (30 + 40 + 60) ÷ 2 months
        ("a", 2, "A01", "P2", "food", Decimal(20), 3, 3, date(2021, 3, 5), "rhythm"),
    ]
    assert rows[["recurring_payees", "recurring_payments", "recurring_amount"]].to_numpy().tolist() == [[2, 6, 85.0]]


def test_what_was_not_paid_in_two_months_has_ended(warehouse: Warehouse):
    """A bill of January is nothing that March costs; one of February may be paid again."""
    lines = [paid("a", "january", 1, 70), paid("a", "february", 2, 40, "P2"), paid("b", "last", 1, 9, day=31)]
    shop = filled(warehouse, lines, [told(one, "recurring", "yes") for one in lines])
    rows = made(payment_habits, shop, MARCH).set_index("customer_id")
    assert [(p[0], p[3], p[5]) for p in payees(shop)] == [("a", "P2", Decimal(40))]
    assert rows["recurring_amount"].to_dict() == {"a": 40.0, "b": 0.0}


def test_one_month_shows_no_rhythm(warehouse: Warehouse, monkeypatch):
    monkeypatch.setattr("crm_assets.defs.table._require_those_of_the_load", lambda settings: None)
    shop = filled(warehouse, monthly("a", 50))
    made(payment_habits, shop, "2021-01-01", lifestyle_months=1)
    assert payees(shop) == []


def test_nobody_bought(warehouse: Warehouse):
    assert made(payment_habits, filled(warehouse, []), MARCH).empty and payees(warehouse) == []


def test_against_exact_decimals(warehouse: Warehouse):
    random.seed(7)
    lines, flags = [], []
    for number in range(900):
        base = random.choice([500, 1000, 1050])
        one = paid(
            random.choice("abcdefgh"), f"R{number}", random.choice([1, 2, 3]),
            Decimal(base) + Decimal(random.randrange(-4000, 4000)) / 100, random.choice(["P1", "P2", "P3", "P4", "P5"]),
            random.randrange(1, 28), partner_id=f"A{random.randrange(9)}",
            channel=random.choice(["online", "offline", None]),
        )  # fmt: skip
        lines.append(one)
        flags += [told(one, "card_present", random.choice(["yes", "no"]))] if random.random() < 0.5 else []
        flags += [told(one, "recurring", random.choice(["yes", "no"]))] if random.random() < 0.05 else []
    shop = filled(warehouse, lines, flags)
    rows = made(payment_habits, shop, MARCH).set_index("customer_id")
    amounts = sorted(one["amount"] for one in lines)
    low = ((amounts[449] + amounts[450]) / 8).quantize(FOUR, ROUND_HALF_UP)
    said = {(f["receipt_id"], f["name"]): f["value"] for f in flags}
    found = payees(shop)
    assert {p[-1] for p in found} == {"source", "rhythm"}
    for customer in "abcdefgh":
        own = [one for one in lines if one["customer_id"] == customer]
        assert rows.loc[customer, "receipts"] == len(own)
        assert rows.loc[customer, "low_value_amount"] == float(low)
        assert rows.loc[customer, "low_value_receipts"] == sum(one["amount"] < low for one in own)
        away = [_away(one, said) for one in own]
        assert rows.loc[customer, "known_receipts"] == sum(a is not None for a in away)
        assert rows.loc[customer, "not_present_receipts"] == sum(a is True for a in away)
        expected = _recurring(own, said)
        assert {p[2:4]: (p[5], p[6], p[-1]) for p in found if p[0] == customer} == expected
        assert rows.loc[customer, "recurring_amount"] == float(sum((e[0] for e in expected.values()), Decimal(0)))


def _away(one: dict[str, object], said: dict[tuple[str, str], str]) -> bool | None:
    given = said.get((one["receipt_id"], "card_present"))
    if given is not None:
        return given == "no"
    return None if one["channel"] is None else one["channel"] == "online"


def _recurring(own: list[dict[str, object]], said: dict[tuple[str, str], str]) -> dict[tuple[str, str], tuple]:
    found = {}
    for payee in {(one["partner_id"], one["product_id"]) for one in own}:
        of = [one for one in own if (one["partner_id"], one["product_id"]) == payee]
        flagged = [one for one in of if said.get((one["receipt_id"], "recurring")) == "yes"]
        by_month = pd.Series([one["month"] for one in of]).value_counts()
        mean = sum(one["amount"] for one in of) / len(of)
        alike = all(abs(one["amount"] - mean) <= mean / 10 for one in of)
        ended = bool(flagged) and max(one["purchased_at"] for one in flagged) < datetime(2021, 2, 1)
        kept = [] if ended else flagged or (of if len(by_month) == 3 and by_month.max() <= 2 and alike else [])
        if kept:
            months = len({one["month"] for one in kept})
            amount = (sum(one["amount"] for one in kept) / months).quantize(FOUR, ROUND_HALF_UP)
            found[payee] = (amount, len(kept), "source" if flagged else "rhythm")
    return found
