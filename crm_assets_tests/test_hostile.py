"""Hostile files: each is loaded, put aside in part, or refused with a clear message, and every row is accounted for.

A generator composes a hundred of them; the corpus holds others, each with what must become of it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from crm_assets import intake
from crm_assets.contracts import CONTRACTS
from crm_assets.landing import shown
from crm_assets.quarantine import QuarantineError, open_counts, release, write_open_rows
from crm_assets.settings import PROJECT_DIR
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets.warehouse import Session
from crm_assets_tests.hostile_corpus import CASES, GOOD, HUGE, RETAIL_CASES, SQL, Case, far_cell, line, text
from crm_assets_tests.hostile_files import Hostile, hostile_files
from crm_assets_tests.test_intake import LINE, PDDE, Shop

LEDGER = ("landed_files", "landed_months", "quarantine", "released_rows", "refused_files")
REMEDY = re.compile(r"\b(Deliver|Mend|Rename|Save|Correct|Compare|Give|Close|Look|Copy|Remove|deliver)\b")
MOST_LETTERS = 1_500
NEXT = "\U0001f6d2 PDDE.csv"  # the last by name


@pytest.fixture(scope="module")
def engine() -> Iterator[Session]:
    """One warehouse for all files; each finds its tables empty."""
    with duckdb.connect() as connection:
        session = Session(connection)
        session.ensure_tables()
        yield session


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def new_shop(engine: Session, folder: Path, source: str = "lpoint") -> Shop:
    """An empty shop; L.POINT's product receipts may have any name with PDDE in it, so that all kinds can be tried."""
    for table in LEDGER:
        engine.execute(f"delete from {table}")
    shop = Shop(engine, Path(tempfile.mkdtemp(dir=folder)), source)
    if source == "lpoint":
        receipts = shop.source.files[1].model_copy(update={"match": "*PDDE*"})
        shop.source = shop.source.model_copy(update={"files": (receipts,)})
    return shop


@pytest.fixture
def shop(engine: Session, folder: Path) -> Shop:
    return new_shop(engine, folder)


def counts(shop: Shop, name: str) -> dict[str, int] | None:
    """What the ledger says of a file."""
    names = ("rows", "loaded", "duplicates", "quarantined")
    found = shop.session.rows(f"select {', '.join(names)} from landed_files where file_name = :name", name=shown(name))
    return dict(zip(names, found[0], strict=True)) if found else None


def loaded_ids(shop: Shop) -> list[tuple[str, str]]:
    """Customer and receipt of all that is staged and counts."""
    months = [m for (m,) in shop.session.rows("select distinct purchase_month from landed_months where lines > 0")]
    frames = [shop.lines(str(month)) for month in months]
    return sorted(ids for frame in frames for ids in zip(frame["customer_id"], frame["receipt_id"], strict=True))


def require_accounted_for(shop: Shop, name: str, beside: int = 0) -> list[tuple[str, str]]:
    """The file is in the ledger and every row of it in its place, or it is refused and nothing of it is anywhere.

    Args:
        beside: lines that another file brought.

    Returns:
        customer and receipt of all lines.
    """
    found, refused = counts(shop, name), dict(shop.session.rows("select file_name, reason from refused_files"))
    ids, put_aside = loaded_ids(shop), shop.session.scalar("select count(*) from quarantine")
    if found is None:
        require_clear(refused[shown(name)], name)
        assert (len(ids) - beside, put_aside) == (0, 0)
    else:
        assert shown(name) not in refused
        assert found["rows"] == found["loaded"] + found["duplicates"] + found["quarantined"]
        assert (len(ids) - beside, put_aside) == (found["loaded"], found["quarantined"])
    return ids


