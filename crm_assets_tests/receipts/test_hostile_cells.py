"""Hostile cells: through the quarantine, a spreadsheet and back they are what they were, and none is computed."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest

from crm_assets.receipts.quarantine import QuarantineError, open_counts, release, write_open_rows
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.hostile_corpus import GOOD, HUGE, SQL, line, text
from crm_assets_tests.receipts.hostile_shop import counts, loaded_ids, new_shop
from crm_assets_tests.receipts.test_intake import LINE, PDDE, Shop


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return new_shop(session, tmp_path)


def mended_round_trip(shop: Shop, folder: Path, **cells: str) -> None:
    """The open rows as a file, one cell of each mended, released and taken in; checks what a spreadsheet would see."""
    path = folder / "open.csv"
    write_open_rows(shop.session, shop.source, path, None, None)
    with path.open(encoding="utf-8-sig", newline="") as file:
        seen = [cell for row in csv.reader(file) for cell in row]
    computed = [cell for cell in seen if cell.startswith(tuple("=+-@\t\r\n|%＝＋－＠"))]
    assert all(re.fullmatch(r"[-+]?\d[\d.,]*", cell) for cell in computed)
    header, *rows = read_rows(path)
    write_rows(path, header, [[cells.get(n, c) for n, c in zip(header, row, strict=True)] for row in rows])
    released = release(shop.session, shop.source, shop.settings, path, date(2026, 1, 20))
    assert (released.rows, released.faulty) == (len(rows), {})
    assert shop.take_in().refused == {}
    assert open_counts(shop.session) == []


def quoted(rows: list[list[str]], end: str) -> bytes:
    """A file in which every cell is quoted."""
    made = io.StringIO()
    csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([PDDE, *rows])
    return made.getvalue().encode()


FORMULAS = ["=cmd|' /C calc'!A0", "+1+cmd", "-1+1", "@SUM(A1)", "|x", "%x", "\tx", "＝x", "-5", "+1,000"]
QUOTED = ["'", "''two", "'=1", '"', 'a "b" c', "a,b", "한글 뷁", "a\nb", "\nb", "NULL", "a\0b", "\x1b[2J", "007", SQL]


@pytest.mark.parametrize(
    ("values", "end"),
    [
        (FORMULAS, "\n"),
        (QUOTED, "\n"),
        (["a\r\nb", "plain"], "\r\n"),
        (["a\rb", "plain"], "\r"),
        (["x" * 200_000], "\n"),
    ],
    ids=["formulas", "quotes", "\\r\\n in a cell", "\\r in a cell", "a long cell"],
)
def test_hostile_cells_come_back_from_the_quarantine_as_they_were(shop: Shop, values: list[str], end: str):
    rows = [[f"C{number}", value, *LINE[2:5], value, *LINE[6:9], "0"] for number, value in enumerate(values)]
    (shop.landing / "PDDE.csv").write_bytes(quoted([LINE, *rows], end))
    shop.take_in()
    assert shop.reasons() == {"bad_quantity": len(values)}
    mended_round_trip(shop, shop.landing.parent, buy_ct="1")
    lines = shop.lines("2021-07-01").set_index("customer_id")
    found = lines.loc[[row[0] for row in rows], ["receipt_id", "product_id"]].to_numpy().tolist()
    assert found == [[value.strip("\t")] * 2 for value in values], "blanks and tabs around an id are no part of it"


def test_rows_too_short_come_back_once_their_cells_are_filled(shop: Shop):
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, "=M2,too,short"))
    shop.take_in()
    mended_round_trip(shop, shop.landing.parent, **dict(zip(PDDE, ["M2", *LINE[1:]], strict=True)))
    assert ("M2", LINE[1]) in loaded_ids(shop)


def test_a_row_that_stays_unreadable_does_not_put_another_in_the_place_of_the_mended_one(shop: Shop):
    """One mended row is too long for the engine; of the two after it, only the second was mended."""
    rows = [line("long", pd_c=HUGE), line("faulty", buy_am="0"), line("mended", buy_am="0")]
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, *rows))
    shop.take_in()
    assert shop.reasons() == {"unreadable": 1, "zero_amount": 2}
    path = shop.landing.parent / "open.csv"
    write_open_rows(shop.session, shop.source, path, None, None)
    header, *listed = read_rows(path)
    at = header.index
    for row in listed:
        if row[at("crm_reason")] == "unreadable":
            for name, cell in zip(PDDE, rows[0].split(","), strict=True):
                row[at(name)] = cell
        if row[at("cust")] == "mended":
            row[at("buy_am")] = "700"
    write_rows(path, header, listed)
    release(shop.session, shop.source, shop.settings, path, date(2026, 1, 20))
    assert shop.take_in().refused == {}
    assert ("mended", LINE[1]) in loaded_ids(shop) and ("faulty", LINE[1]) not in loaded_ids(shop)


@pytest.mark.parametrize("stem", ["P" * 240, "가" * 80], ids=["ASCII", "Korean"])
def test_rows_of_a_file_with_the_longest_name_can_be_mended_or_it_is_said_why_not(shop: Shop, stem: str):
    name = f"PDDE{stem}.csv"
    (shop.landing / name).write_bytes(text(GOOD, line(buy_ct="0")))
    shop.take_in()
    assert counts(shop, name)["quarantined"] == 1
    try:
        mended_round_trip(shop, shop.landing.parent, buy_ct="1")
        assert ("M2", LINE[1]) in loaded_ids(shop)
    except QuarantineError as error:
        assert "name" in str(error)
