"""What Dagster's own events say about which months are to be made: by the sensor on the ledger and by ``crm refresh``.

The events are the only state: nothing here opens the warehouse or looks at a clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.tags import BUILDS_ON_MONTH_BEFORE, DIMENSION

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph

LANDED_FILES = dg.AssetKey("landed_files")
MONTHS_TOUCHED, TABLES_TOUCHED, LAST_MONTH = "months", "tables", "last month"  # metadata of landed_files
LEADS_TOUCHED = "first month of leads"
FIRST = "first intake of this warehouse"
REPORT = "report"
LINES, RECEIPTS = "raw_transactions", "receipts"  # what an intake touches, and what is counted of it
OF_LEADS = "lead_columns"  # what an intake of leads touches: the other tables of leads read it
CALENDAR = "calendar"
PUBLISHED = "published"
PAGE = 1_000  # intakes read at once
Reads = Mapping[str, Mapping[str, int]]  # monthly table → monthly table that it reads → months before its own


@dataclass(frozen=True)
class Landing:
    """One intake: what it touched. ``months`` are partition keys; ``last`` is that of the latest month with lines,
    empty when none has; later months have no tables any more. ``leads`` is the earliest month whose leads it touched,
    empty when it touched none; later months know these leads too. The first one of a warehouse (``is_first``) began
    with nothing: what was made before it went with another warehouse."""

    storage_id: int
    months: tuple[str, ...]
    tables: tuple[str, ...]
    last: str
    is_first: bool = False
    leads: str = ""

    @property
    def earliest(self) -> str:
        """The earliest month whose lines or leads it touched; empty when it touched none."""
        return min((*self.months, *filter(None, [self.leads])), default="")


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
        str(metadata[LAST_MONTH].value),
        FIRST in metadata and bool(metadata[FIRST].value),
        str(metadata[LEADS_TOUCHED].value) if LEADS_TOUCHED in metadata else "",
    )


def month_keys_until(last: str) -> list[str]:
    """Every month of history up to ``last``."""
    return [key for key in MONTHS.get_partition_keys() if key <= last]


def months_with_receipts(instance: dg.DagsterInstance) -> list[str]:
    """Every month of history up to the last one with receipts."""
    return month_keys_until(_last_month(landings_after(instance, 0)))


def dimensions_of(graph: BaseAssetGraph) -> list[str]:
    """The tables that carry no time, those first that others read."""
    return [key.to_user_string() for key in graph.toposorted_asset_keys if _has(graph, key, DIMENSION)]


def dimensions_to_make(instance: dg.DagsterInstance, landings: Sequence[Landing], names: Sequence[str]) -> list[str]:
    """The dimensions that were never made, or not since an intake touched them; in the order given.

    No file touches the calendar, but a warehouse that begins with nothing lacks it though the events say that it was
    made. With every intake it would cost the start of a process, seconds between a late file and its predictions.
    """
    touched = {
        table: landing.storage_id
        for landing in landings
        for table in (*landing.tables, *([CALENDAR] if landing.is_first else []))
    }
    return [name for name in names if _last_made(instance, name) < touched.get(name, 1)]


def reads_of(graph: BaseAssetGraph) -> Reads:
    """Which months of which tables the monthly tables read, as their assets declare it."""
    monthly = {key: graph.get(key) for key in graph.materializable_asset_keys}
    monthly = {key: node for key, node in sorted(monthly.items()) if node.partitions_def is not None}
    return {
        key.to_user_string(): {
            read.to_user_string(): _months_before(node.partition_mappings.get(read))
            for read in sorted(node.parent_keys & monthly.keys())
        }
        for key, node in monthly.items()
    }


def _months_before(mapping: dg.PartitionMapping | None) -> int:
    """How many months before its own a table reads of another one."""
    return -mapping.start_offset if isinstance(mapping, dg.TimeWindowPartitionMapping) else 0


def reads_in_order(graph: BaseAssetGraph) -> Reads:
    """The same with the months that types and models build on by way of their registries (``partitions`` tells why that
    is no dependency): what a refresh goes by, which makes months in order. The conditions do not follow these."""
    return {
        name: {**edges, **({name: 1} if _has(graph, dg.AssetKey(name), BUILDS_ON_MONTH_BEFORE) else {})}
        for name, edges in reads_of(graph).items()
    }


def _has(graph: BaseAssetGraph, key: dg.AssetKey, tag: tuple[str, str]) -> bool:
    name, value = tag
    return graph.get(key).tags.get(name) == value


def stale_tables(instance: dg.DagsterInstance, reads: Reads, after: int = 0) -> dict[str, list[str]]:
    """Month → the tables of it that are missing, or older than what they are made from: an intake that touched the
    month's lines or leads, or a month of a table that they read, which may be about to be made anew itself. A table
    that was never made is missing alone, with what reads it.

    Args:
        after: only if there are intakes after this event, and from the first month that they touched; of the months
            before it what is missing. What is made by hand there the conditions look after.
    """
    landings = landings_after(instance, 0)
    new = [landing.earliest for landing in landings if landing.earliest and landing.storage_id > after]
    if not new:
        return {}
    touched = {month: landing.storage_id for landing in landings for month in landing.months}
    made = {table: dict(_made(instance, table)) for table in reads}
    keys, found = month_keys_until(_last_month(landings)), {}
    for position, key in enumerate(keys):
        # Its tables went with an intake after which no receipts reached it, or with the warehouse before.
        went = max((landing.storage_id for landing in landings if landing.last < key or landing.is_first), default=0)
        leads = max((landing.storage_id for landing in landings if landing.leads and landing.leads <= key), default=0)
        arrived = {LINES: touched.get(key, 0), OF_LEADS: leads}
        only_missing = after and key < min(new)
        for table in _in_order(reads):
            own = made[table].get(key, 0)
            stale = own <= went or (own < arrived.get(table, 0) and not only_missing)
            for read in _read(reads[table], keys[: position + 1], table):
                newest = max((made[read[0]].get(month, 0) for month in read[1]), default=0)
                stale |= newest == math.inf or (own < newest and not only_missing)
            if stale:
                found.setdefault(key, []).append(table)
                made[table][key] = math.inf  # it will be newer than all that reads it
    return found


def _in_order(reads: Reads) -> list[str]:
    """The tables, those first that others read of the same month."""
    return list(TopologicalSorter({table: edges.keys() - {table} for table, edges in reads.items()}).static_order())


def _read(edges: Mapping[str, int], keys: Sequence[str], table: str) -> Iterator[tuple[str, Sequence[str]]]:
    """What a table's last month reads: table and months; of itself those before."""
    for read, months_before in edges.items():
        months = keys[-1 - months_before :]
        yield read, months[:-1] if read == table else months


