"""Receipts for ``feature_table.sql``: rows, a warehouse that holds them, what is made of them, a random shop."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.feature_table import FeatureTable
from crm_assets.defs.prediction.feature_table import CUTOFF_COLUMNS
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query
from crm_assets_tests import lifecycles

SNAPSHOT = Snapshot(month=date(2021, 3, 1), history_start=date(2020, 12, 1), window_months=12)
SIGNALS_START = date(2021, 1, 5)
KEPT = {"as_of": None, "1": 1, "2": 2, "3": 3}


def receipt_type(receipt_id):
    letters = re.findall(r"[A-Za-z]", receipt_id)
    return letters[0].upper() if letters else "number"


def receipt(customer, receipt_id, at, **given):
    """One row of receipts; what is not given is ordinary."""
    row = {
        "month": at.date().replace(day=1),
        "customer_id": customer,
        "receipt_id": receipt_id,
        "purchased_at": at,
        "purchase_date": at.date(),
        "purchase_hour": at.hour,
        "record_type": "product",
        "receipt_type": receipt_type(receipt_id),
        "channel": "offline",
        "partner_id": "A01",
        "branch_id": None,
        "lines": 1,
        "quantity": 1,
        "amount": Decimal("100.00"),
    }
    return {**row, **given}


def line(customer, receipt_id, at, product="P1", **given):
    """One row of raw_transactions; what is not given is ordinary."""
    row = {
        "month": at.date().replace(day=1),
        "customer_id": customer,
        "receipt_id": receipt_id,
        "line_no": 1,
        "purchased_at": at,
        "channel": "offline",
        "partner_id": "A01",
        "branch_id": None,
        "product_id": product,
        "quantity": 1,
        "amount": Decimal("10.00"),
        "record_type": "product",
    }
    return {**row, **given}


def wallet_payment(customer, at, receipt_id="800000000000001"):
    """One wallet row of raw_transactions."""
    return line(customer, receipt_id, at, None, partner_id="L00", quantity=None, record_type="wallet")


def calendar_rows(first, last):
    seasons = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring"}
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return [
        {
            "date": d,
            "day_number": (d - date(1970, 1, 1)).days,
            "month": d.replace(day=1),
            "year": d.year,
            "month_of_year": d.month,
            "day_of_month": d.day,
            "weekday": d.weekday(),
            "is_weekend": int(d.weekday() >= 5),
            "season": seasons.get(d.month, "summer" if d.month < 9 else "autumn"),
        }
        for d in days
    ]


def insert(session, table, rows):
    if rows:
        frame = pd.DataFrame(rows)
        if "quantity" in frame:
            frame["quantity"] = frame["quantity"].astype("Int64")
        session.connection.register("rows", frame)
        names = ", ".join(frame.columns)
        session.connection.execute(f"insert into {table} ({names}) select {names} from rows")
        session.connection.unregister("rows")


def warehouse(receipts, wallet=(), customers=(), signals=()):
    session = Session(duckdb.connect())
    session.ensure_tables()
    session.reference(
        "cutoffs",
        CUTOFF_COLUMNS,
        [(name, place, kept or 2**63 - 1) for place, (name, kept) in enumerate(KEPT.items())],
    )
    insert(session, "calendar", calendar_rows(date(2020, 12, 1), date(2021, 4, 30)))
    insert(session, "receipts", list(receipts))
    insert(session, "raw_transactions", list(wallet))
    insert(session, "customers", list(customers))
    insert(session, "daily_signals", list(signals))
    return session


def features(session, new_customer_max_receipts=3):
    """Rows of the staged table by (customer, cut-off); the contract must hold."""
    lifecycles.count(session, SNAPSHOT, new_customer_max_receipts)
    staged = session.stage(CONTRACTS["feature_table"], read_query("feature_table"), **SNAPSHOT.parameters)
    assert session.violations(FeatureTable, staged) == []
    result = session.execute(f"select * from {staged} order by customer_id, cutoff")
    names = [d[0] for d in result.description]
    return {(r["customer_id"], r["cutoff"]): r for r in (dict(zip(names, v, strict=True)) for v in result.fetchall())}


def random_shop(seed=7, customers=300):
    """Few hours, days and partners, so that ties abound; services without quantity; unknown channels and partners."""
    draw = random.Random(seed)
    receipts, wallet, people = {}, [], []
    for i in range(customers):
        customer = f"C{i:04d}"
        if i % 17:
            people.append(
                {
                    "customer_id": customer,
                    "gender": draw.choice(["female", "male", None]),
                    "age_band": draw.choice(["20대", "30대", None]),
                }
            )
        for j in range(draw.choice([1, 1, 2, 3, 4, 4, 5, 8, 20])):
            day = date(2020, 12, 1) + timedelta(days=draw.choice([0, 3, 5, 30, 36, 38, 60, 61, 89, 119, 120, 121, 150]))
            at = datetime(day.year, day.month, day.day, draw.choice([0, 5, 6, 8, 9, 12, 18, 19, 23]))
            kind = draw.choice(["product", "product", "service"])
            number = draw.choice([f"A{j:011d}", f"{j:08d}B{i:09d}", f"{j:015d}", f"e{j % 3:03d}"])
            row = receipt(
                customer,
                number,
                at,
                record_type=kind,
                channel=draw.choice(["offline", "online", None]),
                partner_id=draw.choice(["A01", "A02", "B01", None]),
                quantity=None if kind == "service" else draw.choice([None, 0, 1, 2, 3, 7]),
                amount=Decimal(draw.randrange(1, 10**7)) / 100,
            )
            receipts[row["month"], customer, number, kind] = row
        if draw.random() < 0.4:
            at = datetime(2020, 12, 1) + timedelta(days=draw.randrange(0, 150), hours=draw.choice([0, 12, 23]))
            wallet.append(wallet_payment(customer, at))
    signals = [
        {"date": SIGNALS_START + timedelta(days=i), "signal": name, "value": Decimal(draw.randrange(0, 9999)) / 4}
        for name in ("new_cases", "new_deaths", "tests")
        for i in range(120)
    ]
    return list(receipts.values()), wallet, people, signals
