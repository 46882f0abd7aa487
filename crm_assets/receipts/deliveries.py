"""Deliveries, and what one of them changes: which lines a month gains and loses, and who held a line first.

Lines are compared whole, by the staged files of the deliveries that count. What is written of it is ``ledger``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_assets.contracts.base import literal
from crm_assets.receipts.staging import LINES, dimension_file, is_whole, rows_of_its_own, staged_month_file
from crm_assets.warehouse import Session


@dataclass(frozen=True)
class Delivery:
    """A file that counts, or is about to. ``lines`` are its distinct sound lines by month; a dimension has none.
    ``leads`` are the first and the last month of its leads, where it holds leads."""

    landing_no: int
    delivered_no: int
    file_name: str
    content_hash: str
    reading_hash: str
    staged_table: str
    feeds: tuple[str, ...]
    encoding: str
    rows: int
    run_id: str
    lines: tuple[tuple[date, int], ...] = ()
    leads: tuple[date, date] | None = None

    @property
    def months(self) -> set[date]:
        return {month for month, _ in self.lines}

    @property
    def first_and_last(self) -> tuple[date | None, date | None]:
        """The earliest and the latest month of its lines or leads."""
        return self.leads or (min(self.months, default=None), max(self.months, default=None))

    def is_complete(self, staging: Path) -> bool:
        """Whether all that it staged is there, whole."""
        files = [staged_month_file(staging, month, self.reading_hash) for month in self.months]
        files += [dimension_file(staging, table, self.reading_hash) for table in self.feeds if table != LINES]
        return all(is_whole(file) for file in files)


@dataclass(frozen=True)
class Change:
    """A delivery in a month, in lines: those it holds, held first, adds to the month and withdraws from it."""

    month: date
    lines: int
    loaded: int
    added: int
    withdrawn: int


def changes_of(
    session: Session, staging: Path, new: Delivery, replaced: Sequence[Delivery], others: Sequence[Delivery]
) -> list[Change]:
    """Month by month, what ``new`` changes when it takes the place of ``replaced`` beside ``others``."""
    found, lines = [], dict(new.lines)
    for month in sorted(new.months.union(*(d.months for d in replaced))):
        own, old, rest = (_files(staging, some, month) for some in ([new], replaced, others))
        loaded = 0 if set(own) & set(rest) else rows_of_its_own(session, own, rest)
        added, withdrawn = loaded, 0
        if not all(is_whole(file) for file in old):  # they cannot be compared any more: the month counts as changed
            withdrawn = sum(dict(d.lines).get(month, 0) for d in replaced)
        elif old:
            added = 0 if own == old else rows_of_its_own(session, own, [*rest, *old])
            withdrawn = 0 if set(old) <= {*rest, *own} else rows_of_its_own(session, old, [*rest, *own])
        found.append(Change(month, lines.get(month, 0), loaded, added, withdrawn))
    return found


def recounted(
    session: Session, staging: Path, replaced: Sequence[Delivery], others: Sequence[Delivery]
) -> dict[Delivery, list[Change]]:
    """The deliveries that came after a replaced one and share lines with it: some may be theirs first now."""
    if not replaced:
        return {}
    first = min(d.landing_no for d in replaced)
    months = set().union(*(d.months for d in replaced))
    readings = {d.reading_hash for d in replaced}
    found = {}
    for delivery in others:
        if delivery.landing_no < first or not (delivery.reading_hash in readings or delivery.months & months):
            continue
        before = [d for d in others if d.landing_no < delivery.landing_no]
        found[delivery] = [
            Change(c.month, c.lines, c.loaded, 0, 0) for c in changes_of(session, staging, delivery, [], before)
        ]
    return found


def distinct_rows(session: Session, staging: Path, delivery: Delivery) -> int:
    """Distinct rows of a dimension's file; a day of signals is one."""
    file = literal(str(dimension_file(staging, delivery.staged_table, delivery.reading_hash)))
    rows = "count(distinct date)" if delivery.staged_table == "daily_signals" else "count(*)"
    return int(session.scalar(f"select {rows} from read_parquet({file}) where derived = 0"))


def _files(staging: Path, deliveries: Sequence[Delivery], month: date) -> list[Path]:
    """The staged files of a month, each once."""
    found = [staged_month_file(staging, month, d.reading_hash) for d in deliveries if month in d.months]
    return list(dict.fromkeys(found))
