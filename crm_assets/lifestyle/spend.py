"""The months behind a lifestyle, and spend by category as a pattern: one row per customer, one column per category."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from crm_assets.months import Snapshot, add_months, last_day, month_of, months_between


def first_month(snapshot: Snapshot, months: int) -> date:
    """First of the ``months`` up to the snapshot's, never before the history."""
    return max(month_of(snapshot.history_start), add_months(snapshot.month, 1 - months))


def share_matrix(spend: pd.DataFrame, customers: Sequence[str], categories: Sequence[str]) -> np.ndarray:
    """(customers, categories) shares of spend, 0–1; what a customer spent on other categories is in none.

    Args:
        spend: customer_id, category, share; a pair once, in any order.
        customers, categories: in the order of rows and columns; further ones of ``spend`` are left out.
    """
    rows = pd.Index(customers).get_indexer(spend["customer_id"])
    places = pd.Index(categories).get_indexer(spend["category"])
    known = (rows >= 0) & (places >= 0)
    shares = np.zeros((len(customers), len(categories)))
    shares[rows[known], places[known]] = spend["share"].to_numpy(dtype=float)[known]
    return shares


def months_known(snapshot: Snapshot, months: int) -> float:
    """How many of the last ``months`` months history covers, by days: of a first month that history begins within, its
    part."""
    first = first_month(snapshot, months)
    whole = months_between(first, snapshot.month)
    missing = max((snapshot.history_start - first).days, 0)
    return whole + 1 - missing / last_day(first).day


def different_patterns(spend: pd.DataFrame) -> int:
    """How many patterns of spend differ, to nine decimals of a share.

    Args:
        spend: customer_id, category, share; a pair once.
    """
    shares = share_matrix(spend, sorted(spend["customer_id"].unique()), sorted(spend["category"].unique()))
    return len(np.unique(shares.round(9), axis=0))


def pattern(shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted roots of shares. Without weights their Euclidean distance is Hellinger's (times √2), in which a habit of
    a twentieth of the spend counts beside one of a half.

    Args:
        shares: (n, categories), 0–1.
        weights: (categories,), of ``rarity_weights``.
    """
    return np.sqrt(shares) * weights


def rarity_weights(population: np.ndarray, rarity: float) -> np.ndarray:
    """(categories,) weights: (mean share × number of categories) to the power −rarity; 1 where all are as common.

    The variance of a root goes about with its mean share. At 0 the large categories decide; at 0.25 the root of that
    is left; at 0.5 all categories count alike, as standardising makes them, the never bought beside the daily.
    Measured, mean adjusted Rand index with the planted lifestyles of the card sample, three months and K = 14: 0.63 at
    0, 0.71 at 0.25, 0.66 standardised; of a classifier that knows them 0.76. On Complete Journey's departments, of
    which few are bought by most, seeds agree by 0.98 and more up to K = 7 at 0, but
    by 0.96 up to K = 4 only at 0.25.

    Args:
        population: (categories,) mean shares of all customers, above 0.
    """
    return (population * len(population)) ** -rarity
