"""How a cost grows with the lines: the slope between two sizes on logarithmic scales, 1 = in proportion."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import NamedTuple

from crm_assets.bench.results import CPU, Entry, Results

SAME = ("commit", "machine")  # of two entries that a curve may join


class Step(NamedTuple):
    """From one size to the next one measured: the sizes in million lines, and the exponent of the CPU seconds."""

    smaller: float
    larger: float
    exponent: float


def exponent(lines: tuple[float, float], cost: tuple[float, float]) -> float:
    """log(cost ratio) ÷ log(size ratio)."""
    return log(cost[1] / cost[0]) / log(lines[1] / lines[0])


def steps(results: Results, part: str, what: str) -> list[Step]:
    """From size to size, where both were measured at the same commit on the same machine."""
    measured = [e for e in results.of(part) if e.size is not None and e.value([what], CPU)]
    return [
        Step(a.size, b.size, exponent((a.about["lines"], b.about["lines"]), (_cpu(a, what), _cpu(b, what))))
        for a, b in pairwise(measured)
        if a.about["lines"] < b.about["lines"] and all(a.about.get(name) == b.about.get(name) for name in SAME)
    ]


def worst(results: Results, part: str, what: str) -> Step | None:
    """The steepest step; none where there are not two sizes."""
    return max(steps(results, part, what), key=lambda s: s.exponent, default=None)


def _cpu(entry: Entry, what: str) -> float:
    return float(entry.value([what], CPU) or 0)
