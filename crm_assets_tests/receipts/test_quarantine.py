"""The quarantine: its rows as a file to mend, and mended rows on their way back."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from crm_assets.receipts.quarantine import QuarantineError, Release, open_counts, release, write_open_rows
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import LINE, PDDE, Shop

NAME = "LPOINT_BIG_COMP_02_PDDE.csv"
FAULTY = [["", *LINE[1:]], ["M2", "=1+1", *LINE[2:8], "x", "1"], ["M3", "A3", *LINE[2:6], "2021-13-01", *LINE[7:]]]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    made = Shop(session, tmp_path, "lpoint")
    made.land(NAME, [LINE, *FAULTY])
    return made


def listed(shop: Shop, tmp_path: Path, **asked: str | None) -> Path:
    path = tmp_path / "open.csv"
    asked = {"file_name": None, "reason": None, **asked}
    write_open_rows(shop.session, shop.source, path, asked["file_name"], asked["reason"])
    return path


def mend(path: Path, **cells: dict[str, str]) -> Path:
    """Write new cells into the rows, by reason."""
    header, *rows = read_rows(path)
    for row in rows:
        for column, value in cells.get(row[header.index("crm_reason")], {}).items():
            row[header.index(column)] = value
    write_rows(path, header, rows)
    return path


def send(shop: Shop, path: Path) -> Release:
    return release(shop.session, shop.source, shop.settings, path, date(2026, 1, 20))


def test_rows_are_listed_as_they_stood(shop: Shop, tmp_path: Path):
    assert open_counts(shop.session) == [(NAME, r, 1) for r in ("bad_amount", "no_customer", "no_date")]
    header, *rows = read_rows(listed(shop, tmp_path))
    assert header == ["crm_content_hash", "crm_row_no", "crm_reason", *PDDE, "crm_line"]
    assert sorted((row[1], row[3:-1]) for row in rows) == [(str(n), row) for n, row in enumerate(FAULTY, 2)]
    assert "'=1+1" in listed(shop, tmp_path).read_text(encoding="utf-8-sig")


def test_mended_rows_become_receipts(shop: Shop, tmp_path: Path):
    path = mend(listed(shop, tmp_path), no_customer={"cust": "M9"}, no_date={"de_dt": "20210731"})
    done = send(shop, path)
    assert (done.rows, done.faulty) == (2, {"bad_amount": 1})
    assert open_counts(shop.session) == [(NAME, r, 1) for r in ("bad_amount", "no_customer", "no_date")], "not yet"
    assert shop.take_in().loaded == [done.path.name]
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M3", "M9"]
    assert open_counts(shop.session) == [(NAME, "bad_amount", 1)]
    ledger = shop.ledger()[["rows", "loaded", "duplicates", "quarantined"]].to_numpy().tolist()
    assert ledger == [[4, 1, 0, 3], [2, 2, 0, 0]]


def test_a_warehouse_made_anew_has_the_mended_rows(shop: Shop, tmp_path: Path):
    send(shop, mend(listed(shop, tmp_path), no_customer={"cust": "M9"}))
    shop.take_in()
    expected = shop.lines("2021-07-01")
    for table in ("landed_files", "landed_months", "quarantine", "released_rows"):
        shop.session.execute(f"delete from {table}")
    shop.take_in()
    pd.testing.assert_frame_equal(shop.lines("2021-07-01"), expected)
    assert sum(rows for *_, rows in open_counts(shop.session)) == 2


def test_a_mended_duplicate_is_dropped(shop: Shop, tmp_path: Path):
    """A row that is mended into one that was loaded is the same receipt line, not a second one."""
    send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M1"}))
    shop.take_in()
    assert len(shop.lines("2021-07-01")) == 1
    assert shop.ledger()["duplicates"].tolist() == [0, 1]


def test_unreadable_rows_are_listed_with_their_text(shop: Shop, tmp_path: Path):
    with (shop.landing / NAME).open("a") as file:
        file.write("M4,too,short\n")
    shop.take_in()
    header, row = read_rows(listed(shop, tmp_path, reason="unreadable"))
    assert row[-1].strip() == "M4,too,short"
    mended = dict(zip(header, row, strict=True)) | dict(zip(PDDE, LINE, strict=True)) | {"cust": "M4"}
    path = tmp_path / "open.csv"
    write_rows(path, list(mended), [list(mended.values())])
    assert send(shop, path).rows == 1
    shop.take_in()
    assert "M4" in shop.lines("2021-07-01")["customer_id"].tolist()
    assert [reason for _, reason, _ in open_counts(shop.session)] == ["bad_amount", "no_customer", "no_date"]


def test_rows_that_are_faulty_still_land_nowhere(shop: Shop, tmp_path: Path):
    done = send(shop, listed(shop, tmp_path))
    assert (done.path, done.faulty) == (None, {"bad_amount": 1, "no_customer": 1, "no_date": 1})
    assert [p.name for p in shop.landing.iterdir()] == [NAME]


def test_a_row_is_released_once(shop: Shop, tmp_path: Path):
    path = mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"})
    send(shop, path)
    shop.take_in()
    with pytest.raises(QuarantineError, match=r"row 2 \(no_customer\) does not lie open.*released before"):
        send(shop, path)


def test_rows_of_a_file_that_was_corrected_are_refused(shop: Shop, tmp_path: Path):
    path = mend(listed(shop, tmp_path), no_customer={"cust": "M9"})
    shop.land(NAME, [LINE])
    assert open_counts(shop.session) == []
    with pytest.raises(QuarantineError, match="a correction took its place"):
        send(shop, path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "lacks the column crm_content_hash"),
        ("crm_content_hash,crm_row_no,crm_reason\n", "holds no row"),
        ("crm_content_hash,crm_row_no,crm_reason\nx,1\n", "row 2 has another length"),
        ("crm_content_hash,crm_row_no,crm_reason\nx,1,no_date\n", "none of which counts"),
    ],
)
def test_a_file_that_is_no_list_is_refused(shop: Shop, tmp_path: Path, text: str, says: str):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(QuarantineError, match=says):
        send(shop, path)


def test_rows_of_several_files_are_listed_one_by_one(shop: Shop, tmp_path: Path):
    other = NAME.replace(".csv", "_b.csv")
    with (shop.landing / other).open("w", newline="") as file:
        csv.writer(file).writerows([PDDE, ["M7", *LINE[1:]], ["", *LINE[1:]]])
    shop.take_in()
    with pytest.raises(QuarantineError, match=r"rows of 2 files: choose one by --file"):
        listed(shop, tmp_path)
    with pytest.raises(QuarantineError, match="no open row matches"):
        listed(shop, tmp_path, file_name="unknown.csv")
    assert len(list(read_rows(listed(shop, tmp_path, file_name=other)))) == 2


def test_a_row_that_is_on_its_way_is_not_released_again(shop: Shop, tmp_path: Path):
    path = mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"})
    send(shop, path)
    with pytest.raises(QuarantineError, match="released before"):
        send(shop, mend(path, no_customer={"cust": "M8"}))


def test_a_mended_file_that_was_mended_again_takes_its_own_place(shop: Shop, tmp_path: Path):
    done = send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    shop.take_in()
    done.path.write_text(done.path.read_text().replace("M9", "M8"))
    shop.take_in()
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M8"]


def test_a_correction_of_the_original_withdraws_what_was_mended_of_it(shop: Shop, tmp_path: Path):
    done = send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    shop.take_in()
    shop.land(NAME, [LINE, ["M8", *LINE[1:]], *FAULTY[1:]])
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M8"]
    assert shop.take_in().known == [NAME, done.path.name], "withdrawn with its original: no fault of anybody's"
    shop.land(NAME, [LINE, *FAULTY])  # the original comes back, and with it what was mended
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M9"]


def test_a_policy_that_makes_the_row_sound_does_not_count_it_twice(shop: Shop, tmp_path: Path):
    gift = ["M5", "A5", *LINE[2:8], "0", "1"]
    other = NAME.replace(".csv", "_b.csv")
    shop.land(other, [LINE, gift])
    send(shop, mend(listed(shop, tmp_path, file_name=other), zero_amount={"buy_am": "700"}))
    shop.take_in()
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "load"})
    shop.take_in()
    lines = shop.lines("2021-07-01")
    assert lines[lines["customer_id"] == "M5"]["amount"].tolist() == [700.0]
    assert (NAME, "zero_amount", 1) not in open_counts(shop.session)
    for table in ("landed_files", "landed_months", "quarantine", "released_rows"):
        shop.session.execute(f"delete from {table}")
    shop.take_in()  # a warehouse made anew under the new policy: the row counts once, as it stands in its file
    lines = shop.lines("2021-07-01")
    assert lines[lines["customer_id"] == "M5"]["amount"].tolist() == [0.0]


def test_ids_that_a_spreadsheet_shortened_are_noticed(shop: Shop, tmp_path: Path):
    other = NAME.replace(".csv", "_b.csv")
    shop.land(other, [LINE, ["", "00113", *LINE[2:]]])
    path = mend(listed(shop, tmp_path, file_name=other), no_customer={"cust": "M9", "rct_no": "113"})
    with pytest.raises(QuarantineError, match="rct_no lost its zeros, 00113 became 113"):
        send(shop, path)
    shop.land(other, [LINE, ["", "210726000000113", *LINE[2:]]])
    path = mend(listed(shop, tmp_path, file_name=other), no_customer={"cust": "M9", "rct_no": "2.10726E+14"})
    with pytest.raises(QuarantineError, match=r"rct_no lost its digits, 210726000000113 became 2.10726E\+14"):
        send(shop, path)


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp949", ","), ("utf-8", ";"), ("utf-8-sig", ",")])
def test_a_list_is_read_as_spreadsheets_save_it(shop: Shop, tmp_path: Path, encoding: str, delimiter: str):
    path = mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "고객"})
    rows = list(read_rows(path))
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    assert send(shop, path).rows == 1
    shop.take_in()
    assert "고객" in shop.lines("2021-07-01")["customer_id"].tolist()


def twice_mended(shop: Shop, tmp_path: Path, amount: str) -> str:
    """A gift was mended under a policy that loads gifts, put aside under one that does not, and mended once more."""
    other = NAME.replace(".csv", "_b.csv")
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "load"})
    shop.land(other, [LINE, ["", "A9", *LINE[2:8], "0", "1"]])
    first = send(shop, mend(listed(shop, tmp_path, file_name=other), no_customer={"cust": "M9"}))
    shop.take_in()
    shop.settings = shop.settings.model_copy(update={"zero_amounts": "quarantine"})
    shop.take_in()
    send(shop, mend(listed(shop, tmp_path, file_name=first.path.name), zero_amount={"buy_am": amount}))
    shop.take_in()
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M9"]
    return other


def test_what_was_mended_of_mended_rows_goes_with_the_original(shop: Shop, tmp_path: Path):
    shop.land(twice_mended(shop, tmp_path, "700"), [LINE])
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1"]


def test_mended_rows_are_read_after_their_file_whatever_it_is_called_by_now(shop: Shop, tmp_path: Path):
    send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    (shop.landing / NAME).rename(shop.landing / NAME.replace(".csv", "_z.csv"))
    for table in ("landed_files", "landed_months", "quarantine", "released_rows"):
        shop.session.execute(f"delete from {table}")
    assert shop.take_in().refused == {}
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M9"]


def test_mended_rows_whose_file_never_came_are_refused_with_the_remedy(shop: Shop, tmp_path: Path):
    done = send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    (shop.landing / NAME).unlink()
    for table in ("landed_files", "landed_months", "quarantine", "released_rows"):
        shop.session.execute(f"delete from {table}")
    assert "Deliver the file that they are of again, or remove this one." in shop.take_in().refused[done.path.name]


@pytest.mark.parametrize("make", ["cp949", "link to nothing", "no list"])
def test_an_odd_mended_file_keeps_nobody_from_releasing(shop: Shop, tmp_path: Path, make: str):
    odd = shop.landing / f"{NAME}.mended-0123456789ab.csv"
    if make == "link to nothing":
        odd.symlink_to(shop.landing / "nothing.csv")
    else:
        odd.write_bytes(
            ("crm_content_hash,crm_row_no,crm_reason\n가,1,나\n" if make == "cp949" else "x\n").encode("cp949")
        )
    path = mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"})
    assert send(shop, path).rows == 1


def test_a_row_whose_release_was_refused_lies_open_again(shop: Shop, tmp_path: Path):
    path = mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"})
    done = send(shop, path)
    done.path.write_text(done.path.read_text().replace("20210726", "July"))
    assert list(shop.take_in().refused) == [done.path.name]
    assert send(shop, path).rows == 1


def test_packing_the_original_keeps_what_was_mended_of_it(shop: Shop, tmp_path: Path):
    send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    shop.take_in()
    (shop.landing / f"{NAME}.gz").write_bytes(gzip.compress((shop.landing / NAME).read_bytes()))
    (shop.landing / NAME).unlink()
    shop.take_in()
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M9"]


def test_a_mended_file_may_be_renamed_with_its_original(shop: Shop, tmp_path: Path):
    done = send(shop, mend(listed(shop, tmp_path, reason="no_customer"), no_customer={"cust": "M9"}))
    shop.take_in()
    for path in (shop.landing / NAME, done.path):
        path.rename(path.with_name(path.name.replace("PDDE", "PDDE_07")))
    assert shop.take_in().refused == {}
    assert shop.lines("2021-07-01")["customer_id"].tolist() == ["M1", "M9"]
    assert shop.take_in().loaded == []


@pytest.mark.parametrize("amount", ["700", "701", "702", "703"])  # the hashes in the names order the files
def test_a_warehouse_made_anew_has_rows_that_were_mended_twice(shop: Shop, tmp_path: Path, amount: str):
    twice_mended(shop, tmp_path, amount)
    expected = shop.lines("2021-07-01")
    for table in ("landed_files", "landed_months", "quarantine", "released_rows"):
        shop.session.execute(f"delete from {table}")
    assert shop.take_in().refused == {}
    pd.testing.assert_frame_equal(shop.lines("2021-07-01"), expected)


def test_numbers_of_a_list_that_was_saved_as_a_workbook_are_read_as_such(shop: Shop, tmp_path: Path):
    files = tuple(m.model_copy(update={"decimal": ","}) for m in shop.source.files)
    shop.source = shop.source.model_copy(update={"files": files})
    shop.take_in()
    header, *rows = read_rows(listed(shop, tmp_path, reason="no_customer"))
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.active.cell(2, header.index("cust") + 1, "M9")
    book.active.cell(2, header.index("buy_am") + 1, 1.234)
    book.save(tmp_path / "open.xlsx")
    assert send(shop, tmp_path / "open.xlsx").rows == 1
    shop.take_in()
    assert shop.lines("2021-07-01").set_index("customer_id").loc["M9", "amount"] == 1.234
