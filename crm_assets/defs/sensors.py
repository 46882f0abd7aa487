"""The sensors: a file lands, the intake reads it, the months it touched are made anew, and all that follows.

The sensors never open the warehouse: one looks at the landing folder, one at the events of ``landed_files``, and
Dagster's own follows the automation conditions, for what is made anew by hand. The ledger's asks for what
is stale of every month, the earliest first: the queue takes one run at a time in that order, and types and models build
on the month before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from crm_assets.defs.jobs import dimensions_job, intake_job, month_job, publish_job
from crm_assets.defs.pending import (
    Landing,
    dimensions_of,
    dimensions_to_make,
    landings_after,
    publication_due,
    reads_of,
    stale_tables,
)
from crm_assets.defs.processes import close_runs_of_the_dead
from crm_assets.defs.resources import SettingsResource
from crm_assets.receipts.landing import entries, shown
from crm_assets.receipts.landing import state as file_state

EVERY_LOOK = 3  # Dagster looks every 5 s; a minimum of 5 it misses by milliseconds, and looks every 10
EVERY_THIRD_LOOK = 12
MOST_LOOKS = 12  # a minute, that settled files wait for one that grows
AT_WORK = [dg.DagsterRunStatus[name] for name in ("NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING")]


@dg.sensor(
    job=intake_job,
    minimum_interval_seconds=EVERY_LOOK,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the intake when files of the landing folder are new, changed or gone, and have stopped "
    "growing.",
)
def landing_folder(context: dg.SensorEvaluationContext, settings: SettingsResource):
    state = {"read": {}, "seen": {}, "asked": 0, "waited": 0} | json.loads(context.cursor or "{}")
    now = fingerprints(settings.landing)
    new = {name: mark for name, mark in now.items() if state["read"].get(name) != mark}
    gone = sorted(state["read"].keys() - now.keys())
    # A file that changed since the last look may still be written to: it is left for the next look.
    settled = {name: mark for name, mark in new.items() if state["seen"].get(name) == mark}
    growing = sorted(new.keys() - settled.keys())
    ready = bool(settled or gone)
    # The intake reads all that lies there, so what grows is waited for, but not for ever: it is asked for again then.
    if ready and (not growing or state["waited"] >= MOST_LOOKS):
        read = {name: mark for name, mark in now.items() if name not in growing}
        # Numbered, because a file that is taken away and put back leads to a state that was read before.
        state = {"read": read, "seen": now, "asked": state["asked"] + 1, "waited": 0}
        context.update_cursor(json.dumps(state, sort_keys=True))
        key = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
        return dg.RunRequest(run_key=key, tags={"crm/files": ", ".join([*sorted(settled), *gone])[:200]})
    waited = state["waited"] + 1 if ready else 0
    context.update_cursor(json.dumps({**state, "seen": now, "waited": waited}, sort_keys=True))
    if growing:
        return dg.SkipReason(f"waiting until they have stopped growing: {', '.join(growing)}")
    return dg.SkipReason(f"{settings.landing}: {len(now)} files, none of them new")


@dg.sensor(
    jobs=[dimensions_job, month_job],
    minimum_interval_seconds=EVERY_LOOK,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the dimensions that the latest intakes touched, and for the tables that are older than their "
    "lines or than what is made from those.",
)
def ledger(context: dg.SensorEvaluationContext):
    seen = int(context.cursor or 0)
    landings = landings_after(context.instance, seen)
    if not landings:
        return dg.SkipReason("no intake since the last look")
    newest = landings[-1].storage_id
    context.update_cursor(str(newest))
    # First in, first out: the dimensions are there before the months that join them.
    requests = [*_dimensions(context, landings, newest), *_months(context, seen, newest)]
    return requests or dg.SkipReason("intakes, but all that they touched has been made since")


def _dimensions(context: dg.SensorEvaluationContext, landings: list[Landing], newest: int) -> Iterator[dg.RunRequest]:
    graph = context.repository_def.asset_graph
    if tables := dimensions_to_make(context.instance, landings, dimensions_of(graph)):
        yield dg.RunRequest(
            run_key=f"dimensions-{newest}",
            job_name=dimensions_job.name,
            asset_selection=[dg.AssetKey(t) for t in tables],
        )


def _months(context: dg.SensorEvaluationContext, seen: int, newest: int) -> Iterator[dg.RunRequest]:
    # Tables are named one by one, also where they are all of the job: so the conditions know what a run makes.
    for key, tables in stale_tables(context.instance, reads_of(context.repository_def.asset_graph), seen).items():
        yield dg.RunRequest(
            run_key=f"month-{key}-{newest}",
            job_name=month_job.name,
            partition_key=key,
            asset_selection=[dg.AssetKey(table) for table in sorted(tables)],
        )


snapshots = dg.AutomationConditionSensorDefinition(
    "snapshots",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,  # a look costs seconds of a core, and those by hand can wait for it
    emit_backfills=False,  # a backfill waits for its daemon, and makes types and models month by month, run by run
    description="Makes the snapshots anew whose months were made anew by hand.",
)


@dg.sensor(
    job=publish_job,
    minimum_interval_seconds=EVERY_THIRD_LOOK,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the copy for readers when every month that receipts asked for is made and nothing runs. "
    "Closes the runs of a killed command line, which would hold up the queue.",
)
def publication(context: dg.SensorEvaluationContext, settings: SettingsResource):
    close_runs_of_the_dead(context.instance)
    if context.instance.get_runs_count(dg.RunsFilter(statuses=AT_WORK)):
        return dg.SkipReason("runs are going on")
    graph = context.repository_def.asset_graph
    if state := publication_due(context.instance, graph, reads_of(graph), settings.published):
        return dg.RunRequest(run_key=f"published-{state}")
    return dg.SkipReason("the copy is up to date, or months are still to be made")


def fingerprints(landing: Path) -> dict[str, str]:
    """Name → size and time of change of every file of the landing folder."""
    return {shown(p.name): "-".join(map(str, file_state(p)[1:])) for p in entries(landing) if p.is_file()}
