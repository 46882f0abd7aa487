"""What the model said of one customer, why, and how good such answers are: rows of the tables, as facts.

How they are worded is ``card_text``; how they come about is ``latent_type``, ``reasons`` and ``evaluation``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from crm_assets.model_rows import CUTS
from crm_assets.warehouse import Session

ENOUGH = 50  # customers whose predictions came true or not, before a share of them is told


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
    interest: str | None
    interest_source: str | None
    loyalty: str | None
    purchasing_power: str | None
    trained_as_of: date


@dataclass(frozen=True)
class Score:
    """Figures of a model on first receipts of customers that it was not trained on."""

    accuracy: float
    macro_f1: float
    base: int


@dataclass(frozen=True)
class Floor:
    """What becomes of answers that are given only from a probability on."""

    floor: float
    accuracy: float
    answered: float


@dataclass(frozen=True)
class Quality:
    """How good such answers are.

    Attributes:
        cut: number of first receipts that the scores are of.
        scores: by model: the model itself and the baselines.
        as_sure: answers at least as sure as this one; none where nobody was answered so.
        near: stated probability, and share that was right, of the tenth of answers nearest to this one.
        later: share of the predictions of earlier months that came true after the days asked, and of how many
            customers; None where too few are known yet.
    """

    cut: str
    scores: Mapping[str, Score]
    as_sure: Floor | None
    near: tuple[float, float] | None
    later: tuple[float, int] | None


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
    later = session.rows(
        """select value, base from model_metrics where month = :month and protocol = 'later_month'
        and model = 'latent_type' and slice = 'horizon/all' and metric = 'accuracy' and base >= :enough""",
        month=month,
        enough=ENOUGH,
    )
    rows = session.rows(
        """select protocol, model, slice, metric, value, base from model_metrics
        where as_of = :trained and model in ('latent_type', 'majority', 'prior')
            and protocol in ('cold_start', 'calibration', 'abstention')
        order by protocol, model, slice, metric""",
        trained=prediction.trained_as_of,
    )
    cut = str(min(receipts, int(CUTS[-1])))
    scores: dict[str, dict[str, float]] = {}
    judged: dict[str, dict[str, dict[str, float]]] = {"calibration": {}, "abstention": {}}
    for protocol, model, part, metric, value, base in rows:
        if protocol == "cold_start" and part == cut:
            scores.setdefault(model, {"base": base})[metric] = value
        elif protocol in judged:
            judged[protocol].setdefault(part, {})[metric] = value
    sure = [
        Floor(float(part), found["accuracy"], found["answered"])
        for part, found in judged["abstention"].items()
        if "accuracy" in found and float(part) <= prediction.probability
    ]
    bins = [(found["stated"], found["right"]) for found in judged["calibration"].values() if "stated" in found]
    return Quality(
        cut=cut,
        scores={model: Score(**found) for model, found in scores.items()},
        as_sure=max(sure, key=lambda s: s.floor, default=None),
        near=min(bins, key=lambda b: abs(b[0] - prediction.probability), default=None),
        later=(float(later[0][0]), int(later[0][1])) if later else None,
    )
