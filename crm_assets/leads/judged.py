"""How the models of leads are compared, chosen and judged, and where none of that looks at what is reported.

The known leads are dealt into folds. For each fold a model learns from all but two, its probabilities are calibrated
and its threshold set on one (validation), and it is judged on the other. Of the candidates the one with the highest
PR-AUC on the validation leads is taken; within a fold by that fold's own validation leads, so that no lead has a part
in the choice by which it is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crm_assets.leads.figures import best_threshold, figures
from crm_assets.leads.folds import FOLDS, grouped_if_enough
from crm_assets.leads.learners import CANDIDATES, PRIOR, Line, Trees, fit, reads_text
from crm_assets.leads.matrix import Encoder, learn
from crm_assets.leads.texts import LEAST_TEXT_SHARE

SERVED = "model"


@dataclass(frozen=True)
class KnownLeads:
    """Leads whose outcome is known, an entry per lead in one order.

    Attributes:
        features: by name; the index is the lead's id. kinds: feature → number, category, joined, rate or text.
        messages: terms of each, none where there is none. converted: 0 or 1.
        company, owner: missing where there is none.
    """

    features: pd.DataFrame
    kinds: dict[str, str]
    messages: np.ndarray
    converted: np.ndarray
    company: pd.Series
    owner: pd.Series

    def __len__(self) -> int:
        return len(self.converted)

    def take(self, which: np.ndarray) -> KnownLeads:
        return KnownLeads(
            self.features[which], self.kinds, self.messages[which], self.converted[which], self.company[which],
            self.owner[which],
        )  # fmt: skip

    @property
    def candidates(self) -> tuple[str, ...]:
        """Those with text only where there is text."""
        has_text = float(np.mean([bool(terms) for terms in self.messages])) >= LEAST_TEXT_SHARE if len(self) else False
        return tuple(name for name in CANDIDATES if has_text or not reads_text(name))


@dataclass(frozen=True)
class Calibration:
    """Log-odds of a model → those of a probability that means what it says (Platt 1999)."""

    slope: float
    intercept: float

    def probability(self, margins: np.ndarray) -> np.ndarray:
        return expit(self.slope * margins + self.intercept)


@dataclass(frozen=True)
class Judged:
    """What one split of the known leads says.

    Attributes:
        validation: candidate → mean PR-AUC on the validation leads.
        margins, probability, predicted: candidate, or ``model`` for the one taken in each fold → (leads,) of the model
            that had not seen the lead.
        taken: candidate of each fold. validated: candidate → (leads,) margins on the validation leads.
    """

    validation: dict[str, float]
    probability: dict[str, np.ndarray]
    predicted: dict[str, np.ndarray]
    taken: tuple[str, ...]
    validated: dict[str, np.ndarray]

    @property
    def best(self) -> str:
        """The candidate with the highest PR-AUC on validation leads; of equal ones the simpler."""
        return max(self.validation, key=lambda name: (self.validation[name], -CANDIDATES.index(name)))


NOTHING = Encoder((), {}, {}, 0.0, {})


@dataclass(frozen=True)
class Fitted:
    """A candidate that has learned, and the columns that it reads of a matrix with all of them."""

    encoder: Encoder
    columns: np.ndarray
    model: Line | Trees


def fit_all(leads: KnownLeads, candidates: Sequence[str], seed: int) -> tuple[Encoder, dict[str, Fitted]]:
    """The candidates, learned from all leads given, and the encoder of a matrix that holds what each of them reads.
    Companies stay together in the folds of the rates, where there are enough of them for folds."""
    folds = grouped_if_enough(leads.company, leads.converted, FOLDS, seed)
    with_text = any(map(reads_text, candidates))
    whole, x = learn(leads.features, leads.kinds, leads.messages, leads.converted, folds, with_text=with_text)
    found, is_text = {}, whole.is_text(leads.kinds)
    for name in candidates:
        columns = ~is_text | reads_text(name) if name != PRIOR else np.zeros(x.shape[1], dtype=bool)
        own = NOTHING if name == PRIOR else whole if reads_text(name) else whole.without_text(leads.kinds)
        found[name] = Fitted(own, columns, fit(name, x[:, columns], leads.converted, seed))
    return whole, found


def judged(leads: KnownLeads, folds: np.ndarray, seed: int, candidates: Sequence[str] | None = None) -> Judged:
    """
    Args:
        folds: of each lead, 0 … FOLDS − 1, each of which has leads of both outcomes.
        candidates: that are compared; none = all that the leads allow.
    """
    names = tuple(candidates or leads.candidates)
    validated = {name: np.empty(len(leads)) for name in names}
    probability = {name: np.empty(len(leads)) for name in (*names, SERVED)}
    predicted = {name: np.zeros(len(leads), dtype=bool) for name in (*names, SERVED)}
    scores: dict[str, list[float]] = {name: [] for name in names}
    taken = []
    for fold in range(FOLDS):
        held, aside = folds == fold, folds == (fold + 1) % FOLDS
        whole, learned = fit_all(leads.take(~held & ~aside), names, seed)
        x, truth = whole.matrix(leads.features, leads.messages), leads.converted[aside]
        for name, one in learned.items():
            validated[name][aside] = one.model.margins(x[aside][:, one.columns])
            scale = calibrated(validated[name][aside], truth)
            likely = scale.probability(validated[name][aside])
            scores[name].append(pr_auc(likely, truth))
            probability[name][held] = scale.probability(one.model.margins(x[held][:, one.columns]))
            predicted[name][held] = probability[name][held] >= best_threshold(likely, truth)
        best = max(names, key=lambda name: (scores[name][-1], -CANDIDATES.index(name)))
        probability[SERVED][held], predicted[SERVED][held] = probability[best][held], predicted[best][held]
        taken.append(best)
    means = {name: float(np.mean(found)) for name, found in scores.items()}
    return Judged(means, probability, predicted, tuple(taken), validated)


def calibrated(margins: np.ndarray, converted: np.ndarray) -> Calibration:
    """Of a model that says the same of all, or whose order the leads turn round, the base rate."""
    base = Calibration(0.0, float(logit(np.clip(converted.mean(), 1e-6, 1 - 1e-6))))
    if np.ptp(margins) < 1e-9:
        return base
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=1e6, solver="newton-cholesky").fit(margins[:, None], converted)
    slope = float(found.coef_[0, 0])
    return Calibration(slope, float(found.intercept_[0])) if slope > 0 else base


def pr_auc(probability: np.ndarray, converted: np.ndarray) -> float:
    """Average precision of the converted."""
    return float(figures(probability, np.zeros(len(converted), dtype=bool), converted)["pr_auc"][0])
