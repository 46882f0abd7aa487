"""Hostile files: each is loaded, put aside in part, or refused with a clear message, and every row is accounted for.

A generator composes a hundred of them; the corpus holds others, each with what must become of it.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from crm_assets.contracts import CONTRACTS
from crm_assets.receipts import file_intake, intake
from crm_assets.receipts.landing import shown
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Session
from crm_assets_tests.conftest import Shop as ShopOfCommands
from crm_assets_tests.receipts.hostile_corpus import (
    CASES,
    GOOD,
    RETAIL_CASES,
    SALE,
    Case,
    far_cell,
    line,
    text,
    workbook,
)
from crm_assets_tests.receipts.hostile_files import Hostile, hostile_files
from crm_assets_tests.receipts.hostile_shop import counts, loaded_ids, new_shop
from crm_assets_tests.receipts.test_intake import LINE, Shop

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


@pytest.fixture
def shop(engine: Session, folder: Path) -> Shop:
    return new_shop(engine, folder)


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
        monkeypatch.setattr(file_intake, "content_hash", lambda path: (_ for _ in ()).throw(denied))
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

    read = file_intake.read_file
    with monkeypatch.context() as patched:
        patched.setattr(file_intake, "read_file", read_and_change)
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
from crm_assets_tests.receipts.test_intake import Shop
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


@pytest.mark.parametrize("module", ["csv", "shutil", "zipfile", "crm_assets"])
def test_a_python_file_in_the_landing_folder_is_never_run(tmp_path: Path, module: str):
    """Whoever may upload files must not run code, also when `crm` is started in the folder."""
    shop = ShopOfCommands(tmp_path, {"CRM_SOURCE": "online_retail"})
    shop.landing.mkdir(parents=True)
    (shop.landing / "online_retail.xlsx").write_bytes(workbook(SALE))
    (shop.landing / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    done = subprocess.run(
        [Path(sys.executable).with_name("crm"), "refresh", "--months", "2011-07", "--select", "raw_transactions"],
        env=shop.environment,
        cwd=shop.landing,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{module}.py: the source online_retail knows no file of this name" in done.stderr
    assert shop.value("select count(*) from raw_transactions") == 1 and not (tmp_path / "ran").exists()
