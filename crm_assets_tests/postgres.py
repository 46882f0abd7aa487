"""A PostgreSQL of the tests' own: in a folder of its own, on a free port, gone with them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

USER, PASSWORD = "dagster", "of the tests"
DEBIANS = Path("/usr/lib/postgresql")  # where Debian and Ubuntu put the programs of a server, by version


@contextmanager
def postgres() -> Iterator[dict[str, str]]:
    """An empty database, as the variables that docs/scale/dagster.yaml asks for; skips where there is no server to
    start, but not in CI."""
    programs = _programs()
    if importlib.util.find_spec("dagster_postgres") is None:
        _missing("the extra `postgres` is not installed: pip install -e '.[postgres]'")
    user = [] if os.geteuid() else ["runuser", "-u", "postgres", "--"]  # a server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="crm-postgres-"))  # pytest's own folders are closed to other users
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if user:
        shutil.chown(folder, "postgres")
    data, log, secret = folder / "data", (folder / "log").open("wb"), folder / "password"
    secret.write_text(PASSWORD)
    asked_for = ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    _succeed([*user, programs / "initdb", "-D", data, "-U", USER, *asked_for], folder)
    server = subprocess.Popen(
        [*user, programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"],
        stdout=log, stderr=log, cwd=folder,
    )  # fmt: skip
    try:
        _wait_for(server, port, folder)
        told = {"HOST": "127.0.0.1", "PORT": str(port), "DB": "postgres", "USER": USER, "PASSWORD": PASSWORD}
        yield {f"DAGSTER_POSTGRES_{name}": value for name, value in told.items()}
    finally:
        # Asked of the server itself: runuser, which is our child, passes no signal on.
        _succeed([*user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], folder)
        server.wait(timeout=30)
        log.close()
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(DEBIANS.glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("postgres")
    if found or on_path:
        return found[-1].parent if found else Path(on_path).parent
    _missing("no PostgreSQL on this machine: apt-get install postgresql")


def _missing(word: str) -> NoReturn:
    if os.environ.get("CRM_REQUIRE_DATA"):
        pytest.fail(word)
    pytest.skip(word)


def _wait_for(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text(errors="replace"))


def _succeed(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
