"""The warehouse: one writer, all or nothing, closed whatever happens."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.warehouse import Session, Warehouse, WarehouseError, read_query

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
