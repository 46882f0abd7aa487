"""What runs by itself: which months a late receipt restates, and what the two sensors ask for."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import dagster as dg
import pytest

from crm_assets.definitions import defs
from crm_assets.defs import pending, processes, sensors
from crm_assets.defs.pending import dimensions_of, reads_in_order, reads_of, stale_tables
from crm_assets.defs.resources import SettingsResource
from crm_assets.settings import Settings

MONTHS = ["2020-12-01", *(f"2021-{m:02}-01" for m in range(1, 13))]
GRAPH = defs().resolve_asset_graph()
MONTHLY = [  # in the order in which a run makes them
    key.to_user_string() for key in GRAPH.toposorted_asset_keys if GRAPH.get(key).partitions_def is not None
]
DIMENSIONS = dimensions_of(GRAPH)


def and_what_follows(name: str) -> list[str]:
    """A monthly table and those made from it, in the order in which a run makes them."""
    keys = dg.AssetSelection.assets(name).downstream().resolve(GRAPH)
    return [table for table in MONTHLY if dg.AssetKey(table) in keys]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def reads(definitions: dg.Definitions) -> pending.Reads:
    return reads_of(GRAPH)


def stale_months(instance: dg.DagsterInstance, reads: pending.Reads) -> list[str]:
    return list(stale_tables(instance, reads))


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def made(instance: dg.DagsterInstance, asset: str, month: str | None = None, **metadata: object) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=month, metadata=metadata))


def landed(
    instance: dg.DagsterInstance, *months: str, tables: tuple[str, ...] = ("transactions",), last: str | None = None
) -> None:
    seen = {month for landing in pending.landings_after(instance, 0) for month in landing.months}
    told = {
        "months": dg.MetadataValue.json(list(months)),
        "tables": dg.MetadataValue.json(list(tables)),
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


def requested(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor=None):
    result = dg.evaluate_automation_conditions(defs=definitions, instance=instance, cursor=cursor)
    wanted = {
        name: sorted(result.get_requested_partitions(dg.AssetKey(name)))
        for name in MONTHLY
        if name != "raw_transactions"
    }
    return {name: months for name, months in wanted.items() if months}, result.cursor


def settled(definitions: dg.Definitions, instance: dg.DagsterInstance):
    """Tick until nothing is asked for; what is asked for is made."""
    cursor = None
    for _ in range(40):
        wanted, cursor = requested(definitions, instance, cursor)
        if not wanted:
            return cursor
        for name, months in wanted.items():
            for month in months:
                made(instance, name, month)
    pytest.fail("the automation does not come to rest")


def cascade(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor) -> dict[str, list[str]]:
    """All that follows, tick by tick, until it rests; every request is made at once."""
    total: dict[str, list[str]] = {}
    for _ in range(40):
        wanted, cursor = requested(definitions, instance, cursor)
        if not wanted:
            return total
        for name, months in wanted.items():
            for month in months:
                total.setdefault(name, []).append(month)
                made(instance, name, month)
    pytest.fail("the automation does not come to rest")


def restated(reads: pending.Reads, month: str) -> dict[str, list[str]]:
    """The months of every table that lines of a month reach, by the declared edges."""
    found = {"raw_transactions": {MONTHS.index(month)}}
    for name in MONTHLY[1:]:
        found[name] = {
            place + later
            for read, months_before in reads[name].items()
            for place in found[read]
            for later in range(months_before + 1)
        }
    return {name: [MONTHS[p] for p in sorted(places) if p < len(MONTHS)] for name, places in found.items()}


def test_a_late_receipt_restates_the_months_that_see_it_and_no_other(definitions, instance, reads):
    everything(instance, MONTHS)
    cursor = settled(definitions, instance)
    made(instance, "raw_transactions", "2021-03-01")
    total = cascade(definitions, instance, cursor)
    expected = restated(reads, "2021-03-01")
    assert expected["rfm_scores"] == [m for m in MONTHS if m >= "2021-03-01"]
    assert total["receipts"] == expected["receipts"] == ["2021-03-01"]
    for name in MONTHLY[2:]:
        assert sorted(set(total[name])) == expected[name], name
        times = {month: total[name].count(month) for month in total[name]}
        print(name, times)


def test_an_own_month_before_would_ask_for_a_month_too_early(instance):
    """Why the registries are no dependency: upstream's fault, pinned. When this fails, declare the dependency again."""
    months = dg.MonthlyPartitionsDefinition("2021-01-01", end_date="2021-07-01")

    @dg.asset(partitions_def=months)
    def lines(): ...

    @dg.asset(
        partitions_def=months,
        deps=[
            lines,
            dg.AssetDep("types", partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)),
        ],
        check_specs=[dg.AssetCheckSpec("contract", asset="types")],
        automation_condition=dg.AutomationCondition.any_deps_updated(),
    )
    def types(): ...

    own = dg.Definitions(assets=[lines, types])
    cursor = dg.evaluate_automation_conditions(defs=own, instance=instance).cursor
    made(instance, "lines", "2021-03-01")
    result = dg.evaluate_automation_conditions(defs=own, instance=instance, cursor=cursor)
    assert result.get_requested_partitions(dg.AssetKey("types")) == {"2021-02-01", "2021-03-01"}