def require_clear(message: str, name: str) -> None:
    """A message names the file and a remedy in a few sentences, and cannot draw on a terminal."""
    assert shown(name) in message and REMEDY.search(message) and message.endswith(".")
    assert not re.search(r"Traceback|File \"|line \d+, in ", message)
    assert len(message) < MOST_LETTERS
    assert not [c for c in message if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def require_whole(shop: Shop) -> None:
    """A plain file that lands next loads, and every table is there."""
    (shop.landing / NEXT).write_bytes(text(line("next")))
    shop.take_in()
    require_next(shop, loaded_ids(shop))


def require_next(shop: Shop, ids: list[tuple[str, str]]) -> None:
    assert counts(shop, NEXT) == {"rows": 1, "loaded": 1, "duplicates": 0, "quarantined": 0}
    assert ("next", LINE[1]) in ids
    tables = shop.session.rows("select table_name from duckdb_tables() where not temporary")
    assert {name for (name,) in tables} == set(CONTRACTS)


def outcome(shop: Shop, file: Hostile) -> str:
    """What becomes of a composed file, once all is found to be as it must."""
    (shop.landing / file.name).write_bytes(file.data)
    (shop.landing / NEXT).write_bytes(text(line("next")))
    shop.take_in()
    ids = require_accounted_for(shop, file.name, beside=1)
    require_next(shop, ids)
    found = counts(shop, file.name)
    assert found is not None or not file.must_load
    assert found is None or not file.must_be_refused
    if found is None:
        return "refused"
    assert file.sound <= set(ids)
    assert file.records in (None, found["rows"])
    return "put aside in part" if found["quarantined"] else "loaded"


def test_composed_files_are_loaded_put_aside_or_refused(
    engine: Session, folder: Path, capsys: pytest.CaptureFixture[str]
):
    """Every row is accounted for, sound rows of a file that loads come back as they were, and the next file loads."""
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=100,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(file=hostile_files())
    def land(file: Hostile) -> None:
        outcomes[outcome(new_shop(engine, folder), file)] += 1

    land()
    with capsys.disabled():
        print(f" {dict(outcomes)}", end=" ")
    assert set(outcomes) == {"loaded", "put aside in part", "refused"} and min(outcomes.values()) >= 5


def require_case(shop: Shop, case: Case) -> None:
    (shop.landing / case.name).write_bytes(case.make())
    result = shop.take_in()
    ids = require_accounted_for(shop, case.name)
    if case.refused:
        assert re.search(case.refused, result.refused[case.name])
        return
    put_aside = sum(case.aside.values())
    rows = case.loaded + case.duplicates + put_aside
    stated = {"rows": rows, "loaded": case.loaded, "duplicates": case.duplicates, "quarantined": put_aside}
    assert counts(shop, case.name) == stated, result.refused
    assert shop.reasons() == case.aside
    if case.customers:
        assert sorted(customer for customer, _ in ids) == sorted(case.customers)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_hostile_text_file(shop: Shop, case: Case):
    require_case(shop, case)


@pytest.mark.parametrize("case", RETAIL_CASES, ids=str)
def test_a_hostile_workbook_or_parquet_file(engine: Session, folder: Path, case: Case):
    require_case(new_shop(engine, folder, "online_retail"), case)


@pytest.mark.parametrize("day", ["294247-01-10", "294247-01-10 04:00:54", "290309-12-22 (BC)", "12021-07-26"])
def test_a_day_at_the_end_of_time_is_one_faulty_row(shop: Shop, day: str):
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, line(de_dt=day)))
    shop.take_in()
    assert counts(shop, "PDDE.csv") == {"rows": 2, "loaded": 1, "duplicates": 0, "quarantined": 1}


@pytest.mark.parametrize(("policy", "put_aside"), [("quarantine", {"future_date": 1}), ("load", {})])
def test_rows_later_than_the_landing_follow_the_policy(shop: Shop, policy: str, put_aside: dict[str, int]):
    history = shop.source.history.model_copy(update={"end": None})
    shop.source = shop.source.model_copy(update={"history": history})
    shop.settings = shop.settings.model_copy(update={"future_dates": policy})
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, line("M2", de_dt="29990101")))
    shop.take_in()
    assert shop.reasons() == put_aside
    require_accounted_for(shop, "PDDE.csv")


def test_a_year_of_five_digits_does_not_stop_the_intake(shop: Shop):
    history = shop.source.history.model_copy(update={"end": None})
    shop.source = shop.source.model_copy(update={"history": history})
    shop.settings = shop.settings.model_copy(update={"future_dates": "load"})
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, line("M2", de_dt="12021-07-26")))
    shop.take_in()
    assert counts(shop, "PDDE.csv")["rows"] == 2


@pytest.mark.parametrize("name", ["PDDE*.csv", "PDDE[12].csv", "PDDE{1,2}.csv", "*PDDE?.csv"])
def test_a_name_that_is_a_pattern_reads_only_its_own_file(shop: Shop, name: str):
    for other, customer in (("PDDE1.csv", "one"), ("PDDE2.csv", "two"), (name, "own")):
        (shop.landing / other).write_bytes(text(line(customer)))
    shop.take_in()
    assert counts(shop, name) == {"rows": 1, "loaded": 1, "duplicates": 0, "quarantined": 0}
    assert [customer for customer, _ in loaded_ids(shop)] == ["one", "own", "two"]


@pytest.mark.parametrize(
    "name", ["PDDE\n.csv", "PDDE\x1b[2J.csv", os.fsdecode(b"PDDE\xff\xfe.csv"), "PDDE\u202egnp.csv", "PDDE\x7f.csv"]
)
def test_a_name_that_is_no_text_is_refused_and_written_out(shop: Shop, name: str):
    (shop.landing / name).write_bytes(text(GOOD))
    result = shop.take_in()
    assert list(result.refused) == [shown(name)] and "no text" in result.refused[shown(name)]
    require_accounted_for(shop, name)
    require_whole(shop)