def publication_due(instance: dg.DagsterInstance, graph: BaseAssetGraph, reads: Reads, copy: Path) -> str | None:
    """A name for the state that the copy for readers does not show yet; None when it shows all, or when months are
    still to be made.

    Args:
        reads: by which it is judged whether months are to be made.
    """
    landings = [landing.storage_id for landing in landings_after(instance, 0) if landing.tables]
    newest = max([0, *landings, *(_last_made(instance, table) for table in (*dimensions_of(graph), *reads))])
    published = _last_made(instance, PUBLISHED)
    if newest == 0 or (newest < published and copy.exists()) or stale_tables(instance, reads):
        return None
    return f"{newest}-{published}"


def missing_tables(instance: dg.DagsterInstance, reads: Reads, key: str) -> list[str]:
    """The tables of a month that its report is made from, by whatever way, and that were never made."""
    needed, further = set(), {REPORT}
    while further:
        needed |= further
        further = {read for table in further for read in reads[table]} - needed
    return sorted(table for table in needed - {REPORT} if key not in _made(instance, table))


def _last_month(landings: Sequence[Landing]) -> str:
    """As the latest intake says: an earlier one may have known another warehouse, which was moved away."""
    return landings[-1].last if landings else ""


def _last_made(instance: dg.DagsterInstance, table: str) -> int:
    """The event of its latest materialisation; 0 when there was none."""
    records = instance.fetch_materializations(dg.AssetKey(table), limit=1).records
    return records[0].storage_id if records else 0


def _made(instance: dg.DagsterInstance, table: str) -> Mapping[str, int]:
    """Month → event of its latest materialisation."""
    return instance.event_log_storage.get_latest_storage_id_by_partition(
        dg.AssetKey(table), dg.DagsterEventType.ASSET_MATERIALIZATION
    )
