"""``weekday_sales``: three receipts counted by hand, made by the asset as Dagster makes it."""

from datetime import date, datetime

import dagster as dg
import pytest
from crm_assets.defs.receipts.weekday_sales import every_receipt_once, weekday_sales

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import Refused
from crm_assets.receipts.calendar import calendar_days
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import at_work, made, results

MONTH = "2021-03-01"


@pytest.fixture
def shop(warehouse: Warehouse) -> Warehouse:
    """Two receipts of customer a on Mondays, one of b on a Sunday, one of b in another month."""
    bought = {"A1": ("a", datetime(2021, 3, 1)), "A2": ("a", datetime(2021, 3, 8)), "B1": ("b", datetime(2021, 3, 7))}
    with warehouse.session() as session:
        calendar = CONTRACTS["calendar"]
        with session.transaction():
            session.replace(calendar, session.stage_frame(calendar, calendar_days(date(2020, 12, 1))))
        for receipt, (customer, at) in {**bought, "B2": ("b", datetime(2021, 4, 5))}.items():
            session.execute(
                """insert into receipts (month, customer_id, receipt_id, purchased_at, purchase_date, amount)
                values (:month, :customer, :receipt, :at, :day, 10)""",
                month=at.date().replace(day=1),
                customer=customer,
                receipt=receipt,
                at=at,
                day=at.date(),
            )
    return warehouse


def test_by_hand(shop: Warehouse):
    rows = made(weekday_sales, shop, MONTH)
    assert rows[["weekday", "customers", "receipts", "amount"]].to_numpy().tolist() == [[0, 1, 2, 20], [6, 1, 1, 10]]


def test_a_month_that_lacks_a_receipt_is_refused(shop: Warehouse):
    with shop.session() as session:
        session.execute("delete from calendar where date = date '2021-03-07'")
    with pytest.raises(Refused, match=r"2021-03: The days of the week have 2 receipts, the month 3\. The month keeps"):
        list(results(weekday_sales, shop, MONTH))


def test_the_picture(shop: Warehouse):
    *_, done = results(weekday_sales, shop, MONTH)
    assert isinstance(done, dg.MaterializeResult) and done.metadata["receipts"] == 3
    assert done.metadata["by day of the week"].value.count("▇") == 30
    with shop.session() as session:
        check = every_receipt_once(at_work(session, "weekday_sales", MONTH), "weekday_sales")
    assert check.passed
