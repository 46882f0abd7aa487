"""``crm bench``: what `crm refresh` costs at L.POINT's published size, measured as a user would run it.

Each run has a data folder and a Dagster home of its own and goes through the command line, so that imports, Dagster's
own cost and every report are in the figure. Peak memory is that of the whole process.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_assets.settings import PROJECT_DIR

PUBLISHED = 29_874  # customers of L.POINT's published data; the limits below are for them
MOST_SECONDS, MOST_GB = 180.0, 4.0  # of a refresh from nothing, on 2 cores


class LimitExceeded(RuntimeError):
    """The published size took longer, or more memory, than it may; holds the table of figures."""


@dataclass(frozen=True)
class Measured:
    """One process: wall and CPU seconds, peak memory in GB."""

    wall: float
    cpu: float
    peak: float


def measure_refresh(customers: int, runs: int, progress: Callable[[str], None]) -> str:
    """Make the sample, refresh it from nothing ``runs`` times; returns the table of medians.

    Raises:
        RuntimeError: a command failed; holds what it printed.
        LimitExceeded: at the published size, the median run was above a limit.
    """
    made: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        root = Path(folder)
        progress(f"sample of {customers:,} customers")
        sample = _run(root, root / "home-demo", "demo", "--customers", str(customers))
        for run in range(runs):
            _forget(root / "data")
            progress(f"refresh {run + 1} of {runs}")
            made.append(_run(root, root / f"home-{run}", "refresh"))
        scan, rows = _raw_scan(root / "data")
        size = (root / "data" / "warehouse.duckdb").stat().st_size / 1e9
    told = _table(customers, rows, sample, made, scan, size)
    if customers >= PUBLISHED and exceeded(made):
        raise LimitExceeded(f"{told}\nabove the limits of {MOST_SECONDS:g} s and {MOST_GB:g} GB")
    return told


def exceeded(made: list[Measured]) -> bool:
    """Whether the median run took too long, or any too much memory."""
    return statistics.median(m.wall for m in made) > MOST_SECONDS or max(m.peak for m in made) > MOST_GB


def _run(root: Path, home: Path, *words: str) -> Measured:
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text((PROJECT_DIR / "dagster_home" / "dagster.yaml").read_text())
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CRM_")}
    environment = {**kept, "CRM_DATA_DIR": str(root / "data"), "DAGSTER_HOME": str(home)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_assets.cli", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"crm {' '.join(words)} failed:\n{printed.decode()}")
    scale = 1e6 if sys.platform != "darwin" else 1e9  # kilobytes, on macOS bytes
    return Measured(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def _forget(data: Path) -> None:
    """All but the landing folder goes."""
    for name in ("staging", "models", "reports"):
        shutil.rmtree(data / name, ignore_errors=True)
    for path in data.glob("*.duckdb*"):
        path.unlink()


def _raw_scan(data: Path) -> tuple[float, int]:
    """The limit beside it: reading the same files as text and counting their rows."""
    started, rows = time.perf_counter(), 0
    for path in sorted((data / "landing").glob("LPOINT_BIG_COMP_0[236]*.csv")):
        sql = "select count(*), count(distinct columns(*)) from read_csv(?, all_varchar = true)"
        rows += duckdb.execute(sql, [str(path)]).fetchall()[0][0]
    return time.perf_counter() - started, rows


def _table(customers: int, rows: int, sample: Measured, made: list[Measured], scan: float, size: float) -> str:
    wall, cpu = statistics.median(m.wall for m in made), statistics.median(m.cpu for m in made)
    lines = [
        f"{customers:,} customers, {rows:,} rows of receipts, services and wallet, 13 months, "
        f"{os.cpu_count()} cores, median of {len(made)}",
        "",
        "| step | wall s | CPU s | peak GB |",
        "|:--|--:|--:|--:|",
        f"| crm demo | {sample.wall:.1f} | {sample.cpu:.1f} | {sample.peak:.2f} |",
        f"| crm refresh | {wall:.1f} | {cpu:.1f} | {max(m.peak for m in made):.2f} |",
        f"| reading the files and counting distinct values | {scan:.1f} | | |",
        "",
        f"refresh / raw scan {wall / scan:.1f}; warehouse {size:.2f} GB",
    ]
    return "\n".join(lines)
