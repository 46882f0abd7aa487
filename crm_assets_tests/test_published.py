"""The copy for readers: whole, consistent, replaced at once, and never in the way of a writer."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.published import read_published, write_published
from crm_assets.warehouse import Session, Warehouse, WarehouseError


def insert(session: Session, customer: str) -> None:
    session.execute("insert into customers (customer_id) values (:customer)", customer=customer)


def customers(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [c for (c,) in connection.execute("select customer_id from customers order by 1").fetchall()]


def test_the_copy_holds_every_table_as_it_is(warehouse: Warehouse, tmp_path: Path):
    path = tmp_path / "published.duckdb"
    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, path)
        insert(session, "M2")
    assert customers(path) == ["M1"], "what came after the copy is not in it"
    with duckdb.connect(str(path), read_only=True) as connection:
        assert {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()} == set(
            CONTRACTS
        )
    assert oct(path.stat().st_mode & 0o777) == "0o444"


def test_a_reader_keeps_what_it_opened_and_blocks_nobody(warehouse: Warehouse, tmp_path: Path):
    path = tmp_path / "published.duckdb"
    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, path)
    with duckdb.connect(str(path), read_only=True) as reader, warehouse.session() as session:
        insert(session, "M2")
        write_published(session, path)
        assert reader.execute("select count(*) from customers").fetchall() == [(1,)]
    assert customers(path) == ["M1", "M2"]


def test_the_lock_outlives_the_copy(warehouse: Warehouse, tmp_path: Path):
    """A second handle of the file in this process, closed, would give the lock away."""
    from crm_assets_tests.test_warehouse import opens_elsewhere

    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, tmp_path / "published.duckdb")
        assert not opens_elsewhere(warehouse.database)
    assert opens_elsewhere(warehouse.database)


def test_a_copy_that_fails_leaves_the_one_before(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "published.duckdb"
    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, path)
        insert(session, "M2")
        monkeypatch.setattr("crm_assets.warehouse.duckdb_session._COPY", "raise OSError(28, 'No space left on device')")
        with pytest.raises(OSError, match="No space left"):
            write_published(session, path)
    assert customers(path) == ["M1"]
    assert sorted(os.listdir(tmp_path)) == ["published.duckdb", "spill", "warehouse.duckdb"]


def test_a_python_file_of_the_working_folder_is_not_run(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """`crm` may have been started in the landing folder, where anybody's files lie."""
    (tmp_path / "shutil.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, tmp_path / "published.duckdb")
    assert customers(tmp_path / "published.duckdb") == ["M1"]


def test_a_session_on_the_copy_reads_and_cannot_write(warehouse: Warehouse, tmp_path: Path):
    path = tmp_path / "published.duckdb"
    with warehouse.session() as session:
        insert(session, "M1")
        write_published(session, path)
        with read_published(path) as reader:
            assert reader.rows("select customer_id from customers") == [("M1",)]
            with pytest.raises(duckdb.InvalidInputException, match="read-only"):
                insert(reader, "M2")


def refused(path: Path, words: str) -> None:
    with pytest.raises(WarehouseError, match=words), read_published(path):
        pass


def test_a_copy_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path):
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table customers (customer_id varchar)")
    refused(path, r"table customers was made by another version.*run `crm refresh`")
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table customers")
    refused(path, r"lacks .*customers.*another version made it. Run `crm refresh`")
    path.write_bytes(b"no database at all" * 1_000)
    refused(path, r"cannot open .*published.duckdb.*it is a copy")
