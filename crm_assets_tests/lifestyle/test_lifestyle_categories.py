"""``lifestyle_categories``: lift by hand, evidence against the tests of the house, and nobody set apart by chance."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_assets.defs.lifestyle.lifestyle_categories import lifestyle_categories as asset
from crm_assets.lifestyle.signatures import evident_effects, lifestyle_categories
from crm_assets.lifestyle.spend import share_matrix
from crm_assets.statistics.evidence import benjamini_hochberg, mean_share_tests
from crm_assets.warehouse import Warehouse
from crm_assets_tests.lifestyle.planted_lifestyles import CATEGORIES, planted
from crm_assets_tests.lifestyle.spend_shop import stored
from crm_assets_tests.making import made

FOUR = pd.DataFrame(
    [("a", "car", 80, 0.8), ("a", "food", 20, 0.2), ("b", "car", 40, 0.4), ("b", "food", 60, 0.6),
     ("c", "food", 10, 1.0), ("d", "food", 30, 0.75), ("d", "car", 10, 0.25)],
    columns=["customer_id", "category", "amount", "share"],
)  # fmt: skip
SIDES = pd.Series({"a": "A", "b": "A", "c": "B", "d": "B"})


def test_amounts_shares_and_lift_by_hand():
    rows = lifestyle_categories(FOUR, SIDES).set_index(["lifestyle_id", "category"])
    car = rows.loc[("A", "car")]
    assert (car["customers"], car["mean_amount"], car["population_mean_amount"]) == (2, 60, 130 / 4)
    assert car["spend_share"] == pytest.approx(0.6) and car["population_spend_share"] == pytest.approx(1.45 / 4)
    assert car["lift"] == pytest.approx(0.6 / (1.45 / 4))
    assert rows.loc[("B", "car"), "customers"] == 1 and rows.loc[("B", "car"), "mean_amount"] == 5
    assert rows["p_value"].isna().all() and not rows["is_signature"].any()  # four customers make no test
    assert rows.loc["A"].sort_values("rank").index.tolist() == ["car", "food"]


def test_the_evidence_is_that_of_the_house():
    spend, truth = planted(600)
    rows = lifestyle_categories(spend, truth)
    matrix = pd.DataFrame(share_matrix(spend, truth.index, CATEGORIES), index=truth.index, columns=CATEGORIES)
    tests = pd.concat([mean_share_tests(matrix[c], truth).assign(category=c) for c in CATEGORIES])
    tests = tests.rename(columns={"label": "lifestyle_id"}).assign(p_adjusted=benjamini_hochberg(tests["p"]))
    both = rows.merge(tests, on=["lifestyle_id", "category"], suffixes=("", "_house"))
    assert len(both) == len(rows) == len(CATEGORIES) * truth.nunique()
    np.testing.assert_allclose(both["effect"], both["effect_house"], rtol=1e-9)
    np.testing.assert_allclose(both["p_value"], both["p_adjusted"], rtol=1e-6)
    wanted = (both["p_adjusted"] < 0.05) & (both["effect_house"] >= 0.2) & (both["value"] > both["value_others"])
    assert (both["is_signature"] == wanted).all() and both["is_signature"].sum() >= 25
    codes, names = pd.factorize(truth.to_numpy(), sort=True)
    evident = evident_effects(matrix.to_numpy(), codes, len(names))
    told = {(names[i], CATEGORIES[j]) for i, j in zip(*np.nonzero(~np.isnan(evident)), strict=True)}
    assert told == set(map(tuple, rows.loc[rows["is_signature"], ["lifestyle_id", "category"]].to_numpy()))


def test_customers_dealt_at_random_have_no_signature():
    spend, truth = planted(600)
    dealt = pd.Series(np.random.default_rng(3).permutation(truth.to_numpy()), index=truth.index)
    assert not lifestyle_categories(spend, dealt)["is_signature"].any()


def test_the_asset_and_the_order_of_rows(warehouse: Warehouse):
    spend, truth = planted(300)
    stored(warehouse, date(2021, 3, 1), spend.sample(frac=1, random_state=2), truth)
    rows = made(asset, warehouse, "2021-03-01").sort_values(["lifestyle_id", "rank"], ignore_index=True)
    expected = lifestyle_categories(spend, truth)
    pd.testing.assert_frame_equal(
        rows[["lifestyle_id", "category", "customers", "is_signature", "rank"]],
        expected[["lifestyle_id", "category", "customers", "is_signature", "rank"]],
        check_dtype=False,
    )
    np.testing.assert_allclose(rows["lift"], expected["lift"])


def test_a_month_without_lifestyles_is_empty(warehouse: Warehouse):
    stored(warehouse, date(2021, 3, 1), FOUR)
    assert made(asset, warehouse, "2021-03-01").empty
