"""What Dagster's events say of intakes and of tables, told by hand: for tests of what is made when."""

from __future__ import annotations

import dagster as dg

from crm_assets.definitions import defs
from crm_assets.defs import pending
from crm_assets.defs.pending import dimensions_of, reads_of

DEFINITIONS = defs()
MONTHS = ["2020-12-01", *(f"2021-{m:02}-01" for m in range(1, 13))]
GRAPH = DEFINITIONS.resolve_asset_graph()
READS = reads_of(GRAPH)
MONTHLY = [  # in the order in which a run makes them
    key.to_user_string() for key in GRAPH.toposorted_asset_keys if GRAPH.get(key).partitions_def is not None
]
DIMENSIONS = dimensions_of(GRAPH)


def and_what_follows(name: str) -> list[str]:
    """A monthly table and those made from it, in the order in which a run makes them."""
    keys = dg.AssetSelection.assets(name).downstream().resolve(GRAPH)
    return [table for table in MONTHLY if dg.AssetKey(table) in keys]


def made(instance: dg.DagsterInstance, asset: str, month: str | None = None, **metadata: object) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=month, metadata=metadata))


def landed(
    instance: dg.DagsterInstance,
    *months: str,
    tables: tuple[str, ...] = ("transactions",),
    last: str | None = None,
    is_first: bool = False,
    leads: str = "",
) -> None:
    seen = {month for landing in pending.landings_after(instance, 0) for month in landing.months}
    told = {
        "months": dg.MetadataValue.json(list(months)),
        "tables": dg.MetadataValue.json(list(tables)),
        pending.FIRST: is_first,
        pending.LEADS_TOUCHED: leads,
        "last month": last or max({*seen, *months}, default=""),
    }
    made(instance, "landed_files", **told)


def everything(instance: dg.DagsterInstance, months: list[str]) -> None:
    landed(instance, *months)
    for name in DIMENSIONS:
        made(instance, name)
    for name in MONTHLY:
        for month in months:
            made(instance, name, month)


def restated(month: str) -> dict[str, list[str]]:
    """The months of every table that lines of a month reach, by the declared edges."""
    found = {"raw_transactions": {MONTHS.index(month)}}
    for name in (table for table in MONTHLY if table != "raw_transactions"):
        found[name] = {
            place + later
            for read, months_before in READS[name].items()
            for place in found[read]
            for later in range(months_before + 1)
        }
    return {name: [MONTHS[p] for p in sorted(places) if p < len(MONTHS)] for name, places in found.items() if places}
