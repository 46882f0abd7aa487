"""The months behind a lifestyle, and spend by category as a pattern: one row per customer, one column per category."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from crm_assets.months import Snapshot, add_months, month_of


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


def pattern(shares: np.ndarray) -> np.ndarray:
    """Roots of shares: their Euclidean distance is Hellinger's (times √2), in which a habit of a twentieth of the spend
    counts beside one of a half, and no rare category is blown up, as standardising would.

    Measured: on Complete Journey's departments with K = 7, seeds agree by an adjusted Rand index of 0.98 on roots, and
    with K = 5 of 0.99, 0.98 on shares and 0.50 on standardised roots. What the card sample plants is found by 0.66 on
    roots, 0.63 on shares, 0.69 on standardised roots, and by 0.71 at best, from the planted groups' own centres.
    """
    return np.sqrt(shares)
