"""The pipeline on two hosts, as docs/scale.md tells: the data with its code server on one, UI and daemon on another.

Both are processes of this machine, but share nothing that two hosts would not: each has a home of its own, the second
one has no data folder, and they know each other by PostgreSQL and by the port of the code server.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.postgres import postgres

pytestmark = pytest.mark.prove
PATIENCE = 900  # seconds, for machines that have other work
ASSETS = "{ assetNodes { assetKey { path } } }"


def test_files_that_land_on_the_data_host_are_made_by_the_sensors_of_another(tmp_path: Path, monkeypatch):
    with postgres() as variables:
        data = Shop(tmp_path / "data-host", {**variables, "CRM_HISTORY_END": "2020-12-31"})
        control = Shop(tmp_path / "control-host", variables)
        for shop in (data, control):
            (shop.root / "home").mkdir(parents=True)
            shutil.copy(PROJECT_DIR / "docs" / "scale" / "dagster.yaml", shop.root / "home")
        data.crm("demo", "--customers", "100")
        port, ui = free_port(), free_port()
        workspace = control.root / "workspace.yaml"
        workspace.write_text(
            f"load_from:\n  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: crm_assets}}\n"
        )
        serve = ["dagster", "code-server", "start", "-m", "crm_assets.definitions", "--location-name", "crm_assets"]
        ask = ["-w", str(workspace)]
        with (  # who asks before the code server listens asks again a minute later
            running([*serve, "-p", str(port)], data.environment, data.root, listens=port),
            running(["dagster-daemon", "run", *ask], control.environment, control.root),
            running(["dagster-webserver", *ask, "-p", str(ui)], control.environment, control.root, listens=ui),
        ):
            for name, value in control.environment.items():
                monkeypatch.setenv(name, value)
            with dg.DagsterInstance.get() as instance:
                wait_for_jobs(instance, {"intake", "dimensions", "month", "publish"}, control.root)
                reports = instance.get_materialized_partitions(dg.AssetKey("report"))
            with urllib.request.urlopen(f"http://127.0.0.1:{ui}/graphql?query={quote(ASSETS)}", timeout=60) as answer:
                shown = {node["assetKey"]["path"][-1] for node in json.load(answer)["data"]["assetNodes"]}
    assert reports == {"2020-12-01"} and "new_customer_predictions" in shown
    assert (data.data / "published.duckdb").exists() and not control.data.exists()
    assert data.value("select count(*) from receipts") > 0


def wait_for_jobs(instance: dg.DagsterInstance, wanted: set[str], logs: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        runs = instance.get_runs()
        assert not [r for r in runs if r.status == dg.DagsterRunStatus.FAILURE], runs
        if wanted == {r.job_name for r in runs if r.status == dg.DagsterRunStatus.SUCCESS}:
            return
        time.sleep(2)
    told = [f"{r.job_name} {r.status.name}" for r in instance.get_runs()]
    raise AssertionError("\n".join([*told, *(p.read_text(errors="replace")[-3000:] for p in logs.glob("*.log"))]))


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], folder: Path, *, listens: int | None = None
) -> Iterator[None]:
    """A program of Dagster's, from when it listens at its port, if it has one."""
    command = [str(Path(sys.executable).parent / command[0]), *command[1:]]
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=PROJECT_DIR, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while listens and not is_open(listens):
                assert process.poll() is None and time.monotonic() < deadline, command
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
