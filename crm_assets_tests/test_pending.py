"""Which tables of which months are stale, by what Dagster's events say."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import dagster as dg
import pytest

from crm_assets.defs import pending, processes
from crm_assets.defs.pending import reads_in_order, stale_tables
from crm_assets_tests.events import (
    DEFINITIONS,
    DIMENSIONS,
    GRAPH,
    MONTHLY,
    MONTHS,
    READS,
    and_what_follows,
    everything,
    landed,
    made,
    restated,
)


def stale_months(instance: dg.DagsterInstance) -> list[str]:
    return list(stale_tables(instance, READS))


def test_the_lines_of_the_months_touched_are_loaded_and_of_the_gaps_before_them(instance):
    landed(instance, "2021-02-01")
    for table in MONTHLY:
        made(instance, table, "2020-12-01")
    stale = stale_tables(instance, READS)
    assert {month for month, tables in stale.items() if "raw_transactions" in tables} == {"2021-01-01", "2021-02-01"}


def test_a_new_table_is_made_for_every_month_with_what_reads_it_and_nothing_else(instance):
    """To make everything anew for each table that moves in would cost a whole refresh every time."""
    everything(instance, MONTHS[:4])
    grown = {**READS, "weekday_sales": {"receipts": 0}, "weekday_ranks": {"weekday_sales": 2, "rfm_scores": 0}}
    assert stale_tables(instance, grown) == {m: ["weekday_sales", "weekday_ranks"] for m in MONTHS[:4]}
    for month in MONTHS[:4]:
        made(instance, "weekday_sales", month)
        made(instance, "weekday_ranks", month)
    assert stale_tables(instance, grown) == {}
    made(instance, "weekday_sales", MONTHS[1])
    assert stale_tables(instance, grown) == {m: ["weekday_ranks"] for m in MONTHS[1:4]}


def test_an_intake_restates_as_much_as_the_conditions_would(instance):
    everything(instance, MONTHS[:6])
    landed(instance, MONTHS[2])
    found = {}
    for month, tables in stale_tables(instance, READS).items():
        for table in tables:
            found.setdefault(table, []).append(month)
    assert found == {name: [m for m in months if m in MONTHS[:6]] for name, months in restated(MONTHS[2]).items()}


def test_a_month_is_stale_when_it_or_one_before_it_was_touched_after_it_was_made(instance):
    landed(instance, "2020-12-01", "2021-02-01")
    for month in MONTHS[:3]:
        for name in MONTHLY:
            made(instance, name, month)
    assert stale_months(instance) == []
    landed(instance, "2021-01-01")
    assert stale_months(instance) == ["2021-01-01", "2021-02-01"]
    made(instance, "report", "2021-01-01")  # the report alone does not make up for the lines
    assert stale_months(instance) == ["2021-01-01", "2021-02-01"]
    landed(instance, "2021-04-01")
    assert stale_months(instance) == ["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"]


def test_more_intakes_than_one_page_holds_are_all_seen(instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pending, "PAGE", 2)
    for month in MONTHS[:5]:
        landed(instance, month)
    assert [landing.months for landing in pending.landings_after(instance, 0)] == [(m,) for m in MONTHS[:5]]


def test_months_that_only_a_warehouse_before_held_are_not_asked_for(instance):
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
    assert stale_months(instance) == ["2020-12-01"]


def test_the_calendar_is_made_for_a_warehouse_that_begins_with_nothing_and_costs_later_files_no_run(instance):
    everything(instance, MONTHS[:2])
    landed(instance, MONTHS[1], tables=("transactions",))
    landings = pending.landings_after(instance, 0)
    assert pending.dimensions_to_make(instance, landings, DIMENSIONS) == []
    landed(instance, MONTHS[1], tables=("transactions", "customers"), is_first=True)
    landings = pending.landings_after(instance, landings[-1].storage_id)
    assert set(pending.dimensions_to_make(instance, landings, DIMENSIONS)) == {"customers", "calendar"}


def test_a_month_that_was_made_before_the_one_before_it_was_loaded_is_stale(instance):
    """A late file for February, then March made alone, then February: March still has the old February."""
    everything(instance, ["2020-12-01", "2021-01-01", "2021-02-01"])
    landed(instance, "2021-01-01")
    for month in ("2021-02-01", "2021-01-01"):
        for name in MONTHLY:
            made(instance, name, month)
    assert stale_months(instance) == ["2021-02-01"]
    for name in MONTHLY:
        if name not in ("raw_transactions", "receipts"):
            made(instance, name, "2021-02-01")
    assert stale_months(instance) == [], "its snapshots were made anew, as the conditions do"


def test_what_follows_a_stale_month_is_asked_for_with_it(instance):
    """February was made alone while December and January waited: it is older than what they are about to be."""
    landed(instance, *MONTHS[:3])
    for name in MONTHLY:
        made(instance, name, MONTHS[2])
    assert stale_months(instance) == MONTHS[:3]


def test_a_month_made_in_parts_is_stale_until_no_table_is_older_than_what_it_reads(instance):
    everything(instance, MONTHS[:2])
    landed(instance, MONTHS[0])
    second = ("raw_transactions", "receipts", "customer_lifecycles", "feature_table", "lightgbm_model")
    first = tuple(name for name in MONTHLY if name not in second)
    for month in MONTHS[:2]:
        for name in (*first, *second):
            made(instance, name, month)
    assert stale_months(instance) == MONTHS[:2], "the first part is older than the lines"
    for month in MONTHS[:2]:
        for name in first:
            made(instance, name, month)
    assert stale_months(instance) == MONTHS[:2], "the model is older than the types"
    for month in MONTHS[:2]:
        for name in and_what_follows("lightgbm_model"):
            made(instance, name, month)
    assert stale_months(instance) == []


def test_months_after_one_whose_types_were_made_alone_are_stale_for_a_refresh(instance):
    """March goes by the model of February, which is another one now. The copy for readers does not wait for it, because
    the conditions of the UI would never make March's types; they make what carries a type from month to month."""
    everything(instance, MONTHS[:4])
    for name in and_what_follows("cluster_assignments"):
        made(instance, name, MONTHS[1])
    assert stale_months(instance) == MONTHS[2:4], "a lapsed customer keeps its type"
    for month in MONTHS[2:4]:
        for name in and_what_follows("cluster_assignments")[1:]:
            made(instance, name, month)
    assert stale_months(instance) == []
    of_a_refresh = reads_in_order(GRAPH)
    assert list(stale_tables(instance, of_a_refresh)) == MONTHS[2:4]
    for month in MONTHS[2:4]:
        for name in MONTHLY:
            made(instance, name, month)
    assert list(stale_tables(instance, of_a_refresh)) == []


