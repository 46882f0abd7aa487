"""RFM scores: tie-safe quintiles, exact bands, the window."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from crm_assets.calendar import calendar_days
from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot
from crm_assets.rfm import BandTableError, read_bands
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query

REFERENCE = Settings.read({}).reference


def test_the_bands_cover_all_125_cells_once_as_s4_printed_them():
    cells = {band.name: band.cells for band in read_bands(REFERENCE)}
    assert list(cells.values()) == [6, 19, 8, 17, 13, 12, 15, 10, 20, 5]
    assert sum(cells.values()) == 125


@pytest.mark.parametrize(("low", "fault"), [(544, "VIP.*Loyal"), (546, "545 is in no band")])
def test_a_gap_or_an_overlap_of_the_bands_is_named(tmp_path: Path, low: int, fault: str):
    rows = yaml.safe_load((REFERENCE / "rfm_bands.yaml").read_text())
    rows[0]["low"] = low
    (tmp_path / "rfm_bands.yaml").write_text(yaml.safe_dump(rows))
    with pytest.raises(BandTableError, match=fault):
        read_bands(tmp_path)


def receipts(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    """customer, receipt, day, amount."""
    days = pd.to_datetime([day for _, _, day, _ in rows])
    return pd.DataFrame(
        {
            "month": days.to_period("M").start_time,
            "customer_id": [c for c, *_ in rows],
            "receipt_id": [r for _, r, *_ in rows],
            "purchased_at": days,
            "purchase_date": days,
            "purchase_hour": 12,
            "record_type": "product",
            "receipt_type": "number",
            "channel": "offline",
            "partner_id": "A01",
            "branch_id": "B1",
            "lines": 1,
            "quantity": 1.0,
            "amount": [a for *_, a in rows],
        }
    )


def scores(
    session: Session, rows: list[tuple[str, str, str, float]], month: date, window: int | None, *, net: int = 0
) -> pd.DataFrame:
    contract = CONTRACTS["receipts"]
    with session.transaction():
        session.replace(contract, session.stage_frame(contract, receipts(rows)))
        days = CONTRACTS["calendar"]
        session.replace(days, session.stage_frame(days, calendar_days(date(2020, 1, 1))))
    bands = [(b.name, b.low, b.high) for b in read_bands(REFERENCE)]
    session.reference("rfm_bands", {"name": "varchar", "low": "bigint", "high": "bigint"}, bands)
    snapshot = Snapshot(month, date(2020, 12, 27), window)
    staged = session.stage(CONTRACTS["rfm_scores"], read_query("rfm_scores"), **snapshot.parameters, net_returns=net)
    assert session.violations(CONTRACTS["rfm_scores"], staged) == []
    return session.frame(f"select * from {staged} order by customer_id").set_index("customer_id")


def test_equal_values_get_equal_scores(session: Session):
    """Nine customers with one receipt and one with two: quintiles by row order would split the nine."""
    rows = [(f"c{i}", f"r{i}", "2021-03-05", 10.0) for i in range(9)] + [
        ("d", "x", "2021-03-05", 5.0),
        ("d", "y", "2021-03-20", 5.0),
    ]
    made = scores(session, rows, date(2021, 3, 1), 12)
    assert made.loc["c0":"c8", "f_score"].tolist() == [1] * 9
    assert made.loc["d", ["f_score", "r_score"]].tolist() == [5, 5]
    assert made["m_score"].tolist() == [1] * 10  # all spent 10
    assert made.loc["d", ["recency_days", "recency_from_start_days", "frequency", "visit_days"]].tolist() == [
        11,
        83,
        2,
        2,
    ]
    assert made.loc["d", "rfm_score"] == 551


def test_the_window_forgets_and_the_future_is_not_read(session: Session):
    rows = [
        ("a", "1", "2021-01-10", 1.0),
        ("a", "2", "2021-03-10", 2.0),
        ("b", "3", "2021-01-11", 4.0),
        ("c", "4", "2021-04-01", 8.0),
    ]
    assert scores(session, rows, date(2021, 3, 1), 2).index.tolist() == ["a"]
    whole = scores(session, rows, date(2021, 3, 1), None)
    assert whole["monetary"].to_dict() == {"a": 3.0, "b": 4.0}


def test_receipts_of_two_kinds_with_one_number_are_two(session: Session):
    frame = receipts([("a", "1", "2021-01-10", 1.0), ("a", "1", "2021-01-10", 2.0)])
    frame.loc[1, "record_type"] = "service"
    assert session.violations(CONTRACTS["receipts"], session.stage_frame(CONTRACTS["receipts"], frame)) == []


def test_returns_are_netted_by_option_and_no_further_than_nothing(session: Session):
    rows = [("a", "1", "2021-03-10", 10.0), ("b", "2", "2021-03-11", 10.0), ("c", "3", "2021-03-12", 10.0)]
    session.execute(
        """insert into raw_transactions (month, customer_id, receipt_id, line_no, purchased_at, amount, record_type)
        values ('2021-03-01', 'a', 'C1', 1, '2021-03-20', -4, 'return'),
            ('2021-03-01', 'b', 'C2', 1, '2021-03-20', -40, 'return'),
            ('2021-04-01', 'c', 'C3', 1, '2021-04-01', -4, 'return')"""
    )
    assert scores(session, rows, date(2021, 3, 1), 12)["monetary"].tolist() == [10.0, 10.0, 10.0]
    assert scores(session, rows, date(2021, 3, 1), 12, net=1)["monetary"].tolist() == [6.0, 0.0, 10.0]