def test_the_first_month_leaves_the_window_after_a_year(definitions, instance):
    everything(instance, MONTHS)
    cursor = settled(definitions, instance)
    made(instance, "raw_transactions", "2020-12-01")
    total = cascade(definitions, instance, cursor)
    assert sorted(set(total["rfm_scores"])) == MONTHS[:12]
    assert sorted(set(total["feature_table"])) == MONTHS


def test_a_new_dimension_restates_nothing_by_itself(definitions, instance):
    everything(instance, MONTHS)
    cursor = settled(definitions, instance)
    made(instance, "customers")
    assert cascade(definitions, instance, cursor) == {}


def test_months_that_never_landed_get_no_snapshot(definitions, instance):
    everything(instance, MONTHS[:4])
    cursor = settled(definitions, instance)
    made(instance, "raw_transactions", MONTHS[3])
    total = cascade(definitions, instance, cursor)
    assert {month for months in total.values() for month in months} == {MONTHS[3]}


def test_the_lines_of_the_months_touched_are_loaded_and_of_the_gaps_before_them(instance, reads):
    landed(instance, "2021-02-01")
    for table in MONTHLY:
        made(instance, table, "2020-12-01")
    stale = stale_tables(instance, reads)
    assert {month for month, tables in stale.items() if "raw_transactions" in tables} == {"2021-01-01", "2021-02-01"}


def test_a_new_table_is_made_for_every_month_with_what_reads_it_and_nothing_else(instance, reads):
    """To make everything anew for each table that moves in would cost a whole refresh every time."""
    everything(instance, MONTHS[:4])
    grown = {**reads, "weekday_sales": {"receipts": 0}, "weekday_ranks": {"weekday_sales": 2, "rfm_scores": 0}}
    assert stale_tables(instance, grown) == {m: ["weekday_sales", "weekday_ranks"] for m in MONTHS[:4]}
    for month in MONTHS[:4]:
        made(instance, "weekday_sales", month)
        made(instance, "weekday_ranks", month)
    assert stale_tables(instance, grown) == {}
    made(instance, "weekday_sales", MONTHS[1])
    assert stale_tables(instance, grown) == {m: ["weekday_ranks"] for m in MONTHS[1:4]}


def test_an_intake_restates_as_much_as_the_conditions_would(instance, reads):
    everything(instance, MONTHS[:6])
    landed(instance, MONTHS[2])
    found = {}
    for month, tables in stale_tables(instance, reads).items():
        for table in tables:
            found.setdefault(table, []).append(month)
    assert found == {
        name: [m for m in months if m in MONTHS[:6]] for name, months in restated(reads, MONTHS[2]).items()
    }


def test_the_ledger_sensor_asks_for_dimensions_first_and_once(definitions, instance):
    landed(instance, "2020-12-01", "2021-01-01", tables=("transactions", "customers"))
    for table in DIMENSIONS:
        if table != "customers":
            made(instance, table)
    context = dg.build_sensor_context(instance=instance, definitions=definitions)
    asked = sensors.ledger(context)
    assert [r.job_name for r in asked] == ["dimensions", "month", "month"]
    assert {k.to_user_string() for k in asked[0].asset_selection} == {"customers"}
    assert [r.partition_key for r in asked[1:]] == ["2020-12-01", "2021-01-01"]
    assert {k.to_user_string() for k in asked[1].asset_selection} == set(MONTHLY)
    again = sensors.ledger(dg.build_sensor_context(instance=instance, definitions=definitions, cursor=context.cursor))
    assert isinstance(again, dg.SkipReason)


