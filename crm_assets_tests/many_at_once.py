"""Many at once on one shop: a backfill through the run queue, files that land, ``crm refresh``, and a reader.

What is left at rest is compared, row by row, with a shop that got the same files before a single ``crm refresh``.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly, key
from crm_assets.warehouse import Warehouse
from crm_assets_tests.browser.dagster_ui import PATIENCE, Clock, DagsterDev, Run, dagster_dev
from crm_assets_tests.conftest import Shop, comparable
from crm_assets_tests.small_shop import land, receipt_rows

CUSTOMERS = 250
DIMENSIONS = ("calendar", "customers", "products", "branches")
LATE_SHARE = 0.02  # of the lines of a month in one late file
POLL_SECONDS = 0.2
BACKFILL_TAG, PROCESS = "dagster/backfill", "crm/process"
LOCK_ERROR = re.compile(
    r"\block(s|ed)?\b|in use by another process|conflict|unable to open database|disk I/O error", re.IGNORECASE
)

BACKFILL = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
REPOSITORY = {"repositoryLocationName": "crm_assets", "repositoryName": "__repository__"}
TICKS = """query ($repository: RepositorySelector!) { sensorsOrError(repositorySelector: $repository) { ... on Sensors {
    results { name sensorState { ticks(limit: 1) { status timestamp endTimestamp error { message } } } } } } }"""
FAULTY_TICKS = """query ($repository: RepositorySelector!) { sensorsOrError(repositorySelector: $repository) {
    ... on Sensors { results { name sensorState { ticks(statuses: [FAILURE]) { error { message } } } } } } }"""
EVENTS = """query ($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events { __typename
    ... on MessageEvent { message timestamp level stepKey } ... on ErrorEvent { error { message stack } } } } } }"""

SUMS = {
    "landed_files": "select count(*), sum(rows), sum(loaded), sum(duplicates), sum(quarantined), sum(in_folder::int) "
    "from landed_files where status = 'loaded'",
    "landed_months": "select purchase_month, sum(lines), sum(loaded), sum(added - withdrawn) from landed_months "
    "group by 1 order by 1",
    "quarantine": "select reason, count(*) from quarantine group by 1 order by 1",
    "refused_files": "select count(*) from refused_files",
}  # of the tables that tell in which order files came

CONSISTENT = """with loaded as (
    select m.purchase_month as month, sum(m.loaded) as lines from landed_months m
    join landed_files f on f.landing_no = m.landing_no where f.status = 'loaded' group by 1
), stored as (select month, count(*) as lines from raw_transactions group by 1)
select (select min(run_id) from published), (select sum(lines) from published),
    (select count(*) from raw_transactions),
    (select sum(lines) from loaded where month in (select month from stored))"""


@dataclass
class Readings:
    """What a reader saw: polls, the publications by run, and every poll that was not sound."""

    polls: int = 0
    publications: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


def poll(copy: Path, stop: Path) -> Readings:
    """Open the copy for readers time and again, until the file ``stop`` is there."""
    seen = Readings()
    while not stop.exists():
        if copy.exists():
            seen.polls += 1
            try:
                with closing(duckdb.connect(str(copy), read_only=True)) as connection:
                    run, told, lines, loaded = connection.execute(CONSISTENT).fetchone()
                seen.publications.add(run)
                if not told == lines == loaded:
                    seen.errors.append(f"run {run} tells {told} lines, holds {lines}, its ledger {loaded}")
            except duckdb.Error as error:
                seen.errors.append(str(error))
        time.sleep(POLL_SECONDS)
    return seen


@dataclass(frozen=True)
class Deliveries:
    """The files of a shop: one that is there first, and small ones that land while months are made."""

    first: list[list[str]]
    late: dict[str, list[list[str]]]

    @classmethod
    def draw(cls, months: Sequence[str], touched: Iterable[Sequence[int]], seed: int = 11) -> Deliveries:
        """
        Args:
            touched: for each late file, the months that it holds lines of, as positions.
        """
        draw, first, late = random.Random(seed), receipt_rows(months, CUSTOMERS), {}
        for number, positions in enumerate(touched):
            of = {months[p].replace("-", "") for p in positions}
            chosen = {n for n, row in enumerate(first) if row[6][:6] in of and draw.random() < LATE_SHARE}
            late[f"LPOINT_BIG_COMP_02_PDDE_late{number}.csv"] = [first[n] for n in sorted(chosen)]
            first = [row for n, row in enumerate(first) if n not in chosen]
        assert all(late.values())
        return cls(first, late)

    def land_first(self, shop: Shop) -> None:
        land(shop.landing, "LPOINT_BIG_COMP_02_PDDE.csv", self.first)

    def land_late(self, shop: Shop, name: str) -> None:
        land(shop.landing, name, self.late[name])


def many_at_once(  # long: one story, in its order
    root: Path, months: Sequence[str], *, before: int, touched: Sequence[Sequence[int]], refreshes: int
) -> None:
    """0 failed runs, 0 lock errors, 0 errors of the reader, 0 lost updates.

    Args:
        months: all of history; they are backfilled at once.
        before: how many of them ``crm refresh`` makes before; the ledger's sensor asks for the others.
        touched: months, as positions, that each late file holds lines of.
        refreshes: so many late files have a ``crm refresh`` on their heels; the others are left to the sensor.
    """
    variables = {
        "CRM_HISTORY_START": f"{months[0]}-01",
        "CRM_HISTORY_END": f"{months[-1]}-28",
        "CRM_MIN_CUSTOMERS_TO_CLUSTER": "60",
        "CRM_MIN_CUSTOMERS_PER_TYPE": "10",
    }
    shop, calm, clock = Shop(root / "busy", variables), Shop(root / "calm", variables), Clock()
    deliveries, stop = Deliveries.draw(months, touched), root / "stop"
    deliveries.land_first(shop)
    shop.crm("refresh", "--months", f"{months[0]}:{months[before - 1]}")
    clock.lap(f"crm refresh of {before} months")
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as reader,
        ThreadPoolExecutor(2) as others,
        dagster_dev(shop) as dev,
    ):
        try:
            clock.lap("dagster dev answers")
            read = reader.submit(poll, shop.data / "published.duckdb", stop)
            patience, known = PATIENCE + 60 * len(months) * (1 + len(touched)), refreshed(dev)
            with Warehouse(shop.data / "warehouse.duckdb").session():  # held until both are at its door
                backfill(dev, months)
                delivered = others.submit(deliver, dev, deliveries, len(months), refreshes, patience)
                dev.wait("a run of the backfill", lambda: asked_for(dev), patience)
                dev.wait("a run of crm refresh", lambda: refreshed(dev) > known or delivered.done(), patience)
            dev.wait("the late files", delivered.done, patience)
            printed = delivered.result()
            clock.lap("backfill begun, late files landed, crm refresh")
            dev.wait("rest", lambda: at_rest(dev), patience)
            clock.lap("from there to rest")
        finally:
            stop.touch()
        readings, history = read.result(), dev.history()
        made = Made.read(dev)
    deliveries.land_first(calm)
    for name in deliveries.late:
        deliveries.land_late(calm, name)
    calm.crm("refresh")
    clock.lap("the undisturbed shop")
    rows, lost = lost_updates(shop, calm)
    lock_errors = [line for text in (*made.told, *printed) for line in text.splitlines() if LOCK_ERROR.search(line)]
    figures = {
        "months": len(months),
        "runs": len(made.runs),
        "of them of the backfill": sum(BACKFILL_TAG in r.tags for r in made.runs),
        "of them of crm refresh": sum(PROCESS in r.tags for r in made.runs),
        "of these beside the backfill": made.refreshed_beside_the_backfill(),
        "failed runs": len(made.failed),
        "crm refresh": len(printed),
        "late files": len(deliveries.late),
        "polls of the reader": readings.polls,
        "publications seen": len(readings.publications),
        "errors of the reader": len(readings.errors),
        "lock errors": len(lock_errors),
        "tables, sums, models and reports compared": len(rows),
        "rows compared": sum(rows.values()),
        "lost updates": len(lost),
        "longest first step of a run, seconds: its wait for the warehouse is within": round(max(made.waits), 1),
    }
    print(history, clock.report(), *(f"{value:>7,}  {name}" for name, value in figures.items()), sep="\n")
    assert not made.failed
    assert lock_errors == []
    assert made.faults == []
    assert readings.errors == []
    assert readings.polls and readings.publications
    assert made.refreshed_beside_the_backfill()
    assert lost == []


@dataclass(frozen=True)
class Made:
    """What Dagster remembers of it all."""

    runs: list[Run]
    told: list[str]  # the log, warnings and errors of runs
    waits: list[float]  # seconds that the first step of each run took
    faults: list[str]  # lines of the log that tell of an error, failed looks of the sensors

    @classmethod
    def read(cls, dev: DagsterDev) -> Made:
        runs, waits = dev.runs(), []
        told = [(dev.shop.root / "dagster-dev.log").read_text(errors="replace")]
        for run in runs:
            events: list[dict[str, Any]] = dev.ask(EVENTS, run=run.id)["logsForRun"]["events"]
            told += [e["message"] for e in events if e.get("level") in ("WARNING", "ERROR", "CRITICAL")]
            told += [f"{e['error']['message']} {e['error']['stack']}" for e in events if e.get("error")]
            starts = [float(e["timestamp"]) for e in events if e["__typename"] == "ExecutionStepStartEvent"]
            ends = [float(e["timestamp"]) for e in events if e["__typename"] == "ExecutionStepSuccessEvent"]
            if starts and ends:
                waits.append((min(ends) - min(starts)) / 1000)
        sensors = dev.ask(FAULTY_TICKS, repository=REPOSITORY)["sensorsOrError"]["results"]
        faults = [f"{s['name']}: {t['error']}" for s in sensors for t in s["sensorState"]["ticks"]]
        return cls(runs, told, waits, [*dev.log_faults(), *faults])

    @property
    def failed(self) -> list[Run]:
        return [run for run in self.runs if run.status != "SUCCESS"]

    def refreshed_beside_the_backfill(self) -> int:
        """Runs of ``crm refresh`` that ended after the first of the backfill was asked for and began before its last
        one ended."""
        of_backfill = [run for run in self.runs if BACKFILL_TAG in run.tags]
        first, last = min(run.created for run in of_backfill), max(run.ended for run in of_backfill)
        return sum(PROCESS in run.tags and run.created < last and run.ended > first for run in self.runs)


def backfill(dev: DagsterDev, months: Sequence[str]) -> None:
    """What the dialog of the job's page asks for."""
    params = {
        "selector": {"partitionSetName": "month_partition_set", "repositorySelector": REPOSITORY},
        "partitionNames": [f"{month}-01" for month in months],
    }
    told = dev.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert told["__typename"] == "LaunchBackfillSuccess", told


