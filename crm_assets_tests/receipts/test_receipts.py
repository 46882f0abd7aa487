"""``receipts.sql``: the lines of a receipt in one row, returns left out, wallet payments by option."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.rows import frame_of, row

MONTH = date(2021, 3, 1)


def line(receipt_id: str, hour: int, **given: object) -> dict[str, object]:
    """A line of the day's receipts; what is not given is ordinary."""
    ordinary = {
        "month": MONTH,
        "customer_id": "C1",
        "receipt_id": receipt_id,
        "line_no": 1,
        "purchased_at": datetime(2021, 3, 5, hour),
        "quantity": 1,
        "amount": 100.0,
        "record_type": "product",
    }
    return row(CONTRACTS["raw_transactions"], **ordinary | given)


def receipts(session: Session, lines: list[dict[str, object]], count_wallet: bool = False) -> pd.DataFrame:
    """What the query makes of the lines; the contract must hold."""
    raw, contract = CONTRACTS["raw_transactions"], CONTRACTS["receipts"]
    with session.transaction():
        session.replace(raw, session.stage_frame(raw, frame_of(raw, lines)))
    staged = session.stage(contract, read_query("receipts"), month=MONTH, count_wallet_as_purchase=count_wallet)
    assert session.violations(contract, staged) == []
    return session.frame(f"select * from {staged} order by customer_id, receipt_id, record_type")


def test_lines_become_a_receipt_with_the_time_of_the_earliest(session: Session):
    lines = [line("A1", 12, quantity=2), line("A1", 10, line_no=2, amount=50.5), line("A2", 9, customer_id="C2")]
    made = receipts(session, lines)
    assert made["receipt_id"].tolist() == ["A1", "A2"]
    first = made.iloc[0]
    assert (first["purchase_hour"], first["lines"], first["quantity"], first["amount"]) == (10, 2, 3.0, 150.5)
    assert first["purchased_at"] == pd.Timestamp(2021, 3, 5, 10)


def test_returns_are_no_receipts_and_wallet_payments_only_by_option(session: Session):
    lines = [line("A1", 10), line("A1", 10, record_type="return", amount=-100.0), line("W1", 11, record_type="wallet")]
    assert receipts(session, lines)["receipt_id"].tolist() == ["A1"]
    assert receipts(session, lines, count_wallet=True)["receipt_id"].tolist() == ["A1", "W1"]


def test_lines_of_other_months_stay_out(session: Session):
    later = line("A2", 10, month=date(2021, 4, 1), purchased_at=datetime(2021, 4, 1, 10))
    assert receipts(session, [line("A1", 10), later])["receipt_id"].tolist() == ["A1"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("A02199868530", "A"),
        ("21013008C012345678", "C"),
        ("210130081234567", "number"),
        ("c536379", "C"),
        ("12-34", "number"),
    ],
)
def test_the_receipt_type_is_the_first_letter_of_the_number(session: Session, number: str, kind: str):
    assert receipts(session, [line(number, 10)])["receipt_type"].tolist() == [kind]
