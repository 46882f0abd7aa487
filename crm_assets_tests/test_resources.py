"""The warehouse as a run has it: opened once, let go at the run's end whatever happened."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from crm_assets.defs.resources import WarehouseResource


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that a resource opens its file."""
    lines, real = [], WarehouseResource.open

    def open_and_tell(self: WarehouseResource) -> duckdb.DuckDBPyConnection:
        lines.append(self.database)
        return real(self)

    monkeypatch.setattr(WarehouseResource, "open", open_and_tell)
    return lines


@dg.asset
def first(warehouse: WarehouseResource) -> None:
    with warehouse.session() as session, session.transaction():
        session.execute("insert into branches (branch_id, partner_id) values ('B1', 'A01')")


@dg.asset(deps=[first])
def second(warehouse: WarehouseResource) -> None:
    with warehouse.session() as session:
        assert session.scalar("select count(*) from branches") == 1
        session.execute("create temp table of_a_session as select 1")
    with warehouse.session() as session:
        assert session.rows("select * from duckdb_tables() where table_name = 'of_a_session'") == []


@dg.asset
def broken(warehouse: WarehouseResource) -> None:
    with warehouse.session() as session, session.transaction():
        session.execute("insert into branches (branch_id, partner_id) values ('B2', 'A01')")
        raise ZeroDivisionError


def branches(database: Path) -> int:
    """Read by a connection that the file admits only when no writer of other settings holds it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("select count(*) from branches").fetchone()[0]


def test_a_run_opens_the_file_once_and_lets_it_go(tmp_path: Path, opened: list[str]):
    resource = WarehouseResource(database=str(tmp_path / "w.duckdb"))
    assert dg.materialize([first, second], resources={"warehouse": resource}).success
    assert len(opened) == 1
    assert branches(tmp_path / "w.duckdb") == 1


def test_a_failed_run_lets_the_file_go_and_writes_nothing(tmp_path: Path, opened: list[str]):
    resource = WarehouseResource(database=str(tmp_path / "w.duckdb"))
    assert not dg.materialize([broken], resources={"warehouse": resource}, raise_on_error=False).success
    assert len(opened) == 1
    assert branches(tmp_path / "w.duckdb") == 0


def test_outside_a_run_every_session_opens_the_file(tmp_path: Path, opened: list[str]):
    resource = WarehouseResource(database=str(tmp_path / "w.duckdb"))
    for _ in range(2):
        with resource.session() as session:
            assert session.scalar("select count(*) from branches") == 0
    assert len(opened) == 2
    assert branches(tmp_path / "w.duckdb") == 0
