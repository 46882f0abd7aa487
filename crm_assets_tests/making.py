"""Tables made as Dagster makes them, and the hand that makes them, for tests of asset files."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import key
from crm_assets.defs.making import Month
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.warehouse import Session, Warehouse


def at_work(session: Session, table: str, month: str, **settings: object) -> Month:
    """A month of a table, as the body of its asset is given it."""
    return Month(dg.build_asset_context(partition_key=month), SettingsResource(**settings), session, table)


def results(asset: dg.AssetsDefinition, warehouse: Warehouse, month: str, **settings: object) -> Iterator[object]:
    """What the asset yields for a month, check by check; the last is the materialisation."""
    resource = WarehouseResource(database=warehouse.database, lock_wait_seconds=0.5)
    with dg.build_asset_context(partition_key=month) as context:
        yield from asset(context, settings=SettingsResource(**settings), warehouse=resource)


def made(asset: dg.AssetsDefinition, warehouse: Warehouse, month: str, **settings: object) -> pd.DataFrame:
    """The rows of a month, made by its asset, in the order of the key; every check that it declares must pass."""
    table = asset.key.to_user_string()
    *checks, done = results(asset, warehouse, month, **settings)
    assert {check.check_name: check.passed for check in checks} == {s.name: True for s in asset.check_specs}
    with warehouse.session() as session:
        order = ", ".join(key(CONTRACTS[table]))
        rows = session.frame(f"select * from {table} where month = cast(:month as date) order by {order}", month=month)
    assert done.metadata["dagster/row_count"] == len(rows)
    return rows
