"""Attributes that know the outcome because they were filled in after it: how each would betray itself.

An attribute that is written after contact is worth nothing on the day on which a lead comes in, and makes any model
look better than it is. Five signs, each with its reason; a suspicion is no proof, and the reference data may allow
what it finds. Rates and counts are of leads whose outcome is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from crm_assets.files import read_yaml
from crm_assets.leads.folds import stratified
from crm_assets.leads.rates import out_of_fold_rates
from crm_assets.statistics.evidence import wilson

# On X Education, with nothing declared, the strongest columns are the tags of sales 0.92, their judgement of quality
# 0.79, the time on the website 0.76, which is innocent, and the last activity 0.72, which is not: strength alone cannot
# tell these apart, so its mark is a round one above them, and the weaker ones need a name or pure values.
STRONG = 0.8  # ROC-AUC of a single column, out of fold
WEAK = 0.53  # ROC-AUC from which a name counts, if it lies three standard errors above chance besides
TOO_CLOSE = 1e-3  # probability that win rates of other leads would come so close to those of a column's own
LEAST_RATES = 5  # values of a column, to say so
PURE = 0.95  # bound of the share of one outcome among the leads of a value
PURE_LEADS = 0.05  # share of leads that have such a value
ONE_SIDED = 5.0  # how many times more often it is filled for one outcome
FILLED = 0.1  # for that one at least
LEAST = 20  # leads of a value, to say anything of it
BINS = 20  # of numbers
SEVERAL = 3  # leads of an id, from which its rate is asked
GIVEN_AWAY = 0.7  # ROC-AUC of an id's rate among such leads, from which its other leads give a lead away


@dataclass(frozen=True)
class Evidence:
    """What a column tells of the outcome by itself.

    Attributes:
        auc: ROC-AUC of the rates of its values, out of fold; what was not answered is a value.
        pure: the values all but all of whose leads have one outcome, and the share of leads that have one of them.
        filled: share of leads with a value, among those that converted and the others.
        noise: standard error of the AUC of a column that says nothing (Hanley and McNeil 1982).
        closeness: probability that given rates lie so close to those of the leads that have them; 1 for what are none.
    """

    auc: float
    pure: tuple[tuple[str, ...], float]
    filled: tuple[float, float]
    noise: float
    closeness: float


def evidence(column: pd.Series, converted: np.ndarray, *, number: bool, seed: int) -> Evidence:
    """
    Args:
        column: values of leads whose outcome is known; missing where nothing was answered.
        converted: 0 or 1; both occur.
    """
    from sklearn.metrics import roc_auc_score

    values = _binned(column) if number else column.where(column.notna(), "").astype("str")
    codes = pd.factorize(values, sort=True)[0]
    rates = out_of_fold_rates(codes, converted, stratified(converted, 5, seed))
    known = column.notna().to_numpy()
    return Evidence(
        float(roc_auc_score(converted, rates)),
        ((), 0.0) if number else _pure(column, converted),
        (float(known[converted == 1].mean()), float(known[converted == 0].mean())),
        float(np.sqrt((len(converted) + 1) / (12 * converted.sum() * (1 - converted).sum()))),
        _closeness(column, converted) if number else 1.0,
    )


def _closeness(column: pd.Series, converted: np.ndarray) -> float:
    """Whether a column's values are the win rates of its own leads: χ² of the shares that converted against the values,
    by value. Rates of other leads, however right, differ by chance; those made of these outcomes do not."""
    values = column.dropna()
    if values.empty or values.min() < 0 or values.max() > 1:
        return 1.0
    leads = pd.DataFrame({"value": column.to_numpy(), "won": converted}).groupby("value")["won"].agg(["size", "mean"])
    leads = leads[(leads["size"] >= LEAST) & (leads.index > 0) & (leads.index < 1)]
    if len(leads) < LEAST_RATES:
        return 1.0
    said = leads.index.to_numpy()
    distance = (leads["size"] * (leads["mean"] - said) ** 2 / (said * (1 - said))).sum()
    return float(scipy.stats.chi2.cdf(distance, len(leads)))


def _binned(column: pd.Series) -> pd.Series:
    """Numbers as bins of about equally many leads."""
    bins = pd.qcut(column.rank(method="average"), BINS, labels=False, duplicates="drop")
    return bins.where(column.notna(), -1).astype(int).astype("str")


def _pure(column: pd.Series, converted: np.ndarray) -> tuple[tuple[str, ...], float]:
    """Frequent values with one outcome only. That nobody converts is nothing where few do: the base counts."""
    base, found, leads = float(converted.mean()), [], 0
    for value, of in column.dropna().groupby(column.dropna(), sort=True).groups.items():
        own = converted[column.index.get_indexer(of)]
        low, high = wilson(float(own.mean()), len(own))
        won, lost = low >= PURE and base <= 1 - (1 - PURE) * 2, high <= 1 - PURE and base >= (1 - PURE) * 5
        if len(own) >= LEAST and (won or lost):
            found.append((len(own), str(value)))
            leads += len(own)
    return tuple(value for _, value in sorted(found, key=lambda one: (-one[0], one[1]))), leads / len(column)


def suspicious_words(reference: Path) -> frozenset[str]:
    """The words of names that speak of what was known later (``data/reference/lead_leaks.yaml``)."""
    return frozenset(read_yaml(reference / "lead_leaks.yaml")["words"])


def signs(name: str, found: Evidence, words: frozenset[str]) -> Iterator[str]:
    """Why a column is suspected, sign by sign; nothing where it is not."""
    if found.auc >= STRONG:
        yield f"alone it tells outcomes apart (ROC-AUC {found.auc:.2f}, from {STRONG} on suspected)"
    values, share = found.pure
    if share >= PURE_LEADS:
        some = ", ".join(values[:3]) + (" …" if len(values) > 3 else "")
        yield f"{share:.0%} of leads have a value with one outcome only ({some})"
    often, seldom = max(found.filled), min(found.filled)
    if often >= FILLED and often >= ONE_SIDED * seldom:
        which = "that converted" if found.filled[0] > found.filled[1] else "that did not convert"
        yield f"filled for {often:.0%} of leads {which}, for {seldom:.0%} of the others"
    if found.closeness < TOO_CLOSE:
        yield f"its values are the win rates of the leads that have them (closer than chance: {found.closeness:.0e})"
    named = [word for word in _words_of(name) if word in words]
    if named and found.auc >= max(WEAK, 0.5 + 3 * found.noise):
        yield f"its name says {', '.join(named)}, and it tells outcomes apart (ROC-AUC {found.auc:.2f})"


def _words_of(name: str) -> list[str]:
    """The words of a name: last_activity, LastActivity and "Last Activity" have two."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_]+", name)]


def of_an_id(ids: pd.Series, converted: np.ndarray, seed: int) -> tuple[float, int]:
    """Whether the outcomes of an id's other leads give a lead's away: ROC-AUC of the id's rate, out of fold, among the
    leads of ids that have several; and how many leads these are. No AUC where they all have one outcome.

    Args:
        ids: missing where there is none.
    """
    from sklearn.metrics import roc_auc_score

    several = (ids.notna() & (ids.map(ids.value_counts()) >= SEVERAL)).to_numpy()
    if len(np.unique(converted[several])) < 2:
        return float("nan"), int(several.sum())
    codes = pd.factorize(ids[several], sort=True)[0]
    own = converted[several]
    rates = out_of_fold_rates(codes, own, stratified(own, 5, seed))
    return float(roc_auc_score(own, rates)), int(several.sum())


def left_out(reasons: Mapping[str, list[str]], allowed: Mapping[str, str]) -> dict[str, str]:
    """Suspected column → why, without those that the reference data allows."""
    return {name: "suspected: " + "; ".join(found) for name, found in reasons.items() if found and name not in allowed}
