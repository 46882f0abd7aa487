"""What the model said of one customer, why, and how good such answers are: rows of the tables, as facts.

How they are worded is ``card_text``; how they come about is ``latent_type``, ``reasons`` and ``evaluation``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from crm_assets.contracts.feature_table import CUTS
from crm_assets.warehouse import Session

ENOUGH = 50  # predictions that came true or not, before a share of them is told


@dataclass(frozen=True)
class Reason:
    """What one column adds to the margin of the named type."""

    column: str
    value: float | str | None
    contribution: float


@dataclass(frozen=True)
class Prediction:
    """The row of ``new_customer_predictions``; ``base`` + the reasons' contributions + ``rest`` = ``margin``."""

    segment_id: str
    probability: float
    abstained: bool
    probabilities: Mapping[str, float]
    margin: float
    base: float
    reasons: tuple[Reason, ...]
    rest: float
    horizon_days: int
    min_probability: float
    interest: str | None
    interest_source: str | None
    loyalty: str | None
    purchasing_power: str | None
    trained_as_of: date


@dataclass(frozen=True)
class Score:
    """How many of ``base`` answers were right: the model's, and those of who always names one type.

    Attributes:
        majority: the type most frequent in the model's training.
        hindsight: the type that most of them came to have, known only afterwards; None of the cross-check.
    """

    right: float
    majority: float
    hindsight: float | None
    base: int


@dataclass(frozen=True)
class Quality:
    """How often predictions from as many receipts were right.

    Attributes:
        cut: first receipts that the cross-check saw.
        cross: existing customers seen up to ``cut``, each judged by a model that learned from others; None where it
            was not measured.
        stated: the same told the fixed days instead of the true ones, as in use; None where it was not measured.
        later: predictions of earlier months, answered or not, from as many receipts as the customer has, by the models
            of those months, after the days then asked; None where fewer than ``ENOUGH`` are known.
        later_known: how many of these are known.
        later_answered: those among them that the model did not abstain on; None as above.
    """

    cut: str
    cross: Score | None
    stated: tuple[float, int] | None
    later: Score | None
    later_known: int
    later_answered: Score | None


def read_prediction(session: Session, at: Mapping[str, Any]) -> Prediction | None:
    """The prediction of a customer in a month; None where it has none.

    Args:
        at: ``customer`` and ``month``.
    """
    names = [f.name for f in fields(Prediction) if f.name not in ("base", "rest")]
    found = session.rows(
        f"select {', '.join(names)} from new_customer_predictions where month = :month and customer_id = :customer",
        **at,
    )
    if not found:
        return None
    row = dict(zip(names, found[0], strict=True))
    why = json.loads(row["reasons"])
    return Prediction(
        **row
        | {
            "probabilities": json.loads(row["probabilities"]),
            "base": why["base"],
            "reasons": tuple(Reason(**reason) for reason in why["top"]),
            "rest": why["rest"],
        }
    )


def read_quality(session: Session, prediction: Prediction, receipts: int, month: date) -> Quality:
    """The figures that the model had when it was trained, and what became of predictions by the end of the month.

    Args:
        receipts: of the customer.
        month: of the prediction.
    """
    cut, later = str(min(receipts, int(CUTS[-1]))), f"horizon/{receipts}"
    rows = session.rows(
        """select slice, model, metric, value, base from model_metrics
        where metric in ('accuracy', 'accuracy_answered')
            and ((protocol = 'cold_start' and slice = :cut and as_of = :trained)
                or (protocol = 'ablation' and model = 'horizon_stated' and slice = :cut and as_of = :trained)
                or (protocol = 'later_month' and slice = :later and month = :month))""",
        cut=cut,
        trained=prediction.trained_as_of,
        later=later,
        month=month,
    )
    found = {(part, model, metric): (float(value), int(base)) for part, model, metric, value, base in rows}
    known = found.get((later, "latent_type", "accuracy"), (0.0, 0))[1]
    answered = _score(found, later, "accuracy_answered")
    return Quality(
        cut=cut,
        cross=_score(found, cut),
        stated=found.get((cut, "horizon_stated", "accuracy")),
        later=_score(found, later) if known >= ENOUGH else None,
        later_known=known,
        later_answered=answered if answered and answered.base >= ENOUGH else None,
    )


def _score(
    found: Mapping[tuple[str, str, str], tuple[float, int]], part: str, metric: str = "accuracy"
) -> Score | None:
    own, majority, hindsight = (found.get((part, m, metric)) for m in ("latent_type", "majority", "hindsight"))
    if not own or not majority:
        return None
    return Score(own[0], majority[0], hindsight[0] if hindsight else None, own[1])
