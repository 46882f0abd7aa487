"""The definitions as Dagster sees them: keys, groups, partitions, what reads what, checks, conditions, sensors.

A change here changes what a data engineer sees and what runs by itself; it is meant to be noticed.
"""

from __future__ import annotations

import dagster as dg
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.definitions import defs
from crm_assets.defs.pending import reads_of

WINDOW, HISTORY = (-11, 0), (-12, 0)  # L.POINT has thirteen months
LAST_TWO = (-1, 0)

# asset: group, monthly, {dep: offsets of the months it reads, None = the same month or no months}, checks, automatic
EXPECTED = {
    "landed_files": ("receipts", False, {}, ["contract", "files_in_place", "rows_accounted"], False),
    "calendar": ("receipts", False, {}, ["contract"], False),
    "customers": ("receipts", False, {"landed_files": None}, ["contract"], False),
    "products": ("receipts", False, {"landed_files": None}, ["contract"], False),
    "branches": ("receipts", False, {"landed_files": None}, ["contract"], False),
    "daily_signals": ("receipts", False, {"landed_files": None, "calendar": None}, ["contract"], False),
    "marketing_responses": ("receipts", False, {"landed_files": None}, ["contract"], False),
    "raw_transactions": (
        "receipts",
        True,
        {"landed_files": None, "products": None, "branches": None, "customers": None},
        ["contract", "has_receipts", "lines_complete", "policies"],
        False,
    ),
    "receipts": ("receipts", True, {"raw_transactions": None, "calendar": None}, ["contract"], True),
    "product_days": ("receipts", True, {"raw_transactions": None, "receipts": None}, ["contract"], True),
    "rfm_scores": (
        "segmentation",
        True,
        {"receipts": WINDOW, "raw_transactions": WINDOW, "calendar": None},
        ["band_names", "contract"],
        True,
    ),
    "rfm_thresholds": ("segmentation", True, {"rfm_scores": None}, ["contract"], True),
    "rfm_groups": ("segmentation", True, {"rfm_scores": None}, ["contract"], True),
    "cluster_assignments": (
        "segmentation",
        True,
        {"rfm_scores": None, "receipts": HISTORY},
        ["contract"],
        True,
    ),
    "cluster_comparison": (
        "segmentation",
        True,
        {"cluster_assignments": None, "rfm_scores": None},
        ["contract"],
        True,
    ),
    "segment_profiles": (
        "segmentation",
        True,
        {
            "cluster_assignments": None,
            "rfm_scores": None,
            "receipts": WINDOW,
            "raw_transactions": WINDOW,
            "churn_risk": None,
            "attribute_segments": None,
            "calendar": None,
            "products": None,
        },
        ["contract"],
        True,
    ),
    "churn_risk": ("retention", True, {"rfm_scores": None, "receipts": WINDOW, "calendar": None}, ["contract"], True),
    "attribute_segments": (
        "segmentation",
        True,
        {
            "rfm_scores": None,
            "churn_risk": None,
            "receipts": HISTORY,
            "raw_transactions": WINDOW,
            "customers": None,
            "products": None,
        },
        ["contract"],
        True,
    ),
    "segment_claims": (
        "segmentation",
        True,
        {
            "cluster_assignments": None,
            "rfm_scores": None,
            "receipts": WINDOW,
            "raw_transactions": WINDOW,
            "calendar": None,
            "customers": None,
            "products": None,
        },
        ["contract"],
        True,
    ),
    "daily_activity": (
        "segmentation",
        True,
        {"cluster_assignments": None, "receipts": WINDOW, "calendar": None},
        ["contract"],
        True,
    ),
    "signal_correlations": (
        "segmentation",
        True,
        {"daily_activity": None, "daily_signals": None},
        ["contract"],
        True,
    ),
    "hybrid_segments": (
        "segmentation",
        True,
        {"cluster_assignments": LAST_TWO, "rfm_scores": LAST_TWO, "receipts": None},
        ["contract"],
        True,
    ),
    "feature_table": (
        "prediction",
        True,
        {"receipts": HISTORY, "raw_transactions": HISTORY, "calendar": None, "customers": None, "daily_signals": None},
        ["contract", "no_totals"],
        True,
    ),
    "first_purchase_features": (
        "prediction",
        True,
        {
            "feature_table": None,
            "receipts": HISTORY,
            "raw_transactions": HISTORY,
            "product_days": HISTORY,
            "calendar": None,
            "products": None,
        },
        ["contract"],
        True,
    ),
    "lightgbm_model": (
        "prediction",
        True,
        {"feature_table": None, "first_purchase_features": None, "cluster_assignments": None},
        ["contract"],
        True,
    ),
    "new_customer_predictions": (
        "prediction",
        True,
        {
            "lightgbm_model": None,
            "feature_table": None,
            "first_purchase_features": None,
            "segment_claims": None,
            "products": None,
            "raw_transactions": HISTORY,
        },
        ["contract", "features_stable", "shares_stable"],
        True,
    ),
    "prediction_outcomes": (
        "prediction",
        True,
        {
            "new_customer_predictions": HISTORY,
            "cluster_assignments": HISTORY,
            "receipts": HISTORY,
            "calendar": None,
        },
        ["contract"],
        True,
    ),
    "response_rates": (
        "marketing",
        True,
        {"marketing_responses": None, "receipts": None},
        ["contract"],
        True,
    ),
    "model_comparison": (
        "prediction",
        True,
        {"lightgbm_model": None, "cluster_assignments": None, "feature_table": None, "first_purchase_features": None},
        ["contract"],
        True,
    ),
    "feature_importance": (
        "prediction",
        True,
        {"lightgbm_model": None, "cluster_assignments": None, "feature_table": None, "first_purchase_features": None},
        ["contract"],
        True,
    ),
    "customer_types": (
        "prediction",
        True,
        {
            "receipts": HISTORY,
            "rfm_scores": None,
            "cluster_assignments": HISTORY,
            "new_customer_predictions": None,
        },
        ["contract", "everybody_once"],
        True,
    ),
    "segment_migration": (
        "retention",
        True,
        {
            "customer_types": LAST_TWO,
            "rfm_scores": LAST_TWO,
            "cluster_assignments": LAST_TWO,
            "receipts": None,
        },
        ["contract", "sums_to_both_months"],
        True,
    ),
    "segment_retention": ("retention", True, {"segment_migration": None}, ["contract"], True),
    "customer_moves": (
        "retention",
        True,
        {
            "customer_types": LAST_TWO,
            "rfm_scores": LAST_TWO,
            "cluster_assignments": LAST_TWO,
            "receipts": None,
        },
        ["contract"],
        True,
    ),
    "report": (
        "marketing",
        True,
        {
            "receipts": None,
            "rfm_scores": None,
            "rfm_groups": None,
            "rfm_thresholds": None,
            "cluster_assignments": None,
            "cluster_comparison": None,
            "segment_profiles": None,
            "attribute_segments": None,
            "hybrid_segments": None,
            "segment_claims": None,
            "daily_activity": None,
            "daily_signals": None,
            "signal_correlations": None,
            "feature_table": None,
            "lightgbm_model": None,
            "model_comparison": None,
            "feature_importance": None,
            "new_customer_predictions": None,
            "prediction_outcomes": None,
            "customer_types": LAST_TWO,
            "segment_migration": None,
            "segment_retention": None,
            "customer_moves": None,
        },
        ["contract"],
        True,
    ),
    "published": ("warehouse", False, {"landed_files": None, "report": None}, ["contract"], False),
}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def offsets(dep: dg.AssetDep) -> tuple[int, int] | None:
    mapping = dep.partition_mapping
    return (mapping.start_offset, mapping.end_offset) if isinstance(mapping, dg.TimeWindowPartitionMapping) else None


