"""Entries of results, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_assets.bench.measuring import Measured
from crm_assets.bench.results import Entry

MACHINE = {"cores": 2, "memory_gb": 24.0, "processor": "P", "system": "Linux"}
ABOUT = {"began": "2026-11-30T12:00:00+00:00", "commit": "abc", "machine": MACHINE, "versions": {}, "customers": 6_024}


def entry(
    part: str,
    size: float | None,
    lines: float,
    about: Mapping[str, Any] = {},
    peak: float = 1.0,
    **cpu: float | list[float],
) -> Entry:
    """What was measured took these CPU seconds, once or several times, and twice as long by the clock."""
    repeats = {
        what: [Measured(2 * s, s, peak) for s in (seconds if isinstance(seconds, list) else [seconds])]
        for what, seconds in cpu.items()
    }
    return Entry(part, size, {**ABOUT, "lines": int(lines), **about}, repeats)
