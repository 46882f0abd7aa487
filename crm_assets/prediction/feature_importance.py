"""How much each model column matters, by two methods that S0 sets side by side: one tree's and the shipped model's.

*cart*: the decrease of Gini impurity that a column's splits bring, as a share of all, in one decision tree (Breiman et
al. 1984). *permutation*: what the shipped recipe loses in macro-F1 on customers whom it has not seen when a column is
shuffled among them (Breiman 2001). Both learn from the same customers. Impurity favours columns with many values and
says nothing of new customers, so a column that both name is one to rely on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import SETS, described
from crm_assets.prediction.boosting import LEARNERS, THREADS, rarity_weights
from crm_assets.prediction.evaluation import cold_start_parts, macro_f1
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows
from crm_assets.prediction.model_rows import Recipe, fingerprint, matrix

TOP = 10
SHUFFLINGS = 5
TREE = {"criterion": "gini", "max_depth": 8, "min_samples_leaf": 20}
RULES = 1  # raise it when a rule here changes: what was measured by others is not kept


def importances(rows: pd.DataFrame, recipe: Recipe, *, folds: int, seed: int) -> pd.DataFrame:
    """One row per method and column of the recipe; a column without a value has none: 0.

    Args:
        rows: of ``labelled_rows``; those cut are used, and the customers of the first of ``folds`` held out.
        recipe: what the model sees.
        seed: of folds, fits and shufflings.

    Returns:
        The columns of ``feature_importance`` but month, as_of and fingerprint, by method and rank. Of columns that
        matter equally the one that the recipe names first is first.
    """
    classes = sorted(rows["label"].unique())
    training, held_out = next(cold_start_parts(rows, folds=folds, seed=seed))
    model = fit_rows(training, recipe, seed=seed)
    losses = _of_recipe(permutation_losses(model, held_out, classes, seed), model, recipe)
    decreases = _of_recipe(cart(model, training, LEARNERS[recipe.learner].rarity_power, seed), model, recipe)
    measured = {
        "cart": _ranked(recipe, decreases, np.full(len(decreases), np.nan)),
        "permutation": _ranked(recipe, losses.mean(axis=1), losses.std(axis=1)),
    }
    both = set.intersection(*(set(_top(frame)) for frame in measured.values()))
    flags = flags_of_columns()
    found = pd.concat([frame.assign(method=method) for method, frame in measured.items()], ignore_index=True)
    return found.assign(
        flags=found["model_column"].map(lambda name: flags.get(name, "")),
        in_both=found["model_column"].isin(both),
    )


def cart(model: LatentTypeModel, training: pd.DataFrame, power: float, seed: int) -> np.ndarray:
    """(features,) of one decision tree on what the model learned from, rows weighted by rarity to this power; sums to 1
    where there is a split."""
    x = matrix(training, model.features, model.encoders)
    codes = pd.Categorical(training["label"], categories=model.classes).codes
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(random_state=seed, **TREE)
    return tree.fit(x, codes, sample_weight=rarity_weights(codes, power)).feature_importances_


def permutation_losses(model: LatentTypeModel, held_out: pd.DataFrame, classes: list[str], seed: int) -> np.ndarray:
    """(features, shufflings) of macro-F1 lost, all cuts judged together.

    A shuffling gives each customer the values of another, the same one in each of its cuts and for every column. So a
    value stays with its number of receipts, which tells much by itself and is no merit of the column, and a customer
    counts as one, not as three rows that are nearly alike.

    One call of the booster judges a column, all shufflings at once; a column that no tree splits on loses nothing. A
    row is asked once for each value that is not its own: of a category with few, shufflings give it most of them again
    (57 % of all rows are asked).
    """
    x = matrix(held_out, model.features, model.encoders)
    place = pd.Categorical(model.classes, categories=classes).codes
    truth = pd.Categorical(held_out["label"], categories=classes).codes
    orders = np.array([*shufflings(held_out["customer_id"], held_out["cutoff"], seed)])
    trees = model.trees

    def answers(rows: np.ndarray) -> np.ndarray:
        return place[trees.predict(rows, raw_score=True, num_threads=THREADS).argmax(axis=1)]

    unshuffled = answers(x)
    whole = macro_f1(truth, unshuffled, len(classes))

    def lost(column: int) -> list[float]:
        values, own = np.unique(x[:, column], return_inverse=True)
        given = own[orders]
        pairs, pair = np.unique((np.arange(len(x)) * len(values) + given)[given != own], return_inverse=True)
        rows = x[pairs // len(values)]
        rows[:, column] = values[pairs % len(values)]
        said = np.tile(unshuffled, (SHUFFLINGS, 1))
        if len(rows):
            said[given != own] = answers(rows)[pair]
        return [whole - macro_f1(truth, part, len(classes)) for part in said]

    losses = np.zeros((x.shape[1], SHUFFLINGS))
    split_on = np.flatnonzero(trees.feature_importance("split"))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # LightGBM lets go of Python's lock while it predicts
        losses[split_on] = np.array([*pool.map(lost, split_on)]).reshape(-1, SHUFFLINGS)
    return losses


def shufflings(customers: pd.Series, cutoffs: pd.Series, seed: int) -> Iterator[np.ndarray]:
    """(rows,) per shuffling: the row whose value each row is given, of the same cut."""
    names, number = np.unique(customers.to_numpy(dtype=str), return_inverse=True)
    random = np.random.default_rng(seed)
    cuts = [np.flatnonzero(cutoffs == cut) for cut in sorted(cutoffs.unique())]
    for _ in range(SHUFFLINGS):
        key = random.permutation(len(names))
        order = np.empty(len(number), dtype=int)
        for rows in cuts:
            rows = rows[np.argsort(number[rows])]
            order[rows] = rows[np.argsort(key[number[rows]])]
        yield order


def _of_recipe(values: np.ndarray, model: LatentTypeModel, recipe: Recipe) -> np.ndarray:
    """Values of the model's features as those of the recipe's columns; 0 for a column without a value."""
    whole = np.zeros((len(recipe.names), *values.shape[1:]))
    whole[[recipe.names.index(name) for name in model.features]] = values
    return whole


def _ranked(recipe: Recipe, importance: np.ndarray, spread: np.ndarray) -> pd.DataFrame:
    found = pd.DataFrame({"model_column": recipe.names, "importance": importance, "spread": spread})
    ranked = found.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    return ranked.assign(rank=np.arange(1, len(ranked) + 1))


def _top(frame: pd.DataFrame) -> pd.Series:
    """The ten most important; what matters nothing is not among them."""
    return frame.loc[(frame["rank"] <= TOP) & (frame["importance"] > 0), "model_column"]


def flags_of_columns() -> dict[str, str]:
    """The flags of every model column, separated by blanks."""
    return {c.name: " ".join(c.metadata["flags"]) for contract in SETS.values() for c in described(contract)}


def fingerprint_of(rows: pd.DataFrame, recipe: Recipe, *, folds: int, seed: int) -> str:
    """What the figures depend on, as a hash: with the same one they need not be measured again."""
    said = {
        "rules": [RULES, TOP, SHUFFLINGS, TREE, version("scikit-learn")],
        "recipe": recipe.names,
        "folds": folds,
        "seed": seed,
        "learner": asdict(LEARNERS[recipe.learner]),
        "rows": fingerprint(rows, recipe.names),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
