"""The ablation: which recipes are compared, that each differs in what it says it does, and what a figure is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts.base import Table
from crm_assets.contracts.feature_sets import SETS, model_columns
from crm_assets.contracts.feature_table import CUTOFFS, CUTS
from crm_assets.contracts.model_column import model_column
from crm_assets.contracts.model_metrics import OF_TRAINING
from crm_assets.prediction import ablation as module
from crm_assets.prediction.ablation import ablation, judged_variants, variants
from crm_assets.prediction.evaluation import figures, out_of_fold
from crm_assets.prediction.latent_type import fit_rows
from crm_assets.prediction.model_of_month import train_and_judge
from crm_assets.prediction.model_rows import labelled_rows, recipe_of
from crm_assets.settings import Settings
from crm_assets_tests.shoppers import DATE, SEED_SET, cohort, shoppers

DATED = Settings(model_features="seed", date_columns=True)
BOTH = Settings(model_features="seed+first_purchase", date_columns=False)
ROWS = labelled_rows(*shoppers(), CUTOFFS)


class Baskets(Table):
    """A further set."""

    price_level: float = model_column("DOUBLE", "price level", "가격", "P")


@pytest.fixture
def two_sets(monkeypatch):
    monkeypatch.setitem(SETS, "first_purchase", Baskets)


def macro_f1(found: list[dict], part: str = "1") -> dict[str, float]:
    return {f["model"]: f["value"] for f in found if f["metric"] == "macro_f1" and f["slice"] == part}


def test_each_variant_differs_in_what_its_name_says(two_sets):
    found, shipped = variants(BOTH), recipe_of(BOTH)
    seed, dated = model_columns(dates=False), model_columns(["seed", "first_purchase"])
    assert {name: (set(recipe.columns), recipe.exposure) for name, recipe in found.items()} == {
        "as_shipped": ({*seed, "price_level"}, True),
        "with_dates": (set(dated), True),
        "without_exposure": ({*seed, "price_level"}, False),
        "seed_columns": (set(seed), True),
    }
    assert found["as_shipped"] == shipped and DATE in found["with_dates"].columns


def test_variants_that_see_the_same_are_one():
    assert list(variants(SEED_SET)) == ["as_shipped", "with_dates", "without_exposure"]
    dated = variants(DATED)
    assert list(dated) == ["as_shipped", "without_exposure", "without_dates_and_exposure", "seed_columns"]
    assert DATE in dated["without_exposure"].columns and DATE not in dated["without_dates_and_exposure"].columns


def test_no_model_is_trained_twice(monkeypatch):
    """Three variants in three folds: the shipped models answer both questions."""
    trained = []
    monkeypatch.setattr(
        module, "fit_rows", lambda rows, recipe, seed: trained.append(recipe) or fit_rows(rows, recipe, seed=seed)
    )
    ablation(ROWS, SEED_SET)
    assert len(trained) == 9 and len(set(trained)) == 3


def test_figures_have_the_shape_of_model_metrics():
    found = pd.DataFrame(ablation(ROWS, SEED_SET))
    assert list(found.columns) == ["model", "protocol", "slice", "metric", "value", "base"]
    assert set(found["protocol"]) == {"ablation"} and set(found["slice"]) == set(CUTS)
    assert set(found["model"]) == {"as_shipped", "horizon_stated", "with_dates", "without_exposure"}  # no baselines
    assert len(found) == 4 * 3 * 2 and found["base"].eq(300).all()
    assert not found.duplicated(["model", "slice", "metric"]).any()


def test_as_shipped_is_the_cold_start_of_these_customers():
    """Same folds, same models: the figures of the cold start to the digit, while all customers are drawn."""
    shipped = out_of_fold(ROWS, recipe_of(SEED_SET), folds=SEED_SET.evaluation_folds, seed=SEED_SET.seed)
    expected = list(figures(shipped, "ablation", seed=SEED_SET.seed, name="as_shipped"))
    assert [f for f in ablation(ROWS, SEED_SET) if f["model"] == "as_shipped"] == expected


def test_what_exposure_dates_and_stating_are_worth_where_it_is_known():
    """Customers of ``cohort`` become what their days make of them: without dates and exposure nobody can know, with
    either the model does, and asked at the longest of exposures it takes everybody for one who had that long."""
    days = np.tile(np.arange(30, 180), 8)
    rows = labelled_rows(*cohort(days, "2021-06-30", 1), CUTS)
    settings = Settings(model_features="seed", horizon_days=179)
    value = macro_f1(ablation(rows, settings))
    assert value["as_shipped"] > 0.8 and value["with_dates"] > 0.8
    assert value["without_exposure"] < value["as_shipped"] - 0.15
    assert value["horizon_stated"] < value["as_shipped"] - 0.15
    dated = macro_f1(ablation(rows, settings.model_copy(update={"date_columns": True})))
    assert dated["without_exposure"] > 0.8 > dated["without_dates_and_exposure"] + 0.15  # the date smuggles it in


def test_the_stated_question_is_asked_of_the_same_customers_with_the_same_labels():
    judged = judged_variants(ROWS, variants(SEED_SET), SEED_SET)
    shipped, stated = judged["as_shipped"], judged["horizon_stated"]
    same = ["customer_id", "slice", "truth", "fold"]
    pd.testing.assert_frame_equal(shipped[same], stated[same])
    assert not shipped.equals(stated)


def test_of_many_customers_a_sample_is_compared():
    rows = labelled_rows(*shoppers(600), CUTOFFS)
    found = ablation(rows, Settings(model_features="seed", max_comparison_customers=300))
    assert {f["base"] for f in found} == {300}


def test_training_a_month_reports_the_ablation_and_replaces_it():
    found = train_and_judge(ROWS, SEED_SET).figures
    assert set(found.loc[found["protocol"] == "ablation", "model"]) >= {"as_shipped", "horizon_stated"}
    assert set(found["protocol"]) <= set(OF_TRAINING)