def deliver(dev: DagsterDev, deliveries: Deliveries, months: int, refreshes: int, patience: float) -> list[str]:
    """Land the late files one after another while the backfill goes on; what each ``crm refresh`` printed."""
    printed, every = [], len(deliveries.late) // refreshes
    for number, name in enumerate(deliveries.late):
        wanted = number * months // len(deliveries.late)
        dev.wait(f"{wanted} months of the backfill", lambda wanted=wanted: backfilled(dev) >= wanted, patience)
        deliveries.land_late(dev.shop, name)
        if number % every == 0:
            printed.append(dev.shop.crm("refresh"))
    return printed


def refreshed(dev: DagsterDev) -> int:
    """How many runs ``crm refresh`` has begun."""
    return sum(PROCESS in run.tags for run in dev.runs())


def asked_for(dev: DagsterDev) -> bool:
    """Whether the backfill has a run, be it one that waits."""
    return any(BACKFILL_TAG in run.tags for run in dev.runs())


def backfilled(dev: DagsterDev) -> int:
    """How many months of the backfill have been made."""
    return sum(BACKFILL_TAG in run.tags and run.ended is not None for run in dev.runs())


def at_rest(dev: DagsterDev) -> bool:
    """Nothing waits or goes on, the copy is the newest thing made, and every sensor has looked since and asked for
    nothing."""
    if not (dev.idle() and dev.is_published()):
        return False
    last = max(run.ended for run in dev.runs())
    sensors = dev.ask(TICKS, repository=REPOSITORY)["sensorsOrError"]["results"]
    ticks = [tick for sensor in sensors for tick in sensor["sensorState"]["ticks"]]
    return len(ticks) == len(sensors) and all(t["timestamp"] > last and t["status"] == "SKIPPED" for t in ticks)


