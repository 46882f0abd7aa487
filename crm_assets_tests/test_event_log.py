"""The event log whose engines are kept: the same files as Dagster's own, and what of Dagster's it stands on."""

from __future__ import annotations

import inspect
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from crm_assets.defs.event_log import MOST_KEPT, KeptEngines
from crm_assets.settings import PROJECT_DIR


@dg.asset
def thing():
    return dg.MaterializeResult(metadata={"rows": 3})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text((PROJECT_DIR / "dagster_home" / "dagster.yaml").read_text())
    return tmp_path


def test_it_is_the_log_of_the_home_and_dagsters_own_reads_its_files(home: Path):
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is KeptEngines
        done = dg.materialize([thing], instance=instance)
        assert done.success
    own = SqliteEventLogStorage(str(home / "history" / "runs"))
    events = [record.event_log_entry for record in own.get_records_for_run(done.run_id).records]
    assert any(event.dagster_event and event.dagster_event.is_step_success for event in events)


def test_a_home_made_without_it_goes_on_with_it(home: Path):
    plain = (home / "dagster.yaml").read_text().split("event_log_storage:")[0]
    whole = (home / "dagster.yaml").read_text()
    (home / "dagster.yaml").write_text(plain)
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        dg.materialize([thing], instance=instance)
    (home / "dagster.yaml").write_text(whole)
    with dg.DagsterInstance.get() as instance:
        made = instance.get_latest_materialization_event(dg.AssetKey("thing"))
        assert made.asset_materialization.metadata["rows"].value == 3


def test_an_engine_is_kept_and_the_longest_unused_goes(tmp_path: Path):
    log = KeptEngines(str(tmp_path))
    first = log._engine("index")
    runs = [log._engine(f"run{n}") for n in range(MOST_KEPT - 1)]
    assert log._engine("index") is first and log._engine("run0") is runs[0]
    log._engine("one more")
    assert log._engine("index") is first
    assert log._engine("run1") is not runs[1]


def test_dagsters_own_still_asks_for_its_connections_so():
    """A newer Dagster that gets its connections elsewhere would leave ours unused, without a word."""
    asked = (
        inspect.getsource(SqliteEventLogStorage.run_connection),
        inspect.getsource(SqliteEventLogStorage.index_connection),
    )
    assert all("self._connect(" in source for source in asked)
    assert "create_engine" in inspect.getsource(SqliteEventLogStorage._connect)
