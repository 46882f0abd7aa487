"""One run: the parts that were asked for, size by size; the results file is written after each, so that a run that is
stopped keeps what it has."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from crm_assets.bench.machine import about
from crm_assets.bench.parts import PARTS, Bench
from crm_assets.bench.results import Entry, Results
from crm_assets.bench.sample import customers_for

Progress = Callable[[str], None]


def require_parts(names: Sequence[str]) -> None:
    """
    Raises:
        ValueError: there is no part of such a name.
    """
    if unknown := sorted({*names} - {*PARTS}):
        raise ValueError(f"there is no part {', '.join(unknown)}; choose of {', '.join(PARTS)}")


def measure(
    names: Sequence[str],
    sizes: Sequence[float],
    repeat: int,
    file: Path,
    progress: Progress,
    customers: int | None = None,
) -> Results:
    """Measure the parts and put their entries into the results file; returns those of this run.

    Args:
        sizes: million lines of the parts that have no size of their own.
        customers: of those that have one, instead of it.

    Raises:
        ValueError: there is no such part, or the file holds something else.
        ProgramFailed: what was to be measured ended with an error.
    """
    require_parts(names)
    results, of_this_run = Results.read(file), Results({})
    asked = [(name, size) for size in sorted(sizes) for name in names if PARTS[name].customers is None]
    asked = [(name, None) for name in names if PARTS[name].customers is not None] + asked
    for name, size in asked:
        made = customers_for(size) if size is not None else customers or PARTS[name].customers
        entry = _entry(name, size, made, repeat, progress)
        results, of_this_run = results.with_entry(entry), of_this_run.with_entry(entry)
        results.write(file)
    return of_this_run


def _entry(name: str, size: float | None, customers: int, repeat: int, progress: Progress) -> Entry:
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        bench = Bench(Path(folder), customers, repeat, progress)
        progress(f"{name}: {bench.lines:,} lines of {customers:,} customers")
        began = about()
        repeats = PARTS[name].run(bench)
        return Entry(name, size, {**began, "lines": bench.lines, "customers": customers}, repeats, bench.missing)
