"""What a process costs: wall and CPU seconds, and the peak of its memory, its children's included.

What the process does belongs to ``program`` and to the command line.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

SAMPLED_EVERY = 0.05  # seconds
PROC = Path("/proc")
KEPT_LINES = 30  # of what a program that failed printed


class ProgramFailed(RuntimeError):
    """A program that was to be measured ended with an error: holds its words and the end of what it printed."""


@dataclass(frozen=True)
class Measured:
    """One process.

    Attributes:
        wall, cpu: seconds; CPU is that of the process and its children, None where it was not measured.
        peak: GB (10⁹ bytes) of resident memory of the process and its children together, or None as well.
        told: what the program says beside: counts, seconds of its parts.
    """

    wall: float
    cpu: float | None
    peak: float | None
    told: Mapping[str, Any] = field(default_factory=dict)


def measure_program(name: str, environment: Mapping[str, str], **given: Any) -> Measured:
    """A program of ``program``, timed from when its imports are done; its peak is that of the whole process.

    Raises:
        ProgramFailed: it ended with an error.
    """
    with tempfile.TemporaryDirectory(prefix="crm-bench-told-") as folder:
        told = Path(folder) / "told.json"
        words = [sys.executable, "-m", "crm_assets.bench.program", name, str(told), json.dumps(given)]
        whole = measure_process(words, environment)
        inner = json.loads(told.read_text())
    return Measured(inner.pop("wall"), inner.pop("cpu"), whole.peak, {**inner, "process_cpu": whole.cpu})


def measure_process(words: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """A process from its start to its end.

    Raises:
        ProgramFailed: it ended with an error.
    """
    with tempfile.TemporaryFile() as printed:
        began = perf_counter()
        process = subprocess.Popen(words, env=dict(environment), stdout=printed, stderr=subprocess.STDOUT)
        with _Peak(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            last = "\n".join(printed.read().decode(errors="replace").splitlines()[-KEPT_LINES:])
            raise ProgramFailed(f"{' '.join(words[1:])} ended with {process.returncode}:\n{last}")
    # What the system keeps counts what the parent held when it started the process: it serves where there is no /proc.
    scale = 1e9 if sys.platform == "darwin" else 1e6  # bytes there, kilobytes elsewhere
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak.bytes / 1e9 or usage.ru_maxrss / scale)


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class _Peak:
    """The greatest sum of resident memory of a process and its descendants, looked at time and again, or the greatest
    that the process alone had between two looks. Without /proc it stays 0."""

    def __init__(self, pid: int) -> None:
        self.pid, self.bytes = pid, 0
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Peak:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        page = os.sysconf("SC_PAGESIZE")
        while not self._over.wait(SAMPLED_EVERY):
            together = page * sum(map(_resident_pages, _tree(self.pid)))
            self.bytes = max(self.bytes, together, _high_water(self.pid))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(PROC.glob(f"{pid}/task/*/children"))
    except OSError:  # the process has ended between two looks
        return
    for task in tasks:
        for child in _read(task).split():
            yield from _tree(int(child))


def _high_water(pid: int) -> int:
    """Bytes; of a process that has ended none."""
    found = re.search(r"VmHWM:\s+(\d+) kB", _read(PROC / str(pid) / "status"))
    return 1024 * int(found[1]) if found else 0


def _resident_pages(pid: int) -> int:
    return int((_read(PROC / str(pid) / "statm").split() or ["0", "0"])[1])


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended between two looks
        return ""
