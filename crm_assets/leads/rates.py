"""Win rates of values, each lead's own outcome left out: a rate that knows the answer is no feature.

A value's rate is drawn to the base rate as if it had ``PRIOR`` further leads of it, so that a value of one lead says
little.
"""

from __future__ import annotations

import numpy as np

PRIOR = 20.0


def smoothed_rates(codes: np.ndarray, converted: np.ndarray, size: int) -> np.ndarray:
    """(size,) rate of each code 0 … size − 1; of a code without leads the base rate."""
    base = converted.mean()
    leads = np.bincount(codes, minlength=size)
    won = np.bincount(codes, weights=converted, minlength=size)
    return (won + PRIOR * base) / (leads + PRIOR)


def out_of_fold_rates(codes: np.ndarray, converted: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """(leads,) rate of each lead's code among the leads of the other folds.

    Args:
        codes: 0 …. converted: 0 or 1. folds: of each lead.

    Raises:
        ValueError: all leads are in one fold: there are no others.
    """
    size, rates = int(codes.max(initial=0)) + 1, np.empty(len(codes))
    different = np.unique(folds)
    if len(different) == 1:
        raise ValueError("all leads are in one fold, so that no rate is without a lead's own outcome: deal them anew")
    for fold in different:
        own = folds == fold
        rates[own] = smoothed_rates(codes[~own], converted[~own], size)[codes[own]]
    return rates
