"""Receipt lines for ``product_days.sql`` and ``first_purchase_features.sql``: rows, a warehouse, a random shop."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import SNAPSHOT, insert, line, warehouse

MADE = ("receipts", "product_days", "feature_table", "first_purchase_features")


def basket(customer, receipt_id, at, *products, **given):
    """The lines of one receipt: products, or (product, amount)."""
    parts = [p if isinstance(p, tuple) else (p, Decimal("10.00")) for p in products]
    return [
        line(customer, receipt_id, at, product, line_no=i + 1, amount=Decimal(amount), **given)
        for i, (product, amount) in enumerate(parts)
    ]


def shop_of(lines, products=()):
    """A warehouse with these lines and products (product_id, category_major)."""
    session = warehouse([])
    insert(session, "raw_transactions", list(lines))
    insert(session, "products", [{"product_id": p, "category_major": c} for p, c in products])
    return session


def make(session: Session, snapshot: Snapshot = SNAPSHOT, new_customer_max_receipts=3):
    """Every table of ``MADE`` from the lines as they are now; the last two of the snapshot's month."""
    for (month,) in session.rows("select distinct month from raw_transactions order by month"):
        for table in MADE[:2]:
            replace(session, table, month=month, count_wallet_as_purchase=False)
    lifecycles.count(session, snapshot, new_customer_max_receipts)
    for table in MADE[2:]:
        replace(session, table, **snapshot.parameters)


def replace(session: Session, table: str, **parameters):
    contract = CONTRACTS[table]
    staged = session.stage(contract, read_query(table), **parameters)
    assert session.violations(contract, staged) == []
    session.replace(contract, staged, "month = :month", month=parameters["month"])


def table_rows(session: Session, table: str, month=SNAPSHOT.month):
    """Rows of a month by customer and cut-off."""
    result = session.execute(f"select * from {table} where month = :month order by customer_id, cutoff", month=month)
    names = [d[0] for d in result.description]
    return {(r["customer_id"], r["cutoff"]): r for r in (dict(zip(names, v, strict=True)) for v in result.fetchall())}


def described(lines, products=(), **given):
    """``first_purchase_features`` of these lines, by customer and cut-off."""
    session = shop_of(lines, products)
    make(session, **given)
    return table_rows(session, "first_purchase_features")


def random_lines(seed=11, customers=120):
    """Few days, hours, products and amounts, so that ties and repeats abound; lines without product, quantity or worth,
    services beside products on one receipt, receipts past midnight, returns and wallet payments."""
    draw = random.Random(seed)
    products = [f"P{i}" for i in range(9)]
    lines = [line("W", "800000000000000", datetime(2020, 12, 1), None, record_type="wallet", quantity=None)]
    for i in range(customers):
        customer = f"C{i:03d}"
        for j in range(draw.choice([1, 2, 3, 4, 4, 5, 7])):
            day = date(2020, 12, 1) + timedelta(days=draw.choice([0, 1, 3, 29, 31, 32, 45, 62, 62, 95, 119, 130]))
            at = datetime(day.year, day.month, day.day, draw.choice([9, 9, 18, 23]))
            number = f"{draw.choice('AB')}{j:03d}"
            kinds = draw.choice([["product"], ["product"], ["product", "service"], ["service"]])
            for kind in kinds:
                for line_no in range(1, draw.choice([2, 2, 3, 5, 8])):
                    # A product is first sold on a day of its own.
                    known = [p for k, p in enumerate(products) if (day - date(2020, 12, 1)).days >= 8 * k]
                    past_midnight = timedelta(hours=draw.choice([0, 0, 2])) if day.day < 20 else timedelta()
                    lines.append(
                        line(
                            customer,
                            number,
                            at + past_midnight,
                            draw.choice([*known, *known, *known, None]) if kind == "product" else None,
                            line_no=line_no,
                            quantity=draw.choice([None, 0, 1, 1, 2, 6]) if kind == "product" else None,
                            amount=Decimal(draw.choice([0, -300, 95, 100, 100, 103, 108, 250, 600, 1999])) / 100,
                            record_type=kind,
                        )
                    )
        if draw.random() < 0.3:
            at = datetime(2020, 12, 1) + timedelta(days=draw.randrange(130), hours=12)
            lines.append(line(customer, f"9{i:014d}", at, None, record_type="wallet", quantity=None))
            lines.append(line(customer, "R1", at, "P0", record_type="return", quantity=-1, amount=Decimal(-1)))
    unique = {(r["month"], r["customer_id"], r["receipt_id"], r["record_type"], r["line_no"]): r for r in lines}
    categories = ["food", "food", "toys", None, "toys", "food", "food", "toys", None]
    return list(unique.values()), list(zip(products, categories, strict=True))
