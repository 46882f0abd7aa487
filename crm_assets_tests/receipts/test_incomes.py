"""Incomes: from a mapped file to a row per customer, day and kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.receipts.sources import FileMapping
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import Shop

MAPPING = FileMapping.model_validate(
    {
        "match": "incomes_*.csv",
        "loads": "incomes",
        "columns": {"customer_id": "cust", "received_on": "day", "kind": "kind", "amount": "amount"},
    }
)
HEADER = ["cust", "day", "kind", "amount"]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    made = Shop(session, tmp_path, "lpoint")
    made.source = made.source.model_copy(update={"files": (*made.source.files, MAPPING)})
    return made


def found(shop: Shop) -> list[tuple[str, str, str, float]]:
    rows = shop.dimension("incomes").sort_values(["customer_id", "received_on", "kind"])
    return [(r.customer_id, f"{r.received_on:%Y-%m-%d}", r.kind, float(r.amount)) for r in rows.itertuples()]


def test_one_row_for_a_day_and_a_kind_the_last_that_was_delivered(shop: Shop):
    pay = ["M1", "20210725", "급여"]
    shop.land(
        "incomes_1.csv", [[*pay, "3,100,000"], ["M1", "20210725", "수당", "50000"], ["M2", *pay[1:], "0"]], HEADER
    )
    shop.land("incomes_2.csv", [[*pay, "3000000"]], HEADER)
    assert found(shop) == [
        ("M1", "2021-07-25", "급여", 3_000_000.0),
        ("M1", "2021-07-25", "수당", 50_000.0),
        ("M2", "2021-07-25", "급여", 0.0),
    ]


def test_what_one_delivery_has_in_rows_is_what_came_in_together(shop: Shop):
    pay = ["M1", "20210725", "수당"]
    shop.land("incomes_1.csv", [[*pay, "50000"], [*pay, "70000"], [*pay, "50000"]], HEADER)
    assert found(shop) == [("M1", "2021-07-25", "수당", 120_000.0)]  # an exact copy is a line that came twice
    shop.land("incomes_2.csv", [[*pay, "80000"]], HEADER)
    assert found(shop) == [("M1", "2021-07-25", "수당", 80_000.0)]


def test_what_is_no_income_lies_in_quarantine_with_its_reason(shop: Shop):
    pay = ["M1", "20210725", "급여"]
    rows = [
        [*pay, "100"],
        [*pay, "x"],
        [*pay, "-5"],
        ["", *pay[1:], "1"],
        [pay[0], "", pay[2], "1"],
        [*pay[:2], "", ""],
    ]
    shop.land("incomes_1.csv", rows, HEADER)
    assert shop.reasons() == {"bad_amount": 1, "negative_amount": 1, "no_key": 3}
    assert shop.ledger()[["rows", "loaded", "quarantined"]].to_numpy().tolist() == [[6, 1, 5]]
    assert found(shop) == [("M1", "2021-07-25", "급여", 100.0)]


def test_a_shop_without_incomes_has_none(shop: Shop):
    assert found(shop) == []
