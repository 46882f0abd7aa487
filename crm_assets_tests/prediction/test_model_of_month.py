"""When a month trains a model, and by which rule the new one is judged."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.prediction.model_of_month import Decision, InUse, decide, other_columns
from crm_assets.prediction.model_rows import EXPOSURE, recipe_of
from crm_assets.settings import Settings

COLUMNS = recipe_of(Settings(model_features="seed")).columns
JANUARY = date(2021, 1, 31)


def labels(**sizes: int) -> pd.Series:
    types = [name for name, size in sizes.items() for _ in range(size)]
    return pd.Series(types, index=[f"C{i}" for i in range(len(types))], name="segment_id", dtype="str")


def in_use(classes=("high", "low"), columns=COLUMNS) -> InUse:
    model = LatentTypeModel(
        booster="", classes=classes, shares={}, features=(*columns[2:], EXPOSURE), unavailable=columns[:2], encoders={},
        customers=80, rows=240, longest_exposure=90, seed=42,
    )  # fmt: skip
    return InUse(model, JANUARY, "models/x.txt", "")


def decided(
    month: int,
    types: pd.Series | None = None,
    model: InUse | None = None,
    tried: date | None = JANUARY,
    drifted: str | None = None,
    **given: object,
) -> Decision:
    as_of = date(2021, month, 28)
    types = labels(low=40, high=40) if types is None else types
    return decide(
        types, model, tried if model else None, Settings(**{"model_features": "seed", **given}), as_of, drifted
    )


def test_the_first_model_is_to_beat_the_baselines():
    assert decided(2) == Decision("train", "first model", "baselines")


def test_a_model_is_reused_until_the_last_attempt_is_old_enough():
    assert decided(3, model=in_use()) == Decision("reused", "trained as of 2021-01-31, 2 months old")
    due = decided(4, model=in_use())
    assert due == Decision("train", "the model is 3 months old, retrain_every_months is 3", "comparison")


@pytest.mark.parametrize(("month", "status"), [(5, "reused"), (6, "reused"), (7, "train")])
def test_after_a_model_was_kept_the_next_attempt_waits_as_long_again(month, status):
    made = decided(month, model=in_use(), tried=date(2021, 4, 30))
    assert made.status == status
    if status == "train":
        assert (
            made.reason == "the last attempt is 3 months old, retrain_every_months is 3" and made.rule == "comparison"
        )
    else:
        assert made.reason.startswith("trained as of 2021-01-31")


def test_a_type_that_the_model_does_not_know_is_not_waited_for():
    assert decided(2, labels(low=40, mid=40), in_use()) == Decision("train", "the types have changed", "baselines")
    fewer = in_use(classes=("high", "low", "mid"))
    assert decided(2, model=fewer).status == "reused", "a type that is empty for a month needs no new model"


def test_other_columns_are_tried_at_once_and_then_at_the_usual_pace():
    """Were they tried every month, a recipe that is no good would be trained every month."""
    model = in_use(columns=COLUMNS[:-1])
    assert other_columns(model.model, Settings(model_features="seed"))
    assert not other_columns(in_use().model, Settings(model_features="seed")), (
        "an unavailable column is none that is new"
    )
    wanted = Decision("train", "the columns have changed", "baselines")
    assert decided(2, model=model) == wanted
    assert decided(5, model=model, tried=date(2021, 4, 30)).status == "reused"
    assert decided(7, model=model, tried=date(2021, 4, 30)) == wanted
    assert decided(2, model=in_use(), date_columns=True) == wanted


def test_new_customers_who_are_others_are_not_waited_for():
    """The one in use is not for them, whatever it is worth on existing customers; even after it was kept."""
    wanted = Decision("train", "drift of channel_mode, PSI 0.90 (online: 1.0% → 60.0%)", "baselines")
    assert decided(2, model=in_use(), drifted=wanted.reason.removeprefix("drift of ")) == wanted
    assert decided(3, model=in_use(), tried=date(2021, 2, 28), drifted="x").rule == "baselines"


def test_by_hand_at_any_age():
    for model in (None, in_use()):
        assert decided(2, model=model, retrain=True) == Decision("train", "trained by hand", "by_hand")


@pytest.mark.parametrize("model", [None, in_use()], ids=["without a model", "with one"])
@pytest.mark.parametrize("types", [labels(), labels(low=60), labels(low=60, high=29)], ids=["none", "one", "small"])
def test_too_few_customers_train_nothing_even_by_hand(types, model):
    made = decided(4, types, model, retrain=True)
    assert made.status == ("reused" if model else "none") and made.rule == ""
    assert ("no types" if types.empty else "too little history: smallest of") in made.reason


def test_too_few_customers_of_a_type_that_the_model_does_not_know_leave_none():
    assert decided(2, labels(low=60, mid=20), in_use()).status == "none"
