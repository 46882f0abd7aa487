"""Whether a month trains a model of the latent type, and why; and what training gives: the model and its figures.

Months read the newest model with trained_as_of not after them. Training itself is ``latent_type``, its figures are
``evaluation``'s; whether the new model takes the place of the one in use is ``promotion``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date

import pandas as pd

from crm_assets.contracts.feature_table import CUTS
from crm_assets.months import months_between
from crm_assets.prediction import calibration
from crm_assets.prediction.ablation import ablation
from crm_assets.prediction.boosting import COMMON, LEARNERS, LIGHTGBM_VERSION
from crm_assets.prediction.calibration import calibrated, temperature
from crm_assets.prediction.evaluation import MODEL, drawn_customers, figures, out_of_fold, types_of, whole_histories
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows
from crm_assets.prediction.model_rows import EXPOSURE, fingerprint, recipe_of
from crm_assets.settings import Settings

OF_MODEL = (  # settings that a model's file names
    "model_features",
    "date_columns",
    "new_customer_max_receipts",
    "max_training_rows",
    "max_evaluation_customers",
    "evaluation_folds",
    "seed",
)


@dataclass(frozen=True)
class InUse:
    """The model of an earlier month."""

    model: LatentTypeModel
    trained_as_of: date
    path: str
    sha256: str


@dataclass(frozen=True)
class Decision:
    """What a month does, and why.

    Attributes:
        status: ``train``, ``reused`` or ``none``.
        rule: of a training, what the new model must do to be used (``promotion``): beat the model in use
            (``comparison``) or the ``baselines``, or nothing (``by_hand``).
    """

    status: str
    reason: str
    rule: str = ""


@dataclass(frozen=True)
class Trained:
    """A model that was just trained.

    Attributes:
        judged: what models like it say of customers that they were not trained on (``evaluation.out_of_fold``).
        figures: rows of ``model_metrics``.
    """

    model: LatentTypeModel
    judged: pd.DataFrame
    figures: pd.DataFrame


def decide(
    labels: pd.Series,
    in_use: InUse | None,
    last_attempt: date | None,
    settings: Settings,
    as_of: date,
    drifted: str | None = None,
    *,
    refitted: bool = False,
) -> Decision:
    """Train when the last attempt is old, the types, columns or new customers are others than those of the model in
    use, or by hand; never on too few customers.

    Args:
        labels: segment_id of every existing customer, indexed by customer_id.
        last_attempt: as_of of the newest month that trained, whether the model was used or not.
        drifted: the columns of new customers that have moved since the model in use was trained, in words.
        refitted: whether the types were fitted anew since then. One that nobody has any more is then gone; without a
            refit it may be empty for a month.
    """
    wanted = _asked_for(labels, in_use, last_attempt, settings, as_of, drifted, refitted)
    if wanted is None:
        age = _months(months_between(in_use.trained_as_of, as_of))
        return Decision("reused", f"trained as of {in_use.trained_as_of}, {age} old")
    sizes = labels.value_counts()
    needed = max(settings.min_customers_per_type, settings.evaluation_folds)
    if len(sizes) < 2 or sizes.min() < needed:
        short = "the month has no types"
        if len(sizes):
            short = f"too little history: smallest of {len(sizes)} types has {int(sizes.min())} existing customers"
        if in_use is not None and set(sizes.index) <= set(in_use.model.classes):
            return Decision("reused", f"{wanted.reason}, but {short}")
        return Decision(
            "none", f"{short}, {needed} are needed" if len(sizes) else f"{short}, so there is nothing to learn"
        )
    return wanted


def _asked_for(
    labels: pd.Series,
    in_use: InUse | None,
    last_attempt: date | None,
    settings: Settings,
    as_of: date,
    drifted: str | None,
    refitted: bool,
) -> Decision | None:
    """Why a model is to be trained, if there are customers enough; None when it is not."""
    if settings.retrain:
        return Decision("train", "trained by hand", "by_hand")
    if in_use is None:
        return Decision("train", "first model", "baselines")
    types, known = set(labels.unique()), set(in_use.model.classes)
    if not types <= known or (refitted and types != known):
        return Decision("train", "the types have changed", "baselines")
    if drifted:  # what the model in use says of existing customers is no news of these: it is not for them
        return Decision("train", f"drift of {drifted}", "baselines")
    tried = last_attempt or in_use.trained_as_of
    waited, every = months_between(tried, as_of), settings.retrain_every_months
    if other_columns(in_use.model, settings) and (waited >= every or tried == in_use.trained_as_of):
        return Decision("train", "the columns have changed", "baselines")
    if waited < every:
        return None
    what = "the model is" if tried == in_use.trained_as_of else "the last attempt is"
    return Decision("train", f"{what} {_months(waited)} old, retrain_every_months is {every}", "comparison")


def other_columns(model: LatentTypeModel, settings: Settings) -> bool:
    """Whether the settings ask for other columns than those that the model was offered."""
    return {*model.features, *model.unavailable} - {EXPOSURE} != set(recipe_of(settings).columns)


def _months(count: int) -> str:
    return "1 month" if count == 1 else f"{count} months"


def train_and_judge(rows: pd.DataFrame, settings: Settings) -> Trained:
    """The model for cold start, and its figures under both protocols.

    Args:
        rows: of ``labelled_rows``, every cut-off; of at most ``max_training_rows / 3`` customers.
    """
    recipe, seed = recipe_of(settings), settings.seed
    cut = rows[rows["cutoff"].isin(CUTS)]
    types = drawn_customers(
        types_of(rows), settings.max_evaluation_customers, folds=settings.evaluation_folds, seed=seed
    )
    sample = rows[rows["customer_id"].isin(types.index)]
    # Side by side: each fits on one thread, and LightGBM lets go of Python's lock while it does. The longest first, so
    # that two cores end together (15,000 customers: 2.9, 2.4, 2.0 and 1.0 s).
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        variants = pool.submit(ablation, rows, settings)
        judged = pool.submit(out_of_fold, sample, recipe, folds=settings.evaluation_folds, seed=seed)
        model = pool.submit(fit_rows, cut, recipe, seed=seed)
        whole = pool.submit(whole_histories, sample, seed=seed)
    found = [
        *figures(whole.result(), "seed", seed=seed),
        *figures(judged.result(), "cold_start", seed=seed),
        *calibration.figures(calibrated(judged.result())),
        *variants.result(),
    ]
    said = {f"{f['protocol']}/{f['slice']}/{f['metric']}": f["value"] for f in found if f["model"] == MODEL}
    made = replace(
        model.result(),
        trained_as_of=f"{rows['as_of'].max():%Y-%m-%d}",
        temperature=temperature(judged.result()),
        settings={
            **settings.model_dump(include=set(OF_MODEL)),
            "learner": asdict(LEARNERS[recipe.learner]),
            "lightgbm": COMMON,
            "lightgbm_version": LIGHTGBM_VERSION,
        },
        fingerprint=fingerprint(cut, recipe.names),
        metrics=said,
    )
    return Trained(made, judged.result(), pd.DataFrame(found))
