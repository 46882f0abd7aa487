"""Which model of the latent type a month uses, and why: trained anew, reused, or none.

Months read the newest model with trained_as_of not after them. Training itself is ``latent_type``, its figures are
``evaluation``'s.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_assets.evaluation import evaluate
from crm_assets.latent_type import LatentTypeModel, train
from crm_assets.months import months_between
from crm_assets.settings import Settings


@dataclass(frozen=True)
class InUse:
    """The model of an earlier month."""

    model: LatentTypeModel
    trained_as_of: date
    path: str
    sha256: str


@dataclass(frozen=True)
class Decision:
    """What a month does: ``trained``, ``reused`` or ``none``, and why."""

    status: str
    reason: str


def decide(labels: pd.Series, previous: InUse | None, settings: Settings, as_of: date) -> Decision:
    """Train anew when the model is old, its types are others than today's, or by hand; never on too few customers.

    Args:
        labels: segment_id of every existing customer, indexed by customer_id.
    """
    sizes = labels.value_counts()
    age = None if previous is None else months_between(previous.trained_as_of, as_of)
    if previous is None:
        why = "first model"
    elif settings.retrain:
        why = "trained by hand"
    elif not set(sizes.index) <= set(previous.model.classes):
        why = "the types have changed"
    elif age >= settings.retrain_every_months:
        why = f"the model is {_months(age)} old, retrain_every_months is {settings.retrain_every_months}"
    else:
        return Decision("reused", f"trained as of {previous.trained_as_of}, {_months(age)} old")
    needed = max(settings.min_customers_per_type, settings.evaluation_folds)
    if len(sizes) < 2 or sizes.min() < needed:
        short = "the month has no types"
        if len(sizes):
            short = f"too little history: smallest of {len(sizes)} types has {int(sizes.min())} existing customers"
        if previous is not None and set(sizes.index) <= set(previous.model.classes):
            return Decision("reused", f"{why}, but {short}")
        return Decision(
            "none", f"{short}, {needed} are needed" if len(sizes) else f"{short}, so there is nothing to learn"
        )
    return Decision("trained", why)


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def train_and_judge(
    features: pd.DataFrame, labels: pd.Series, settings: Settings
) -> tuple[LatentTypeModel, pd.DataFrame]:
    """The model for cold start, and its figures under both protocols."""
    # Side by side: each fits on one thread, and LightGBM lets go of Python's lock while it does.
    with ThreadPoolExecutor(max_workers=2) as pool:
        model = pool.submit(train, features, labels, seed=settings.seed, max_rows=settings.max_training_rows)
        figures = pool.submit(
            evaluate,
            features,
            labels,
            folds=settings.evaluation_folds,
            seed=settings.seed,
            max_customers=settings.max_evaluation_customers,
        )
        return model.result(), figures.result()
