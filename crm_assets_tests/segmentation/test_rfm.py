"""RFM scores: tie-safe quintiles, exact bands, the window."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
import yaml

from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot
from crm_assets.receipts.calendar import calendar_days
from crm_assets.segmentation.rfm import CELL_COLUMNS, BandTableError, cell_rows, read_schemes
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.rows import frame_of, row
from crm_assets_tests.segmentation.rfm_by_hand import BANDS, standard11, with_groups

REFERENCE = Settings.read({}).reference


def test_the_bands_cover_all_125_cells_once_as_s4_printed_them():
    cells = {band.name: len(band.cells) for band in read_schemes(REFERENCE)["rfm_band"].groups}
    assert list(cells.values()) == [6, 19, 8, 17, 13, 12, 15, 10, 20, 5]
    assert sum(cells.values()) == 125


def test_both_schemes_place_every_cell_as_written():
    """Cell by cell, against S4's table and the appendix of the SPEC."""
    schemes = read_schemes(REFERENCE)
    every = [100 * r + 10 * f + m for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]
    s4 = {cell: next(name for low, name in BANDS if cell >= low) for cell in every}
    assert {cell: g.name for cell, g in schemes["rfm_band"].of_cell.items()} == s4
    assert {cell: g.name for cell, g in schemes["rfm_band_standard11"].of_cell.items()} == standard11()
    assert sorted(standard11()) == every


def test_what_s4_leaves_without_a_strategy_gets_ours_and_says_so():
    strategies = {band.name: band.strategy.source for band in read_schemes(REFERENCE)["rfm_band"].groups}
    assert {name for name, source in strategies.items() if source == "ours"} == {"Need Attention", "Hibernating"}
    assert {band.description.source for band in read_schemes(REFERENCE)["rfm_band"].groups} == {"S4"}


def test_s1_names_the_first_two_grades_and_we_the_others():
    grades = read_schemes(REFERENCE)["rfm_grade"].groups
    assert [(g.name, g.ko) for g in grades if g.named_by == "S1"] == [("HHH", "VIP"), ("HHL", "잠재충성")]
    assert [g.ko for g in grades[2:]] == [
        "고액 신규", "신규 관심", "이탈 위험 VIP", "이탈 위험 단골", "이탈 위험 고액", "휴면",
    ]  # fmt: skip


def edited(folder: Path, scheme: str, edit) -> Path:
    """The reference folder with one scheme changed in place by ``edit``."""
    shutil.copytree(REFERENCE / "rfm", folder / "rfm")
    path = folder / "rfm" / f"{scheme}.yaml"
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(rows)
    path.write_text(yaml.safe_dump(rows, allow_unicode=True), encoding="utf-8")
    return folder


def change(**values):
    return lambda rows: rows[0].update(values)


@pytest.mark.parametrize(
    ("scheme", "edit", "fault"),
    [
        ("rfm_band", change(scores=[544, 555]), "544 is in .*VIP.*Loyal"),
        ("rfm_band", change(scores=[546, 555]), "545 is in no band"),
        ("rfm_band_standard11", change(cells=[555]), "445 is in no band"),
        ("rfm_band_standard11", change(cells=[555, 555, 554, 544, 545, 454, 455, 445]), "555 is in .*Champions"),
        ("rfm_band_standard11", change(cells=[556]), "556.* no cells"),
        ("rfm_band", change(cells=[555]), "scores and cells both"),
        ("rfm_band", change(promise={"v": [1, 2]}), r"'v'\] are no scores"),
        ("rfm_band", change(promise={"r": [0, 2]}), "no range of scores"),
        ("rfm_band", change(name="At-Risk"), "At-Risk.* twice"),
        ("rfm_grade", change(name="HHM"), "give each of"),
        ("rfm_type", change(rule={"r": [1, 5], "f": [4, 5], "m": [4, 5]}), "core.*lapsed_core"),
        ("rfm_type", change(colour="red"), "colour"),
    ],
)
def test_a_scheme_that_cannot_place_customers_is_refused_with_its_file(tmp_path: Path, scheme: str, edit, fault: str):
    with pytest.raises(BandTableError, match=f"(?s){scheme}.*{fault}"):
        read_schemes(edited(tmp_path, scheme, edit))