def test_the_ledger_sensor_asks_for_what_follows_in_later_months_but_not_for_their_lines(definitions, instance, reads):
    everything(instance, MONTHS[:4])
    context = dg.build_sensor_context(instance=instance, definitions=definitions)
    sensors.ledger(context)
    landed(instance, MONTHS[2])
    asked = sensors.ledger(dg.build_sensor_context(instance=instance, definitions=definitions, cursor=context.cursor))
    assert [r.partition_key for r in asked] == [None, *MONTHS[2:4]]
    assert {k.to_user_string() for k in asked[1].asset_selection} == set(MONTHLY)
    expected = {name for name, months in restated(reads, MONTHS[2]).items() if MONTHS[3] in months}
    assert {k.to_user_string() for k in asked[2].asset_selection} == expected
    assert expected.isdisjoint({"raw_transactions", "receipts", "product_days"}) and "report" in expected


def test_a_month_is_stale_when_it_or_one_before_it_was_touched_after_it_was_made(instance, reads):
    landed(instance, "2020-12-01", "2021-02-01")
    for month in MONTHS[:3]:
        for name in MONTHLY:
            made(instance, name, month)
    assert stale_months(instance, reads) == []
    landed(instance, "2021-01-01")
    assert stale_months(instance, reads) == ["2021-01-01", "2021-02-01"]
    made(instance, "report", "2021-01-01")  # the report alone does not make up for the lines
    assert stale_months(instance, reads) == ["2021-01-01", "2021-02-01"]
    landed(instance, "2021-04-01")
    assert stale_months(instance, reads) == ["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"]


def test_more_intakes_than_one_page_holds_are_all_seen(instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pending, "PAGE", 2)
    for month in MONTHS[:5]:
        landed(instance, month)
    assert [landing.months for landing in pending.landings_after(instance, 0)] == [(m,) for m in MONTHS[:5]]


def test_the_copy_is_made_when_every_month_is_and_nothing_runs(definitions, instance, tmp_path: Path):
    settings = SettingsResource(**Settings.read({}, data_dir=str(tmp_path)).model_dump())

    def asked() -> str | None:
        context = dg.build_sensor_context(instance=instance, definitions=definitions, resources={"settings": settings})
        said = sensors.publication(context)
        return said.run_key if isinstance(said, dg.RunRequest) else None

    assert asked() is None, "nothing was made"
    everything(instance, ["2020-12-01"])
    key = asked()
    assert key is not None and asked() == key, "asked for once: the run key is the same"
    made(instance, "published")
    settings.published.touch()
    assert asked() is None
    settings.published.unlink()
    assert asked() not in (None, key), "somebody removed the copy"
    settings.published.touch()
    landed(instance, "2020-12-01")
    assert asked() is None, "a month is still to be made"
    for name in MONTHLY:
        made(instance, name, "2020-12-01")
    assert asked() not in (None, key)
    instance.create_run_for_job(definitions.resolve_job_def("intake"), status=dg.DagsterRunStatus.STARTED)
    assert asked() is None, "a run is going on"


def test_months_that_only_a_warehouse_before_held_are_not_asked_for(instance, reads):
    """It was moved away, and the files of its last month were gone."""
    everything(instance, ["2020-12-01", "2021-01-01"])
    made(
        instance,
        "landed_files",
        **{
            "months": dg.MetadataValue.json(["2020-12-01"]),
            "tables": dg.MetadataValue.json([]),
            "last month": "2020-12-01",
        },
    )
    assert stale_months(instance, reads) == ["2020-12-01"]


def test_a_month_that_was_made_before_the_one_before_it_was_loaded_is_stale(instance, reads):
    """A late file for February, then March made alone, then February: March still has the old February."""
    everything(instance, ["2020-12-01", "2021-01-01", "2021-02-01"])
    landed(instance, "2021-01-01")
    for month in ("2021-02-01", "2021-01-01"):
        for name in MONTHLY:
            made(instance, name, month)
    assert stale_months(instance, reads) == ["2021-02-01"]
    for name in MONTHLY:
        if name not in ("raw_transactions", "receipts"):
            made(instance, name, "2021-02-01")
    assert stale_months(instance, reads) == [], "its snapshots were made anew, as the conditions do"


