"""Which model of the latent type a month uses, and why: trained anew, reused, or none.

Months read the newest model with trained_as_of not after them. Training itself is ``latent_type``, its figures are
``evaluation``'s.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date

import pandas as pd

from crm_assets import calibration
from crm_assets.ablation import ablation
from crm_assets.calibration import calibrated, temperature
from crm_assets.evaluation import MODEL, drawn_customers, figures, out_of_fold, types_of, whole_histories
from crm_assets.latent_type import LEARNERS, LatentTypeModel, fit_rows
from crm_assets.model_rows import CUTS, fingerprint, recipe_of
from crm_assets.months import months_between
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
    """What a month does: ``trained``, ``reused`` or ``none``, and why."""

    status: str
    reason: str


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
    # Side by side: each fits on one thread, and LightGBM lets go of Python's lock while it does.
    with ThreadPoolExecutor(max_workers=2) as pool:
        model = pool.submit(fit_rows, cut, recipe, seed=seed)
        judged = pool.submit(out_of_fold, sample, recipe, folds=settings.evaluation_folds, seed=seed)
        whole = pool.submit(whole_histories, sample, seed=seed)
        variants = pool.submit(ablation, rows, settings)
    found = [
        *figures(whole.result(), "seed", seed=seed),
        *figures(judged.result(), "cold_start", seed=seed),
        *calibration.figures(calibrated(judged.result())),
        *variants.result(),
    ]
    said = {f"{f['protocol']}/{f['slice']}/{f['metric']}": f["value"] for f in found if f["model"] == MODEL}
    made = replace(
        model.result(),
        temperature=temperature(judged.result()),
        settings={
            **settings.model_dump(include=set(OF_MODEL)),
            "learner": asdict(LEARNERS[recipe.learner]),
        },
        fingerprint=fingerprint(cut, recipe.names),
        metrics=said,
    )
    return Trained(made, judged.result(), pd.DataFrame(found))