def receipts(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    """customer, receipt, day, amount."""
    contract, ordinary = CONTRACTS["receipts"], {"record_type": "product", "receipt_type": "number", "lines": 1}
    made = []
    for customer, receipt, written, amount in rows:
        day = date.fromisoformat(written)
        times = {"month": day.replace(day=1), "purchased_at": day, "purchase_date": day, "purchase_hour": 12}
        made.append(row(contract, customer_id=customer, receipt_id=receipt, amount=amount, **times, **ordinary))
    return frame_of(contract, made)


def scores(
    session: Session,
    rows: list[tuple[str, str, str, float]],
    month: date,
    window: int | None,
    *,
    returns: str = "apart",
) -> pd.DataFrame:
    contract = CONTRACTS["receipts"]
    with session.transaction():
        session.replace(contract, session.stage_frame(contract, receipts(rows)))
        days = CONTRACTS["calendar"]
        session.replace(days, session.stage_frame(days, calendar_days(date(2020, 1, 1))))
    session.reference("rfm_cells", CELL_COLUMNS, cell_rows(read_schemes(REFERENCE)))
    snapshot = Snapshot(month, date(2020, 12, 27), window)
    staged = session.stage(CONTRACTS["rfm_scores"], read_query("rfm_scores"), **snapshot.parameters, returns=returns)
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
    assert scores(session, rows, date(2021, 3, 1), 12, returns="netted")["monetary"].tolist() == [6.0, 0.0, 10.0]


@pytest.mark.parametrize("customers", [1, 2, 7, 60, 301])
def test_every_group_equals_pandas_with_ties_and_odd_and_even_sizes(session: Session, customers: int):
    """Few distinct values, so that medians and quintiles fall among equals."""
    draw, rows = random.Random(customers), []
    for i in range(customers):
        for j in range(draw.choice([1, 1, 2, 3, 8])):
            day = date(2021, 3, 1) - timedelta(days=draw.choice([0, 1, 40, 200]))
            rows.append((f"c{i:03}", f"r{i}-{j}", day.isoformat(), float(draw.choice([5, 10, 10, 250]))))
    made = scores(session, rows, date(2021, 3, 1), 12)
    wanted = with_groups(made[["recency_days", "frequency", "monetary"]])
    for column in ("rfm_score", "rfm_band", "rfm_band_standard11", "rfm_grade", "rfm_type"):
        assert made[column].tolist() == wanted[column].tolist(), column


def test_a_grade_is_at_or_above_the_median_of_an_even_number(session: Session):
    """Spend 1, 2, 4, 8: the median is 3 and nobody has it; 4 and 8 are above. Days 20, 20, 10, 5: median 15."""
    rows = [
        ("a", "1", "2021-03-11", 1.0),
        ("b", "2", "2021-03-11", 2.0),
        ("c", "3", "2021-03-21", 4.0),
        ("d", "4", "2021-03-26", 8.0),
    ]
    made = scores(session, rows, date(2021, 3, 1), 12)
    assert made["rfm_grade"].tolist() == ["LHL", "LHL", "HHH", "HHH"]  # all bought once, so all are at the median


@pytest.mark.parametrize(
    ("receipts_of", "expected"),
    [((9, 9, 900), "core"), ((9, 9, 1), "hesitant"), ((9, 1, 900), "new"), ((1, 9, 900), "lapsed_core")],
)
def test_the_types_of_s2(session: Session, receipts_of: tuple[int, int, int], expected: str):
    """One customer of a plain shape among twenty in the middle of everything."""
    recent, often, spent = receipts_of
    rows = [
        (f"c{i:02}", f"r{i}-{j}", f"2021-03-{5 + i // 2:02}", 10.0 + i / (j + 1)) for i in range(20) for j in range(3)
    ]
    day = "2021-03-31" if recent == 9 else "2021-03-01"
    rows += [("x", f"x{j}", day, spent / often) for j in range(often)]
    made = scores(session, rows, date(2021, 3, 1), 12)
    assert made.loc["x", "rfm_type"] == expected
