"""Where and with what it was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from crm_assets.settings import PROJECT_DIR

PACKAGES = (
    *("duckdb", "dagster", "numpy", "pandas", "scikit-learn", "scipy", "lightgbm"),
    *("polars", "pyarrow", "mlxtend"),
)


def about() -> dict[str, Any]:
    """Commit, machine, versions, the time of the run, and how many processes were at work before it."""
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 1),
        "commit": commit(),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "processor": _processor(),
            "system": platform.system(),
        },
        "versions": {"python": platform.python_version()} | {n: v for n in PACKAGES if (v := _version(n))},
    }


def commit() -> str:
    """The commit that is checked out, with a + where the code differs from it; the version where there is no
    repository."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "crm_assets", "data/reference", "pyproject.toml")
    except (OSError, subprocess.CalledProcessError):
        return f"version {_version('crm-assets')}"
    return head + ("+" if changed else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", "-C", str(PROJECT_DIR), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return next(iter(named), platform.processor() or platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
