"""What Dagster's own events say about which months are to be made: by the sensor on the ledger and by ``crm refresh``.

The events are the only state: nothing here opens the warehouse or looks at a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from crm_assets.defs.partitions import MONTHS

LANDED_FILES = dg.AssetKey("landed_files")
MONTHS_TOUCHED, TABLES_TOUCHED = "months", "tables"  # metadata of landed_files
AT_MOST = 1_000  # intakes read in one look


@dataclass(frozen=True)
class Landing:
    """One intake: what it touched. ``months`` are partition keys."""

    storage_id: int
    months: tuple[str, ...]
    tables: tuple[str, ...]


def landings_after(instance: dg.DagsterInstance, storage_id: int) -> list[Landing]:
    """The intakes after an event, oldest first."""
    found = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=LANDED_FILES, after_storage_id=storage_id), limit=AT_MOST, ascending=True
    )
    landings = []
    for record in found.records:
        metadata = record.asset_materialization.metadata
        landings.append(
            Landing(
                record.storage_id,
                tuple(str(m) for m in metadata[MONTHS_TOUCHED].value),
                tuple(str(t) for t in metadata[TABLES_TOUCHED].value),
            )
        )
    return landings


def month_keys_until(last: str) -> list[str]:
    """Every month of history up to ``last``."""
    return [key for key in MONTHS.get_partition_keys() if key <= last]


def months_to_load(instance: dg.DagsterInstance, landings: Sequence[Landing]) -> list[str]:
    """The months whose lines are to be made: those touched, and gaps before them that were never made."""
    touched = {month for landing in landings for month in landing.months}
    if not touched:
        return []
    made = instance.get_materialized_partitions(dg.AssetKey("raw_transactions"))
    return [key for key in month_keys_until(max(touched)) if key in touched or key not in made]


def months_to_refresh(instance: dg.DagsterInstance) -> list[str]:
    """The months whose report is missing or older than an intake that touched them or a month before them."""
    landings = [landing for landing in landings_after(instance, 0) if landing.months]
    if not landings:
        return []
    reports = instance.event_log_storage.get_latest_storage_id_by_partition(
        dg.AssetKey("report"), dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    last = max(month for landing in landings for month in landing.months)
    return [
        key
        for key in month_keys_until(last)
        if any(landing.storage_id > reports.get(key, 0) and min(landing.months) <= key for landing in landings)
        or key not in reports
    ]