def test_months_after_the_last_receipt_are_made_anew_when_receipts_reach_them_again(instance):
    """Their tables went when a correction took the last receipts away."""
    everything(instance, MONTHS[:4])
    landed(instance, MONTHS[3], last=MONTHS[0])
    assert stale_months(instance) == []
    landed(instance, MONTHS[2], last=MONTHS[2])
    assert stale_months(instance) == MONTHS[1:3]


def test_receipts_that_a_killed_run_left_out_are_asked_for(instance):
    landed(instance, "2020-12-01")
    made(instance, "raw_transactions", "2020-12-01")
    (asked,) = stale_tables(instance, READS).values()
    assert "receipts" in asked and "raw_transactions" not in asked


def test_an_intake_that_brought_nothing_makes_no_copy(instance, tmp_path: Path):
    everything(instance, ["2020-12-01"])
    made(instance, "published")
    landed(instance, tables=())
    assert pending.publication_due(instance, GRAPH, READS, tmp_path) is None


def test_a_run_whose_process_was_killed_is_closed_and_others_are_not(instance):
    """It would hold its place in the queue, and be shown as going on, for good."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    job = DEFINITIONS.resolve_job_def("intake")

    def started(process: str) -> str:
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={processes.PROCESS: process})
        return run.run_id

    runs = [started(f"{socket.gethostname()}:{dead.pid}"), started(f"{socket.gethostname()}:{os.getpid()}")]
    runs += [started(f"another-host:{dead.pid}"), instance.create_run_for_job(job).run_id]
    processes.close_runs_of_the_dead(instance)
    statuses = [instance.get_run_by_id(run).status.name for run in runs]
    assert statuses == ["FAILURE", "STARTED", "STARTED", "NOT_STARTED"]


def test_a_late_intake_asks_for_the_lines_that_an_earlier_one_was_killed_over(instance):
    """February was touched and its run died; then January is touched: February must not be made of its old lines."""
    everything(instance, MONTHS[:4])
    seen = landed_last(instance)
    landed(instance, MONTHS[2])
    died = landed_last(instance)
    landed(instance, MONTHS[1])
    asked = stale_tables(instance, READS, after=died)
    assert {"raw_transactions", "receipts"} <= {*asked[MONTHS[2]]} and MONTHS[0] not in asked
    assert asked == stale_tables(instance, READS, after=seen) == stale_tables(instance, READS)


def test_what_is_made_by_hand_before_the_months_touched_is_left_to_the_conditions(instance):
    everything(instance, MONTHS[:4])
    made(instance, "rfm_scores", MONTHS[1])
    seen = landed_last(instance)
    landed(instance, MONTHS[3])
    assert list(stale_tables(instance, READS, after=seen)) == MONTHS[3:4]
    assert list(stale_tables(instance, READS)) == MONTHS[1:4]


def test_in_a_new_warehouse_nothing_counts_as_made_not_even_a_month_without_receipts(instance):
    """It was moved away; files of December and February are read again, and January, a gap, must come back too."""
    everything(instance, MONTHS[:3])
    landed(instance, MONTHS[0], MONTHS[2], is_first=True)
    assert stale_tables(instance, READS).keys() == {*MONTHS[:3]}
    assert {*stale_tables(instance, READS)[MONTHS[1]]} == {*MONTHLY}


def test_a_report_lacks_only_what_it_is_made_from(instance):
    everything(instance, MONTHS[:1])
    grown = {**READS, "weekday_sales": {"receipts": 0}}
    assert pending.missing_tables(instance, grown, MONTHS[0]) == []
    assert "customer_types" in pending.missing_tables(instance, grown, MONTHS[1])


def landed_last(instance: dg.DagsterInstance) -> int:
    return pending.landings_after(instance, 0)[-1].storage_id


def test_leads_make_the_tables_of_leads_stale_from_their_first_month_on_and_no_other(instance):
    everything(instance, MONTHS[:4])
    of_leads = and_what_follows("lead_columns")
    landed(instance, tables=("leads",), leads=MONTHS[1])
    stale = stale_tables(instance, READS)
    assert {month: set(tables) for month, tables in stale.items()} == {m: set(of_leads) for m in MONTHS[1:4]}
    assert "raw_transactions" not in of_leads and "rfm_scores" not in of_leads
    for month in MONTHS[1:4]:
        for table in of_leads:
            made(instance, table, month)
    assert stale_tables(instance, READS) == {}


def test_a_source_of_leads_alone_has_the_months_that_its_intake_says(instance):
    """No lines touch a month there: every table of every month up to the last with leads is missing."""
    landed(instance, tables=("leads",), leads=MONTHS[1], last=MONTHS[2])
    stale = stale_tables(instance, READS)
    assert list(stale) == MONTHS[:3]
    assert all(set(tables) == set(MONTHLY) for tables in stale.values())