def lost_updates(shop: Shop, calm: Shop) -> tuple[dict[str, int], list[str]]:
    """Tables, sums of the ledger, models and reports, with their rows; and those that differ."""
    compared, differing = {}, []
    for name in [n for n, contract in CONTRACTS.items() if is_monthly(contract) or n in DIMENSIONS]:
        query = f"select {comparable(CONTRACTS[name])} from {name} order by {', '.join(key(CONTRACTS[name]))}"
        ours, theirs = shop.frame(query), calm.frame(query)
        compared[name] = len(theirs)
        if not ours.equals(theirs):
            both = ours.merge(theirs, how="outer", indicator=True)
            differing.append(f"{name}:\n{both[both['_merge'] != 'both'].head(6).to_string()}")
    for name, sums in SUMS.items():
        ours, theirs = shop.frame(sums), calm.frame(sums)
        compared[f"sums of {name}"] = len(theirs)
        if not ours.equals(theirs):
            differing.append(f"sums of {name}:\n{ours.to_string()}\n{theirs.to_string()}")
    registries = ("cluster_models", "lightgbm_model", "report")
    paths = {p for registry in registries for p in calm.frame(f"select path from {registry}")["path"].dropna()}
    for path in sorted(paths):
        compared[path] = 0
        ours, theirs = (s.data / path for s in (shop, calm))
        if not ours.exists() or ours.read_bytes() != theirs.read_bytes():
            differing.append(path)
    return compared, differing
