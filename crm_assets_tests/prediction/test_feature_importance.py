"""How much columns matter: planted truths, one pass equal to a loop, a tree equal to scikit-learn's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.feature_sets import model_columns
from crm_assets.defs.measured_once import measured_of_training
from crm_assets.defs.prediction import feature_importance as asset
from crm_assets.prediction import feature_importance
from crm_assets.prediction.boosting import LEARNERS, rarity_weights
from crm_assets.prediction.evaluation import cold_start_parts
from crm_assets.prediction.feature_importance import cart, fingerprint_of, importances, permutation_losses, shufflings
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows, margins
from crm_assets.prediction.model_rows import EXPOSURE, Recipe, matrix, recipe_of
from crm_assets.settings import Settings
from crm_assets_tests.making import at_work
from crm_assets_tests.segmentation.planted_types import NOISE, TELLING, planted_rows, stored

RECIPE = recipe_of(Settings(model_features="seed"))
GIVEN = {"folds": 3, "seed": 42}
TABLE = "feature_importance"
SEEN = {"model_features": "seed"}
CLASSES = ["low", "mid", "top"]


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return importances(planted_rows(), RECIPE, **GIVEN)


@pytest.fixture(scope="module")
def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    return next(cold_start_parts(planted_rows(), **GIVEN))


@pytest.fixture(scope="module")
def model(parts) -> LatentTypeModel:
    return fit_rows(parts[0], RECIPE, seed=42)


def test_both_methods_find_the_two_columns_that_matter(found):
    for method, rows in found.groupby("method"):
        value = rows.set_index("model_column")["importance"]
        assert set(value.nlargest(2).index) == set(TELLING), method
        assert value[[*TELLING]].min() > 4 * value[[*NOISE, EXPOSURE]].abs().max(), method
    assert found.loc[found["in_both"], "model_column"].value_counts()[[*TELLING]].tolist() == [2, 2]


def test_every_column_of_the_recipe_has_a_row_and_what_is_never_known_matters_nothing(found):
    known = {*TELLING, *NOISE, EXPOSURE}
    for method, rows in found.groupby("method"):
        assert sorted(rows["model_column"]) == sorted(RECIPE.names), method
        assert rows["rank"].tolist() == list(range(1, len(RECIPE.names) + 1))
        assert rows["importance"].is_monotonic_decreasing
        never = rows[~rows["model_column"].isin(known)]
        assert (never["importance"] == 0).all() and not never["in_both"].any()
        in_order = [name for name in RECIPE.names if name not in known]
        assert never["model_column"].tolist() == in_order  # equal: in the recipe's order
    spreads = found.groupby("method")["spread"]
    assert spreads.get_group("cart").isna().all() and spreads.get_group("permutation").notna().all()
    assert found.loc[found["method"] == "cart", "importance"].sum() == pytest.approx(1)


def test_the_flags_are_the_contracts():
    dated = importances(planted_rows().assign(purchase_month_mode=3.0), Recipe(tuple(model_columns())), **GIVEN)
    flags = dated.set_index("model_column")["flags"].groupby(level=0).first()
    assert flags["purchase_month_mode"] == "P D" and flags["receipt_amount_mean"] == "P"
    assert flags["receipt_amount_max"] == "" == flags[EXPOSURE]


def test_in_both_are_those_among_the_ten_of_either_method_above_0(found):
    tops = [
        set(rows.loc[(rows["rank"] <= 10) & (rows["importance"] > 0), "model_column"])
        for _, rows in found.groupby("method")
    ]
    assert set(found.loc[found["in_both"], "model_column"]) == tops[0] & tops[1]
    assert all(len(top) < 10 for top in tops)  # of six known columns


def test_the_tree_is_scikit_learns_and_knows_missing_values(parts, model):
    training, _ = parts
    x = matrix(training, model.features, model.encoders)
    assert np.isnan(x).any()
    codes = pd.Categorical(training["label"]).codes
    tree = DecisionTreeClassifier(max_depth=8, min_samples_leaf=20, random_state=42)
    tree.fit(x, codes, sample_weight=rarity_weights(codes, 0.6))
    np.testing.assert_array_equal(cart(model, training, 0.6, 42), tree.feature_importances_)


def test_one_pass_equals_a_loop_over_columns_and_shufflings(parts, model):
    held_out = parts[1].reset_index(drop=True)
    truth = held_out["label"].to_numpy()

    def score(rows: pd.DataFrame) -> float:
        return f1_score(truth, np.array(model.classes)[margins(model, rows).argmax(axis=1)], average="macro")

    whole = score(held_out)
    expected = [
        [whole - score(held_out.assign(**{n: held_out[n].to_numpy()[order]})) for order in orders_of(held_out)]
        for n in model.features
    ]
    found = permutation_losses(model, held_out, CLASSES, 42)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert (found != 0).any(axis=1).sum() >= 2


def orders_of(held_out: pd.DataFrame) -> list[np.ndarray]:
    return list(shufflings(held_out["customer_id"], held_out["cutoff"], 42))


def test_a_shuffling_gives_a_customer_the_values_of_one_other_in_each_of_its_cuts(parts):
    held_out = parts[1].sample(frac=1, random_state=5)
    customers, cuts = held_out["customer_id"].to_numpy(), held_out["cutoff"].to_numpy()
    orders = orders_of(held_out)
    assert len(orders) == 5
    for order in orders:
        assert sorted(order) == list(range(len(held_out)))
        assert (cuts[order] == cuts).all()
        donors = pd.DataFrame({"customer": customers, "donor": customers[order]}).drop_duplicates()
        assert len(donors) == len(set(customers)) == donors["donor"].nunique()
        assert (donors["customer"] == donors["donor"]).sum() < 6
    assert len({tuple(order) for order in orders}) == 5


def test_customers_without_some_cut_are_shuffled_within_those_that_have_it():
    customers, cuts = pd.Series(list("abcabcab")), pd.Series(list("11122233"))
    for order in shufflings(customers, cuts, 1):
        assert sorted(order[:3]) == [0, 1, 2] and sorted(order[3:6]) == [3, 4, 5] and sorted(order[6:]) == [6, 7]
        assert (order[:3] + 3 == order[3:6]).all()


def test_the_same_twice_and_another_seed_otherwise(found):
    pd.testing.assert_frame_equal(importances(planted_rows(), RECIPE, **GIVEN), found)
    assert not importances(planted_rows(), RECIPE, folds=3, seed=7).equals(found)


def test_the_fingerprint_tells_what_the_figures_depend_on(monkeypatch):
    rows = planted_rows()
    first = fingerprint_of(rows, RECIPE, **GIVEN)
    assert first == fingerprint_of(planted_rows(), RECIPE, **GIVEN)
    others = [
        fingerprint_of(rows.assign(receipt_amount_mean=0.0), RECIPE, **GIVEN),
        fingerprint_of(rows.assign(label=np.roll(rows["label"], 4)), RECIPE, **GIVEN),
        fingerprint_of(rows, Recipe(RECIPE.columns[1:]), **GIVEN),
        fingerprint_of(rows, RECIPE, folds=4, seed=42),
        fingerprint_of(rows, RECIPE, folds=3, seed=43),
    ]
    for name, value in (
        ("RULES", 0),
        ("LEARNERS", {name: replace(one, trees=7) for name, one in LEARNERS.items()}),
        ("SHUFFLINGS", 3),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(feature_importance, name, value)
            others.append(fingerprint_of(rows, RECIPE, **GIVEN))
    assert len({first, *others}) == 9


def test_a_month_holds_the_importances_of_its_training_and_keeps_them(session, found, monkeypatch):
    def made(**settings) -> pd.DataFrame:
        work = at_work(session, TABLE, "2021-03-01", **SEEN, **settings)
        staged = measured_of_training(work, fingerprint_of, feature_importance.importances)
        assert not session.violations(CONTRACTS[TABLE], staged)
        session.execute("delete from feature_importance")
        session.execute(f"insert into feature_importance select * from {staged}")
        return session.frame("select * from feature_importance order by method, rank")

    stored(session)
    rows = made()
    pd.testing.assert_frame_equal(
        rows[found.columns], found.sort_values(["method", "rank"], ignore_index=True), check_dtype=False
    )
    shown = asset.show(at_work(session, TABLE, "2021-03-01"))
    assert shown["in both top tens"] == rows["in_both"].sum() / 2 > 1
    assert all(name in shown["top ten"].value for name in TELLING)
    monkeypatch.setattr(feature_importance, "importances", None)  # would fail
    pd.testing.assert_frame_equal(made(), rows)
    session.execute("update lightgbm_model set status = 'reused'")
    assert (
        made().empty
        and asset.show(at_work(session, TABLE, "2021-03-01"))["measured"] == "nothing: this month trained no model"
    )
