"""What a session promises, on either engine: the same rows, the same frames, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.published import read_published, write_published
from crm_assets.warehouse import Session, SparkWarehouse, Warehouse, WarehouseError
from crm_assets_tests.engines.spark_shop import need_spark

CUSTOMERS, CHECKS = CONTRACTS["customers"], CONTRACTS["model_metrics"]
MARCH, APRIL = date(2021, 3, 1), date(2021, 4, 1)


def people(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": ids, "gender": "female", "age_band": "20대", "region": None})


def figures(month: date, **values: float) -> pd.DataFrame:
    """Rows of model_metrics, one a protocol."""
    last = pd.Timestamp(month) + pd.offsets.MonthEnd(0)
    rows = [
        {"month": pd.Timestamp(month), "as_of": last, "model": "m", "protocol": p, "slice": "all", "metric": "f1",
         "value": v, "base": 10}
        for p, v in values.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"month": "datetime64[us]", "as_of": "datetime64[us]"})


@pytest.fixture(params=["duckdb", "spark"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    if request.param == "duckdb":
        return Warehouse(tmp_path / "warehouse.duckdb", lock_wait_seconds=0.5)
    need_spark()
    return SparkWarehouse(tmp_path / "spark", lock_wait_seconds=0.5)


@pytest.fixture
def session(warehouse: Warehouse) -> Iterator[Session]:
    with warehouse.session() as opened:
        yield opened


def write(session: Session, frame: pd.DataFrame, where: str = "true", **parameters: object) -> int:
    contract = CUSTOMERS if "customer_id" in frame else CHECKS
    staged = session.stage_frame(contract, frame)
    with session.transaction():
        return session.replace(contract, staged, where, **parameters)


def stored(session: Session) -> list[tuple[object, ...]]:
    return session.rows("select month, protocol, value from model_metrics order by month, protocol")


def test_every_table_is_there_and_empty(session: Session):
    assert session.scalar("select count(*) from receipts") == 0
    assert session.scalar("select count(*) from landed_files") == 0
    assert list(session.frame("select * from customers").columns) == ["customer_id", "gender", "age_band", "region"]


def test_what_is_written_is_there_for_the_next_session(warehouse: Warehouse):
    with warehouse.session() as session:
        assert write(session, people("a", "b")) == 2
        assert session.rows("select customer_id, region from customers order by 1") == [("a", None), ("b", None)]
    with warehouse.session() as session:
        assert write(session, people("c")) == 1
        assert session.rows("select customer_id from customers") == [("c",)]


def test_a_month_is_replaced_and_others_stay(session: Session):
    write(session, figures(MARCH, seed=0.5), "month = :month", month=MARCH)
    write(session, figures(APRIL, seed=0.6), "month = :month", month=APRIL)
    write(session, figures(MARCH, seed=0.7, cold_start=0.1), "month = :month", month=MARCH)
    assert stored(session) == [(MARCH, "cold_start", 0.1), (MARCH, "seed", 0.7), (APRIL, "seed", 0.6)]


def test_a_part_of_a_month_is_replaced(session: Session):
    """Several writers share a month of model_metrics."""
    write(session, figures(MARCH, seed=0.5, cold_start=0.1), "month = :month", month=MARCH)
    write(session, figures(APRIL, cold_start=0.2), "month = :month", month=APRIL)
    write(session, figures(MARCH, cold_start=0.9), "month = :month and (protocol in ('cold_start'))", month=MARCH)
    assert stored(session) == [(MARCH, "cold_start", 0.9), (MARCH, "seed", 0.5), (APRIL, "cold_start", 0.2)]
    both = "month = :month and (protocol in ('seed', 'cold_start'))"
    write(session, figures(MARCH, seed=0).head(0), both, month=MARCH)
    assert stored(session) == [(APRIL, "cold_start", 0.2)]


def test_months_are_deleted(session: Session):
    for month in (MARCH, APRIL):
        write(session, figures(month, seed=0.5), "month = :month", month=month)
    session.execute("delete from model_metrics where month > :last", last=MARCH)
    assert stored(session) == [(MARCH, "seed", 0.5)]


def test_rows_that_they_do_not_replace_are_refused(session: Session):
    with pytest.raises(WarehouseError, match=r"1 new rows of model_metrics are none of those that they replace"):
        write(session, figures(MARCH, seed=0.5), "month = :month", month=APRIL)
    assert stored(session) == []


def test_several_tables_change_at_once_or_not_at_all(warehouse: Warehouse):
    with warehouse.session() as session:
        write(session, people("a"))
        staged = session.stage_frame(CUSTOMERS, people("b"))
        beside = session.stage_frame(CHECKS, figures(MARCH, seed=0.5))
        with pytest.raises(RuntimeError, match="killed"), session.transaction():
            session.replace(CUSTOMERS, staged)
            session.replace(CHECKS, beside, "month = :month", month=MARCH)
            assert session.rows("select customer_id from customers") == [("b",)], "within it the new rows are seen"
            raise RuntimeError("killed")
        assert session.rows("select customer_id from customers") == [("a",)] and stored(session) == []
        with session.transaction():
            session.replace(CUSTOMERS, staged)
            session.replace(CHECKS, beside, "month = :month", month=MARCH)
    with warehouse.session() as session:
        assert session.rows("select customer_id from customers") == [("b",)]
        assert stored(session) == [(MARCH, "seed", 0.5)]


def test_batches_are_staged_one_after_the_other(session: Session):
    staged = session.stage_frames(CUSTOMERS, (people(i) for i in "abc"))
    assert session.rows(f"select customer_id from {staged} order by 1") == [("a",), ("b",), ("c",)]
    assert session.scalar(f"select count(*) from {session.stage_frames(CUSTOMERS, [])}") == 0


def in_capitals(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(customer_id=rows["customer_id"].str.upper())


def test_rows_are_scored_where_they_are(session: Session):
    write(session, people(*"abcde"))
    sql = "select *, row_number() over (order by customer_id) - 1 as place from customers where customer_id <> :out"
    staged = session.stage_scored(CUSTOMERS, sql, in_capitals, 2, {}, out="c")
    assert session.rows(f"select customer_id, age_band from {staged} order by 1") == [(i, "20대") for i in "ABDE"]
    assert (
        session.scalar(f"select count(*) from {session.stage_scored(CUSTOMERS, sql, in_capitals, 2, {}, out='')}") == 5
    )


def test_a_broken_contract_is_told(session: Session):
    frame = pd.concat([people("a", "a"), people("b").assign(gender="unknown")])
    found = session.violations(CUSTOMERS, session.stage_frame(CUSTOMERS, frame))
    assert [(v.column, v.rule, v.rows, v.examples) for v in found] == [
        ("gender", "isin", 1, ("'unknown' at b",)),
        ("customer_id", "unique", 1, ("a",)),
    ]


def test_a_number_that_is_none_breaks_the_contract(session: Session):
    rows = pd.concat([figures(MARCH, seed=float("inf")), figures(MARCH, cold_start=0.5)])
    staged = session.stage_frame(CHECKS, rows)
    assert "finite" in {v.rule for v in session.violations(CHECKS, staged)}


def test_parameters_are_values(session: Session):
    asked = "select :day as d, :text as t, :whole as w, :half as h, :yes as y, coalesce(:nothing, 'none') as n"
    asked += ", 'it''s \\d :no' as words"
    given = {"day": MARCH, "text": 'it\'s \\d "x" :half', "whole": 3, "half": 0.5, "yes": True, "nothing": None}
    assert session.rows(asked, **given, unused=1) == [(MARCH, given["text"], 3, 0.5, True, "none", "it's \\d :no")]
    with pytest.raises(WarehouseError, match="as_of"):
        session.rows("select :as_of")


def test_reference_data_is_joined(session: Session):
    session.reference("bands", {"name": "varchar", "at_least": "bigint"}, [("gold", 5), ("it's", None)])
    assert session.rows("select name, at_least from bands order by name") == [("gold", 5), ("it's", None)]
    session.reference("bands", {"name": "varchar"}, [])
    assert session.rows("select count(name) from bands") == [(0,)]


def test_a_lent_frame_is_a_table_for_a_while(session: Session):
    with session.lent("drawn", pd.DataFrame({"n": [1, 2], "word": ["a", None]})):
        session.execute("create or replace temp table kept as select * from drawn where n > 1")
    assert session.rows("select * from kept") == [(2, None)]
    with pytest.raises(Exception, match=r"drawn"):
        session.rows("select * from drawn")


def test_temporary_tables_are_made_anew_renamed_and_dropped(session: Session):
    session.execute("create or replace temp table made as select 1 as n")
    session.execute("create or replace temp table made as select n + 1 as n from made")
    session.execute("create or replace temp view seen as select n from made")
    assert session.scalar("select n from seen") == 2
    session.execute("create or replace temp table next as select n * 10 as n from made")
    session.execute("drop table made")
    session.execute("alter table next rename to made")
    assert session.scalar("select n from made") == 20


def test_a_temporary_table_stands_before_a_stored_one(warehouse: Warehouse):
    with warehouse.session() as session:
        session.reference("offers", {"offer_id": "varchar"}, [("mine",)])
        assert session.rows("select offer_id from offers") == [("mine",)]
    with warehouse.session() as session:
        assert session.scalar("select count(*) from offers") == 0, "and is gone with its session"


def test_files_become_a_table(session: Session, tmp_path: Path):
    duckdb.sql("select 'a' as id, cast(1.5 as decimal(18, 4)) as amount").write_parquet(str(tmp_path / "old.parquet"))
    duckdb.sql("select 'b' as id, cast(2 as decimal(18, 4)) as amount, 'x' as detail").write_parquet(
        str(tmp_path / "new.parquet")
    )
    files = [tmp_path / "old.parquet", tmp_path / "new.parquet"]
    session.files("landed", files, {"detail": "varchar", "id": "varchar"})
    assert session.rows("select * from landed order by id") == [(None, "a"), ("x", "b")]
    session.files("landed", files)
    assert session.rows("select id, amount from landed order by id") == [("a", Decimal("1.5000")), ("b", Decimal(2))]


def test_json_is_taken_apart(session: Session):
    rows = [("r1", '{"paid":"cash","till":"3"}'), ("r2", '{"paid":null}'), ("r3", None)]
    session.reference("told", {"id": "varchar", "attributes": "varchar"}, rows)
    named = session.json_rows("select id, attributes from told", "attributes")
    assert session.rows(f"select id, name, value from ({named}) as t order by 1, 2") == [
        ("r1", "paid", "cash"),
        ("r1", "till", "3"),
    ]
    paid = session.json_text("attributes", "paid")
    assert session.rows(f"select {paid} from told order by id") == [("cash",), (None,), (None,)]


def test_frames_have_the_same_types(session: Session):
    frame = session.frame(
        """select cast('x' as varchar) as text, cast(1 as bigint) as whole, cast(0.5 as double) as half,
        cast(1.25 as decimal(18, 4)) as money, date '2021-03-01' as day, cast(null as bigint) as none,
        cast('2021-03-01 10:30:00' as timestamp) as moment, true as yes"""
    )
    assert [str(t) for t in frame.dtypes] == [
        "str", "int64", "float64", "float64", "datetime64[us]", "Int64", "datetime64[us]", "bool",
    ]  # fmt: skip


def test_the_copy_for_readers_is_whole_and_stays(warehouse: Warehouse, tmp_path: Path):
    path = tmp_path / "published.duckdb"
    with warehouse.session() as session:
        write(session, people("a"))
        write(session, figures(MARCH, seed=0.5), "month = :month", month=MARCH)
        write_published(session, path)
        write(session, people("b"))
    with warehouse.session() as session, read_published(path) as reader:
        assert session.rows("select customer_id from customers") == [("b",)]
        assert reader.rows("select customer_id from customers") == [("a",)]
        assert stored(reader) == [(MARCH, "seed", 0.5)]
        assert reader.scalar("select count(*) from receipts") == 0
        write_published(session, path)
    with read_published(path) as reader:
        assert reader.rows("select customer_id from customers") == [("b",)]
