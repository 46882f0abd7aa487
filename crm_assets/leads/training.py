"""Training the model of leads, and the figures that are told of it.

Judged by company where leads have companies, else at random: that split chooses the candidate, calibrates, sets the
threshold and gives the out-of-fold scores. The other splits are for the figures only: of the base rate, the logistic
regression and the one that was chosen, which was chosen by the same leads.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.leads.figures import best_threshold, figures, interval, resampled, rows_of
from crm_assets.leads.folds import FOLDS, grouped, stratified
from crm_assets.leads.judged import SERVED, Judged, KnownLeads, calibrated, fit_all, judged
from crm_assets.leads.lead_model import LeadModel
from crm_assets.leads.learners import LOGISTIC, PRIOR, TREES, WITH_TEXT

RANDOM, COMPANY, OWNER = "random", "company", "owner"
PROTOCOL = {RANDOM: "lead_random", COMPANY: "lead_company", OWNER: "lead_owner"}
VALIDATION = "lead_validation"
LEAST_GROUPS = 4 * FOLDS  # companies, or sales people, without which there is no split by them
WITH_INTERVAL = ("pr_auc", "roc_auc", "f1", "lift_top_decile")


def splits_of(leads: KnownLeads, seed: int) -> dict[str, np.ndarray]:
    """Split → fold of each lead; those that the leads have groups for. The first is the one that chooses."""
    found = {}
    for name, groups in ((COMPANY, leads.company), (OWNER, leads.owner)):
        folds = grouped(groups, leads.converted, FOLDS, seed)
        if groups.nunique() >= LEAST_GROUPS and _has_both(folds, leads.converted):
            found[name] = folds
    at_random = {RANDOM: stratified(leads.converted, FOLDS, seed)}
    return {**found, **at_random} if COMPANY in found else {**at_random, **found}


def _has_both(folds: np.ndarray, converted: np.ndarray) -> bool:
    return all(0 < converted[folds == fold].sum() < (folds == fold).sum() for fold in range(FOLDS))


def train(leads: KnownLeads, *, trained_as_of: str, seed: int) -> tuple[LeadModel, list[dict[str, object]]]:
    """The model, and rows of ``model_metrics`` without month and as_of.

    Args:
        leads: known ones; enough of either outcome for every fold.
    """
    told: list[dict[str, object]] = []
    chosen: Judged | None = None
    split = RANDOM
    for name, folds in splits_of(leads, seed).items():
        # The other splits tell what becomes of the one that was chosen; all candidates once more would tell no more.
        compared = None if chosen is None else tuple(dict.fromkeys((PRIOR, LOGISTIC, chosen.best)))
        found = judged(leads, folds, seed, compared)
        told += metrics(found, leads, name, seed)
        if chosen is None:
            chosen, split = found, name
    if chosen is None:
        raise ValueError("no split of the leads: at least one lead of either outcome is needed in every fold")
    best = chosen.best
    scale = calibrated(chosen.validated[best], leads.converted)
    learned = fit_all(leads, [best], seed)[1][best]
    out_of_fold = zip(chosen.probability[SERVED].tolist(), chosen.predicted[SERVED].tolist(), strict=True)
    made = LeadModel(
        trained_as_of=trained_as_of,
        candidate=best,
        split=split,
        rows=len(leads),
        converted_share=float(leads.converted.mean()),
        kinds=dict(leads.kinds),
        encoder=learned.encoder,
        fitted=learned.model,
        calibration=scale,
        threshold=best_threshold(scale.probability(chosen.validated[best]), leads.converted),
        out_of_fold=dict(zip(map(str, leads.features.index), out_of_fold, strict=True)),
    )
    return made, told


def metrics(found: Judged, leads: KnownLeads, split: str, seed: int) -> list[dict[str, object]]:
    """Figures of a split: of each candidate and of ``model``, the one taken by each fold's validation leads; with
    intervals for the served one and for what text, and what the served one, adds."""
    protocol, base, told = PROTOCOL[split], len(leads), []
    resamples = resampled(_units(leads, split), seed)
    spread: dict[str, dict[str, np.ndarray]] = {}
    for name, probability in found.probability.items():
        here = figures(probability, found.predicted[name], leads.converted)
        told += rows_of(name, protocol, "all", {metric: values[0] for metric, values in here.items()}, base)
        spread[name] = figures(probability, found.predicted[name], leads.converted, resamples)
    for metric in WITH_INTERVAL:
        low, high = interval(spread[SERVED][metric])
        told += rows_of(SERVED, protocol, "all", {f"{metric}_low": low, f"{metric}_high": high}, base)
    for name, better, worse in GAINS:
        if better in spread and worse in spread:
            told += rows_of(name, protocol, "all", _gain(found, leads, spread, better, worse), base)
    for name, value in found.validation.items():
        told += rows_of(name, VALIDATION, split, {"pr_auc": value}, base)
    return told


GAINS = (  # what is told as a model of its own: how much better one is than another, on the same leads
    ("text_in_lightgbm", TREES + WITH_TEXT, TREES),
    ("text_in_logistic", LOGISTIC + WITH_TEXT, LOGISTIC),
    ("model_over_logistic", SERVED, LOGISTIC),
    ("model_over_prior", SERVED, PRIOR),
)


def _gain(found: Judged, leads: KnownLeads, spread: dict, better: str, worse: str) -> dict[str, float]:
    """Difference of PR-AUC with its interval, from the same resamples."""
    one, other = (
        figures(found.probability[name], found.predicted[name], leads.converted)["pr_auc"][0]
        for name in (better, worse)
    )
    low, high = interval(spread[better]["pr_auc"] - spread[worse]["pr_auc"])
    return {"pr_auc_gain": one - other, "pr_auc_gain_low": low, "pr_auc_gain_high": high}


def _units(leads: KnownLeads, split: str) -> np.ndarray:
    """What is drawn anew for the intervals: leads, or the groups by which they were dealt into folds."""
    if split == RANDOM:
        return np.arange(len(leads))
    groups = leads.company if split == COMPANY else leads.owner
    codes, names = pd.factorize(groups)
    return np.where(codes < 0, len(names) + np.cumsum(codes < 0) - 1, codes)
