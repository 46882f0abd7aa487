"""Months of existing customers whose first receipts tell the type, for tests of the model's registry."""

from __future__ import annotations

import dagster as dg
import numpy as np
import pandas as pd

from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.defs.prediction.lightgbm_model import lightgbm_model
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests import lifecycles

TYPES = ("low", "mid", "top")


def people(first: int, size: int, *, noise: float = 0.0, turned: bool = False, types=TYPES) -> pd.DataFrame:
    """customer_id, kind (number of the type as the first receipts show it) and segment_id (the type it has).

    Args:
        first: number of the first customer; each has the same kind in every month.
        noise: share whose type has nothing to do with what they show.
        turned: whether the receipts of one type are now those of the next.
    """
    numbers = np.arange(first, first + size)
    random = np.random.default_rng(first)
    kind = numbers % len(types)
    of_type = np.where(random.random(size) < noise, random.integers(0, len(types), size), kind)
    of_type = (of_type + turned) % len(types)
    ids = [f"C{n:05d}" for n in numbers]
    return pd.DataFrame({"customer_id": ids, "kind": kind, "segment_id": np.array(types)[of_type]})


def land(session: Session, month: str, *groups: pd.DataFrame, seed: int = 1) -> None:
    """The feature table and the types of a month of these existing customers; what the month had goes."""
    them = pd.concat(groups, ignore_index=True)
    first = pd.Timestamp(month)
    as_of = first + pd.offsets.MonthEnd(0)
    for table in ("feature_table", "cluster_assignments"):
        session.execute(f"delete from {table} where month = cast(:month as date)", month=month)
    _insert(session, "cluster_assignments", them[["customer_id", "segment_id"]].assign(month=first, as_of=as_of))
    random, size = np.random.default_rng(seed), len(them)
    for cutoff in CUTOFFS:
        rows = pd.DataFrame(
            {
                "month": first,
                "as_of": as_of,
                "customer_id": them["customer_id"],
                "cutoff": cutoff,
                "cutoff_at": as_of - pd.to_timedelta(random.integers(20, 200, size), unit="D"),
                "receipts": 4 if cutoff == "as_of" else int(cutoff),
                "receipt_amount_mean": random.normal(100 + 40 * them["kind"], 20),
                "purchase_hour_mean": random.uniform(8, 20, size),
                "partner_mode": np.where(random.random(size) < 0.8, them["kind"].map("A{:02d}".format), "A99"),
            }
        )
        _insert(session, "feature_table", rows)
    lifecycles.as_told_by(session)


def _insert(session: Session, table: str, rows: pd.DataFrame) -> None:
    session.connection.register("landed_frame", rows)
    session.execute(f"insert into {table} by name select * from landed_frame")
    session.connection.unregister("landed_frame")


def make(warehouse: Warehouse, month: str, **settings: object) -> pd.Series:
    """Make ``lightgbm_model`` of a month; returns its row."""
    given = {"data_dir": warehouse.database.rpartition("/")[0], "model_features": "seed", **settings}
    resources = {"settings": SettingsResource(**Settings(**given).model_dump())}
    resources["warehouse"] = WarehouseResource(database=warehouse.database, lock_wait_seconds=0.5)
    with dg.build_asset_context(partition_key=month) as context:
        *_, done = lightgbm_model(context, **resources)
    assert isinstance(done, dg.MaterializeResult)
    with warehouse.session() as session:
        return session.frame("select * from lightgbm_model where month = cast(:month as date)", month=month).iloc[0]
