"""``lifestyle_clusters`` and ``lifestyle_differences``: by hand, and against numpy on planted lifestyles."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from crm_assets.defs.lifestyle.lifestyle_clusters import lifestyle_clusters
from crm_assets.defs.lifestyle.lifestyle_differences import lifestyle_differences
from crm_assets.lifestyle.spend import share_matrix
from crm_assets.statistics.evidence import cohens_h
from crm_assets.warehouse import Warehouse
from crm_assets_tests.lifestyle.planted_lifestyles import CATEGORIES, planted
from crm_assets_tests.lifestyle.spend_shop import stored
from crm_assets_tests.making import made

MARCH = date(2021, 3, 1)


def test_sizes_ranks_and_ties_by_hand(warehouse: Warehouse):
    spend = pd.DataFrame(
        [("a", "car", 10), ("b", "car", 30), ("c", "food", 40), ("d", "food", 60), ("e", "book", 1)],
        columns=["customer_id", "category", "amount"],
    )
    stored(warehouse, MARCH, spend, pd.Series({"a": "X", "b": "X", "c": "Y", "d": "Y", "e": "Z"}))
    rows = made(lifestyle_clusters, warehouse, "2021-03-01")
    assert rows["lifestyle_id"].tolist() == ["X", "Y", "Z"]
    assert rows[["customers", "share", "spend", "mean_spend"]].to_numpy().tolist() == [
        [2, 0.4, 40, 20], [2, 0.4, 100, 50], [1, 0.2, 1, 1],
    ]  # fmt: skip
    assert rows[["rank_by_size", "rank_by_spend"]].to_numpy().tolist() == [[1, 2], [2, 1], [3, 3]]
    assert rows["nearest_id"].tolist() == ["Y", "X", "X"]  # all equally far: the first by id
    assert rows["nearest_distance"].tolist() == pytest.approx([2**0.5] * 3)


def test_one_lifestyle_has_no_nearest(warehouse: Warehouse):
    stored(warehouse, MARCH, pd.DataFrame({"customer_id": ["a"], "category": ["car"], "amount": [1]}),
           pd.Series({"a": "X"}))  # fmt: skip
    row = made(lifestyle_clusters, warehouse, "2021-03-01").iloc[0]
    assert pd.isna(row["nearest_id"]) and pd.isna(row["nearest_distance"])


def test_the_nearest_is_that_of_numpy(warehouse: Warehouse):
    spend, truth = planted(400)
    stored(warehouse, MARCH, spend, truth)
    rows = made(lifestyle_clusters, warehouse, "2021-03-01").set_index("lifestyle_id")
    roots = pd.DataFrame(np.sqrt(share_matrix(spend, truth.index, CATEGORIES)), index=truth.index)
    centres = roots.groupby(truth).mean()
    apart = cdist(centres, centres) + np.diag([np.inf] * len(centres))
    distances = pd.DataFrame(apart, index=centres.index, columns=centres.index)
    assert rows["nearest_id"].to_dict() == distances.idxmin(axis=1).to_dict()
    np.testing.assert_allclose(rows["nearest_distance"], distances.min(axis=1)[rows.index], atol=1e-6)


def test_in_a_and_not_in_b(warehouse: Warehouse):
    """60 customers each: the car is A's, the book B's; food has everybody; tea 20 of A and 15 of B."""
    rows = []
    for i in range(60):
        rows += [(f"a{i}", "food", 1), (f"b{i}", "food", 1)]
        rows += [(f"a{i}", "car", 1)] if i < 45 else []
        rows += [(f"b{i}", "car", 1)] if i < 3 else []
        rows += [(f"b{i}", "book", 1)] if i < 12 else []
        rows += [(f"a{i}", "tea", 1)] if i < 20 else []
        rows += [(f"b{i}", "tea", 1)] if i < 15 else []
    spend = pd.DataFrame(rows, columns=["customer_id", "category", "amount"])
    stored(warehouse, MARCH, spend, pd.Series({c: c[0].upper() for c in spend["customer_id"].unique()}))
    found = made(lifestyle_differences, warehouse, "2021-03-01").set_index(["lifestyle_id", "category"])
    assert set(found.index[found["in_not_other"]]) == {("A", "car"), ("B", "book")}
    assert found.loc[("A", "car"), ["in_share", "other_share"]].tolist() == [0.75, 0.05]
    np.testing.assert_allclose(found["effect"], cohens_h(found["in_share"], found["other_share"]))
    assert len(found) == 8


def test_a_few_members_are_no_difference(warehouse: Warehouse):
    """Two of three against none of forty: a large effect, but no three standard errors."""
    spend = pd.DataFrame(
        [*((f"b{i}", "food", 1) for i in range(40)), *((f"a{i}", "car" if i < 1 else "food", 1) for i in range(3))],
        columns=["customer_id", "category", "amount"],
    )
    stored(warehouse, MARCH, spend, pd.Series({c: c[0].upper() for c in spend["customer_id"].unique()}))
    found = made(lifestyle_differences, warehouse, "2021-03-01")
    assert found["effect"].max() > 0.5 and not found["in_not_other"].any()
