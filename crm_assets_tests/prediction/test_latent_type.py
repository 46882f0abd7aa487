"""The model of the latent type: what it learns from, its two texts, what it says, and the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction import latent_type
from crm_assets.prediction.evaluation import macro_f1, out_of_fold
from crm_assets.prediction.latent_type import LatentTypeModel, asked, class_probabilities, fit_rows, margins, predict
from crm_assets.prediction.model_rows import EXPOSURE, SEED_RECIPE, Recipe, labelled_rows, recipe_of
from crm_assets_tests.shoppers import AS_OF, DATE, KNOWN, SEED_SET, cohort, shoppers, types_after

FEATURES, LABELS = shoppers()
CUT = labelled_rows(FEATURES, LABELS, CUTS)
NEW = FEATURES[FEATURES["cutoff"] == "2"]
SHIPPED = recipe_of(SEED_SET)
HORIZON = 90


@pytest.fixture(scope="module")
def model() -> LatentTypeModel:
    return fit_rows(CUT, SHIPPED, seed=42)


def said(model: LatentTypeModel, features: pd.DataFrame, **given) -> pd.DataFrame:
    return predict(model, features, **{"horizon_days": HORIZON, **given})


def test_what_the_model_knows_of_its_training(model):
    assert (model.customers, model.rows, model.classes) == (300, 900, ("low", "mid", "top"))
    assert model.shares == {"low": 1 / 3, "mid": 1 / 3, "top": 1 / 3}
    assert model.longest_exposure == CUT[EXPOSURE].max() == (AS_OF - CUT["cutoff_at"].min().normalize()).days
    assert (model.seed, model.temperature) == (42, 1.0)


def test_columns_wholly_null_are_left_out(model):
    assert model.features == (*(n for n in SHIPPED.columns if n in KNOWN), EXPOSURE)
    assert set(model.unavailable) == set(SHIPPED.columns) - set(KNOWN)


def test_totals_and_dates_are_no_features(model):
    changed = NEW.assign(receipts=99, cutoff_at=NEW["cutoff_at"] + pd.DateOffset(months=5), **{DATE: 12.0})
    pd.testing.assert_frame_equal(said(model, changed), said(model, NEW))


def test_two_trainings_and_shuffled_rows_give_the_same_bytes(model):
    shuffled = labelled_rows(FEATURES.sample(frac=1, random_state=3), LABELS.sample(frac=1, random_state=4), CUTS)
    again = fit_rows(shuffled, SHIPPED, seed=42)
    assert again.booster == model.booster and again.metadata_json() == model.metadata_json()
    assert fit_rows(CUT, SHIPPED, seed=43).booster != model.booster


def test_a_model_survives_its_texts(model):
    whole = replace(
        model, temperature=1.5, settings={"seed": 42}, fingerprint="f", metrics={"a/b/c": 0.5}, reference={"x": [1, 2]}
    )
    read = LatentTypeModel.from_texts(whole.booster, whole.metadata_json())
    assert read == whole and read.metadata_json() == whole.metadata_json()
    pd.testing.assert_frame_equal(said(read, NEW), said(whole, NEW))


@pytest.mark.parametrize("text", ["{}", "[]", '{"classes": []}'])
def test_another_text_is_refused(model, text):
    with pytest.raises(ValueError, match=r"not a latent-type model.*train it anew"):
        LatentTypeModel.from_texts(model.booster, text)


def test_predictions_hold_every_type_and_sum_to_one(model):
    found = said(model, NEW.sample(frac=1, random_state=2))
    assert found["customer_id"].tolist() == sorted(LABELS.index)
    for row in found.itertuples():
        each = json.loads(row.probabilities)
        assert list(each) == ["low", "mid", "top"] and sum(each.values()) == pytest.approx(1, abs=3e-6)
        assert row.probability == each[row.segment_id] == max(each.values())
    assert (found["segment_id"].to_numpy() == LABELS.sort_index().to_numpy()).mean() > 0.8


def test_unseen_and_null_categories_count_as_missing(model):
    one = NEW.head(1)
    unseen, null = (said(model, one.assign(partner_mode=value)) for value in ("Z99", None))
    pd.testing.assert_frame_equal(unseen, null)
    assert not said(model, one.assign(partner_mode="A03")).equals(null)
    nothing_known = said(model, one.assign(**{name: None for name in KNOWN}))
    assert nothing_known["probability"].between(1 / 3, 1).all()


def test_batches_change_nothing(model, monkeypatch):
    rows = asked(NEW, HORIZON)
    whole = class_probabilities(model, rows)
    monkeypatch.setattr(latent_type, "BATCH", 70)
    np.testing.assert_array_equal(class_probabilities(model, rows), whole)
    assert class_probabilities(model, rows.head(0)).shape == (0, 3)
    assert len(said(model, NEW.head(0))) == 0


def test_a_temperature_changes_probabilities_and_no_answer(model):
    plain, warm, cold = (said(replace(model, temperature=t), NEW) for t in (1.0, 3.0, 0.3))
    assert plain["segment_id"].equals(warm["segment_id"]) and plain["segment_id"].equals(cold["segment_id"])
    assert (warm["probability"] < plain["probability"]).all() and (cold["probability"] >= plain["probability"]).all()


def test_the_model_abstains_below_the_floor_and_says_its_best_guess_all_the_same(model):
    free, strict = said(model, NEW), said(model, NEW, floor=0.9)
    assert not free["abstained"].any() and 0 < strict["abstained"].sum() < len(NEW)
    assert (strict["abstained"] == (strict["probability"] < 0.9)).all()
    assert strict["segment_id"].equals(free["segment_id"])


def test_types_that_six_digits_cannot_tell_apart_are_named_by_the_margin(model, monkeypatch):
    """Rounded, the first type is as probable as the second; the reasons, which read margins, speak of the second."""
    monkeypatch.setattr(latent_type, "margins", lambda _, rows: np.tile([0.0, 1e-9, -5.0], (len(rows), 1)))
    found = said(model, NEW.head(1)).iloc[0]
    each = json.loads(found["probabilities"])
    assert each["low"] == each["mid"] == found["probability"] and found["segment_id"] == "mid"


def test_every_new_customer_is_asked_at_the_same_horizon():
    early, late = asked(NEW, 30), asked(NEW.assign(cutoff_at=NEW["cutoff_at"] - pd.Timedelta(days=90)), 30)
    assert (early[EXPOSURE] == 30.0).all() and (late[EXPOSURE] == 30.0).all()


def test_a_horizon_beyond_the_longest_exposure_is_answered_as_that():
    model = fit_rows(labelled_rows(*cohort(np.tile(np.arange(30, 180), 3), "2021-06-30", 1), CUTS), SHIPPED, seed=1)
    features, _ = cohort(np.full(100, 30), "2021-06-30", 2)
    at = {days: margins(model, asked(features, days)) for days in (60, 179, 1_000)}
    np.testing.assert_array_equal(at[1_000], at[model.longest_exposure])
    assert not np.array_equal(at[60], at[179])


def test_a_date_smuggles_the_exposure_in_and_fails_on_the_next_cohort():
    """In June, customers of January have had five months to become top ones, those of May one. A model with dates and
    no exposure learns that January is good: right by cross-validation, wrong of those who came since, for whom it has
    never seen a month so late. Asked at a stated horizon without dates, the shipped recipe is as right as before."""
    days, horizon = np.tile(np.arange(30, 180), 16), 150
    june = labelled_rows(*cohort(days, "2021-06-30", 1), CUTS)
    came_since, _ = cohort(days, "2021-12-31", 2)
    truth = types_after(came_since, horizon)
    classes = ["light", "middle", "top"]
    assert truth.value_counts(normalize=True).min() > 0.1

    recipes = {
        "shipped": SHIPPED,
        "dated": Recipe(SEED_RECIPE.columns, exposure=False),
        "blind": Recipe(SHIPPED.columns, exposure=False),
    }
    within, later = {}, {}
    for name, recipe in recipes.items():
        judged = out_of_fold(june, recipe, folds=3, seed=1)
        within[name] = macro_f1(judged["truth"].to_numpy(), judged[classes].to_numpy().argmax(axis=1), 3)
        found = said(fit_rows(june, recipe, seed=1), came_since, horizon_days=horizon).set_index("customer_id")
        later[name] = f1_score(truth, found.loc[truth.index, "segment_id"], average="macro")
    assert within["shipped"] > 0.8 and later["shipped"] > 0.8
    assert within["dated"] > 0.8 and later["dated"] < 0.3
    assert within["blind"] < within["dated"] - 0.1  # the date is worth something within the cohort: that is the trap


def test_only_rows_that_can_be_learned_from(model):
    with pytest.raises(ValueError, match="all customers are of the type 'mid'"):
        fit_rows(CUT.assign(label="mid"), SHIPPED, seed=42)
    with pytest.raises(ValueError, match="every model column is empty"):
        fit_rows(CUT.assign(**{name: None for name in KNOWN}), SHIPPED, seed=42)
    whole = labelled_rows(FEATURES, LABELS, ("as_of",))
    with pytest.raises(ValueError, match="whole histories have no exposure"):
        fit_rows(whole, SHIPPED, seed=42)
    assert EXPOSURE not in fit_rows(whole, SEED_RECIPE, seed=42).features
    with pytest.raises(ValueError, match="several rows"):
        said(model, FEATURES)
    with pytest.raises(ValueError, match=r"uses the columns \['gender'\]"):
        said(model, NEW.drop(columns="gender"))
