"""A shop for the tests of dormancy: its features by the project's own queries, receipts that a test states or draws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.dormancy_features import DormancyFeatures
from crm_assets.coverage import known_until
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.prediction.feature_shop import insert, receipt
from crm_assets_tests.rows import row

START = date(2020, 12, 1)


def snapshot(month: str) -> Snapshot:
    return Snapshot(date.fromisoformat(f"{month}-01"), START, 12)


def on(customer: str, *days: str) -> list[dict[str, object]]:
    """A receipt at noon of each day."""
    return [receipt(customer, f"A{customer}{d}", datetime.fromisoformat(f"{d}T12:00")) for d in days]


def every_day(first: str, last: str, *, but: Iterable[str] = ()) -> list[dict[str, object]]:
    """Somebody buys every day, so that the shop is seen to be open."""
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    kept = {day(first, i).isoformat() for i in range(days)} - set(but)
    return on("somebody", *sorted(kept))


def feature_row(customer: str, month: str, **given: object) -> dict[str, object]:
    """A row of dormancy_features; what is not given is ordinary."""
    of = snapshot(month)
    ordinary = {
        "rfm_grade": "HHH", "recency_days": 10, "frequency": 5, "visit_days": 5, "monetary": Decimal("500"),
        "age_days": 100, "horizon_days": 30, "receipts_30": 1, "receipts_60": 2, "receipts_90": 4,
        "receipt_amount_mean": 100.0, "receipt_lines_mean": 2.0, "last_receipt_amount": Decimal("100"),
        "last_receipt_lines": 2,
    }  # fmt: skip
    return row(DormancyFeatures, month=of.month, as_of=of.as_of, customer_id=customer, **{**ordinary, **given})


def answers(session: Session, month: str, horizon: int = 30) -> dict[tuple[str, str], int]:
    """(snapshot, customer) → dormant, as known at the end of a month."""
    of = snapshot(month)
    known = known_until(session, of.month, of.as_of)
    parameters = {**of.parameters, "dormancy_horizon_days": horizon, "known_until": known}
    rows = session.rows(read_query("dormancy_answers"), **parameters)
    return {(f"{m:%Y-%m}", customer): dormant for m, customer, dormant in rows}


def add(session: Session, table: str, rows: Iterable[dict[str, object]]) -> None:
    assert table in CONTRACTS
    insert(session, table, list(rows))


def drawn_features(size: int = 4_000, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Customers whose dormancy hangs on recency and frequency, by a logistic law of its own; the rest is noise."""
    rng = np.random.default_rng(seed)
    frequency = 1 + rng.poisson(3, size)
    recency = rng.integers(0, 200, size)
    age = recency + rng.integers(0, 160, size)
    frame = pd.DataFrame(
        {
            "month": pd.Timestamp("2021-03-01"),
            "customer_id": [f"C{i:05}" for i in range(size)],
            "rfm_grade": np.where(recency < 90, "HHH", "LLL"),
            "recency_days": recency,
            "frequency": frequency,
            "visit_days": np.maximum(1, frequency - 1),
            "monetary": rng.lognormal(5, 1, size),
            "age_days": age,
            "lateness": recency / 20,
            "p_alive": rng.uniform(0.2, 0.9, size),
            "p_silent": rng.uniform(0.1, 0.9, size),
            "receipts_30": rng.poisson(1, size),
            "receipts_60": rng.poisson(2, size),
            "receipts_90": rng.poisson(3, size),
            "receipt_amount_mean": rng.lognormal(3, 1, size),
            "receipt_lines_mean": 1 + rng.poisson(2, size),
            "unit_amount": rng.lognormal(2, 1, size),
            "last_receipt_amount": rng.lognormal(3, 1, size),
            "last_receipt_lines": 1 + rng.poisson(2, size),
        }
    )
    odds = 0.9 * (np.log1p(recency) - 4) - 1.2 * (np.log(frequency) - 1.2)
    return frame, (rng.random(size) < 1 / (1 + np.exp(-odds))).astype(int)


def day(text: str, plus: int = 0) -> date:
    return date.fromisoformat(text) + timedelta(days=plus)
