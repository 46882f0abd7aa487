"""Every table of a month is the same on Spark as on DuckDB, row for row.

Each asset works on Spark over the tables that DuckDB made, so that a difference shows where it arises. What is staged
is compared; that it is written and shown on Spark too is proved by ``test_refresh_prove``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import ReadingsTable
from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.making import CHECK, Rows, Whole
from crm_assets.defs.resources import SparkWarehouseResource
from crm_assets_tests.conftest import Shop
from crm_assets_tests.engines.spark_shop import copy_to_spark, differences, exact, need_spark
from crm_assets_tests.test_reads import ASSETS, MONTHLY, WITHOUT_ROWS

MONTH = "2021-04-01"
OF_A_TRAINING = {"feature_importance", "model_comparison"}  # the month uses an earlier model


@pytest.fixture(scope="module")
def shop(demo_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    need_spark()
    shop = demo_shop.copy(tmp_path_factory.mktemp("engines"), CRM_ENGINE="spark")
    copy_to_spark(shop.data)
    return shop


@pytest.fixture(scope="module")
def warehouse(shop: Shop) -> Iterator[SparkWarehouseResource]:
    """Open for all tests, as it is for all steps of a run."""
    made = SparkWarehouseResource(database=str(shop.data / "spark"), lock_wait_seconds=1)
    made.setup_for_execution(dg.build_init_resource_context())
    yield made
    made.teardown_after_execution(dg.build_init_resource_context())


@pytest.mark.parametrize("name", MONTHLY)
def test_a_month_is_the_same_on_spark(
    name: str, shop: Shop, warehouse: SparkWarehouseResource, monkeypatch: pytest.MonkeyPatch
):
    compared: dict[str, int] = {}

    def compare(self: Whole, written: Sequence[Rows], *_: object) -> Iterator[object]:
        found = self.session.violations(written[0].contract, written[0].staged)
        yield dg.AssetCheckResult(check_name=CHECK, passed=not found)
        assert found == []
        with duckdb.connect(str(shop.data / "warehouse.duckdb"), read_only=True) as connection:
            for rows in written:
                if issubclass(rows.contract, ReadingsTable):  # Spark remembers none
                    continue
                table = next(t for t, contract in CONTRACTS.items() if contract is rows.contract)
                names, own = exact(rows.contract), own_rows(name) if table == "model_metrics" else "true"
                expected = connection.execute(f"select {names} from {table} where month = '{MONTH}' and {own}").df()
                made = self.session.frame(f"select {names} from {rows.staged}")
                assert differences(rows.contract, made, expected) == [], table
                compared[table] = len(expected)
        yield dg.MaterializeResult()

    monkeypatch.setattr(Whole, "_publish", compare)
    with dg.build_asset_context(partition_key=MONTH) as context:
        list(ASSETS[name](context, settings=shop.settings(), warehouse=warehouse))
    assert compared and (sum(compared.values()) or {*compared} & (WITHOUT_ROWS | OF_A_TRAINING)), (
        f"would prove nothing: {compared}"
    )
