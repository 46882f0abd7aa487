"""``crm refresh`` without the UI: one in-process run per step of the way, its runs and events in Dagster's storage."""

from __future__ import annotations

import fcntl
import gc
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click
import dagster as dg

from crm_assets.boosters import load_lightgbm
from crm_assets.defs.instance import open_instance
from crm_assets.defs.jobs import dimensions_job, intake_job, month_job, publish_job
from crm_assets.defs.partitions import MONTHS, month_key
from crm_assets.defs.pending import (
    LINES,
    RECEIPTS,
    REPORT,
    Reads,
    dimensions_of,
    dimensions_to_make,
    landings_after,
    missing_tables,
    months_with_receipts,
    publication_due,
    reads_in_order,
    stale_tables,
)
from crm_assets.defs.processes import PROCESS, close_runs_of_the_dead, this_process
from crm_assets.defs.progress import PROGRESS
from crm_assets.defs.table import POOL
from crm_assets.indices.definitions import indices_of
from crm_assets.leads.reference import reference_of
from crm_assets.lifestyle.personas import lifestyles_of
from crm_assets.marketing.catalogue import read_strategies
from crm_assets.merchandising.policies import read_policies
from crm_assets.offers import offers_of
from crm_assets.receipts.sources import source_of
from crm_assets.settings import Settings

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

# Python's own threshold looks through the millions of objects of the definitions time and again: 4 % of a refresh.
COLLECTED_AFTER = (100_000, 20, 100)


class RefreshStopped(RuntimeError):
    """A refresh that cannot go on: says why."""


