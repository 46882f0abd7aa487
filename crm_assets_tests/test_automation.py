"""What runs by itself: which months a late receipt restates, and what the sensors ask for."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from crm_assets.defs import sensors
from crm_assets.defs.resources import SettingsResource
from crm_assets.settings import Settings
from crm_assets_tests.events import DEFINITIONS, DIMENSIONS, MONTHLY, MONTHS, everything, landed, made, restated

OF_LEADS = {
    "lead_columns", "lead_features", "lead_model", "lead_scores", "lead_lift",
    "campaigns", "campaign_outcomes", "campaign_results",  # the list of leads lies beside those of campaigns
    "report",  # its section on leads
}  # fmt: skip


def requested(instance: dg.DagsterInstance, cursor=None):
    result = dg.evaluate_automation_conditions(defs=DEFINITIONS, instance=instance, cursor=cursor)
    wanted = {
        name: sorted(result.get_requested_partitions(dg.AssetKey(name)))
        for name in MONTHLY
        if name != "raw_transactions"
    }
    return {name: months for name, months in wanted.items() if months}, result.cursor


def settled(instance: dg.DagsterInstance):
    """Tick until nothing is asked for; what is asked for is made."""
    cursor = None
    for _ in range(40):
        wanted, cursor = requested(instance, cursor)
        if not wanted:
            return cursor
        for name, months in wanted.items():
            for month in months:
                made(instance, name, month)
    pytest.fail("the automation does not come to rest")


def cascade(instance: dg.DagsterInstance, cursor) -> dict[str, list[str]]:
    """All that follows, tick by tick, until it rests; every request is made at once."""
    total: dict[str, list[str]] = {}
    for _ in range(40):
        wanted, cursor = requested(instance, cursor)
        if not wanted:
            return total
        for name, months in wanted.items():
            for month in months:
                total.setdefault(name, []).append(month)
                made(instance, name, month)
    pytest.fail("the automation does not come to rest")


def test_a_late_receipt_restates_the_months_that_see_it_and_no_other(instance):
    everything(instance, MONTHS)
    cursor = settled(instance)
    made(instance, "raw_transactions", "2021-03-01")
    total = cascade(instance, cursor)
    expected = restated("2021-03-01")
    assert expected["rfm_scores"] == [m for m in MONTHS if m >= "2021-03-01"]
    assert total["receipts"] == expected["receipts"] == ["2021-03-01"]
    assert set(total) == set(expected) - {"raw_transactions"}
    for name in total:
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


def test_the_first_month_leaves_the_window_after_a_year(instance):
    everything(instance, MONTHS)
    cursor = settled(instance)
    made(instance, "raw_transactions", "2020-12-01")
    total = cascade(instance, cursor)
    assert sorted(set(total["rfm_scores"])) == MONTHS[:12]
    assert sorted(set(total["feature_table"])) == MONTHS


def test_a_new_dimension_restates_nothing_by_itself(instance):
    everything(instance, MONTHS)
    cursor = settled(instance)
    made(instance, "customers")
    assert cascade(instance, cursor) == {}


def test_months_that_never_landed_get_no_snapshot(instance):
    everything(instance, MONTHS[:4])
    cursor = settled(instance)
    made(instance, "raw_transactions", MONTHS[3])
    total = cascade(instance, cursor)
    assert {month for months in total.values() for month in months} == {MONTHS[3]}


def test_the_ledger_sensor_asks_for_dimensions_first_and_once(instance):
    landed(instance, "2020-12-01", "2021-01-01", tables=("transactions", "customers"))
    for table in DIMENSIONS:
        if table != "customers":
            made(instance, table)
    context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS)
    asked = sensors.ledger(context)
    assert [r.job_name for r in asked] == ["dimensions", "month", "month"]
    assert {k.to_user_string() for k in asked[0].asset_selection} == {"customers"}
    assert [r.partition_key for r in asked[1:]] == ["2020-12-01", "2021-01-01"]
    assert {k.to_user_string() for k in asked[1].asset_selection} == set(MONTHLY)
    again = sensors.ledger(dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, cursor=context.cursor))
    assert isinstance(again, dg.SkipReason)


def test_the_ledger_sensor_asks_for_what_follows_in_later_months_but_not_for_their_lines(instance):
    everything(instance, MONTHS[:4])
    context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS)
    sensors.ledger(context)
    landed(instance, MONTHS[2])
    asked = sensors.ledger(dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, cursor=context.cursor))
    assert [r.partition_key for r in asked] == MONTHS[2:4], "no run for dimensions that nothing touched"
    assert {k.to_user_string() for k in asked[0].asset_selection} == set(restated(MONTHS[2]))
    expected = {name for name, months in restated(MONTHS[2]).items() if MONTHS[3] in months}
    assert {k.to_user_string() for k in asked[1].asset_selection} == expected
    assert expected.isdisjoint({"raw_transactions", "receipts", "product_days"}) and "report" in expected


def test_a_file_of_leads_asks_for_the_tables_of_leads_alone_from_its_first_month_on(instance):
    everything(instance, MONTHS[:4])
    context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS)
    sensors.ledger(context)
    landed(instance, tables=("leads",), leads=MONTHS[2])
    asked = sensors.ledger(dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, cursor=context.cursor))
    assert [(r.job_name, r.partition_key) for r in asked] == [
        ("dimensions", None), ("month", MONTHS[2]), ("month", MONTHS[3])
    ]  # fmt: skip
    assert {k.to_user_string() for k in asked[0].asset_selection} == {"leads"}
    for request in asked[1:]:
        assert {k.to_user_string() for k in request.asset_selection} == OF_LEADS


def test_the_copy_is_made_when_every_month_is_and_nothing_runs(instance, tmp_path: Path):
    settings = SettingsResource(**Settings.read({}, data_dir=str(tmp_path)).model_dump())

    def asked() -> str | None:
        context = dg.build_sensor_context(instance=instance, definitions=DEFINITIONS, resources={"settings": settings})
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
    instance.create_run_for_job(DEFINITIONS.resolve_job_def("intake"), status=dg.DagsterRunStatus.STARTED)
    assert asked() is None, "a run is going on"
