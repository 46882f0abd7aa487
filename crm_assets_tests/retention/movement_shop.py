"""A shop of thirteen customers and four months, small enough to be counted by hand, for the tests of movement.

Receipts cost 10 each and are of the month's tenth day; RFM looks back on two months; the last month is March 2021.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import insert

MONTHS = [date(2020, 12, 1), date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1)]
FEBRUARY, MARCH = MONTHS[2:]

# customer: receipts of December, January, February, March; type assigned in January, February, March (- = none)
CUSTOMERS = {
    "stays": ([0, 2, 2, 2], "AAA"),
    "slips": ([0, 2, 2, 0], "AAB"),
    "lapses": ([0, 4, 0, 0], "BB-"),
    "returns": ([4, 0, 0, 1], "A-B"),
    "never typed": ([4, 0, 0, 0], "---"),
    "new, silent": ([0, 0, 1, 0], "---"),
    "new, buys": ([0, 0, 1, 1], "---"),
    "becomes A": ([0, 0, 2, 2], "--A"),
    "becomes B": ([0, 0, 3, 1], "--B"),
    "becomes untyped": ([0, 0, 3, 1], "---"),
    "first": ([0, 0, 0, 1], "---"),
    "first, at once A": ([0, 0, 0, 5], "--A"),
    "was untyped": ([0, 0, 4, 1], "--B"),
}
PREDICTED = {  # in February, in March
    "new, silent": "AB",
    "new, buys": "BB",
    "becomes A": "A-",
    "becomes B": "A-",
    "first": "-A",
}
BANDS = {"stays": ("VIP", "VIP"), "slips": ("VIP", "Promising")}  # everybody else is Promising in both


def snapshot(month: date) -> Snapshot:
    return Snapshot(month, MONTHS[0], 2)


def month_end(month: date) -> date:
    return snapshot(month).as_of


def receipts() -> list[dict[str, object]]:
    return [
        {
            "month": month,
            "customer_id": customer,
            "receipt_id": f"{customer}-{month}-{i}",
            "purchase_date": month + timedelta(days=9),
            "record_type": "product",
            "amount": Decimal(10),
        }
        for customer, (counts, _) in CUSTOMERS.items()
        for month, count in zip(MONTHS, counts, strict=True)
        for i in range(count)
    ]


def rfm(month: date) -> list[dict[str, object]]:
    place, rows = MONTHS.index(month), []
    for customer, (counts, _) in CUSTOMERS.items():
        window = counts[place - 1 : place + 1]
        if sum(window):
            last = month if window[1] else MONTHS[place - 1]
            recency = (month_end(month) - (last + timedelta(days=9))).days
            bands = BANDS.get(customer, ("Promising", "Promising"))
            rows.append(
                {
                    "month": month,
                    "customer_id": customer,
                    "recency_days": recency,
                    "frequency": sum(window),
                    "monetary": Decimal(10 * sum(window)),
                    "rfm_band": bands[place - 2],
                }
            )
    return rows


def types(month: date, given: dict[str, str], offset: int) -> list[dict[str, object]]:
    rows = []
    for customer, letters in given.items():
        letter = letters[MONTHS.index(month) - offset]
        if letter != "-":
            rows.append(
                {"month": month, "customer_id": customer, "segment_id": letter, "segment_name": f"type {letter}"}
            )
    return rows


def fill(session: Session, months: list[date] = MONTHS[2:]) -> None:
    """What customer_types reads, and customer_types of the given months."""
    insert(session, "receipts", receipts())
    assigned = {customer: letters for customer, (_, letters) in CUSTOMERS.items()}
    for month in MONTHS[1:]:
        insert(session, "cluster_assignments", types(month, assigned, 1))
    for month in MONTHS[2:]:
        insert(session, "rfm_scores", rfm(month))
        insert(session, "new_customer_predictions", types(month, PREDICTED, 2))
        lifecycles.count(session, snapshot(month))
    for month in months:
        publish(session, "customer_types", month)


def publish(session: Session, table: str, month: date, **parameters: object) -> pd.DataFrame:
    """Make a month of a table by its query, hold it against its contract, store it and return it."""
    contract = CONTRACTS[table]
    staged = session.stage(contract, read_query(table), **snapshot(month).parameters, **parameters)
    assert session.violations(contract, staged) == []
    with session.transaction():
        session.replace(contract, staged, "month = :month", month=month)
    return session.frame(f"select * exclude (month, as_of) from {table} where month = :month order by all", month=month)