def test_the_definitions_load(definitions: dg.Definitions):
    dg.Definitions.validate_loadable(definitions)


def test_the_assets(definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]):
    checks = {}
    for key in definitions.resolve_asset_graph().asset_check_keys:
        checks.setdefault(key.asset_key.to_user_string(), []).append(key.name)
    found = {
        name: (
            spec.group_name,
            spec.partitions_def is not None,
            {dep.asset_key.to_user_string(): offsets(dep) for dep in spec.deps},
            sorted(checks[name]),
            spec.automation_condition is not None,
        )
        for name, spec in specs.items()
    }
    assert found == EXPECTED


def test_every_asset_is_worth_a_look(specs: dict[str, dg.AssetSpec]):
    for name, spec in specs.items():
        assert spec.description and len(spec.description) > 80, name
        assert list(spec.owners) == ["team:crm-data"], name
        assert spec.kinds, name
        schema = spec.metadata["dagster/column_schema"]
        assert [c.name for c in schema.columns] == [c.name for c in columns(CONTRACTS[name])], name
        assert all(c.description for c in schema.columns), name


def test_months_are_those_of_the_source(specs: dict[str, dg.AssetSpec]):
    keys = specs["receipts"].partitions_def.get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2020-12-01", "2021-12-01", 13)


def test_every_check_has_months_where_its_asset_has(definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]):
    graph = definitions.resolve_asset_graph()
    for key in graph.asset_check_keys:
        monthly = specs[key.asset_key.to_user_string()].partitions_def
        assert graph.get(key).partitions_def == monthly, key


def test_one_writer_one_partition_a_run(definitions: dg.Definitions):
    for asset in definitions.resolve_asset_graph().assets_defs:
        assert asset.op.pool == "duckdb", asset.key
        if asset.partitions_def is not None:
            assert asset.backfill_policy == dg.BackfillPolicy.multi_run(1), asset.key


def test_jobs_and_sensors(definitions: dg.Definitions):
    jobs = {job.name for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")}
    assert jobs == {"intake", "dimensions", "month", "publish"}
    sensors = {sensor.name: sensor for sensor in definitions.sensors}
    assert set(sensors) == {"landing_folder", "ledger", "snapshots", "publication"}
    for sensor in sensors.values():
        assert sensor.default_status == dg.DefaultSensorStatus.RUNNING, sensor.name
        assert sensor.minimum_interval_seconds <= 15, sensor.name


def test_refresh_looks_at_every_monthly_asset_and_at_what_it_reads(definitions: dg.Definitions):
    monthly = {name: deps for name, (_, monthly, deps, *_) in EXPECTED.items() if monthly}
    expected = {
        name: {read: -(offsets or (0, 0))[0] for read, offsets in deps.items() if read in monthly}
        for name, deps in monthly.items()
    }
    assert reads_of(definitions.resolve_asset_graph()) == expected


def test_the_job_month_holds_every_monthly_asset(definitions: dg.Definitions):
    job = definitions.resolve_job_def("month")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert made == {name for name, (_, monthly, *_) in EXPECTED.items() if monthly}