def test_what_follows_a_stale_month_is_asked_for_with_it(instance, reads):
    """February was made alone while December and January waited: it is older than what they are about to be."""
    landed(instance, *MONTHS[:3])
    for name in MONTHLY:
        made(instance, name, MONTHS[2])
    assert stale_months(instance, reads) == MONTHS[:3]


def test_a_month_made_in_parts_is_stale_until_no_table_is_older_than_what_it_reads(instance, reads):
    everything(instance, MONTHS[:2])
    landed(instance, MONTHS[0])
    second = ("raw_transactions", "receipts", "feature_table", "lightgbm_model", "new_customer_predictions")
    first = tuple(name for name in MONTHLY if name not in second)
    for month in MONTHS[:2]:
        for name in (*first, *second):
            made(instance, name, month)
    assert stale_months(instance, reads) == MONTHS[:2], "the first part is older than the lines"
    for month in MONTHS[:2]:
        for name in first:
            made(instance, name, month)
    assert stale_months(instance, reads) == MONTHS[:2], "the model is older than the types"
    for month in MONTHS[:2]:
        for name in and_what_follows("lightgbm_model"):
            made(instance, name, month)
    assert stale_months(instance, reads) == []


def test_months_after_one_whose_types_were_made_alone_are_stale_for_a_refresh(instance, reads):
    """March goes by the model of February, which is another one now. The copy for readers does not wait for it, because
    the conditions of the UI would never make March's types; they make what carries a type from month to month."""
    everything(instance, MONTHS[:4])
    for name in and_what_follows("cluster_assignments"):
        made(instance, name, MONTHS[1])
    assert stale_months(instance, reads) == MONTHS[2:4], "a lapsed customer keeps its type"
    for month in MONTHS[2:4]:
        for name in and_what_follows("cluster_assignments")[1:]:
            made(instance, name, month)
    assert stale_months(instance, reads) == []
    of_a_refresh = reads_in_order(GRAPH)
    assert stale_months(instance, of_a_refresh) == MONTHS[2:4]
    for month in MONTHS[2:4]:
        for name in MONTHLY:
            made(instance, name, month)
    assert stale_months(instance, of_a_refresh) == []


def test_months_after_the_last_receipt_are_made_anew_when_receipts_reach_them_again(instance, reads):
    """Their tables went when a correction took the last receipts away."""
    everything(instance, MONTHS[:4])
    landed(instance, MONTHS[3], last=MONTHS[0])
    assert stale_months(instance, reads) == []
    landed(instance, MONTHS[2], last=MONTHS[2])
    assert stale_months(instance, reads) == MONTHS[1:3]


def test_receipts_that_a_killed_run_left_out_are_asked_for(instance, reads):
    landed(instance, "2020-12-01")
    made(instance, "raw_transactions", "2020-12-01")
    (asked,) = stale_tables(instance, reads).values()
    assert "receipts" in asked and "raw_transactions" not in asked


def test_an_intake_that_brought_nothing_makes_no_copy(instance, reads, tmp_path: Path):
    everything(instance, ["2020-12-01"])
    made(instance, "published")
    landed(instance, tables=())
    assert pending.publication_due(instance, GRAPH, reads, tmp_path) is None


def test_a_run_whose_process_was_killed_is_closed_and_others_are_not(definitions, instance):
    """It would hold its place in the queue, and be shown as going on, for good."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    job = definitions.resolve_job_def("intake")

    def started(process: str) -> str:
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={processes.PROCESS: process})
        return run.run_id

    runs = [started(f"{socket.gethostname()}:{dead.pid}"), started(f"{socket.gethostname()}:{os.getpid()}")]
    runs += [started(f"another-host:{dead.pid}"), instance.create_run_for_job(job).run_id]
    processes.close_runs_of_the_dead(instance)
    statuses = [instance.get_run_by_id(run).status.name for run in runs]
    assert statuses == ["FAILURE", "STARTED", "STARTED", "NOT_STARTED"]
