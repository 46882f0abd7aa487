"""The definitions as Dagster sees them, by rules that hold for every asset: a new table needs no line here.

What an asset reads is held against what it declares in ``test_reads``.
"""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns, is_monthly
from crm_assets.definitions import defs
from crm_assets.defs.making import CHECK
from crm_assets.defs.pending import dimensions_of, reads_in_order, reads_of
from crm_assets.defs.table import table_asset
from crm_assets.settings import PROJECT_DIR


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_the_definitions_load(definitions: dg.Definitions):
    dg.Definitions.validate_loadable(definitions)


def test_they_load_without_what_only_models_need():
    """LightGBM, scikit-learn and SciPy's larger parts are a third of the start of every process that loads them."""
    heavy = "{'lightgbm', 'sklearn', 'scipy.stats', 'scipy.optimize', 'scipy.spatial'}"
    script = f"import sys; from crm_assets.definitions import defs; defs(); print(sorted({heavy} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT_DIR)
    assert told.stdout.strip() == "[]", "see crm_assets/boosters.py"


def test_an_asset_is_named_after_its_file_its_folder_and_its_contract(specs: dict[str, dg.AssetSpec]):
    folder = PROJECT_DIR / "crm_assets" / "defs"
    files = {path: path.parent.name for path in folder.glob("*/*.py")}
    assert {path.stem: group for path, group in files.items()} == {n: spec.group_name for n, spec in specs.items()}
    assert len(files) == len(specs) and set(specs) <= set(CONTRACTS)


def test_a_table_is_made_by_month_where_its_contract_says_so(specs: dict[str, dg.AssetSpec]):
    for name, spec in specs.items():
        assert (spec.partitions_def is not None) == is_monthly(CONTRACTS[name]), name


def test_every_month_is_made_anew_by_itself_but_for_the_lines(specs: dict[str, dg.AssetSpec]):
    automatic = {name for name, spec in specs.items() if spec.automation_condition is not None}
    assert {n for n, spec in specs.items() if spec.partitions_def is not None} - automatic == {"raw_transactions"}
    assert {specs[name].automation_condition.get_label() for name in automatic} == {"on_new_months"}


def test_nothing_is_read_that_is_no_asset(specs: dict[str, dg.AssetSpec]):
    """Dagster makes an asset of its own of a dep that it does not know."""
    for name, spec in specs.items():
        assert {dep.asset_key.to_user_string() for dep in spec.deps} <= CONTRACTS.keys() - {name}, name


def test_every_asset_has_its_gate(definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]):
    gated = {
        k.asset_key.to_user_string() for k in definitions.resolve_asset_graph().asset_check_keys if k.name == CHECK
    }
    assert gated == set(specs)


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
        # Below the 5 s between Dagster's looks, or it looks every second time; by hand it is waited for longer.
        assert sensor.minimum_interval_seconds < (30.5 if sensor.name == "snapshots" else 15), sensor.name
    assert max(sensors[name].minimum_interval_seconds for name in ("landing_folder", "ledger")) < 5


def test_what_predictions_are_made_from_goes_first(definitions: dg.Definitions):
    graph, further, needed = definitions.resolve_asset_graph(), {dg.AssetKey("new_customer_predictions")}, set()
    while further:
        needed |= further
        further = {key for table in further for key in graph.get(table).parent_keys} - needed
    monthly = {key.to_user_string() for key in needed if graph.get(key).partitions_def is not None}
    first = {a.key.to_user_string() for a in graph.assets_defs if a.op.tags.get("dagster/priority") == "1"}
    assert first == monthly, "change BEFORE_PREDICTIONS in defs/tags.py"


def test_every_asset_is_of_one_job(definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]):
    made = [
        key.to_user_string()
        for job in ("intake", "dimensions", "month", "publish")
        for key in definitions.resolve_job_def(job).asset_layer.executable_asset_keys
    ]
    assert sorted(made) == sorted(specs)


def test_the_months_that_a_table_reads_are_those_of_its_window(definitions: dg.Definitions):
    """L.POINT has thirteen months; RFM looks back on twelve."""
    graph = definitions.resolve_asset_graph()
    reads = reads_of(graph)
    assert reads["rfm_scores"] == {"receipts": 11, "raw_transactions": 11}
    assert reads["prediction_outcomes"]["new_customer_predictions"] == 12
    assert reads["segment_migration"]["customer_types"] == 1 and reads["segment_migration"]["receipts"] == 0
    in_order = {name: edges for name, edges in reads_in_order(graph).items() if edges != reads[name]}
    assert {name: edges[name] for name, edges in in_order.items()} == {
        "cluster_assignments": 1,
        "lightgbm_model": 1,
        "lifestyle_assignments": 1,
        "dormancy_model": 1,
        "lead_model": 1,
        "recommender_choices": 1,
    }


def test_dimensions_are_made_before_those_that_read_them(definitions: dg.Definitions):
    found = dimensions_of(definitions.resolve_asset_graph())
    assert len(found) == 8 and found.index("calendar") < found.index("daily_signals")


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("rfm_score", {}, "no contract of a table rfm_score: did you mean rfm_scores"),
        ("rfm_scores", {"deps": ["receipt"]}, "no contract of a table receipt: did you mean receipts"),
        ("rfm_scores", {"also": ["model_metric"]}, "no contract of a table model_metric"),
    ],
)
def test_a_name_that_fits_nothing_is_refused_where_it_is_written(name: str, given: dict, said: str):
    def body(month): ...

    body.__name__ = name
    with pytest.raises(ValueError, match=said):
        table_asset(**given)(body)
