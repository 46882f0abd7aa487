"""A shop on a disk that is full, or may not be written to: in a mount namespace of its own, which ends with the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop

FULL = """mount -t tmpfs -o size={room} tmpfs {data} && cp -a {kept}/. {data} && {command}
code=$?; mkdir -p {left} && cp -a {data}/. {left}; exit $code"""
READ_ONLY = "mount --bind {data} {data} && mount -o remount,ro,bind {data} && {command}"


def require_namespaces() -> None:
    """Skip where mounts of one's own are not allowed; not in CI."""
    able = shutil.which("unshare") and subprocess.run(["unshare", "-Urm", "true"], check=False).returncode == 0
    if not able:
        word = "this machine allows no mount namespaces (unshare -Urm): disks cannot be simulated"
        if os.environ.get("CRM_REQUIRE_DATA"):
            pytest.fail(word)
        pytest.skip(word)


def used_bytes(folder: Path) -> int:
    return sum(p.stat().st_size + 4096 for p in folder.rglob("*"))


def refresh_on_full_disk(shop: Shop, free: int, left: Path) -> tuple[int, str]:
    """``crm refresh`` with so many bytes left; exit code, what it printed; ``left`` is the data folder afterwards."""
    kept = shop.root / "kept"
    shop.data.rename(kept)
    shop.data.mkdir()
    room = used_bytes(kept) + free
    told = _run(shop, FULL.format(room=room, data=shop.data, kept=kept, left=left, command=_command()))
    shop.data.rmdir()
    kept.rename(shop.data)
    return told


def refresh_on_read_only_disk(shop: Shop) -> tuple[int, str]:
    return _run(shop, READ_ONLY.format(data=shop.data, command=_command()))


def _command() -> str:
    return f"{sys.executable} -m crm_assets.cli refresh"


def _run(shop: Shop, script: str) -> tuple[int, str]:
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script],
        env=shop.environment,
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
