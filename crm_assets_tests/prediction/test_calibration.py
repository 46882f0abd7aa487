"""Whether probabilities mean what they say: the error by hand, a known temperature, silence that pays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax, softmax

from crm_assets.contracts.feature_table import CUTOFFS
from crm_assets.prediction.calibration import FLOORS, TEMPERATURES, calibrated, calibration_error, figures, temperature
from crm_assets.prediction.evaluation import out_of_fold
from crm_assets.prediction.model_rows import labelled_rows, recipe_of
from crm_assets_tests.shoppers import SEED_SET, shoppers

CLASSES = ["a", "b", "c", "d"]


def simulated(exaggerated: float, rows: int = 9_000, seed: int = 1) -> pd.DataFrame:
    """Judged rows in three folds whose types are drawn by the softmax of their margins, which are then exaggerated."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.3, (rows, len(CLASSES)))
    truth = (softmax(scores, axis=1).cumsum(axis=1) < rng.random(rows)[:, None]).sum(axis=1)
    judged = pd.DataFrame(exaggerated * scores, columns=CLASSES)
    return judged.assign(
        truth=truth.clip(max=3), slice=np.array(["1", "2", "3"])[np.arange(rows) % 3],
        fold=rng.integers(0, 3, rows), **{f"share_{name}": 0.25 for name in CLASSES},
    )  # fmt: skip


OVER_CONFIDENT = simulated(2.0)


def value(found, protocol: str, part: str, metric: str) -> float:
    return next(f["value"] for f in found if (f["protocol"], f["slice"], f["metric"]) == (protocol, part, metric))


def test_the_error_by_hand():
    """Two bins: 0.65 stated and 0.5 right, 0.85 stated and 1 right; one bin: 0.75 on both sides."""
    stated, right = np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, True, True, False])
    assert calibration_error(stated, right, bins=2) == pytest.approx(0.15)
    assert calibration_error(stated, right, bins=1) == pytest.approx(0)
    assert calibration_error(stated, right) == pytest.approx((0.1 + 0.4 + 0.2 + 0.7) / 4)  # fewer rows than bins


def test_bins_of_equally_many_rows_by_hand():
    """Three rows in two bins: two, then one."""
    stated, right = np.array([0.2, 0.4, 1.0]), np.array([True, False, True])
    assert calibration_error(stated, right, bins=2) == pytest.approx(2 / 3 * 0.2)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, 3.0])
def test_margins_exaggerated_by_a_factor_have_it_as_their_temperature(factor):
    assert temperature(simulated(factor)) == pytest.approx(factor, rel=0.06)


def test_the_temperature_is_the_most_likely_one():
    found, truth = temperature(OVER_CONFIDENT), OVER_CONFIDENT["truth"].to_numpy()
    scores = OVER_CONFIDENT[CLASSES].to_numpy()

    def likelihood(heat: float) -> float:
        return log_softmax(scores / heat, axis=1)[np.arange(len(truth)), truth].mean()

    assert all(likelihood(found) > likelihood(found + step) for step in (-0.05, 0.05))


def test_over_confident_margins_are_mended():
    """The error falls from above 0.1 to below 0.05 in every slice; that of margins too small as well."""
    for judged in (OVER_CONFIDENT, simulated(0.4)):
        found = list(figures(calibrated(judged)))
        for part in ("all", "1", "2", "3"):
            assert value(found, "calibration", part, "error_raw") > 0.1
            assert value(found, "calibration", part, "error") < 0.05
        assert value(found, "calibration", "all", "error") < 0.02


def test_a_temperature_changes_no_answer():
    found = calibrated(OVER_CONFIDENT)
    scores, truth = OVER_CONFIDENT[CLASSES].to_numpy(), OVER_CONFIDENT["truth"].to_numpy()
    assert (found["right"].to_numpy() == (scores.argmax(axis=1) == truth)).all()
    for heat in (*TEMPERATURES, temperature(OVER_CONFIDENT)):
        assert (softmax(scores / heat, axis=1).argmax(axis=1) == scores.argmax(axis=1)).all()
    assert found.index.equals(OVER_CONFIDENT.index) and (found["raw"] > found["stated"]).all()


def test_the_temperature_of_a_fold_is_learned_from_the_others_alone():
    """The first fold's types become nonsense: what is stated of it stays, what is stated of the others does not."""
    first = OVER_CONFIDENT["fold"] == 0
    worst = OVER_CONFIDENT[CLASSES].to_numpy().argmin(axis=1)
    changed = OVER_CONFIDENT.assign(truth=OVER_CONFIDENT["truth"].where(~first, worst))
    before, after = calibrated(OVER_CONFIDENT)["stated"], calibrated(changed)["stated"]
    assert before[first].equals(after[first])
    assert (before[~first] > after[~first]).all()


def test_a_type_that_a_fold_never_saw_does_no_harm():
    """Its probability is nought whatever the temperature, which the other rows then decide alone."""
    first = OVER_CONFIDENT["fold"] == 0
    judged = OVER_CONFIDENT.assign(d=OVER_CONFIDENT["d"].where(~first, -np.inf))
    assert temperature(judged) == pytest.approx(2.0, rel=0.06)
    assert calibrated(judged)[["raw", "stated"]].gt(0).all(axis=None)


def test_abstention_by_hand():
    found = pd.DataFrame(
        {"slice": "1", "right": [True, True, False, False], "raw": 0.5, "stated": [0.9, 0.6, 0.6, 0.3]}
    )
    told = list(figures(found))
    by_floor = {
        floor: [value(told, "abstention", floor, metric) for metric in ("answered", "accuracy")]
        for floor in ("0.00", "0.50", "0.65")
    }
    assert by_floor == {"0.00": [1, 0.5], "0.50": [0.75, pytest.approx(2 / 3)], "0.65": [0.25, 1]}
    assert value(told, "abstention", "0.95", "answered") == 0
    assert not [f for f in told if f["slice"] == "0.95" and f["metric"] == "accuracy"]  # of nobody
    assert {f["slice"]: f["base"] for f in told if f["metric"] == "accuracy"}["0.50"] == 3


def test_figures_have_the_shape_of_model_metrics():
    found = pd.DataFrame(figures(calibrated(OVER_CONFIDENT)))
    assert list(found.columns) == ["model", "protocol", "slice", "metric", "value", "base"]
    assert not found.duplicated(["protocol", "slice", "metric"]).any() and set(found["model"]) == {"latent_type"}
    bins = found[found["slice"].str.startswith("bin_")]
    assert len(bins) == 20 and bins["base"].eq(900).all()
    stated, right = (bins.loc[bins["metric"] == m, "value"].to_numpy() for m in ("stated", "right"))
    assert (np.diff(stated) > 0).all() and np.abs(stated - right).max() < 0.06
    assert set(found.loc[found["protocol"] == "abstention", "slice"]) == {f"{floor:.2f}" for floor in FLOORS}


def test_silence_raises_the_accuracy_of_a_model_that_was_trained():
    """Of the planted shop one partner in five tells nothing: of those the model is less sure, and less often right."""
    rows = labelled_rows(*shoppers(600, seed=5), CUTOFFS)
    told = list(figures(calibrated(out_of_fold(rows, recipe_of(SEED_SET), folds=3, seed=1))))
    answered, accuracy = (
        [value(told, "abstention", floor, metric) for floor in ("0.00", "0.60", "0.80", "0.90")]
        for metric in ("answered", "accuracy")
    )
    assert answered[0] == 1 and all(np.diff(answered) < 0) and answered[-1] > 0.3
    assert all(np.diff(accuracy) > 0)
    assert value(told, "calibration", "all", "error") < 0.05
