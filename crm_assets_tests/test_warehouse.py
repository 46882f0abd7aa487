"""The warehouse: one writer, all or nothing, closed whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import Session, Warehouse, WarehouseError, read_query

NEW_PRODUCT = "select * from products union all by name select 'p' as product_id"
CUSTOMERS = pd.DataFrame({"customer_id": ["a"], "gender": ["female"], "age_band": ["20대"], "region": ["Z01"]})


def test_a_month_is_replaced_or_left_as_it_was(session: Session):
    contract = CONTRACTS["customers"]
    with session.transaction():
        session.replace(contract, session.stage_frame(contract, CUSTOMERS))
    staged = session.stage_frame(contract, CUSTOMERS.assign(customer_id="b"))
    with pytest.raises(RuntimeError, match="killed"), session.transaction():
        session.replace(contract, staged)
        raise RuntimeError("killed")
    assert session.rows("select customer_id from customers") == [("a",)]


def test_a_locked_file_is_waited_for_and_then_named(warehouse: Warehouse):
    hold = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()",
            warehouse.database,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert hold.stdout.readline().strip() == "held"
        with (
            pytest.raises(WarehouseError, match=r"in use by another process.*CRM_LOCK_WAIT_SECONDS"),
            warehouse.session(),
        ):
            pass
    finally:
        hold.communicate("")
    with warehouse.session() as session:
        assert session.scalar("select count(*) from receipts") == 0


def opens_elsewhere(database: str) -> bool:
    """Whether another process can open the file for writing."""
    script = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    return subprocess.run([sys.executable, "-c", script, database], capture_output=True, check=False).returncode == 0


def test_threads_that_make_a_warehouse_at_once_do_not_collide(tmp_path):
    made = [Warehouse(tmp_path / "warehouse.duckdb") for _ in range(8)]

    def tables(warehouse: Warehouse) -> int:
        with warehouse.session() as session:
            return session.scalar("select count(*) from duckdb_tables() where not internal")

    with ThreadPoolExecutor(len(made)) as pool:
        assert set(pool.map(tables, made)) == {len(CONTRACTS)}


def test_what_does_not_fit_in_memory_is_spilled_in_a_folder_that_never_was(tmp_path):
    """The engine makes one folder, not the one above it: the first spill of every new data folder failed."""
    with Warehouse(tmp_path / "warehouse.duckdb", memory_limit="100MB").session() as session:
        session.execute("set threads = 1")
        session.execute("create temp table t as select range as n, random() as x from range(12_000_000)")
        assert session.scalar("select count(*) from t") == 12_000_000


def test_what_a_killed_process_spilled_is_removed(tmp_path):
    left = tmp_path / "spill" / "999999999" / "duckdb_temp_storage-0.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    with Warehouse(tmp_path / "warehouse.duckdb", memory_limit="100MB").session() as session:
        assert not left.parent.exists()
        session.execute("set threads = 1")
        session.execute("create temp table t as select range as n, random() as x from range(12_000_000)")
        spilled = [p for p in (tmp_path / "spill").rglob("*") if p.is_file()]
        assert spilled and all(p.parent.name == str(os.getpid()) for p in spilled)
        assert session.scalar("select count(*) from (select * from t order by x)") == 12_000_000


def test_the_file_is_let_go_after_an_error(warehouse: Warehouse):
    with pytest.raises(ZeroDivisionError), warehouse.session():
        raise ZeroDivisionError
    with warehouse.session() as session:
        assert session.scalar("select 1") == 1


def test_a_file_that_is_no_database_is_named(warehouse: Warehouse, tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("no database")
    with pytest.raises(WarehouseError, match=r"cannot open .*warehouse\.duckdb"), warehouse.session():
        pass


def test_a_parameter_that_is_not_given_is_named(session: Session):
    with pytest.raises(WarehouseError, match="as_of"):
        session.rows("select :as_of")


def test_comments_of_a_query_name_no_parameters():
    assert "--" not in read_query("receipts")


def test_money_keeps_its_digits(session: Session):
    session.execute("create temp table m as select cast('0.1' as decimal(18,4)) as amount from range(10)")
    assert str(session.scalar("select sum(amount) from m")) == "1.0000"


def row_groups(session: Session) -> int:
    return session.scalar("select count(distinct row_group_id) from pragma_storage_info('customers')")


def row_groups_after_each_write(warehouse: Warehouse, ids: str) -> list[int]:
    """A customer is written in each of a few sessions: into how many row groups the table is packed after each."""
    contract, counted = CONTRACTS["customers"], []
    for customer in ids:
        with warehouse.session() as session, session.transaction():
            staged = session.stage_frame(contract, CUSTOMERS.assign(customer_id=customer))
            session.replace(contract, staged, "customer_id = :customer", customer=customer)
        with warehouse.session() as session:
            counted.append(row_groups(session))
    return counted


def test_a_large_warehouse_is_merged_when_a_copy_is_made_and_by_no_run_before(
    warehouse: Warehouse, tmp_path, monkeypatch
):
    copy = tmp_path / "copy.duckdb"
    assert row_groups_after_each_write(warehouse, "abc") == [1, 1, 1]
    monkeypatch.setattr("crm_assets.warehouse.duckdb_engine.LARGE_BYTES", 0)
    assert row_groups_after_each_write(warehouse, "def") == [2, 3, 4]
    with warehouse.session() as session:
        with session.transaction():  # a copy is made by a run that writes when it was made
            session.replace(CONTRACTS["products"], session.stage(CONTRACTS["products"], NEW_PRODUCT))
        session.write_copy(copy)
        assert row_groups(session) == 1
    with duckdb.connect(str(copy), read_only=True) as copied:
        assert copied.execute("select string_agg(customer_id, '' order by 1) from customers").fetchall() == [
            ("abcdef",)
        ]


def test_rows_that_do_not_fit_name_their_reason_and_the_order_is_kept_again(session: Session):
    contract = CONTRACTS["customers"]
    staged = session.stage_frame(contract, CUSTOMERS)
    session.execute(f"alter table {staged} rename column region to zone")
    with pytest.raises(duckdb.BinderException, match="region"), session.transaction():
        session.replace(contract, staged)
    assert session.scalar("select current_setting('preserve_insertion_order')")
