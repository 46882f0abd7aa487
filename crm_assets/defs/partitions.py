"""Months as Dagster's partitions, and which months of one table another one reads.

Types and models also build on the month before, by way of their registries. That is no dependency here: in Dagster 1.13
an asset that depends on its own month before and has a check in its step is asked for one month too early by the
automation (a test shows it). The order of months comes from the queue: one run at a time, the earliest first.
Movement reads two months of other tables (``two_months``), none of its own: that is a dependency like any other.
"""

from __future__ import annotations

import warnings
from datetime import date

import dagster as dg

from crm_assets.months import add_months, month_of, months_between
from crm_assets.receipts.sources import source_of
from crm_assets.settings import Settings

OPEN_HISTORY_MONTHS = 480  # an open history is looked back on for forty years at most


def month_partitions(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """From the month of history's start to that of its end; an open history ends with Dagster's own last month."""
    history = source_of(settings).history
    end = None if history.end is None else add_months(month_of(history.end), 1).isoformat()
    return dg.MonthlyPartitionsDefinition(start_date=month_of(history.start).isoformat(), end_date=end)


def history_months(settings: Settings) -> int:
    """Months of history: no generous guess, because Dagster walks an offset month by month, time and again."""
    history = source_of(settings).history
    return OPEN_HISTORY_MONTHS if history.end is None else months_between(history.start, history.end) + 1


def trailing(months: int) -> dg.TimeWindowPartitionMapping:
    """A month and those before it, ``months`` in all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # allow_nonexistent… is beta in 1.13; a test pins what it does
        return dg.TimeWindowPartitionMapping(start_offset=1 - months, allow_nonexistent_upstream_partitions=True)


def window(table: str) -> dg.AssetDep:
    """A table in the months of the window, which RFM and profiles look back on."""
    return dg.AssetDep(table, partition_mapping=WINDOW)


def recent(table: str) -> dg.AssetDep:
    """A table in the months whose spending makes a lifestyle."""
    return dg.AssetDep(table, partition_mapping=trailing(SETTINGS.lifestyle_months))


def history(table: str) -> dg.AssetDep:
    """A table in every month up to the one that is made."""
    return dg.AssetDep(table, partition_mapping=HISTORY)


def two_months(table: str) -> dg.AssetDep:
    """A table in the month that is made and in the one before."""
    return dg.AssetDep(table, partition_mapping=trailing(2))


def month_key(month: date) -> str:
    return month.isoformat()


SETTINGS = Settings.read()
MONTHS = month_partitions(SETTINGS)
HISTORY = trailing(history_months(SETTINGS))
WINDOW = HISTORY if SETTINGS.window_months is None else trailing(SETTINGS.window_months)
