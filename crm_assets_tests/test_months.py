"""Months, snapshots and the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from crm_assets.cli import parse_months
from crm_assets.months import Snapshot, add_months, last_day, months_between
from crm_assets.receipts.calendar import calendar_days


def test_months_cross_years():
    assert add_months(date(2020, 11, 1), 3) == date(2021, 2, 1)
    assert add_months(date(2021, 1, 1), -1) == date(2020, 12, 1)
    assert last_day(date(2024, 2, 1)) == date(2024, 2, 29)
    assert months_between(date(2020, 12, 31), date(2021, 3, 1)) == 3


def test_the_window_never_starts_before_history():
    assert Snapshot(date(2021, 3, 1), date(2020, 12, 27), 12).window_start == date(2020, 12, 1)
    assert Snapshot(date(2021, 12, 1), date(2020, 12, 27), 12).window_start == date(2021, 1, 1)
    assert Snapshot(date(2021, 12, 1), date(2020, 12, 27), None).window_start == date(2020, 12, 1)
    assert Snapshot(date(2021, 12, 1), date(2020, 12, 27), 12).as_of == date(2021, 12, 31)


def test_the_calendar_knows_weekdays_and_seasons():
    days = calendar_days(date(2020, 12, 27)).set_index("date")
    assert len(days) == 36_524  # 2020 to 2119; 2100 is no leap year
    row = days.loc["2021-07-26"]  # a Monday
    assert (row["weekday"], row["is_weekend"], row["season"], row["day_number"]) == (0, 0, "summer", 18_834)
    assert str(row["month"].date()) == "2021-07-01"


@pytest.mark.parametrize("text", ["2021", "2021-13", "2021-03:2021-01", "2021-01:2021-02:2021-03", "march"])
def test_months_that_cannot_be_read_are_named(text: str):
    import click

    with pytest.raises(click.UsageError, match=text):
        parse_months(text)


def test_months_of_the_command_line():
    assert parse_months("2021-03") == (date(2021, 3, 1), date(2021, 3, 1))
    assert parse_months("2021-01:2021-12") == (date(2021, 1, 1), date(2021, 12, 1))
