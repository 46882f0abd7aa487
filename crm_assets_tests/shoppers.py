"""Feature rows with a planted truth, for tests of the models of the latent type."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.settings import Settings

AS_OF = pd.Timestamp("2021-12-31")
KEYS = ("as_of", "customer_id", "cutoff", "cutoff_at", "receipts")
DATE = "purchase_month_mean"
KNOWN = ("receipt_amount_mean", "purchase_hour_mean", "partner_mode", "gender", "wallet_user")  # and DATE; no others
SEED_SET = Settings(model_features="seed")


def shoppers(size: int = 300, seed: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    """Feature rows of all cut-offs and labels, in which amount and partner tell the type and the rest does not."""
    rng = np.random.default_rng(seed)
    kind = rng.permutation(np.arange(size) % 3)
    ids = [f"C{i:05d}" for i in range(size)]
    first = AS_OF - pd.to_timedelta(rng.integers(100, 300, size), unit="D") + pd.Timedelta(hours=15)
    rows = []
    for place, cutoff in enumerate(("1", "2", "3", "as_of")):
        at = first + pd.to_timedelta(30 * place, unit="D")
        known = pd.DataFrame(
            {
                "customer_id": ids,
                "cutoff": cutoff,
                "cutoff_at": at,
                "receipts": place + 1,
                "receipt_amount_mean": rng.normal(100 + 40 * kind, 15),
                "purchase_hour_mean": rng.uniform(8, 20, size),
                "partner_mode": np.where(rng.random(size) < 0.8, np.array(["A01", "A02", "A03"])[kind], "A04"),
                "gender": np.where(rng.random(size) < 0.1, None, np.where(rng.random(size) < 0.5, "female", "male")),
                "wallet_user": pd.array(rng.integers(0, 2, size), dtype="Int64"),
                DATE: at.month.astype(float),
            }
        )
        rows.append(known)
    features = pd.concat(rows, ignore_index=True).assign(as_of=AS_OF)
    labels = pd.Series(np.array(["low", "mid", "top"])[kind], index=ids, name="segment_id")
    return features.reindex(columns=[*KEYS, *model_columns()]), labels


def cohort(exposures: np.ndarray, as_of: str, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """One first receipt per customer, ``exposures`` days before as_of, and the type then: what a customer spends in a
    day, times the days that it had. Two such cohorts differ in nothing but when their customers came.

    Returns:
        Feature rows of the cut-off 1, and labels: light, middle, top.
    """
    rng, size = np.random.default_rng(seed), len(exposures)
    a_day = rng.uniform(1, 10, size)
    at = pd.Timestamp(as_of) - pd.to_timedelta(exposures, unit="D")
    features = pd.DataFrame(
        {
            "as_of": pd.Timestamp(as_of),
            "customer_id": [f"{as_of}-{i:05d}" for i in range(size)],
            "cutoff": "1",
            "cutoff_at": at,
            "receipts": 1,
            "receipt_amount_mean": a_day,
            "purchase_hour_mean": rng.uniform(8, 20, size),
            DATE: at.month.astype(float),
            "purchase_year_mode": at.year.astype(float),
        }
    )
    return features.reindex(columns=[*KEYS, *model_columns()]), types_after(features, exposures)


def types_after(features: pd.DataFrame, days: np.ndarray | float) -> pd.Series:
    """The types that the customers of ``cohort`` have so many days after their receipt."""
    spent = features["receipt_amount_mean"].to_numpy() * days
    kind = np.digitize(spent, (300, 700))
    return pd.Series(np.array(["light", "middle", "top"])[kind], index=features["customer_id"], name="segment_id")
