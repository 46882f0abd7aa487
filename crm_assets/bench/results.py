"""What was measured, kept in a file: an entry for each part and size, with every repeat, the commit and the machine.

A part that is measured again takes the place of its entry and leaves the others. A ratio is of one entry, so of one
run; only a cost curve goes from entry to entry, and only where both are of the same commit and machine.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm_assets.bench.measuring import Measured
from crm_assets.files import write_text

WALL, CPU, PEAK = "wall", "cpu", "peak"
LANDED = "landed_to_predictions"
DIGITS = 3


@dataclass(frozen=True)
class Entry:
    """One part at one size.

    Attributes:
        part: stages, peers, …
        size: million lines that were asked for; none where a part has one size only.
        about: commit, machine, versions, date, lines and customers.
        repeats: what was measured → every time that it was.
        missing: what was not measured, and the remedy.
    """

    part: str
    size: float | None
    about: Mapping[str, Any]
    repeats: Mapping[str, list[Measured]]
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.part if self.size is None else f"{self.part}/{self.size:g}"

    def value(self, what: Iterable[str], measure: str) -> float | None:
        """The sum over what is named of the median seconds, or the greatest peak; none where one was not measured."""
        found = [self._value(name, measure) for name in what]
        if not found or None in found:
            return None
        return max(found) if measure == PEAK else sum(found)

    def _value(self, name: str, measure: str) -> float | None:
        values = [getattr(m, measure) for m in self.repeats.get(name, [])]
        if not values or None in values:
            return None
        return max(values) if measure == PEAK else statistics.median(values)


@dataclass(frozen=True)
class Results:
    """The entries by their keys."""

    entries: Mapping[str, Entry]

    @classmethod
    def read(cls, file: Path) -> Results:
        """Those of a file; none where there is no file.

        Raises:
            ValueError: it is no file of results; says the remedy.
        """
        if not file.exists():
            return cls({})
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))["entries"]
            return cls({e.key: e for e in map(_read, stored)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{file} holds something else than results of `crm bench`. Move it away.") from error

    def write(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        entries = [_stored(self.entries[key]) for key in sorted(self.entries)]
        write_text(file, json.dumps({"entries": entries}, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

    def with_entry(self, entry: Entry) -> Results:
        return Results({**self.entries, entry.key: entry})

    def of(self, part: str) -> list[Entry]:
        """The entries of a part, by size."""
        return sorted((e for e in self.entries.values() if e.part == part), key=lambda e: e.size or 0)


def _read(stored: dict[str, Any]) -> Entry:
    repeats = {what: [Measured(**m) for m in measured] for what, measured in stored.pop("repeats").items()}
    return Entry(**stored, repeats=repeats)


def _stored(entry: Entry) -> dict[str, Any]:
    repeats = {what: [_rounded(vars(m)) for m in measured] for what, measured in entry.repeats.items()}
    return {**vars(entry), "repeats": repeats}


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {n: round(v, DIGITS) if isinstance(v, float) else v for n, v in values.items()}
