"""A month's attempt at a new model of the latent type: read what it learns from, train, hold it against the one in use.

Whether a month tries at all is ``model_of_month``'s decision; by which rule the better one is told is in ``promotion``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_assets.contracts.feature_table import CUTS
from crm_assets.months import Snapshot, month_of, months_between
from crm_assets.prediction.evaluation import drawn_customers
from crm_assets.prediction.labelled import labelled_rows_of
from crm_assets.prediction.model_of_month import Decision, InUse, Trained, other_columns, train_and_judge
from crm_assets.prediction.promotion import Verdict, answers, falls_short, verdict
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep, Session


@dataclass(frozen=True)
class Attempt:
    """A model trained this month, the cut rows that it learned from, and whether it is used."""

    trained: Trained
    rows: pd.DataFrame
    verdict: Verdict


def attempt(
    session: Session,
    snapshot: Snapshot,
    types: pd.Series,
    decision: Decision,
    in_use: InUse | None,
    settings: Settings,
) -> Attempt:
    """Train on a sample of customers, and judge the model against the one in use."""
    customers = settings.max_training_rows // len(CUTS) - types.nunique()  # rounding may add one of each type
    drawn = drawn_customers(types, customers, folds=settings.evaluation_folds, seed=settings.seed)
    rows = labelled_rows_of(session, snapshot, drawn.index, settings)
    trained = train_and_judge(rows, settings)
    found, unseen, months_in_use, short = None, [], 0, None
    if in_use is not None and _knows_types_of(in_use, trained) and not other_columns(in_use.model, settings):
        found = answers(trained.judged, rows, in_use.model)
        unseen, months_in_use = _unseen(session, snapshot, in_use), months_between(in_use.trained_as_of, snapshot.as_of)
        short = falls_short(in_use.model, trained.model, settings.horizon_days)
    judged = verdict(
        decision, trained.figures, found, unseen, months_in_use=months_in_use, short=short, seed=settings.seed
    )
    return Attempt(trained, rows[rows["cutoff"].isin(CUTS)], judged)


def _knows_types_of(in_use: InUse, trained: Trained) -> bool:
    return set(trained.model.classes) <= set(in_use.model.classes)


def _unseen(session: Session, snapshot: Snapshot, in_use: InUse) -> list[str]:
    """The existing customers who were not existing yet when the model in use was trained.

    Raises:
        OutOfStep: it is not known who was.
    """
    then = month_of(in_use.trained_as_of)
    if not session.scalar(
        "select count(*) from customer_lifecycles where month = :then and lifecycle <> 'new'", then=then
    ):
        raise OutOfStep(
            f"customer_lifecycles has no existing customers of {then:%Y-%m}, when {in_use.path} was trained, so it is "
            f"not known whom the model has learned from. Make the month anew: `crm refresh --months {then:%Y-%m}`."
        )
    found = session.rows(
        """select now.customer_id from customer_lifecycles now
        left join customer_lifecycles known on known.month = :then and known.lifecycle <> 'new'
            and known.customer_id = now.customer_id
        where now.month = :month and now.lifecycle <> 'new' and known.customer_id is null""",
        month=snapshot.month,
        then=then,
    )
    return [customer for (customer,) in found]


def refitted(session: Session, month: date, in_use: InUse | None) -> bool:
    """Whether the month's types were fitted after the model in use was trained."""
    fitted = session.scalar("select max(fitted_as_of) from cluster_models where month = :month", month=month)
    return in_use is not None and fitted is not None and fitted > in_use.trained_as_of


def status_of(attempt: Attempt, in_use: InUse | None) -> str:
    """``none`` where the new model is not used and there is no other that knows the types of today."""
    if attempt.verdict.promoted:
        return "trained"
    return "kept" if in_use is not None and _knows_types_of(in_use, attempt.trained) else "none"


def registry_row(status: str, reason: str, in_use: InUse | None, attempt: Attempt | None) -> dict[str, object]:
    """The row of ``lightgbm_model``, without month and as_of."""
    model = in_use.model if in_use else None
    return {
        "status": status,
        "reason": reason,
        "trained_as_of": pd.Timestamp(in_use.trained_as_of) if in_use else pd.NaT,
        "customers": model.customers if model else 0,
        "rows": model.rows if model else 0,
        "features": ",".join(model.features) if model else "",
        "unavailable": ",".join(model.unavailable) if model else "",
        "challenger_macro_f1": attempt.verdict.challenger if attempt else None,
        "incumbent_macro_f1": attempt.verdict.incumbent if attempt else None,
        "compared_customers": attempt.verdict.customers if attempt else 0,
        "path": in_use.path if in_use else None,
        "sha256": in_use.sha256 if in_use else None,
    }