OUTSIDE = "outside the landing folder"
LINKS = {
    "out of the folder": ("../stolen.csv", OUTSIDE),
    "out of the folder, to nothing": ("../nothing.csv", OUTSIDE),
    "to nothing": ("nothing.csv", "link to nothing"),
    "to a folder": (".", "link"),
    "to a device": ("/dev/zero", OUTSIDE),
    "to itself": ("PDDE.csv", "link"),
}


@pytest.mark.parametrize(("target", "why"), LINKS.values(), ids=LINKS)
def test_a_link_that_leads_nowhere_good_is_refused(shop: Shop, target: str, why: str):
    (shop.landing.parent / "stolen.csv").write_bytes(text(line("stolen")))
    (shop.landing / "PDDE.csv").symlink_to(target)
    result = shop.take_in()
    assert why in result.refused["PDDE.csv"]
    require_accounted_for(shop, "PDDE.csv")
    require_whole(shop)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_passed_over_without_waiting(shop: Shop, make: Callable[[Path], None]):
    make(shop.landing / "PDDE.csv")
    require_whole(shop)
    assert counts(shop, "PDDE.csv") is None and len(shop.ledger()) == 1


def test_a_file_without_the_right_to_read_it_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    path = shop.landing / "PDDE.csv"
    path.write_bytes(text(GOOD))
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything
        denied = PermissionError(13, os.strerror(13), str(path))
        monkeypatch.setattr(intake, "content_hash", lambda path: (_ for _ in ()).throw(denied))
        monkeypatch.setattr(intake, "_cannot_read", lambda path: True)
    assert "Permission denied" in shop.take_in().refused["PDDE.csv"]
    require_accounted_for(shop, "PDDE.csv")
    monkeypatch.undo()
    require_whole(shop)


def grow(path: Path) -> None:
    with path.open("a") as file:
        file.write(f"{line('late')}\n")


def swap(path: Path) -> None:
    path.unlink()
    path.write_bytes(text(line("late")))


@pytest.mark.parametrize("happens", [grow, swap, Path.unlink], ids=["grows", "is replaced", "is deleted"])
def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_look(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Path], None]
):
    path = shop.landing / "PDDE.csv"
    path.write_bytes(text(GOOD))

    def read_and_change(*given: object) -> None:
        read(*given)
        happens(path)

    read = intake.read_file
    with monkeypatch.context() as patched:
        patched.setattr(intake, "read_file", read_and_change)
        assert "changed while it was being read" in shop.take_in().refused["PDDE.csv"]
    assert len(shop.ledger()) == 0 and loaded_ids(shop) == []
    require_whole(shop)
    assert (counts(shop, "PDDE.csv") is not None) is path.exists()
    assert (("late", LINE[1]) in loaded_ids(shop)) is path.exists()


def test_a_file_that_is_gone_before_it_is_read_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    path = shop.landing / "PDDE.csv"
    path.write_bytes(text(GOOD))
    find = intake.entries
    monkeypatch.setattr(intake, "entries", lambda landing: [*find(landing), landing / "PDDE gone.csv"])
    assert list(shop.take_in().refused) == ["PDDE gone.csv"]
    assert counts(shop, "PDDE.csv")["loaded"] == 1


FAR_CELL = """
import sys
from pathlib import Path
import duckdb
from crm_assets.warehouse import Session
from crm_assets_tests.test_intake import Shop
session = Session(duckdb.connect())
session.ensure_tables()
shop = Shop(session, Path(sys.argv[1]), "online_retail")
(shop.landing / "online_retail.xlsx").write_bytes(sys.stdin.buffer.read())
print(shop.take_in().refused)
"""


def test_a_small_workbook_with_a_huge_sheet_is_refused_and_the_process_lives(tmp_path: Path):
    """One cell at the end of a sheet makes the workbook's reader ask for 500 GB."""
    done = subprocess.run(
        [sys.executable, "-c", FAR_CELL, str(tmp_path)],
        input=far_cell(),
        cwd=PROJECT_DIR,
        capture_output=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 << 30, 16 << 30)),
    )
    assert done.returncode == 0, done.stderr.decode()[:200]
    assert b"online_retail.xlsx" in done.stdout


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
    assert found == [[value, value] for value in values]


def test_rows_too_short_come_back_once_their_cells_are_filled(shop: Shop):
    (shop.landing / "PDDE.csv").write_bytes(text(GOOD, "=M2,too,short"))
    shop.take_in()
    mended_round_trip(shop, shop.landing.parent, **dict(zip(PDDE, ["M2", *LINE[1:]], strict=True)))
    assert ("M2", LINE[1]) in loaded_ids(shop)


def test_a_row_that_stays_unreadable_does_not_put_another_in_the_place_of_the_mended_one(shop: Shop):
    """One mended row is too long for the engine; of the two after it, only the second was mended."""
    csv.field_size_limit(1 << 26)
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
