"""Customers whose type two model columns tell, and no other: labelled rows, and a warehouse that holds them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.months import Snapshot
from crm_assets.prediction.model_rows import labelled_rows
from crm_assets.warehouse import Session
from crm_assets_tests import lifecycles

MARCH = Snapshot(date(2021, 3, 1), date(2021, 1, 1), 12)
TELLING = ("receipt_amount_mean", "partner_mode")
NOISE = ("purchase_hour_mean", "unit_amount_mean", "gender")  # all else is null


def planted_features(size: int = 320, seed: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    """Feature rows of every cut-off, and labels: three types, the last of half of the customers."""
    random = np.random.default_rng(seed)
    kind = random.permutation(np.minimum(np.arange(size) % 8, 4) // 2)
    ids = [f"C{i:05d}" for i in range(size)]
    rows = [
        pd.DataFrame(
            {
                "month": pd.Timestamp(MARCH.month),
                "as_of": pd.Timestamp(MARCH.as_of),
                "customer_id": ids,
                "cutoff": cutoff,
                "cutoff_at": pd.Timestamp(2021, 1, 2) + pd.to_timedelta(random.integers(0, 1200, size), unit="h"),
                "receipts": 4 if cutoff == "as_of" else int(cutoff),
                "receipt_amount_mean": random.normal(100 + 40 * kind, 25),
                "partner_mode": np.where(random.random(size) < 0.7, np.array(["A03", "A01", "A02"])[kind], "A04"),
                "purchase_hour_mean": random.uniform(8, 20, size),
                "unit_amount_mean": np.where(random.random(size) < 0.2, np.nan, random.uniform(1, 9, size)),
                "gender": random.choice(np.array(["female", "male", None], dtype=object), size),
            }
        )
        for cutoff in CUTOFFS
    ]
    features = pd.concat(rows, ignore_index=True)
    empty = {name: None for name in model_columns() if name not in features}
    return features.assign(**empty), pd.Series(np.array(["low", "mid", "top"])[kind], index=ids)


def planted_rows(size: int = 320, seed: int = 1) -> pd.DataFrame:
    """``labelled_rows`` of the same."""
    return labelled_rows(*planted_features(size, seed), CUTOFFS)


def stored(session: Session, status: str = "trained") -> Session:
    """The planted customers in a warehouse, in a month whose model has this status."""
    features, labels = planted_features()
    session.connection.register("planted", features)
    session.connection.register("types", labels.rename("segment_id").rename_axis("customer_id").reset_index())
    session.execute("insert into feature_table by name select * from planted")
    lifecycles.as_told_by(session)
    session.execute(
        """insert into cluster_assignments by name
        select date '2021-03-01' as month, date '2021-03-31' as as_of, * from types"""
    )
    session.execute(
        """insert into lightgbm_model by name
        select date '2021-03-01' as month, date '2021-03-31' as as_of, cast(:status as varchar) as status""",
        status=status,
    )
    return session
