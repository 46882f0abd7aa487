"""What Dagster's own events say about which months are to be made: by the sensor on the ledger and by ``crm refresh``.

The events are the only state: nothing here opens the warehouse or looks at a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from crm_assets.defs.partitions import MONTHS

LANDED_FILES = dg.AssetKey("landed_files")
MONTHS_TOUCHED, TABLES_TOUCHED = "months", "tables"  # metadata of landed_files
REPORT = "report"
MONTHLY_ASSETS = (
    "raw_transactions",
    "receipts",
    "rfm_scores",
    "cluster_assignments",
    "segment_profiles",
    "feature_table",
    "lightgbm_model",
    "new_customer_predictions",
    REPORT,
)
PAGE = 1_000  # intakes read at once


@dataclass(frozen=True)
class Landing:
    """One intake: what it touched. ``months`` are partition keys."""

    storage_id: int
    months: tuple[str, ...]
    tables: tuple[str, ...]


def landings_after(instance: dg.DagsterInstance, storage_id: int) -> list[Landing]:
    """The intakes after an event, oldest first."""
    landings: list[Landing] = []
    while True:
        found = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=LANDED_FILES, after_storage_id=storage_id), limit=PAGE, ascending=True
        ).records
        landings += [_landing(record) for record in found]
        if len(found) < PAGE:
            return landings
        storage_id = landings[-1].storage_id


def _landing(record: dg.EventLogRecord) -> Landing:
    metadata = record.asset_materialization.metadata
    return Landing(
        record.storage_id,
        tuple(str(m) for m in metadata[MONTHS_TOUCHED].value),
        tuple(str(t) for t in metadata[TABLES_TOUCHED].value),
    )


def month_keys_until(last: str) -> list[str]:
    """Every month of history up to ``last``."""
    return [key for key in MONTHS.get_partition_keys() if key <= last]


def dimensions_to_make(instance: dg.DagsterInstance, landings: Sequence[Landing], names: Sequence[str]) -> list[str]:
    """The dimensions that were never made, or not since an intake touched them; in the order given.

    The calendar is made with every intake that brought something: it costs little, and a warehouse that was moved away
    lacks it though the events say that it was made.
    """

    def made(name: str) -> int:
        records = instance.fetch_materializations(dg.AssetKey(name), limit=1).records
        return records[0].storage_id if records else 0

    touched = {
        table: landing.storage_id for landing in landings for table in (*landing.tables, "calendar") if landing.tables
    }
    return [name for name in names if made(name) < touched.get(name, 1)]


def months_to_load(instance: dg.DagsterInstance) -> set[str]:
    """The months whose lines are missing or older than an intake that touched them."""
    touched = {month: landing.storage_id for landing in landings_after(instance, 0) for month in landing.months}
    made = _made(instance, "raw_transactions")
    return {key for key in month_keys_until(max(touched, default="")) if made.get(key, 0) < touched.get(key, 1)}


def months_to_refresh(instance: dg.DagsterInstance, after: int = 0) -> list[str]:
    """The months of which a table is missing, or older than an intake that touched them or a month before them.

    Args:
        after: leave out what only the intakes up to this event ask for.
    """
    landings = [landing for landing in landings_after(instance, 0) if landing.months]
    new = [landing for landing in landings if landing.storage_id > after]
    if not new:
        return []
    made = [_made(instance, asset) for asset in MONTHLY_ASSETS]
    oldest = {key: min(table.get(key, 0) for table in made) for key in MONTHS.get_partition_keys()}
    last = max(month for landing in landings for month in landing.months)
    return [
        key
        for key in month_keys_until(last)
        if oldest[key] == 0 or any(landing.storage_id > oldest[key] and min(landing.months) <= key for landing in new)
    ]


def missing_tables(instance: dg.DagsterInstance, key: str) -> list[str]:
    """The tables of a month, but for its report, that were never made."""
    return [table for table in MONTHLY_ASSETS if table != REPORT and key not in _made(instance, table)]


def _made(instance: dg.DagsterInstance, table: str) -> Mapping[str, int]:
    """Month → event of its latest materialisation."""
    return instance.event_log_storage.get_latest_storage_id_by_partition(
        dg.AssetKey(table), dg.DagsterEventType.ASSET_MATERIALIZATION
    )
