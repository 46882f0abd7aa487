"""The rows that a model learns from: whose they are, which columns, the exposure by hand, the numbers of categories."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts.base import Table
from crm_assets.contracts.feature_sets import SETS, is_categorical, model_columns
from crm_assets.contracts.feature_table import CUTOFFS, CUTS
from crm_assets.contracts.model_column import model_column
from crm_assets.prediction.model_rows import (
    EXPOSURE,
    SEED_RECIPE,
    Recipe,
    available,
    encoders_of,
    fingerprint,
    labelled_rows,
    matrix,
    recipe_of,
)
from crm_assets.settings import Settings
from crm_assets_tests.shoppers import AS_OF, DATE, KNOWN, SEED_SET, shoppers

FEATURES, LABELS = shoppers()
ROWS = labelled_rows(FEATURES, LABELS, CUTOFFS)
DATED = {
    "purchase_month_mode", "purchase_month_mean", "purchase_season_mode", "purchase_year_mode", "new_cases_mean",
    "new_deaths_mean",
}  # fmt: skip


class Baskets(Table):
    """A further set."""

    price_level: float = model_column("DOUBLE", "price level", "가격", "P")
    first_day: float = model_column("DOUBLE", "day of the first purchase", "첫날", "P D")


def test_the_frames_of_these_tests_are_of_the_contract():
    assert all(is_categorical(n) == (n in ("partner_mode", "gender")) for n in KNOWN)
    assert DATE in DATED and not set(KNOWN) & DATED


def test_the_seeds_recipe_is_its_31_columns_and_no_exposure():
    assert len(SEED_RECIPE.columns) == 31 and set(SEED_RECIPE.columns) > DATED
    assert SEED_RECIPE.names == SEED_RECIPE.columns == tuple(model_columns())


def test_the_shipped_recipe_has_the_exposure_last_and_no_dates():
    recipe = recipe_of(SEED_SET)
    assert recipe.names == (*recipe.columns, EXPOSURE)
    assert set(SEED_RECIPE.columns) - set(recipe.columns) == DATED
    assert recipe_of(Settings(model_features="seed", date_columns=True)).columns == SEED_RECIPE.columns


def test_the_settings_name_the_sets(monkeypatch):
    monkeypatch.setitem(SETS, "first_purchase", Baskets)
    both = Settings(model_features="seed+first_purchase")
    assert recipe_of(both).columns == (*recipe_of(SEED_SET).columns, "price_level")
    assert recipe_of(both.model_copy(update={"date_columns": True})).columns[-2:] == ("price_level", "first_day")


def test_the_rows_are_of_labelled_customers_and_of_the_cutoffs_asked_for():
    rows = labelled_rows(FEATURES, LABELS.drop("C00007"), CUTS)
    assert set(rows["cutoff"]) == {"1", "2", "3"} and len(rows) == 3 * 299
    assert "C00007" not in set(rows["customer_id"])
    assert (rows["label"] == rows["customer_id"].map(LABELS)).all()
    keys = list(zip(rows["customer_id"], rows["cutoff"], strict=True))
    assert keys == sorted(keys)


def test_the_exposure_is_the_days_from_the_cut_to_as_of():
    """By hand: a receipt at any hour of 1 December is 30 days old on the 31st, one of that day 0."""
    times = {"1": "2021-12-01 00:00", "2": "2021-12-01 23:59", "3": "2021-12-31 23:00", "as_of": "2021-12-31 23:00"}
    one = FEATURES[FEATURES["customer_id"] == "C00001"]
    rows = labelled_rows(one.assign(cutoff_at=pd.to_datetime(one["cutoff"].map(times))), LABELS, CUTOFFS)
    assert rows.set_index("cutoff")[EXPOSURE].drop("as_of").to_dict() == {"1": 30, "2": 30, "3": 0}
    assert rows.set_index("cutoff")[EXPOSURE].isna()["as_of"]  # of a whole history it would be the recency


def test_shuffled_features_and_labels_give_the_same_rows():
    again = labelled_rows(FEATURES.sample(frac=1, random_state=3), LABELS.sample(frac=1, random_state=4), CUTOFFS)
    pd.testing.assert_frame_equal(again, ROWS)
    assert fingerprint(again, model_columns()) == fingerprint(ROWS, model_columns())


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.assign(label=r["label"].where(r.index != 5, "low" if r["label"][5] != "low" else "top")),
        lambda r: r.assign(receipt_amount_mean=r["receipt_amount_mean"].where(r.index != 5, 1.0)),
        lambda r: r.assign(gender=r["gender"].where(r.index != 5, "other")),
        lambda r: r.assign(exposure_days=r[EXPOSURE].where(r.index != 5, 1.0)),
        lambda r: r.drop(index=5),
    ],
)
def test_the_fingerprint_sees_every_change(change):
    names = recipe_of(SEED_SET).names
    assert fingerprint(change(ROWS), names) != fingerprint(ROWS, names)
    assert fingerprint(ROWS.assign(purchase_year_mode=1999), names) == fingerprint(ROWS, names)  # which it does not use


def test_columns_without_a_value_are_not_available():
    assert available(ROWS, model_columns()) == tuple(n for n in model_columns() if n in (*KNOWN, DATE))
    only_one = ROWS.assign(age_band=[None] * (len(ROWS) - 1) + ["30"])
    assert "age_band" in available(only_one, model_columns())


def test_the_encoders_know_the_categories_of_the_rows_alone():
    rows = ROWS[ROWS["partner_mode"] != "A02"]
    assert encoders_of(rows, (*KNOWN, EXPOSURE)) == {
        "partner_mode": {"A01": 0, "A03": 1, "A04": 2},
        "gender": {"female": 0, "male": 1},
    }


def test_numbers_of_the_matrix():
    rows = ROWS.head(3).assign(
        partner_mode=["A04", "Z99", None], wallet_user=pd.array([1, None, 0], dtype="Int64"), exposure_days=[3, 2, 1]
    )
    made = matrix(rows, ("partner_mode", "wallet_user", EXPOSURE), {"partner_mode": {"A01": 0, "A04": 1}})
    np.testing.assert_array_equal(made, [[1, 1, 3], [np.nan, np.nan, 2], [np.nan, 0, 1]])


def test_recipes_with_the_same_columns_are_the_same():
    assert Recipe(("a",)) == Recipe(("a",), exposure=True) != Recipe(("a",), exposure=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, y: (f.drop(columns="gender"), y), r"lack the columns \['gender'\]"),
        (lambda f, y: (f.drop(columns="cutoff_at"), y), r"lack the columns \['cutoff_at'\]"),
        (lambda f, y: (f, pd.concat([y, y])), "labels hold a customer twice"),
        (lambda f, y: (f, y.rename(lambda i: f"X{i}")), "no existing customer has a row"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_with_a_remedy(change, message):
    with pytest.raises(ValueError, match=message):
        labelled_rows(*change(FEATURES, LABELS), CUTS)


def test_a_column_that_the_rows_lack_is_named():
    with pytest.raises(ValueError, match=r"uses the columns \['gender'\]"):
        matrix(ROWS.drop(columns="gender"), KNOWN, {})


def test_as_of_is_that_of_the_frames():
    assert (ROWS["as_of"] == AS_OF).all() and ROWS[EXPOSURE].min() >= 40
