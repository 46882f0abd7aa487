"""The calendar: a hundred years of days from the first year of history, so that portable SQL needs no date functions.

It knows no clock: the same history start gives the same days.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, WarehouseError

YEARS = 100
_SEASONS = {3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer", 8: "summer"}
_SEASONS |= {9: "autumn", 10: "autumn", 11: "autumn", 12: "winter", 1: "winter", 2: "winter"}


def calendar_days(history_start: date) -> pd.DataFrame:
    """One row per day, with the columns of the contract ``calendar``."""
    first = date(history_start.year, 1, 1)
    days = pd.Series(pd.date_range(first, date(first.year + YEARS - 1, 12, 31), unit="us"))
    weekday = days.dt.day_of_week.astype("int64")
    return pd.DataFrame(
        {
            "date": days,
            "day_number": (days - pd.Timestamp(1970, 1, 1)).dt.days.astype("int64"),
            "month": days.dt.to_period("M").dt.start_time.astype("datetime64[us]"),
            "year": days.dt.year.astype("int64"),
            "month_of_year": days.dt.month.astype("int64"),
            "day_of_month": days.dt.day.astype("int64"),
            "weekday": weekday,
            "is_weekend": (weekday >= 5).astype("int64"),
            "season": days.dt.month.map(_SEASONS).astype("str"),
        }
    )


def require_days(session: Session, snapshot: Snapshot) -> None:
    """A query that joins an empty calendar would find nobody, and nobody would notice.

    Raises:
        WarehouseError: the calendar lacks the snapshot's last day or the first of history.
    """
    days = (snapshot.as_of, snapshot.history_start)
    held = session.rows("select date from calendar where date = :last or date = :first", last=days[0], first=days[1])
    missing = sorted(set(days) - {day for (day,) in held})
    if missing:
        raise WarehouseError(
            f"{session.database}: the calendar has no day {missing[0]}. Materialise calendar, then the month again."
        )
