"""Months and snapshots: the only place that counts in months. Floor: beside settings; knows no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


def month_of(day: date) -> date:
    """First day of the month that holds ``day``."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """First day of the month ``count`` months after (or, negative, before) ``month``."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def last_day(month: date) -> date:
    """Last day of a month."""
    return add_months(month, 1) - timedelta(days=1)


def months_between(first: date, last: date) -> int:
    """Whole months from ``first`` to ``last``; 0 within the same month."""
    return (last.year - first.year) * 12 + last.month - first.month


@dataclass(frozen=True)
class Snapshot:
    """What an output for ``month`` may read: nothing before ``history_start``, nothing after ``as_of``."""

    month: date
    history_start: date
    window_months: int | None

    @property
    def as_of(self) -> date:
        """Last day of the month."""
        return last_day(self.month)

    @property
    def window_start(self) -> date:
        """First month that RFM and profiles look back on, never before the history."""
        first = month_of(self.history_start)
        return first if self.window_months is None else max(first, add_months(self.month, 1 - self.window_months))

    @property
    def month_before(self) -> date:
        """First day of the month before."""
        return add_months(self.month, -1)

    @property
    def parameters(self) -> dict[str, date]:
        """The named parameters of every snapshot query."""
        return {
            "month": self.month,
            "month_before": self.month_before,
            "as_of": self.as_of,
            "window_start": self.window_start,
            "history_start": self.history_start,
        }
