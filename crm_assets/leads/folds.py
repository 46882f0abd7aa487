"""Which leads are judged together: folds at random with equal rates, or whole companies, whole sales people.

Where one company's leads stand on both sides, a model that has learned the company by heart looks good.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

FOLDS = 5


def stratified(converted: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(leads,) fold of each lead, 0 … folds − 1; every fold has the rate of all."""
    return _dealt(converted, np.ones(len(converted)), folds, seed)


def grouped(groups: pd.Series, converted: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(leads,) fold of each lead; the leads of a group are in one fold, a lead without a group is one by itself. Groups
    are dealt out by size and rate, so that the folds are about alike.

    Args:
        groups: missing where there is none.
    """
    codes, names = pd.factorize(groups)
    alone = codes < 0
    codes = np.where(alone, len(names) + np.cumsum(alone) - 1, codes)
    sizes = np.bincount(codes)
    won = np.bincount(codes, weights=converted, minlength=len(sizes))
    return _dealt(won, sizes, folds, seed)[codes]


def grouped_if_enough(groups: pd.Series, converted: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(leads,) fold of each lead, by group; at random where there are fewer groups than folds. One company's leads are
    one fold: there would be no other to learn a rate from."""
    if groups.nunique() < folds:
        return stratified(converted, folds, seed)
    return grouped(groups, converted, folds, seed)


def _dealt(won: np.ndarray, sizes: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Largest groups first, each to the fold that has fewest of its like (conversions, then leads)."""
    order = np.random.default_rng([seed, 0x1EAD]).permutation(len(won))
    order = order[np.lexsort((-sizes[order], -won[order]))]
    found, full, leads = np.empty(len(won), dtype=int), np.zeros(folds), np.zeros(folds)
    for place in order:
        fold = int(np.lexsort((leads, full))[0]) if won[place] else int(np.argmin(leads))
        found[place] = fold
        full[fold] += won[place]
        leads[fold] += sizes[place]
    return found
