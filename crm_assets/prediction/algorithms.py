"""The classifiers that are compared: how each is fitted on a matrix, on one thread, and asked.

All get the same matrix, in which a missing value is NaN, and the same weights of rows. What a fit costs is
``fit_cost``'s, how good it is ``model_comparison``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from crm_assets.prediction.boosting import LEARNERS, THREADS, boost, rarity_weights

Answers = Callable[[np.ndarray], np.ndarray]  # (rows, columns) → the class of every row


@dataclass(frozen=True)
class Algorithm:
    """A classifier.

    Attributes:
        package: that it needs; one that is not installed is left out.
        module: of the package, in which the classifier is.
        fit: of a matrix (rows, columns), the rows' classes (0 …, each of them there), a seed, the name of the recipe's
            learner (whose weights all have, and whose trees LightGBM has), and the parameters.
        parameters: chosen on Online Retail, among those that need about half a second a fit.
        briefly: parameters of a first, small fit, which only wakes the library.
    """

    package: str
    module: str
    fit: Callable[..., Answers]
    parameters: Mapping[str, Any]
    briefly: Mapping[str, Any]


def _weights(codes: np.ndarray, learner: str) -> np.ndarray:
    """The weights that the learner of the recipe gives: the same for every algorithm."""
    return rarity_weights(codes, LEARNERS[learner].rarity_power)


def _lightgbm(x: np.ndarray, codes: np.ndarray, seed: int, learner: str) -> Answers:
    names = [f"column_{place}" for place in range(x.shape[1])]
    booster = boost(x, codes, LEARNERS[learner], names=names, seed=seed)
    return lambda asked: booster.predict(asked, raw_score=True, num_threads=THREADS).argmax(axis=1)


def _random_forest(x: np.ndarray, codes: np.ndarray, seed: int, learner: str, **parameters: Any) -> Answers:
    forest = import_module("sklearn.ensemble").RandomForestClassifier(random_state=seed, n_jobs=THREADS, **parameters)
    return forest.fit(x, codes, sample_weight=_weights(codes, learner)).predict


def _catboost(x: np.ndarray, codes: np.ndarray, seed: int, learner: str, **parameters: Any) -> Answers:
    trees = import_module("catboost").CatBoostClassifier(
        loss_function="MultiClass",
        random_seed=seed,
        thread_count=THREADS,
        allow_writing_files=False,
        verbose=False,
        **parameters,
    )
    trees.fit(x, codes, sample_weight=_weights(codes, learner))
    return lambda asked: np.asarray(trees.predict(asked)).reshape(-1)


# Macro-F1 on the first 1 / 2 / 3 receipts, 3 x 3 folds of 1,438 customers, the seed's columns: a forest of 100 trees
# 0.38 / 0.41 / 0.46 with leaves of 1 row, 0.38 / 0.43 / 0.47 of 5, 200 trees no better; CatBoost 0.38 / 0.44 / 0.47
# at a depth of 4, and at twice the seconds 0.39 / 0.44 / 0.47 at 6, 0.38 / 0.43 / 0.48 with 200 trees.
ALGORITHMS: dict[str, Algorithm] = {
    "lightgbm": Algorithm("lightgbm", "lightgbm", _lightgbm, {}, {}),  # the project's own
    "random_forest": Algorithm(
        "scikit-learn",
        "sklearn.ensemble",
        _random_forest,
        {"n_estimators": 100, "max_features": "sqrt", "min_samples_leaf": 5},
        {"n_estimators": 2},
    ),
    "catboost": Algorithm(
        "catboost",
        "catboost",
        _catboost,
        {"iterations": 100, "learning_rate": 0.1, "depth": 4},
        {"iterations": 2},
    ),
}


def installed() -> dict[str, str]:
    """The algorithms that can be fitted here, with the versions of their packages."""
    found = {}
    for name, algorithm in ALGORITHMS.items():
        with suppress(PackageNotFoundError):
            found[name] = version(algorithm.package)
    return found
