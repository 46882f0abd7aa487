"""How a booster of the latent type is grown: LightGBM's parameters, the weights of the rows, its trees from a matrix.

Numbers in, trees out: which rows and columns these are is ``model_rows``, what a booster is kept with ``latent_type``.
Nothing of the tables is imported here: the small process of ``fit_cost`` starts with this (1.6 s instead of 1.9 s).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from crm_assets.boosters import load_lightgbm

if TYPE_CHECKING:
    from lightgbm import Booster

LIGHTGBM_VERSION = version("lightgbm")
# Fixed, so that a model's text does not depend on the machine. One, because a second thread that waits for a busy core
# costs far more than it gains: 3 folds of 12,000 customers took 17 s with one thread, 24 s to 159 s with two.
THREADS = 1

COMMON = {
    "objective": "multiclass",
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": THREADS,
    "verbosity": -1,
}
SEEDS = ("seed", "bagging_seed", "feature_fraction_seed", "data_random_seed", "extra_seed")


@dataclass(frozen=True)
class Learner:
    """How a booster is trained.

    Attributes:
        parameters: LightGBM's, beside ``COMMON``.
        trees: per class.
        rarity_power: the weight of a row is (mean size of a type / size of its type) to this power.
    """

    parameters: Mapping[str, Any]
    trees: int
    rarity_power: float


# small_trees was chosen on the development half of Online Retail (768 existing customers, 6 x 5 folds; mean macro-F1
# over the first 1, 2, 3 receipts, noise 0.01): 60 trees of 15 leaves 0.42, small trees 0.44, small trees of random
# splits (extra_trees) 0.46, with rarity 0.6 0.465; 0 and 1 are worse. No better: more trees, one model per number of
# receipts, soft targets from the distances to the centres, labels of earlier months, ordinal targets, self-training on
# new customers, categories by smoothed targets, seed averaging.
LEARNERS = {
    "small_trees": Learner(
        {
            "learning_rate": 0.1,
            "num_leaves": 6,
            "min_child_samples": 60,
            "lambda_l2": 5.0,
            "extra_trees": True,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
        },
        trees=100,
        rarity_power=0.6,
    ),
    "lightgbm_defaults": Learner({}, trees=100, rarity_power=0.0),  # as S0 has it
}


def boost(x: np.ndarray, codes: np.ndarray, learner: Learner, *, names: Sequence[str], seed: int) -> Booster:
    """The trees of a matrix (rows, names); ``codes`` are the rows' classes, 0 …, each of which some row has."""
    lgb = load_lightgbm()
    data = lgb.Dataset(x, codes, weight=rarity_weights(codes, learner.rarity_power), feature_name=list(names))
    given = {**COMMON, **learner.parameters, **dict.fromkeys(SEEDS, seed), "num_class": int(codes.max()) + 1}
    return lgb.train(given, data, num_boost_round=learner.trees)


def rarity_weights(codes: np.ndarray, power: float) -> np.ndarray:
    """The weight of every row: (mean size of a class / size of its class) to this power."""
    sizes = np.bincount(codes)
    return (sizes.mean() / sizes[codes]) ** power
