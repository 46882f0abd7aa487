"""Why a customer is given a type: contributions that sum to the margin, planted causes on top, never the exposure."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction import latent_type
from crm_assets.prediction.latent_type import LatentTypeModel, asked, fit_rows, predict
from crm_assets.prediction.model_rows import EXPOSURE, labelled_rows, matrix, recipe_of
from crm_assets.prediction.reasons import contributions, reasons
from crm_assets_tests.shoppers import KNOWN, SEED_SET, cohort, shoppers

FEATURES, LABELS = shoppers()
SHIPPED = recipe_of(SEED_SET)
HORIZON = 120
NEW = asked(FEATURES[FEATURES["cutoff"] == "2"], HORIZON)


@pytest.fixture(scope="module")
def model() -> LatentTypeModel:
    return fit_rows(labelled_rows(FEATURES, LABELS, CUTS), SHIPPED, seed=42)


@pytest.fixture(scope="module")
def of_time() -> LatentTypeModel:
    """A model for which the exposure matters more than all else but the amount."""
    return fit_rows(labelled_rows(*cohort(np.tile(np.arange(30, 180), 6), "2021-06-30", 1), CUTS), SHIPPED, seed=42)


def raw_scores(model: LatentTypeModel, rows: pd.DataFrame) -> np.ndarray:
    return model.trees.predict(matrix(rows, model.features, model.encoders), raw_score=True)


def told(model: LatentTypeModel, rows: pd.DataFrame, **given) -> list[dict]:
    return [json.loads(text) for text in reasons(model, rows, **given)["reasons"]]


def test_base_and_contributions_sum_to_the_margin(model):
    """The margin by its definition: the raw score of the named type less the mean over the types."""
    found, scores = contributions(model, NEW), raw_scores(model, NEW)
    margin = scores.max(axis=1) - scores.mean(axis=1)
    assert (found.named == scores.argmax(axis=1)).all() and found.parts.shape == (300, len(model.features))
    np.testing.assert_allclose(found.base + found.parts.sum(axis=1), margin, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.margin, margin, rtol=0, atol=1e-6)
    np.testing.assert_allclose(reasons(model, NEW)["margin"], margin, rtol=0, atol=1e-6)


def own_contributions(model: LatentTypeModel, rows: pd.DataFrame) -> np.ndarray:
    """(rows, features + 1) as LightGBM gives them for the named type, less the mean over the types."""
    flat = model.trees.predict(matrix(rows, model.features, model.encoders), pred_contrib=True)
    each = flat.reshape(len(rows), len(model.classes), -1)
    return each[np.arange(len(rows)), raw_scores(model, rows).argmax(axis=1)] - each.mean(axis=1)


def test_the_base_is_what_is_said_before_anything_is_known_at_this_exposure(model):
    found, own = contributions(model, NEW), own_contributions(model, NEW)
    place = model.features.index(EXPOSURE)
    np.testing.assert_allclose(found.base, own[:, -1] + own[:, place], rtol=0, atol=1e-9)
    others = [i for i, name in enumerate(model.features) if name != EXPOSURE]
    np.testing.assert_allclose(found.parts[:, others], own[:, others], rtol=0, atol=1e-9)
    biases = {int(named): set(own[found.named == named, -1].round(9)) for named in set(found.named)}
    assert set(biases) == {0, 1, 2} and all(len(values) == 1 for values in biases.values())


def test_the_json_sums_to_the_margin_to_the_digit(model):
    made = reasons(model, NEW)
    assert made.index.equals(NEW.index)
    for margin, one in zip(made["margin"], told(model, NEW), strict=True):
        assert set(one) == {"base", "rest", "top"} and len(one["top"]) == 3
        total = one["base"] + sum(reason["contribution"] for reason in one["top"]) + one["rest"]
        assert total == pytest.approx(margin, abs=1e-9)


def test_reasons_are_of_the_type_that_is_predicted(model):
    named = contributions(model, NEW).named
    predicted = predict(model, NEW, horizon_days=HORIZON).set_index("customer_id")["segment_id"]
    assert [model.classes[i] for i in named] == predicted[NEW["customer_id"]].tolist()


def test_the_planted_causes_weigh_most(model):
    first = [one["top"][0]["column"] for one in told(model, NEW)]
    assert set(first) <= {"receipt_amount_mean", "partner_mode"}
    weights = dict(zip(model.features, np.abs(contributions(model, NEW).parts).mean(axis=0), strict=True))
    assert min(weights["receipt_amount_mean"], weights["partner_mode"]) > 5 * weights["purchase_hour_mean"]


def test_top_is_by_weight_for_or_against_with_the_customers_own_values(model):
    found = contributions(model, NEW)
    for row, one in enumerate(told(model, NEW)):
        known = {n: v for n, v in zip(model.features, found.parts[row], strict=True) if n != EXPOSURE}
        strongest = sorted(known, key=lambda name: -abs(known[name]))[:3]
        assert [r["column"] for r in one["top"]] == strongest
        for reason in one["top"]:
            assert reason["contribution"] == pytest.approx(known[reason["column"]], abs=1e-6)
            own = NEW[reason["column"]].iloc[row]
            assert reason["value"] is None if pd.isna(own) else reason["value"] == own


def test_values_are_plain_and_null_where_nothing_is_known(model):
    one = NEW.head(1).assign(receipt_amount_mean=None, partner_mode=None, wallet_user=pd.array([1], dtype="Int64"))
    values = {r["column"]: r["value"] for r in told(model, one, top=9)[0]["top"]}
    assert values["receipt_amount_mean"] is None and values["partner_mode"] is None
    assert all(isinstance(value, float | str | None) for value in values.values())


def test_the_exposure_is_in_the_base_and_never_a_reason(of_time):
    features, _ = cohort(np.full(200, 40), "2021-06-30", 3)
    rows = asked(features, 170)
    own, place = own_contributions(of_time, rows), of_time.features.index(EXPOSURE)
    assert (np.abs(own[:, :-1]).argmax(axis=1) == place).sum() > 20  # else the model does not heed it
    for row, one in enumerate(told(of_time, rows, top=9)):
        columns = [reason["column"] for reason in one["top"]]
        assert EXPOSURE not in columns and set(columns) <= set(of_time.features)
        assert one["base"] == pytest.approx(own[row, -1] + own[row, place], abs=1e-5)
        if len(columns) == len(of_time.features) - 1:
            assert one["rest"] == pytest.approx(0, abs=1e-5)


def test_a_column_that_adds_nothing_is_no_reason(of_time):
    features, _ = cohort(np.full(50, 40), "2021-06-30", 3)
    assert all(reason["contribution"] for one in told(of_time, asked(features, 90), top=9) for reason in one["top"])


def test_fewer_columns_than_reasons(model):
    assert [len(one["top"]) for one in told(model, NEW.head(5), top=99)] == 5 * [len(KNOWN)]


def test_batches_and_order_change_nothing(model, monkeypatch):
    whole = reasons(model, NEW)
    monkeypatch.setattr(latent_type, "BATCH", 70)
    pd.testing.assert_frame_equal(reasons(model, NEW), whole)
    pd.testing.assert_frame_equal(reasons(model, NEW.sample(frac=1, random_state=1)).sort_index(), whole.sort_index())


def test_nobody_has_no_reasons(model):
    made = reasons(model, NEW.head(0))
    assert made.empty and list(made.columns) == ["margin", "reasons"]
