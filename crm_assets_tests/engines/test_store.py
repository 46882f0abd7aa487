"""The folder of Spark's tables: whoever is killed leaves the old state or the new one, and no litter for long."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.settings import Settings
from crm_assets.warehouse import SparkWarehouse, Warehouse, WarehouseError, warehouse_of
from crm_assets.warehouse.spark_start import full_disk_told, require_spark, started
from crm_assets.warehouse.spark_store import Part, Store
from crm_assets.warehouse.spark_text import spark_text, statement, words
from crm_assets_tests.engines.spark_shop import need_spark

MARCH = date(2021, 3, 1)
KILLED = """
import os, signal, sys
from pathlib import Path
from crm_assets.warehouse import spark_store
from crm_assets_tests.engines.test_store import CONTRACTS, Store, written
store = Store(Path(sys.argv[1]))
new = written(store, "receipts", "new")
if sys.argv[2] == "before the manifest":
    spark_store.put_in_place = lambda beside, path: os.kill(os.getpid(), signal.SIGKILL)
store.commit({"receipts": (new,)}, CONTRACTS)
os.kill(os.getpid(), signal.SIGKILL)
"""


def written(store: Store, table: str, text: str) -> Part:
    folder = store.new_folder(table, MARCH)
    folder.mkdir(parents=True)
    (folder / "part-0.parquet").write_text(text)
    return Part(str(folder.relative_to(store.folder)), ("part-0.parquet",), 1, "2021-03-01")


def texts(store: Store, table: str) -> list[str]:
    return [path.read_text() for path in store.paths(store.parts(table))]


def stored_files(folder: Path) -> int:
    return len(list(folder.rglob("*.parquet")))


@pytest.mark.parametrize(("moment", "left"), [("before the manifest", "old"), ("after the manifest", "new")])
def test_a_killed_writer_leaves_the_old_state_or_the_new_one(tmp_path: Path, moment: str, left: str):
    store = Store(tmp_path / "spark")
    store.commit({"receipts": (written(store, "receipts", "old"),)}, CONTRACTS)
    done = subprocess.run([sys.executable, "-c", KILLED, str(store.folder), moment], check=False)
    assert done.returncode == -9
    again = Store(store.folder)
    assert texts(again, "receipts") == [left] and stored_files(store.folder) == 2
    again.sweep()
    assert texts(Store(store.folder), "receipts") == [left] and stored_files(store.folder) == 1


def test_what_a_copy_for_readers_names_stays_until_two_others_are_made(tmp_path: Path):
    store = Store(tmp_path)
    for turn in range(3):
        store.commit({"receipts": (written(store, "receipts", str(turn)),)}, CONTRACTS)
        store.pin()
        store.sweep()
        assert stored_files(tmp_path) == min(turn + 1, 2)
    assert texts(store, "receipts") == ["2"]


def test_two_sessions_do_not_overwrite_each_other(tmp_path: Path):
    one, other = Store(tmp_path), Store(tmp_path)
    one.commit({"receipts": (written(one, "receipts", "one"),)}, CONTRACTS)
    with pytest.raises(WarehouseError, match="receipts was changed by another session"):
        other.commit({"receipts": ()}, CONTRACTS)
    other.commit({"customers": (written(other, "customers", "other"),)}, CONTRACTS)
    assert texts(Store(tmp_path), "receipts") == ["one"] and texts(Store(tmp_path), "customers") == ["other"]


def test_files_that_are_gone_and_manifests_that_are_none_are_named(tmp_path: Path):
    store = Store(tmp_path)
    store.commit({"receipts": (written(store, "receipts", "x"),)}, CONTRACTS)
    store.paths(store.parts("receipts"))[0].unlink()
    with pytest.raises(WarehouseError, match=r"is gone, though the manifest names it\. Restore .* from a backup"):
        store.paths(store.parts("receipts"))
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(WarehouseError, match=r"cannot read .*manifest\.json.*from a backup"):
        Store(tmp_path)


def test_a_table_of_another_version_is_refused(tmp_path: Path):
    store = Store(tmp_path / "spark")
    store.commit({"receipts": ()}, CONTRACTS)
    path = store.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["columns"]["receipts"]["amount"] = "DOUBLE"
    path.write_text(json.dumps(manifest))
    with pytest.raises(WarehouseError, match=r"table receipts was made by another version"):
        SparkWarehouse(store.folder, lock_wait_seconds=0).open()


def test_one_process_at_a_time(tmp_path: Path):
    warehouse = SparkWarehouse(tmp_path / "spark", lock_wait_seconds=0.1)
    opened = warehouse.open()
    try:
        with pytest.raises(WarehouseError, match=r"in use by process \d+ for more than 0\.1 s.*CRM_LOCK_WAIT_SECONDS"):
            warehouse.open()
    finally:
        opened.close()
    warehouse.open().close()


def test_the_ledger_needs_no_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """``crm quarantine`` answers at once."""
    monkeypatch.setattr("crm_assets.warehouse.spark_engine.started", lambda *_: pytest.fail("Spark was started"))
    with SparkWarehouse(tmp_path / "spark").session() as session:
        assert session.scalar("select count(*) from quarantine q join landed_files l using (reading_hash)") == 0
        assert session.intake.rows("from range(1)") == [(0,)]


def test_a_data_folder_keeps_its_engine(tmp_path: Path):
    with Warehouse(tmp_path / "warehouse.duckdb").session():
        pass
    environment = {"CRM_DATA_DIR": str(tmp_path), "CRM_ENGINE": "spark"}
    with pytest.raises(WarehouseError, match=r"are in .*warehouse\.duckdb, but CRM_ENGINE is spark\. Set CRM_ENGINE="):
        warehouse_of(Settings.read(environment))
    assert type(warehouse_of(Settings.read(environment | {"CRM_ENGINE": "duckdb"}))) is Warehouse
    assert type(warehouse_of(Settings.read(environment | {"CRM_DATA_DIR": str(tmp_path / "o")}))) is SparkWarehouse


def test_what_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(WarehouseError, match=r"needs PySpark .*pip install -e '\.\[spark\]'"):
        require_spark()
    monkeypatch.setitem(sys.modules, "pyspark", sys)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(WarehouseError, match=r"needs Java 17 .*apt-get install default-jre-headless"):
        require_spark()


@pytest.mark.parametrize(
    ("memory", "conf", "word"),
    [("80%", "", "CRM_MEMORY_LIMIT='80%'"), ("2GB", "executor.memory=2g", "CRM_SPARK_CONF: 'executor.memory=2g'")],
)
def test_a_setting_that_cannot_be_used_is_named(memory: str, conf: str, word: str):
    need_spark()
    with pytest.raises(WarehouseError, match=word):
        started("local[1]", memory, conf)


def test_a_full_disk_is_told_as_on_duckdb(tmp_path: Path):
    need_spark()
    from pyspark.errors import PySparkException

    said = "java.io.IOException: No space left on device"
    told = pytest.raises(WarehouseError, match=r"cannot be written: .*No space left on device.*Make room")
    with told, SparkWarehouse(tmp_path / "spark").session(), full_disk_told():
        raise PySparkException(said)
    with pytest.raises(PySparkException, match="overflow"), full_disk_told():
        raise PySparkException("overflow")


def test_a_text_that_spark_reads_otherwise():
    assert spark_text("""cast(x as varchar) || 'it''s \\d varchar' || "varchar" """) == (
        """cast(x as string) || 'it\\'s \\\\d varchar' || "varchar" """
    )


@pytest.mark.parametrize(
    ("sql", "kind", "name"),
    [
        ("create or replace temp table a as select 1", "table", "a"),
        ("create or replace temp view a as\nselect 1", "view", "a"),
        ('delete from "a" where month > :last', "delete", "a"),
        ("drop table a", "drop", "a"),
        ("alter table a rename to b", "rename", "a"),
        ("with x as (select 1) select * from x", "query", ""),
        ("\n  select 1", "query", ""),
        ("update a set x = 1", "other", ""),
        ("insert into a select 1", "other", ""),
    ],
)
def test_what_a_statement_asks_for(sql: str, kind: str, name: str):
    assert (statement(sql).kind, statement(sql).name) == (kind, name)


def test_words_of_texts_are_no_tables():
    assert words("""select 'receipts' as x from "offers" o where y = 'it''s calendar'""") == {
        "select", "as", "x", "from", "offers", "o", "where", "y",
    }  # fmt: skip
