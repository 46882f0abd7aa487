"""Whether a new model takes the place of the one in use: planted answers of two models, judged by the stated rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction.evaluation import macro_f1, out_of_fold
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows
from crm_assets.prediction.model_of_month import Decision
from crm_assets.prediction.model_rows import EXPOSURE, Recipe
from crm_assets.prediction.promotion import (
    MAX_UNTESTED_MONTHS,
    MIN_CUSTOMERS,
    MIN_PER_TYPE,
    answers,
    compare,
    falls_short,
    verdict,
)

TYPES = ("high", "low", "mid")
DUE = Decision("train", "the model is 3 months old, retrain_every_months is 3", "comparison")


def planted(challenger: float, incumbent: float, customers: int = 400, seed: int = 1, types=TYPES) -> pd.DataFrame:
    """Answers of two models that are right with these probabilities, else by chance; types of like size."""
    random, parts = np.random.default_rng(seed), []
    truth = np.array(types)[np.arange(customers) % len(types)]
    for part in CUTS:
        said = {
            name: np.where(random.random(customers) < right, truth, random.choice(types, customers))
            for name, right in (("challenger", challenger), ("incumbent", incumbent))
        }
        ids = [f"C{i:04d}" for i in range(customers)]
        parts.append(pd.DataFrame({"customer_id": ids, "slice": part, "truth": truth, **said}))
    return pd.concat(parts, ignore_index=True)


def figures(ours: float = 0.5, majority: float = 0.2, prior: float = 0.3) -> pd.DataFrame:
    """Of the cold start, the mean of the slices as given; and of other protocols, which must not count."""
    rows = [
        (model, "cold_start", part, "macro_f1", value + shift, 900)
        for model, value in (("latent_type", ours), ("majority", majority), ("prior", prior))
        for part, shift in zip(CUTS, (-0.1, 0, 0.1), strict=True)
    ]
    other = [(m, "seed", "full", "macro_f1", 0.9, 100) for m in ("latent_type", "majority", "prior")]
    other += [(m, "cold_start", "1", "accuracy", 0.9, 900) for m in ("latent_type", "majority", "prior")]
    return pd.DataFrame(rows + other, columns=["model", "protocol", "slice", "metric", "value", "base"])


def judged(found, decision=DUE, unseen=None, months=3, short=None, **of_figures):
    everybody = set() if found is None else set(found["customer_id"])
    return verdict(
        decision,
        figures(**of_figures),
        found,
        everybody if unseen is None else unseen,
        months_in_use=months,
        short=short,
        seed=1,
    )


def test_a_better_model_is_promoted_a_worse_and_an_equal_one_are_not():
    better, worse = judged(planted(0.6, 0.4)), judged(planted(0.4, 0.6))
    assert better.promoted and better.challenger > better.incumbent and better.customers == 400
    assert not worse.promoted and worse.challenger < worse.incumbent
    same = planted(0.5, 0.5)
    equal = judged(same.assign(incumbent=same["challenger"]))
    assert not equal.promoted and equal.challenger == equal.incumbent
    assert "difference in macro-F1 +0.000 (80 % interval +0.000 to +0.000)" in equal.reason
    assert better.reason.startswith(DUE.reason + ": difference in macro-F1 +") and "\n" not in better.reason


def test_models_of_equal_worth_are_seldom_exchanged():
    """By chance one is ahead half of the time; the interval lets one in ten through."""
    made = [judged(planted(0.5, 0.5, customers=150, seed=seed)) for seed in range(40)]
    assert sum(v.promoted for v in made) <= 8 and sum(v.challenger > v.incumbent for v in made) > 12


def test_the_figures_equal_scikit_learns():
    found = planted(0.6, 0.4)
    made = compare(found, seed=1)
    for name in ("challenger", "incumbent"):
        by_slice = [
            f1_score(part["truth"], part[name], labels=list(TYPES), average="macro")
            for _, part in found.groupby("slice")
        ]
        assert getattr(made, name) == pytest.approx(np.mean(by_slice))


def test_the_interval_is_that_of_a_paired_bootstrap_by_customer():
    """Made again with whole customers drawn by hand, in other draws: the same within their noise."""
    found = planted(0.55, 0.5, customers=200)
    made = compare(found, seed=1)
    codes = {name: pd.Categorical(found[name], categories=TYPES).codes for name in ("truth", "challenger", "incumbent")}
    of_customer = found.groupby("customer_id").indices
    random, differences = np.random.default_rng(5), []
    for _ in range(300):
        drawn = np.concatenate([of_customer[c] for c in random.choice(sorted(of_customer), 200)])
        parts = [drawn[found["slice"].to_numpy()[drawn] == part] for part in CUTS]
        challenger, incumbent = (
            np.mean([macro_f1(codes["truth"][p], codes[name][p], 3) for p in parts])
            for name in ("challenger", "incumbent")
        )
        differences.append(challenger - incumbent)
    assert (made.low, made.high) == pytest.approx(np.quantile(differences, [0.1, 0.9]), abs=0.012)
    again = compare(found.sample(frac=1, random_state=3), seed=1)
    assert (again.low, again.high) == pytest.approx((made.low, made.high)), "the order of rows does not matter"


def test_a_type_with_few_customers_says_nothing():
    """Its F1 would be a third of the figure: here the new model misses all of its nine customers."""
    found = planted(0.6, 0.5)
    rare = found["customer_id"] < f"C{MIN_PER_TYPE - 1:04d}"
    with_rare = found.assign(
        truth=found["truth"].where(~rare, "rare"), incumbent=found["incumbent"].where(~rare, "rare")
    )
    assert judged(with_rare).promoted
    one_more = found["customer_id"] < f"C{MIN_PER_TYPE:04d}"
    told = found.assign(
        truth=found["truth"].where(~one_more, "rare"), incumbent=found["incumbent"].where(~one_more, "rare")
    )
    assert not judged(told).promoted, "ten count"


@pytest.mark.parametrize(
    ("found", "enough"),
    [
        (planted(0.6, 0.4, customers=MIN_CUSTOMERS), True),
        (planted(0.6, 0.4, customers=MIN_CUSTOMERS - 1), False),
        (planted(0.6, 0.4).assign(truth="low"), False),
    ],
    ids=["just enough", "one customer short", "one type"],
)
def test_what_is_enough_to_compare(found, enough):
    assert (compare(found, seed=1) is not None) is enough


def test_with_few_new_customers_all_are_asked_and_the_new_one_must_win_there():
    few = {f"C{i:04d}" for i in range(30)}
    better, worse = (judged(planted(*right), unseen=few) for right in ((0.6, 0.4), (0.4, 0.6)))
    assert better.promoted and better.customers == 400 and not worse.promoted
    assert "too few customers new since then, on all difference in macro-F1" in better.reason
    alone = judged(planted(0.9, 0.1, customers=50), unseen=few)
    assert not alone.promoted and alone.incumbent is None and "too few customers" in alone.reason


@pytest.mark.parametrize("found", [planted(0.4, 0.6), planted(0.4, 0.6, customers=50)], ids=["known ones", "nobody"])
def test_a_model_that_is_never_put_to_the_test_does_not_stay_for_ever(found):
    few = {"C0001"}
    assert not judged(found, unseen=few, months=MAX_UNTESTED_MONTHS - 1).promoted
    old = judged(found, unseen=few, months=MAX_UNTESTED_MONTHS)
    assert old.promoted and "untested for 12 months, macro-F1 0.500 against 0.300 of the better baseline" in old.reason
    assert not judged(found, unseen=few, months=MAX_UNTESTED_MONTHS, ours=0.3).promoted, "without evidence, no"
    assert not judged(planted(0.4, 0.6), months=40).promoted, "one that was put to the test and won stays"


@pytest.mark.parametrize("why", ["first model", "the types have changed", "the columns have changed"])
def test_without_a_comparison_the_baselines_are_to_be_beaten(why):
    decision = Decision("train", why, "baselines")
    made = judged(None, decision)
    assert made.promoted and (made.challenger, made.incumbent, made.customers) == (pytest.approx(0.5), None, 900)
    assert made.reason == f"{why}: macro-F1 0.500 against 0.300 of the better baseline on 900 customers"
    assert not judged(None, decision, ours=0.3).promoted, "equal is not better"
    assert not judged(None, decision, ours=0.25).promoted, "better than the majority is not enough"
    assert not judged(None, decision, prior=0.1, majority=0.6).promoted


@pytest.mark.parametrize(
    ("known", "knows", "short"),
    [(61, 150, True), (61, 75, True), (61, 61, False), (90, 300, False), (150, 300, False)],
)
def test_a_model_that_cannot_be_asked_gives_way_to_one_that_can(known, knows, short):
    """Asked are 90 days. What counts is how many of them the two know, not how many beyond."""
    any_model = LatentTypeModel("", TYPES, {}, ("receipt_amount_mean", EXPOSURE), (), {}, 900, 2_700, known, 1)
    why = falls_short(any_model, replace(any_model, longest_exposure=knows), 90)
    assert (why == f"the model in use has learned of {known} of the 90 days that are asked") if short else why is None
    worse = planted(0.4, 0.6)
    assert judged(worse, short=why).promoted == short
    assert not judged(worse, short=why, ours=0.25).promoted, "the baselines are to be beaten in any case"


def test_by_hand_a_model_is_used_whatever_it_is_worth_and_the_figures_are_told():
    decision = Decision("train", "trained by hand", "by_hand")
    worse = judged(planted(0.4, 0.6), decision)
    assert worse.promoted and worse.incumbent > worse.challenger
    assert worse.reason.startswith("trained by hand: difference in macro-F1 -0.")
    assert judged(None, decision, ours=0.1).promoted


def shoppers(size: int, seed: int = 1) -> pd.DataFrame:
    """Labelled rows of the three cuts in which the amount tells the type."""
    random = np.random.default_rng(seed)
    kind = np.arange(size) % 3
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "customer_id": [f"C{i:04d}" for i in range(size)],
                    "cutoff": cut,
                    "label": np.array(TYPES)[kind],
                    "receipt_amount_mean": random.normal(100 + 40 * kind, 25),
                    EXPOSURE: random.integers(10, 100, size).astype(float),
                }
            )
            for cut in CUTS
        ],
        ignore_index=True,
    ).sort_values(["customer_id", "cutoff"], ignore_index=True)


def test_rows_beyond_what_the_model_in_use_knows_are_left_out():
    """It is never asked so far ahead; where everybody has been here for long it would lose on all of them."""
    recipe, rows = Recipe(("receipt_amount_mean",)), shoppers(240)
    incumbent = fit_rows(rows[rows[EXPOSURE] <= 60], recipe, seed=1)
    found = answers(out_of_fold(rows, recipe, folds=3, seed=1), rows, incumbent)
    within = rows[rows[EXPOSURE] <= incumbent.longest_exposure]
    assert set(zip(found["customer_id"], found["slice"], strict=True)) == set(
        zip(within["customer_id"], within["cutoff"], strict=True)
    )
    assert 100 < len(found) < len(rows) - 100


def test_both_models_answer_the_same_rows():
    recipe = Recipe(("receipt_amount_mean",))
    rows = shoppers(240)
    fourth = rows.assign(label=np.where(rows["customer_id"] < "C0060", "a fourth", rows["label"]))
    incumbent = fit_rows(fourth, recipe, seed=1)
    out = out_of_fold(rows, recipe, folds=3, seed=1)
    some = out[out["customer_id"] >= "C0100"].sample(frac=1, random_state=2)
    found = answers(some, pd.concat([rows, rows.assign(cutoff="as_of")]), incumbent)
    assert list(zip(found["customer_id"], found["slice"], strict=True)) == list(
        zip(some["customer_id"], some["slice"], strict=True)
    )
    known = rows.set_index(["customer_id", "cutoff"])
    here = known.loc[list(zip(found["customer_id"], found["slice"], strict=True))].reset_index()
    assert found["truth"].tolist() == here["label"].tolist()
    raw = incumbent.trees.predict(here[["receipt_amount_mean", EXPOSURE]].to_numpy(), raw_score=True)
    assert found["incumbent"].tolist() == [incumbent.classes[i] for i in raw.argmax(axis=1)]
    assert (found["challenger"] == found["truth"]).mean() > 0.7
    assert "a fourth" in set(found["incumbent"]), "a type that is no more is an answer, and a wrong one"
    with pytest.raises(ValueError, match="whose rows were not given"):
        answers(some, rows[rows["customer_id"] != "C0100"], incumbent)
