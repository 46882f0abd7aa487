"""What an asset declares is what it does: it reads the tables and months of its deps, and writes what it says.

A dep that is missing, or too short, is never seen in ordinary runs, because other edges carry the months along; it
shows as an old figure after a late receipt. So every monthly asset is made again here in a warehouse that holds nothing
but what it declares, and must give the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly, key
from crm_assets.contracts.model_metrics import own_rows
from crm_assets.definitions import defs
from crm_assets.defs.partitions import MONTHS
from crm_assets.defs.pending import reads_in_order
from crm_assets.defs.resources import WarehouseResource
from crm_assets.defs.table import ALSO
from crm_assets.warehouse import Session
from crm_assets_tests.conftest import Shop, comparable

DEFINITIONS = defs()
GRAPH = DEFINITIONS.resolve_asset_graph()
ASSETS = {asset.key.to_user_string(): asset for asset in GRAPH.assets_defs}
SPECS = {spec.key.to_user_string(): spec for spec in DEFINITIONS.resolve_all_asset_specs()}
WRITES = {name: {name, *filter(None, spec.metadata.get(ALSO, "").split(", "))} for name, spec in SPECS.items()}
READS = reads_in_order(GRAPH)  # monthly table → monthly table → months before
MONTHLY = sorted(READS)
MONTH = "2021-04-01"
WITHOUT_ROWS = {  # the sample has no messages, lines without attributes, and no leads
    "response_rates", "event_attributes", "lead_columns", "lead_features", "lead_model", "lead_scores", "lead_lift",
}  # fmt: skip
NAMED = re.compile(r"\b(?:from|join|into)\s+\"?(\w+)", re.IGNORECASE)


def deps(name: str) -> set[str]:
    return {dep.asset_key.to_user_string() for dep in SPECS[name].deps}


def readable(name: str) -> set[str]:
    """The tables that an asset may name: its own, those of its deps, and what is written with them."""
    return set().union(*(WRITES[table] for table in {name, *deps(name)}))


def months_read(name: str, table: str) -> set[str]:
    """The months of a monthly table that an asset may read."""
    keys = [month for month in MONTHS.get_partition_keys() if month <= MONTH]
    found = set()
    for read, months_before in READS[name].items():
        if table in WRITES[read]:
            found |= set(keys[-1 - months_before :])
    return found - {MONTH} if table in WRITES[name] else found


@pytest.fixture(scope="module")
def shop(demo_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Its last month trains a model against one in use, and fits types anew."""
    shop = demo_shop.copy(tmp_path_factory.mktemp("reads"), CRM_RETRAIN="true", CRM_REFIT="true")
    shop.crm("refresh", "--months", MONTH[:7])
    return shop


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The tables that a session's statements name."""
    found, execute = set(), Session.execute

    def listening(self: Session, sql: str, **parameters: object) -> duckdb.DuckDBPyConnection:
        found.update(table for table in NAMED.findall(sql) if table in CONTRACTS)
        return execute(self, sql, **parameters)

    monkeypatch.setattr(Session, "execute", listening)
    return found


def leave_what_is_declared(database: Path, name: str) -> Iterator[str]:
    """Empty a warehouse but for the months and tables that an asset declares; yields what is left."""
    with duckdb.connect(str(database)) as connection:
        for table, contract in CONTRACTS.items():
            if is_monthly(contract):
                months = months_read(name, table)
                kept = ", ".join(f"date '{month}'" for month in months) or "date '1900-01-01'"
                connection.execute(f"delete from {table} where month not in ({kept})")
            elif table not in readable(name):
                connection.execute(f"delete from {table}")
            if connection.execute(f"select count(*) from {table}").fetchall()[0][0]:
                yield table


def rows(database: Path, name: str, table: str) -> pd.DataFrame:
    """What an asset wrote of a table for the month."""
    contract, own = CONTRACTS[table], own_rows(name) if table == "model_metrics" else "true"
    order = ", ".join(key(contract))
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            f"select {comparable(contract)} from {table} where month = date '{MONTH}' and {own} order by {order}"
        ).df()


@pytest.mark.parametrize("name", MONTHLY)
def test_a_month_is_the_same_where_only_what_it_declares_is_left(name: str, shop: Shop, tmp_path: Path, named: set):
    copy = shop.copy(tmp_path / "shop")
    database = copy.data / "warehouse.duckdb"
    before = {table: rows(database, name, table) for table in WRITES[name]}
    left = set(leave_what_is_declared(database, name))
    settings = copy.settings()
    resources = {"settings": settings, "warehouse": WarehouseResource(database=str(database), lock_wait_seconds=1)}
    with dg.build_asset_context(partition_key=MONTH) as context:
        *_, done = ASSETS[name](context, **resources)
    assert isinstance(done, dg.MaterializeResult)
    for table, expected in before.items():
        assert len(expected) or {table, name} & WITHOUT_ROWS, table
        pd.testing.assert_frame_equal(rows(database, name, table), expected)
    assert named <= readable(name), f"{name} reads {named - readable(name)} and does not declare it"
    assert left <= readable(name)


def test_every_table_is_written_by_an_asset():
    assert set().union(*WRITES.values()) == set(CONTRACTS)


def test_what_is_not_declared_is_seen(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The test above would fail: RFM scores whose window is declared too short."""
    monkeypatch.setitem(READS, "rfm_scores", {**READS["rfm_scores"], "receipts": 3})
    copy = shop.copy(tmp_path / "shop")
    database = copy.data / "warehouse.duckdb"
    before = rows(database, "rfm_scores", "rfm_scores")
    list(leave_what_is_declared(database, "rfm_scores"))
    with dg.build_asset_context(partition_key=MONTH) as context:
        warehouse = WarehouseResource(database=str(database), lock_wait_seconds=1)
        list(ASSETS["rfm_scores"](context, settings=copy.settings(), warehouse=warehouse))
    assert not rows(database, "rfm_scores", "rfm_scores").equals(before)
