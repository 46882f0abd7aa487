"""A shop of cooks and readers, for tests of recommendations: what each bought in which month, its type and its band."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm_assets.contracts import CONTRACTS
from crm_assets.months import last_day
from crm_assets.receipts.calendar import calendar_days
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.prediction.feature_shop import insert

START = date(2021, 1, 1)
FEBRUARY, MARCH = date(2021, 2, 1), date(2021, 3, 1)
COOKING, READING = ("P1", "P2", "P3", "P4"), ("Q1", "Q2", "Q3", "Q4")
PRODUCTS = [
    {
        "product_id": p,
        "name": f"{'pan' if p[0] == 'P' else 'book'} {p}",
        "category_major": kind,
        "category_middle": None,
    }
    for kind, ids in (("kitchen", COOKING), ("books", READING))
    for p in ids
]


GROUPS = ((20, (0, 1)), (12, (0, 1, 2)), (16, (0, 3)))  # customers, which of the four of their kind in January


def purchases() -> list[dict[str, object]]:
    """Every other one cooks, the others read. The first twenty buy in March what those after them had with the same
    two: the third of their kind, though more have the fourth."""
    rows, first = [], 0
    for size, articles in GROUPS:
        for n in range(first, first + size):
            ids = COOKING if n % 2 == 0 else READING
            rows += [bought(f"C{n:03}", ids[article], START) for article in articles]
            if first == 0:
                rows.append(bought(f"C{n:03}", ids[2], MARCH))
        first += size
    return rows


def bought(customer: str, product: str, month: date, day: int = 5, receipts: int = 1) -> dict[str, object]:
    """One row of article_purchases."""
    return {
        "month": month,
        "customer_id": customer,
        "product_id": product,
        "receipts": receipts,
        "last_date": month.replace(day=day),
    }


def typed(month: date, customer: str, segment: str | None, lifecycle: str = "existing") -> dict[str, object]:
    """One row of customer_types."""
    return {
        "month": month,
        "as_of": last_day(month),
        "customer_id": customer,
        "lifecycle": lifecycle,
        "receipts": 4,
        "segment_id": segment,
        "segment_name": segment,
        "source": "assigned" if segment else "none",
        "state": segment or "untyped",
    }


def stock(warehouse: Warehouse, rows: list[dict[str, object]], more: tuple[str, ...] = ()) -> None:
    """Put purchases into the warehouse, with products, calendar, and in every month the type and band of everybody.

    Args:
        more: customers who bought no article.
    """
    with warehouse.session() as session:
        days = calendar_days(date(2020, 12, 27))  # where the history of the default source starts
        session.replace(CONTRACTS["calendar"], session.stage_frame(CONTRACTS["calendar"], days))
        insert(session, "products", PRODUCTS)
        insert(session, "article_purchases", rows)
        everybody = sorted({str(row["customer_id"]) for row in rows} | {*more})
        for month in (START, FEBRUARY, MARCH):
            _describe(session, month, everybody)


def _describe(session: Session, month: date, everybody: list[str]) -> None:
    kind = {c: "cooks" if int(c[1:]) % 2 == 0 else "readers" for c in everybody}
    insert(session, "customer_types", [typed(month, c, kind[c]) for c in everybody])
    regions = [{"customer_id": c, "region": "south" if kind[c] == "cooks" else "north"} for c in everybody]
    if not session.scalar("select count(*) from customers"):
        insert(session, "customers", regions)
    prices = [
        {"month": month, "product_id": p["product_id"], "date": month, "lines": 1, "priced_lines": 1,
         "log_unit_price": Decimal(n), "earlier_priced_lines": 0, "earlier_log_unit_price": Decimal(0)}
        for n, p in enumerate(PRODUCTS)
    ]  # fmt: skip
    insert(session, "product_days", prices)
