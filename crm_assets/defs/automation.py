"""Jobs and sensors: a file lands, the intake reads it, the months it touched are made anew, and all that follows.

The sensors never open the warehouse: one looks at the landing folder, one at the events of ``landed_files``, and
Dagster's own follows the automation conditions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.pending import landings_after, months_to_load
from crm_assets.defs.resources import SettingsResource

DIMENSION_TABLES = ("calendar", "customers", "products", "branches", "daily_signals")
LINE_TABLES = ("raw_transactions", "receipts")
EVERY_FEW_SECONDS = 5

intake = dg.define_asset_job(
    "intake", dg.AssetSelection.assets("landed_files"), description="Reads the new files of the landing folder."
)
dimensions = dg.define_asset_job(
    "dimensions",
    dg.AssetSelection.assets(*DIMENSION_TABLES),
    description="Customers, products, branches, daily signals and the calendar, as delivered last.",
)
receipts_of_month = dg.define_asset_job(
    "receipts_of_month",
    dg.AssetSelection.assets(*LINE_TABLES),
    partitions_def=MONTHS,
    description="Lines and receipts of a month; what follows is made anew by its conditions.",
)
month = dg.define_asset_job(
    "month",
    dg.AssetSelection.all() - dg.AssetSelection.assets("landed_files", *DIMENSION_TABLES),
    partitions_def=MONTHS,
    description="A month from its lines to its report: the job to backfill.",
)


@dg.sensor(
    job=intake,
    minimum_interval_seconds=EVERY_FEW_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the intake when files of the landing folder are new or changed, and have stopped growing.",
)
def landing_folder(context: dg.SensorEvaluationContext, settings: SettingsResource):
    state = json.loads(context.cursor) if context.cursor else {"read": {}, "seen": {}}
    now = fingerprints(settings.landing)
    new = {name: mark for name, mark in now.items() if state["read"].get(name) != mark}
    # A file that changed since the last look may still be written to: it is left for the next look.
    settled = {name: mark for name, mark in new.items() if state["seen"].get(name) == mark}
    growing = sorted(new.keys() - settled.keys())
    if settled and not growing:
        context.update_cursor(json.dumps({"read": now, "seen": now}, sort_keys=True))
        key = hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()[:16]
        return dg.RunRequest(run_key=key, tags={"crm/files": ", ".join(sorted(settled))[:200]})
    context.update_cursor(json.dumps({"read": state["read"], "seen": now}, sort_keys=True))
    if growing:
        return dg.SkipReason(f"waiting until they have stopped growing: {', '.join(growing)}")
    return dg.SkipReason(f"{settings.landing}: {len(now)} files, none of them new")


@dg.sensor(
    jobs=[dimensions, receipts_of_month],
    minimum_interval_seconds=EVERY_FEW_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for the dimensions and months that the latest intakes touched.",
)
def ledger(context: dg.SensorEvaluationContext):
    landings = landings_after(context.instance, int(context.cursor or 0))
    if not landings:
        return dg.SkipReason("no intake since the last look")
    context.update_cursor(str(landings[-1].storage_id))
    return dg.SensorResult(run_requests=list(_requests(context, landings)))


def _requests(context: dg.SensorEvaluationContext, landings: list) -> Iterator[dg.RunRequest]:
    newest = landings[-1].storage_id
    tables = {table for landing in landings for table in landing.tables} & set(DIMENSION_TABLES)
    # First in, first out: the dimensions are there before the months that join them.
    yield dg.RunRequest(
        run_key=f"dimensions-{newest}",
        job_name=dimensions.name,
        asset_selection=[dg.AssetKey(t) for t in sorted(tables | {"calendar"})],
    )
    for key in months_to_load(context.instance, landings):
        yield dg.RunRequest(run_key=f"month-{key}-{newest}", job_name=receipts_of_month.name, partition_key=key)


snapshots = dg.AutomationConditionSensorDefinition(
    "snapshots",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=EVERY_FEW_SECONDS,
    description="Makes the snapshots anew whose months have changed.",
)


def fingerprints(landing: Path) -> dict[str, str]:
    """Name → size and time of change of every file of the landing folder."""
    if not landing.is_dir():
        return {}
    files = sorted(p for p in landing.iterdir() if p.is_file() and not p.name.startswith("."))
    return {p.name: f"{p.stat().st_size}-{p.stat().st_mtime_ns}" for p in files}
