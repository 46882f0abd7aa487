"""Dagster's memory in PostgreSQL, as docs/scale.md sets it up: runs, events, checks and the pool's limit are there."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
import yaml

from crm_assets.defs import processes
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.postgres import postgres

YAML = PROJECT_DIR / "docs" / "scale" / "dagster.yaml"
OF_THE_FILES = {"event_log_storage"}  # of dagster_home/dagster.yaml: where its files lie
FIRST_TABLES = "raw_transactions,receipts,rfm_scores"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("postgres")
    (root / "home").mkdir()
    shutil.copy(YAML, root / "home")
    with postgres() as variables:
        shop = Shop(root, variables)
        shop.crm("demo", "--customers", "100")
        shop.crm("refresh", "--months", "2020-12", "--select", FIRST_TABLES)
        yield shop


@pytest.fixture
def engine(shop: Shop) -> Iterator[sa.Engine]:
    told = {name.removeprefix("DAGSTER_POSTGRES_"): value for name, value in shop.variables.items()}
    made = sa.create_engine(
        sa.URL.create(
            "postgresql+psycopg2", told["USER"], told["PASSWORD"], told["HOST"], int(told["PORT"]), told["DB"]
        )
    )
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "DAGSTER_POSTGRES_DB is not set; DAGSTER_POSTGRES_HOST is not set"),
        ({"DB": "missing"}, 'database "missing" does not exist'),
        ({"PASSWORD": "wrong"}, "password authentication failed"),
    ],
)
def test_without_a_connection_it_says_what_to_look_at(shop: Shop, tmp_path: Path, variables: dict, told: str):
    given = {f"DAGSTER_POSTGRES_{name}": value for name, value in variables.items()}
    other = Shop(tmp_path, {**shop.variables, **given} if given else {})
    (tmp_path / "home").mkdir()
    shutil.copy(YAML, tmp_path / "home")
    line = other.crm("refresh", ok=False).splitlines()[-1]
    assert line.startswith("crm: ") and told in line, line


def test_it_differs_from_the_home_of_one_machine_in_the_storage_alone():
    ours, one = (yaml.safe_load(path.read_text()) for path in (YAML, PROJECT_DIR / "dagster_home" / "dagster.yaml"))
    assert ours.keys() - one.keys() == {"storage"} and one.keys() - ours.keys() == OF_THE_FILES
    assert {key: ours[key] for key in ours.keys() & one.keys()} == {key: one[key] for key in ours.keys() & one.keys()}


def test_runs_events_checks_and_the_pool_are_in_postgres(shop: Shop, engine: sa.Engine):
    with engine.connect() as connection:
        runs = connection.execute(sa.text("select pipeline_name, status from runs order by id")).all()
        events = connection.execute(
            sa.text("select asset_key from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'")
        ).all()
        checks = connection.execute(
            sa.text("select asset_key, execution_status from asset_check_executions where partition = '2020-12-01'")
        ).all()
        pools = connection.execute(sa.text('select concurrency_key, "limit" from concurrency_limits')).all()
    assert runs == [(job, "SUCCESS") for job in ("intake", "dimensions", "month")]
    tables = {f'["{table}"]' for table in FIRST_TABLES.split(",")}
    assert tables < {key for (key,) in events}
    assert {key for key, _ in checks} == tables and {status for _, status in checks} == {"SUCCEEDED"}
    assert pools == [("duckdb", 1)]
    assert not (shop.root / "home" / "history").exists(), "Dagster's files beside it"
    assert shop.value("select count(*) from rfm_scores") > 0


def test_a_second_process_goes_on_from_what_is_there(shop: Shop, engine: sa.Engine):
    """Events alone tell what is stale: what was read and made is not read or made again."""
    shop.crm("refresh", "--months", "2020-12", "--select", "rfm_scores")
    made = "select asset_key from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'"
    with engine.connect() as connection:
        keys = [key for (key,) in connection.execute(sa.text(made)).all()]
    assert [keys.count(f'["{table}"]') for table in ("customers", "receipts", "rfm_scores")] == [1, 1, 2]


def test_processes_that_open_an_empty_database_at_once_all_succeed(shop: Shop, tmp_path: Path):
    with postgres() as variables:
        environment = Shop(tmp_path, variables).environment
        homes = [tmp_path / f"host{n}" for n in range(3)]
        for home in homes:
            home.mkdir()
            shutil.copy(YAML, home)
        script = "import dagster; print(dagster.DagsterInstance.get().get_runs_count())"
        opened = [
            subprocess.Popen(
                [sys.executable, "-c", script], env={**environment, "DAGSTER_HOME": str(home)},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for home in homes
        ]  # fmt: skip
        for process in opened:
            printed, faults = process.communicate(timeout=120)
            assert (process.returncode, printed.strip()) == (0, "0"), faults


def test_a_process_of_another_host_is_not_taken_for_dead(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    here = socket.gethostname()
    asked_by = [f"{here}:{dead.pid}", f"another-host:{dead.pid}", f"{here}:{os.getpid()}"]
    job = dg.Definitions([thing]).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"
        runs = [
            instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={processes.PROCESS: process})
            for process in asked_by
        ]
        processes.close_runs_of_the_dead(instance)
        statuses = [instance.get_run_by_id(run.run_id).status.name for run in runs]
    assert statuses == ["FAILURE", "STARTED", "STARTED"]


@dg.asset
def thing(): ...
