"""LightGBM beside other classifiers: the same customers, columns, folds and weights of rows, under both protocols.

Every algorithm gets the matrix that the project's own model is fitted on. Which of them is shipped is no question of
this table: it shows what the choice is worth, in figures, seconds and memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from crm_assets.prediction.algorithms import ALGORITHMS, installed
from crm_assets.prediction.boosting import LEARNERS
from crm_assets.prediction.evaluation import cold_start_parts, macro_f1, seed_parts
from crm_assets.prediction.fit_cost import Cost, Fit, Part, measured
from crm_assets.prediction.model_rows import SEED_RECIPE, Recipe, available, encoders_of, fingerprint, matrix

RULES = 1  # raise it when a rule here changes: what was measured by others is not kept


@dataclass(frozen=True)
class Judged:
    """A part of a protocol: what is fitted and how, and the truth of the held-out rows, by slice and class."""

    name: str
    learner: str
    part: Part
    slices: np.ndarray
    truth: np.ndarray


def compare(rows: pd.DataFrame, recipe: Recipe, *, folds: int, seed: int) -> pd.DataFrame:
    """One row per algorithm that is installed, protocol and slice.

    Args:
        rows: of ``labelled_rows``, every cut-off.
        recipe: what the model sees at the cold start; the seed protocol has its own.
        folds: of the cold start, by customer.
        seed: of folds and fits.

    Returns:
        The columns of ``model_comparison`` but month, as_of and fingerprint. The rows of all folds are judged together;
        seconds and memory are of the protocol's fits, the same in each of its slices.

    Raises:
        RuntimeError: a fit failed, or this system cannot fork.
    """
    classes = sorted(rows["label"].unique())
    protocols = {
        "seed": [_judged("seed/0", *_whole(rows, seed), SEED_RECIPE, classes)],
        "cold_start": [
            _judged(f"cold_start/{fold}", training, held_out, recipe, classes)
            for fold, (training, held_out) in enumerate(cold_start_parts(rows, folds=folds, seed=seed))
        ],
    }
    parts = [part for found in protocols.values() for part in found]
    algorithms = list(installed())
    fits = [Fit(name, p.name, p.learner, ALGORITHMS[name].parameters, seed) for name in algorithms for p in parts]
    costs = dict(
        zip([(f.algorithm, f.part) for f in fits], measured(fits, {p.name: p.part for p in parts}), strict=True)
    )
    made = [
        {"algorithm": name, "protocol": protocol, **row}
        for name in algorithms
        for protocol, found in protocols.items()
        for row in _rows(found, [costs[name, p.name] for p in found], len(classes))
    ]
    return pd.DataFrame(made)


def _whole(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    training, held_out = seed_parts(rows, seed=seed)
    return training, held_out[held_out["cutoff"] == "as_of"].assign(cutoff="full")


def _judged(name: str, training: pd.DataFrame, held_out: pd.DataFrame, recipe: Recipe, classes: list[str]) -> Judged:
    used = available(training, recipe.names)
    encoders = encoders_of(training, used)
    codes, truth = (pd.Categorical(part["label"], categories=classes).codes for part in (training, held_out))
    part = Part(matrix(training, used, encoders), codes, matrix(held_out, used, encoders))
    return Judged(name, recipe.learner, part, held_out["cutoff"].to_numpy(dtype=str), truth)


def _rows(parts: list[Judged], costs: list[Cost], classes: int) -> Iterator[dict[str, object]]:
    slices, truth = (np.concatenate([getattr(p, name) for p in parts]) for name in ("slices", "truth"))
    said = np.concatenate([cost.answers for cost in costs])
    for name in np.unique(slices):
        here = slices == name
        yield {
            "slice": str(name),
            "macro_f1": macro_f1(truth[here], said[here], classes),
            "accuracy": float((truth[here] == said[here]).mean()),
            "base": int(here.sum()),
            "training_rows": round(np.mean([len(p.part.codes) for p in parts])),
            "fit_seconds": float(np.median([cost.seconds for cost in costs])),
            "peak_mb": max(cost.peak_mb for cost in costs),
        }


def fingerprint_of(rows: pd.DataFrame, recipe: Recipe, *, folds: int, seed: int) -> str:
    """What the figures depend on, as a hash: with the same one they need not be measured again."""
    versions = installed()
    said = {
        "rules": RULES,
        "recipe": recipe.names,
        "folds": folds,
        "seed": seed,
        "algorithms": {name: [versions[name], dict(ALGORITHMS[name].parameters)] for name in versions},
        "learners": [asdict(LEARNERS[r.learner]) for r in (SEED_RECIPE, recipe)],
        "rows": fingerprint(rows, tuple(dict.fromkeys((*SEED_RECIPE.names, *recipe.names)))),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
