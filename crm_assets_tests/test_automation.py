"""What runs by itself: which months a late receipt restates, and what the two sensors ask for."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from crm_assets.definitions import defs
from crm_assets.defs import automation, pending
from crm_assets.defs.pending import months_to_load, months_to_refresh
from crm_assets.defs.resources import SettingsResource
from crm_assets.settings import Settings

MONTHS = ["2020-12-01", *(f"2021-{m:02}-01" for m in range(1, 13))]
MONTHLY = ["raw_transactions", "receipts", "rfm_scores", "cluster_assignments", "segment_profiles", "feature_table"]
MONTHLY += ["lightgbm_model", "new_customer_predictions", "report"]
DIMENSIONS = ["calendar", "customers", "products", "branches", "daily_signals"]


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def made(instance: dg.DagsterInstance, asset: str, month: str | None = None, **metadata: object) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(asset, partition=month, metadata=metadata))


def landed(instance: dg.DagsterInstance, *months: str, tables: tuple[str, ...] = ("transactions",)) -> None:
    made(
        instance, "landed_files", months=dg.MetadataValue.json(list(months)), tables=dg.MetadataValue.json(list(tables))
    )


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


def test_a_late_receipt_restates_the_months_that_see_it_and_no_other(definitions, instance):
    everything(instance, MONTHS)
    cursor = settled(definitions, instance)
    made(instance, "raw_transactions", "2021-03-01")
    total = cascade(definitions, instance, cursor)
    later = [m for m in MONTHS if m >= "2021-03-01"]
    assert total["receipts"] == ["2021-03-01"]
    for name in MONTHLY[2:]:
        assert sorted(set(total[name])) == later, name
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


def test_the_lines_of_the_months_touched_are_loaded_and_of_the_gaps_before_them(instance):
    landed(instance, "2021-02-01")
    made(instance, "raw_transactions", "2020-12-01")
    assert months_to_load(instance) == {"2021-01-01", "2021-02-01"}


def test_the_ledger_sensor_asks_for_dimensions_first_and_once(definitions, instance):
    landed(instance, "2020-12-01", "2021-01-01", tables=("transactions", "customers"))
    for table in DIMENSIONS:
        if table != "customers":
            made(instance, table)
    context = dg.build_sensor_context(instance=instance, definitions=definitions)
    asked = automation.ledger(context)
    assert [r.job_name for r in asked] == ["dimensions", "month", "month"]
    assert {k.to_user_string() for k in asked[0].asset_selection} == {"customers"}
    assert [r.partition_key for r in asked[1:]] == ["2020-12-01", "2021-01-01"]
    assert {k.to_user_string() for k in asked[1].asset_selection} == set(MONTHLY)
    again = automation.ledger(
        dg.build_sensor_context(instance=instance, definitions=definitions, cursor=context.cursor)
    )
    assert isinstance(again, dg.SkipReason)


def test_the_ledger_sensor_asks_for_the_following_months_too_but_not_for_their_lines(definitions, instance):
    everything(instance, MONTHS[:4])
    context = dg.build_sensor_context(instance=instance, definitions=definitions)
    automation.ledger(context)
    landed(instance, MONTHS[2])
    asked = automation.ledger(
        dg.build_sensor_context(instance=instance, definitions=definitions, cursor=context.cursor)
    )
    assert [r.partition_key for r in asked] == [None, *MONTHS[2:4]]
    assert {k.to_user_string() for k in asked[1].asset_selection} == set(MONTHLY)
    assert {k.to_user_string() for k in asked[2].asset_selection} == set(MONTHLY[2:])


def test_a_month_is_stale_when_it_or_one_before_it_was_touched_after_it_was_made(instance):
    landed(instance, "2020-12-01", "2021-02-01")
    for month in MONTHS[:3]:
        for name in MONTHLY:
            made(instance, name, month)
    assert months_to_refresh(instance) == []
    landed(instance, "2021-01-01")
    assert months_to_refresh(instance) == ["2021-01-01", "2021-02-01"]
    made(instance, "report", "2021-01-01")  # the report alone does not make up for the lines
    assert months_to_refresh(instance) == ["2021-01-01", "2021-02-01"]
    landed(instance, "2021-04-01")
    assert months_to_refresh(instance) == ["2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01"]


def test_more_intakes_than_one_page_holds_are_all_seen(instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pending, "PAGE", 2)
    for month in MONTHS[:5]:
        landed(instance, month)
    assert [landing.months for landing in pending.landings_after(instance, 0)] == [(m,) for m in MONTHS[:5]]


def look(tmp_path: Path, cursor: str | None):
    settings = SettingsResource(**Settings.read({}, data_dir=str(tmp_path)).model_dump())
    context = dg.build_sensor_context(cursor=cursor, resources={"settings": settings})
    return automation.landing_folder(context), context.cursor


def test_the_landing_sensor_waits_until_a_file_has_stopped_growing(tmp_path: Path):
    said, cursor = look(tmp_path, None)
    assert "0 files" in said.skip_message
    file = tmp_path / "landing" / "a.csv"
    file.parent.mkdir()
    file.write_text("1")
    said, cursor = look(tmp_path, cursor)
    assert "stopped growing: a.csv" in said.skip_message
    file.write_text("12")
    said, cursor = look(tmp_path, cursor)
    assert "stopped growing: a.csv" in said.skip_message
    asked, cursor = look(tmp_path, cursor)
    assert isinstance(asked, dg.RunRequest)
    said, cursor = look(tmp_path, cursor)
    assert "1 files, none of them new" in said.skip_message
    os.utime(file, ns=(1, 1))
    said, cursor = look(tmp_path, cursor)
    again, cursor = look(tmp_path, cursor)
    assert isinstance(again, dg.RunRequest) and again.run_key != asked.run_key
