"""The models of leads that are compared: the base rate, a logistic regression, trees; each but the first with and
without the text. All get the same columns, and each says what a column adds to its log-odds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from crm_assets.boosters import load_lightgbm

PRIOR, LOGISTIC, TREES = "prior", "logistic", "lightgbm"
WITH_TEXT = "_text"
CANDIDATES = (PRIOR, LOGISTIC, LOGISTIC + WITH_TEXT, TREES, TREES + WITH_TEXT)  # the simpler first
INVERSE_STRENGTH = 0.03
TREE_COUNT = 150
TREE_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_child_samples": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,  # a model's text must not depend on the machine
    "verbosity": -1,
}
SEEDS = ("seed", "bagging_seed", "feature_fraction_seed", "data_random_seed", "extra_seed")


@dataclass(frozen=True)
class Line:
    """Weights of columns in standard deviations; what is missing counts as the mean. The base rate has no weights."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """(leads, columns + 1) what each column adds to the log-odds; the last is what all have."""
        if not self.weights:
            return np.concatenate([np.zeros_like(x), np.full((len(x), 1), self.intercept)], axis=1)
        parts = np.nan_to_num((x - np.array(self.means)) / np.array(self.scales)) * np.array(self.weights)
        return np.concatenate([parts, np.full((len(x), 1), self.intercept)], axis=1)

    def margins(self, x: np.ndarray) -> np.ndarray:
        """(leads,) log-odds."""
        return self.contributions(x).sum(axis=1)


@dataclass(frozen=True)
class Trees:
    """LightGBM's trees, as its text."""

    text: str

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """As ``Line.contributions`` (Lundberg et al. 2020, TreeSHAP, as LightGBM has it)."""
        return np.asarray(load_lightgbm().Booster(model_str=self.text).predict(x, pred_contrib=True, num_threads=1))

    def margins(self, x: np.ndarray) -> np.ndarray:
        """(leads,) log-odds."""
        return np.asarray(load_lightgbm().Booster(model_str=self.text).predict(x, raw_score=True, num_threads=1))


def reads_text(candidate: str) -> bool:
    return candidate.endswith(WITH_TEXT)


def fit(candidate: str, x: np.ndarray, converted: np.ndarray, seed: int) -> Line | Trees:
    """
    Args:
        converted: 0 or 1; both occur.
    """
    return _FITS[candidate.removesuffix(WITH_TEXT)](x, converted, seed)


def _prior(x: np.ndarray, converted: np.ndarray, seed: int) -> Line:
    return Line((), (), (), float(logit(converted.mean())))


def _logistic(x: np.ndarray, converted: np.ndarray, seed: int) -> Line:
    known = np.isfinite(x)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, x, 0).sum(axis=0) / count
    scales = np.sqrt((np.where(known, x - means, 0) ** 2).sum(axis=0) / count)
    scales = np.where(scales > 1e-9, scales, 1.0)
    if not x.shape[1]:
        return _prior(x, converted, seed)
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=INVERSE_STRENGTH, solver="newton-cholesky").fit(
        np.nan_to_num((x - means) / scales), converted
    )
    return Line(*(tuple(map(float, v)) for v in (means, scales, found.coef_[0])), float(found.intercept_[0]))


def _trees(x: np.ndarray, converted: np.ndarray, seed: int) -> Line | Trees:
    if not x.shape[1]:
        return _prior(x, converted, seed)
    lgb = load_lightgbm()
    data = lgb.Dataset(x, converted, feature_name=[f"c{place}" for place in range(x.shape[1])])
    given = {**TREE_PARAMETERS, **dict.fromkeys(SEEDS, seed)}
    return Trees(lgb.train(given, data, num_boost_round=TREE_COUNT).model_to_string())


_FITS: dict[str, Callable[[np.ndarray, np.ndarray, int], Line | Trees]] = {
    PRIOR: _prior,
    LOGISTIC: _logistic,
    TREES: _trees,
}
