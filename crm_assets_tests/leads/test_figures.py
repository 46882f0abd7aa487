"""The figures of leads against scikit-learn and by hand; folds that keep groups together; rates out of fold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score

from crm_assets.leads.figures import best_threshold, figures, interval, resampled
from crm_assets.leads.folds import grouped, stratified
from crm_assets.leads.judged import KnownLeads, calibrated, fit_all
from crm_assets.leads.learners import LOGISTIC, WITH_TEXT, Line
from crm_assets.leads.rates import PRIOR, out_of_fold_rates
from crm_assets.leads.texts import terms_of


def drawn(ties: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    converted = (rng.random(500) < 0.2).astype(int)
    probability = np.clip(0.2 + 0.3 * converted + rng.normal(0, 0.2, 500), 0, 1)
    return (probability.round(1) if ties else probability), converted


@pytest.mark.parametrize("ties", [False, True])
def test_they_are_scikit_learns(ties: bool):
    probability, converted = drawn(ties)
    predicted = probability >= 0.4
    found = {name: values[0] for name, values in figures(probability, predicted, converted).items()}
    assert found["pr_auc"] == pytest.approx(average_precision_score(converted, probability))
    assert found["roc_auc"] == pytest.approx(roc_auc_score(converted, probability))
    assert found["f1"] == pytest.approx(f1_score(converted, predicted))
    assert found["brier"] == pytest.approx(brier_score_loss(converted, probability))


def test_a_lead_that_counts_twice_is_two_leads():
    probability, converted = drawn(ties=True)
    twice = np.random.default_rng(5).integers(0, 3, len(converted))
    weighted = figures(probability, probability > 0.3, converted, twice[None, :].astype(float))
    repeated = figures(*(np.repeat(v, twice) for v in (probability, probability > 0.3, converted)))
    for name, values in weighted.items():
        assert values[0] == pytest.approx(repeated[name][0]), name


def test_lift_of_the_best_tenth_by_hand():
    converted = np.zeros(100, dtype=int)
    converted[[0, 1, 2, 50, 60]] = 1  # three of the ten best, of five among a hundred: 30 % against 5 %
    probability = np.linspace(0.9, 0.1, 100)
    assert figures(probability, probability > 0.5, converted)["lift_top_decile"][0] == pytest.approx(6)
    assert figures(np.full(100, 0.05), probability > 0.5, converted)["lift_top_decile"][0] == pytest.approx(1)


def test_the_threshold_has_the_highest_f1():
    probability, converted = drawn(ties=True)
    best = best_threshold(probability, converted)
    scores = {at: f1_score(converted, probability >= at) for at in np.unique(probability)}
    assert scores[best] == max(scores.values())


def test_groups_are_drawn_as_a_whole_and_an_interval_holds_the_figure():
    groups = np.repeat(np.arange(50), 3)
    weights = resampled(groups, seed=1)
    assert weights.shape == (200, 150) and (weights[:, ::3] == weights[:, 2::3]).all()
    assert weights[:, ::3].sum(axis=1).tolist() == [50] * 200
    probability, converted = drawn(ties=False)
    spread = figures(probability, probability > 0.4, converted, resampled(np.arange(500), seed=2))["pr_auc"]
    low, high = interval(spread)
    assert low < average_precision_score(converted, probability) < high


def test_folds_keep_groups_together_and_rates_alike():
    rng = np.random.default_rng(6)
    converted = (rng.random(2_000) < 0.1).astype(int)
    groups = pd.Series(rng.integers(0, 300, 2_000)).map(lambda n: None if n < 30 else f"g{n}")
    folds = grouped(groups, converted, 5, seed=1)
    assert groups.groupby(groups).apply(lambda part: len(set(folds[part.index]))).max() == 1
    alone = folds[groups.isna().to_numpy()]
    assert len(set(alone)) == 5, "leads without a group are no group"
    for dealt in (folds, stratified(converted, 5, seed=1)):
        rates = [converted[dealt == fold].mean() for fold in range(5)]
        sizes = np.bincount(dealt)
        assert max(rates) - min(rates) < 0.03 and sizes.max() - sizes.min() < 60


def test_a_rate_out_of_fold_by_hand():
    """Code 0 has leads in both folds, code 1 in one only: of that nothing is known but the base."""
    codes, folds = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    converted = np.array([1, 0, 1, 1])
    rates = out_of_fold_rates(codes, converted, folds)
    of_second = (1 + PRIOR * 1.0) / (1 + PRIOR)  # one lead of code 0, converted; base of the second fold 1
    of_first = (1 + PRIOR * 0.5) / (2 + PRIOR)
    assert rates == pytest.approx([of_second, of_second, of_first, 0.5])


def test_a_lead_s_own_outcome_is_not_in_its_rate():
    converted = (np.random.default_rng(7).random(3_000) < 0.3).astype(int)
    codes = np.arange(3_000) // 2
    rates = out_of_fold_rates(codes, converted, stratified(converted, 5, seed=1))
    assert abs(roc_auc_score(converted, rates) - 0.5) < 0.04
    assert roc_auc_score(converted, np.bincount(codes, converted)[codes]) > 0.85


def test_calibration_keeps_the_order_and_means_what_it_says():
    rng = np.random.default_rng(8)
    margins = rng.normal(0, 3, 4_000)
    converted = (rng.random(4_000) < 1 / (1 + np.exp(-(0.4 * margins - 1)))).astype(int)
    scale = calibrated(margins, converted)
    assert (scale.slope, scale.intercept) == pytest.approx((0.4, -1), abs=0.12)
    turned = calibrated(-margins, converted)
    assert turned.slope == 0 and turned.probability(margins)[0] == pytest.approx(converted.mean())
    assert calibrated(np.zeros(4_000), converted).probability(margins)[0] == pytest.approx(converted.mean())


def test_without_another_fold_there_is_no_rate():
    codes = np.array([0, 0, 1])
    with pytest.raises(ValueError, match="one fold"):
        out_of_fold_rates(codes, np.array([1, 0, 1]), np.zeros(3, dtype=int))


@pytest.mark.parametrize("companies", [1, 3])
def test_rates_of_few_companies_do_not_know_a_lead_s_own_outcome(companies: int):
    """Values of two leads each say nothing of a further lead: a model may not go by their rate."""
    rng = np.random.default_rng(9)
    converted = (rng.random(600) < 0.3).astype(int)
    company = pd.Series([f"c{n % companies}" for n in range(600)])
    leads = KnownLeads(
        pd.DataFrame({"pair": [f"v{n // 2}" for n in range(600)]}), {"pair": "joined"},
        terms_of(pd.Series([None] * 600)), converted, company, company,
    )  # fmt: skip
    _, learned = fit_all(leads, [LOGISTIC], seed=1)
    model = learned[LOGISTIC].model
    assert isinstance(model, Line) and abs(model.weights[0]) < 0.2


def test_an_attribute_whose_name_begins_as_those_of_texts_is_read_by_all():
    rng = np.random.default_rng(10)
    converted = (rng.random(300) < 0.3).astype(int)
    nobody = pd.Series([None] * 300)
    features = pd.DataFrame({"message_topic": np.where(converted == 1, "a", "b"), "message_length": rng.random(300)})
    leads = KnownLeads(
        features, {"message_topic": "category", "message_length": "text"}, terms_of(nobody), converted, nobody, nobody
    )
    _, learned = fit_all(leads, [LOGISTIC, LOGISTIC + WITH_TEXT], seed=1)
    read = {name: one.encoder.features for name, one in learned.items()}
    assert read == {LOGISTIC: ["message_topic"], LOGISTIC + WITH_TEXT: ["message_length", "message_topic"]}
    assert learned[LOGISTIC].columns.tolist() == [False, True, True]