@dataclass
class Refresh:
    """An instance, the definitions and the settings of this process."""

    instance: dg.DagsterInstance
    definitions: dg.Definitions
    settings: Settings
    terminal: int  # a copy of standard error that Dagster's capture of a step's output does not reach
    alarms: list[str] = field(default_factory=list)  # checks that failed, although their tables were written

    @cached_property
    def graph(self) -> BaseAssetGraph:
        return self.definitions.resolve_asset_graph()

    @cached_property
    def reads(self) -> Reads:
        return reads_in_order(self.graph)

    @classmethod
    def open(cls) -> Refresh:
        from crm_assets.definitions import defs

        with _alone(Path(os.environ["DAGSTER_HOME"])):
            instance = open_instance()
            close_runs_of_the_dead(instance)
            # The queue of a fresh home looks at the limits before it has set the default one.
            instance.event_log_storage.set_concurrency_slots(POOL, 1)
        definitions = defs()
        gc.set_threshold(*COLLECTED_AFTER)
        return cls(instance, definitions, Settings.read(), os.dup(2))

    def take_in(self) -> bool:
        """Read new files, then the dimensions that they touch; False when a file was refused.

        Raises:
            RefreshStopped: the intake itself failed.
            ValueError: a file of offers, lifestyles, strategies or indices cannot be used; without it months would be
                left half made.
        """
        _require_reference(self.settings)
        click.echo("receipts", err=True)
        before = landings_after(self.instance, 0)
        landed = self._run(intake_job.name)
        landings = landings_after(self.instance, 0)
        if not landed and len(landings) == len(before):
            raise RefreshStopped("the landing folder could not be read. See the line marked ✗; nothing was changed.")
        wanted = dimensions_to_make(self.instance, landings, dimensions_of(self.graph))
        if landings and wanted:
            landed = self._run(dimensions_job.name, wanted) and landed
        return landed

    def publish(self) -> bool:
        """Copy the warehouse for readers, if the copy does not show all that was made; False when that failed. It waits
        for months that are missing or out of date, and says so."""
        if stale := self.stale_tables():
            click.echo(f"the copy for readers waits for {_named(list(stale))}, missing or out of date", err=True)
            return True
        if not publication_due(self.instance, self.graph, self.reads, self.settings.published):
            return True
        click.echo("for readers", err=True)
        return self._run(publish_job.name)

    def stale_tables(self) -> dict[str, list[str]]:
        """Month → its tables that are missing or out of date."""
        return stale_tables(self.instance, self.reads)

    def missing_tables(self, key: str) -> list[str]:
        """The tables of a month that a report needs and that were never made."""
        return missing_tables(self.instance, self.reads, key)

    def reported_months(self) -> list[str]:
        """Those that have a report; later ones than the last with receipts have lost theirs."""
        reported = self.instance.get_materialized_partitions(dg.AssetKey(REPORT))
        return [key for key in months_with_receipts(self.instance) if key in reported]

    def months(self, first: date, last: date) -> list[str]:
        """The months from first to last.

        Raises:
            ValueError: one of them is outside the history of the source.
        """
        keys, history = MONTHS.get_partition_keys(), source_of(self.settings).history
        outside = [m for m in (first, last) if month_key(m) not in keys]
        newest = max(keys, default="")
        if month_key(last) > newest and history.start <= last and (history.end is None or last <= history.end):
            raise ValueError(
                f"{last:%Y-%m} is not over yet: a month is made when it is. The last one is {newest[:7] or 'none'}."
            )
        if outside:
            raise ValueError(
                f"{outside[0]:%Y-%m} is outside the history of {self.settings.source}, "
                f"{keys[0][:7]} to {keys[-1][:7]}. Choose a month within, or set CRM_HISTORY_START or CRM_HISTORY_END."
            )
        return [key for key in keys if month_key(first) <= key <= month_key(last)]

    def unread_before(self, keys: list[str]) -> list[str]:
        """The months before the first of ``keys`` whose files have landed, but whose lines are not loaded."""
        return [
            key
            for key, tables in self.stale_tables().items()
            if keys and key < keys[0] and {LINES, RECEIPTS} & {*tables}
        ]

    def make_month(self, key: str, assets: list[str] | None = None) -> bool:
        """Every table of a month, or the given ones, in one run; False when a step failed.

        Raises:
            ImportError: LightGBM cannot be loaded.
        """
        load_lightgbm()  # where it cannot be, that is said now, not after forty tables
        click.echo(key[:7], err=True)
        return self._run(month_job.name, assets, key)

    def selected(self, select: str) -> list[str]:
        """The monthly tables that a selection names: asset selections, separated by commas.

        Raises:
            ValueError: it cannot be read, or names no monthly table.
        """
        monthly = {s.key for s in self.definitions.resolve_all_asset_specs() if s.partitions_def is not None}
        known = ", ".join(sorted(k.to_user_string() for k in monthly))
        chosen: set[dg.AssetKey] = set()
        for part in select.split(","):
            try:
                chosen |= dg.AssetSelection.from_string(_as_in_the_ui(part.strip())).resolve(self.graph)
            except dg.DagsterError as error:
                raise ValueError(f"--select {part.strip()!r} names no table; known are {known}") from error
        if not chosen & monthly:
            raise ValueError(f"--select {select!r} names no monthly table; known are {known}")
        return sorted(k.to_user_string() for k in chosen & monthly)

    def _run(self, job: str, assets: list[str] | None = None, partition_key: str | None = None) -> bool:
        definition = self.definitions.resolve_job_def(job)
        result = definition.execute_in_process(
            instance=self.instance,
            partition_key=partition_key,
            tags={PROCESS: this_process()},
            asset_selection=[dg.AssetKey(a) for a in assets] if assets else None,
            run_config={"loggers": {PROGRESS: {"config": {"descriptor": self.terminal}}}},
            raise_on_error=False,
        )
        failed = [
            e
            for e in result.get_asset_check_evaluations()
            if not e.passed and e.severity is dg.AssetCheckSeverity.ERROR
        ]
        if result.success:  # a step that failed has said why
            self.alarms += [
                f"{(partition_key or '')[:7]} {e.asset_key.to_user_string()}: {e.check_name}" for e in failed
            ]
        return result.success


def _require_reference(settings: Settings) -> None:
    """Files of which only a month's later tables would find that they cannot be used."""
    source = source_of(settings)
    offers_of(settings.reference, source.offers)
    lifestyles_of(settings.reference, source.lifestyles)
    read_policies(settings.reference)
    read_strategies(settings.reference)
    indices_of(settings.reference, source, settings.window_months)
    reference_of(source, settings.reference)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time: two that find a fresh home both create its database, and one of them fails."""
    with (home / ".opening").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _named(keys: list[str]) -> str:
    some = ", ".join(key[:7] for key in keys[:3])
    return some if len(keys) <= 3 else f"{some} and {len(keys) - 3} later months"


def _as_in_the_ui(selection: str) -> str:
    """A bare name with a plus means all that follow it: Dagster's older way to write one takes a single step."""
    return re.sub(r"^(\+?)(\w+)(\+?)$", r'\1key:"\2"\3', selection)
