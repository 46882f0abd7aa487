"""Evidence for a difference between groups: effect sizes, tests, and the correction for many of them.

Every group is compared with all the others together. The unit is the row that is given, a customer: receipts of one
customer are not independent, so shares of receipts are no input. What a figure lets anybody say is the callers'
business.

Sources: Mann and Whitney 1947 (U), Cliff 1993 (delta), Romano et al. 2006 (its sizes), Cohen 1988 (h and its sizes),
Cochran 1954 (five expected), Benjamini and Hochberg 1995 (false discovery rate).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control, norm, rankdata

CLIFFS_DELTA, COHENS_H = "cliffs_delta", "cohens_h"
SIZES = {CLIFFS_DELTA: (0.147, 0.33, 0.474), COHENS_H: (0.2, 0.5, 0.8)}  # from where an effect is small, medium, large
SIZE_NAMES = ("negligible", "small", "medium", "large")
MIN_GROUP = 8  # customers on either side: below, the normal approximation of U is none
MIN_EXPECTED = 5  # on either side, of the rarer outcome (shares) or away from the commonest value (ranks)


def rank_tests(values: npt.ArrayLike, labels: npt.ArrayLike) -> pd.DataFrame:
    """Mann–Whitney U of every group against the others, from ranks that are made once.

    U = R₁ − n₁(n₁+1)/2 with R₁ the group's sum of mid-ranks; z = (U − n₁n₂/2) / σ, two-sided, without continuity
    correction; σ² = n₁n₂/12 · (n + 1 − Σ(t³ − t)/(n(n − 1))) over the ties t. Cliff's δ = 2U/(n₁n₂) − 1, from −1 to 1:
    the chance that one of the group is above one of the others, less the chance of the opposite.

    Args:
        values: (n,) numbers of a measure; missing ones are left out.
        labels: (n,) group of each; missing ones are left out.

    Returns:
        One row per label that has a value, sorted: label, n, n_others, value and value_others (means), median,
        median_others, effect (δ), effect_kind, z, p. z and p are missing where too few make a test: fewer than
        ``MIN_GROUP`` on a side, or fewer than ``MIN_EXPECTED`` expected on a side away from the commonest value.

    Raises:
        ValueError: values and labels differ in length, or a value is infinite.
    """
    values, codes, names = _known(values, labels)
    if not len(values):
        return _table(names, {})
    ranks = rankdata(values)
    _, ties = np.unique(values, return_counts=True)
    total, sizes = len(values), np.bincount(codes)
    others = total - sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.bincount(codes, weights=ranks) - sizes * (sizes + 1) / 2
        pairs = sizes * others.astype(float)
        tied = (ties.astype(float) ** 3 - ties).sum() / (total * (total - 1.0))
        spread = np.sqrt(pairs / 12 * (total + 1 - tied))
        effect, z = 2 * u / pairs - 1, (u - pairs / 2) / spread
    smaller = np.minimum(sizes, others)
    enough = (smaller >= MIN_GROUP) & (smaller * (1 - ties.max() / total) >= MIN_EXPECTED)
    middles, others_middles = _medians(values, codes, len(names))
    return _table(
        names,
        {
            **_sides(sizes, np.bincount(codes, weights=values), values.sum()),
            "median": middles,
            "median_others": others_middles,
            **_tested(effect, CLIFFS_DELTA, z, enough),
        },
    )


def share_tests(flags: npt.ArrayLike, labels: npt.ArrayLike) -> pd.DataFrame:
    """Two-proportion z of every group against the others, pooled, two-sided.

    z = (p₁ − p₂) / √(p(1 − p)(1/n₁ + 1/n₂)), p the share of all. Cohen's h = 2·asin√p₁ − 2·asin√p₂.

    Args:
        flags: (n,) true or false, 1 or 0; missing ones are left out.
        labels: (n,) group of each; missing ones are left out.

    Returns:
        As ``rank_tests``, without the medians; value is the share, effect is h. z and p are missing where a side has
        fewer than ``MIN_GROUP``, or fewer than ``MIN_EXPECTED`` of either outcome expected.

    Raises:
        ValueError: as ``rank_tests``, or a flag that is neither 0 nor 1.
    """
    flags, codes, names = _known(flags, labels)
    if not len(flags):
        return _table(names, {})
    if not np.isin(flags, (0, 1)).all():
        raise ValueError("flags must be 0 or 1, or missing; use rank_tests for other numbers")
    sides = _sides(np.bincount(codes), np.bincount(codes, weights=flags), flags.sum())
    share = flags.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(share * (1 - share) * (1 / sides["n"] + 1 / sides["n_others"]))
        z = (sides["value"] - sides["value_others"]) / spread
    effect = 2 * (np.arcsin(np.sqrt(sides["value"])) - np.arcsin(np.sqrt(sides["value_others"])))
    smaller = np.minimum(sides["n"], sides["n_others"])
    enough = (smaller >= MIN_GROUP) & (smaller * min(share, 1 - share) >= MIN_EXPECTED)
    return _table(names, {**sides, **_tested(effect, COHENS_H, z, enough)})


def benjamini_hochberg(p: npt.ArrayLike) -> np.ndarray:
    """p values adjusted for the false discovery rate over all that are given, in their order; missing ones stay so.

    Adjusted p(i) = min over j ≥ i of p(j)·m/j for the sorted p(1) ≤ … ≤ p(m), at most 1.
    """
    p = np.asarray(p, dtype=float)
    adjusted, known = np.full(p.shape, np.nan), ~np.isnan(p)
    if known.any():
        adjusted[known] = false_discovery_control(p[known], method="bh")
    return adjusted


def magnitude(effect: npt.ArrayLike, kind: str) -> np.ndarray:
    """The name of each effect's size by ``SIZES``: negligible, small, medium or large; empty where it is missing.

    Raises:
        ValueError: an unknown kind of effect.
    """
    if kind not in SIZES:
        raise ValueError(f"no sizes of the effect {kind!r}: one of {sorted(SIZES)} is needed")
    effect = np.abs(np.asarray(effect, dtype=float))
    names = np.array(SIZE_NAMES, dtype=object)[np.searchsorted(SIZES[kind], effect, side="right").clip(max=3)]
    return np.where(np.isnan(effect), "", names)


def _known(values: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values as floats, groups as 0 … g − 1, and the sorted names of the groups; without what is missing."""
    values, labels = pd.Series(np.asarray(values)).astype(float), pd.Series(np.asarray(labels))
    if len(values) != len(labels):
        raise ValueError(f"{len(values)} values and {len(labels)} labels: give one label per value")
    if np.isinf(values).any():
        raise ValueError("a value is infinite: leave it out (missing) or mend the measure")
    known = (values.notna() & labels.notna()).to_numpy()
    codes, names = pd.factorize(labels[known], sort=True)
    return values.to_numpy()[known], codes, np.asarray(names)


def _sides(sizes: np.ndarray, sums: np.ndarray, total: float) -> dict[str, np.ndarray]:
    """n and mean of every group and of all the others."""
    others = sizes.sum() - sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "n": sizes,
            "n_others": others,
            "value": sums / sizes,
            "value_others": np.where(others > 0, (total - sums) / others, np.nan),
        }


def _medians(values: np.ndarray, codes: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(values, kind="stable")
    values, codes = values[order], codes[order]
    inside = [codes == g for g in range(groups)]
    return np.array([_middle(values[m]) for m in inside]), np.array([_middle(values[~m]) for m in inside])


def _middle(ordered: np.ndarray) -> float:
    half = len(ordered) // 2
    return float(ordered[half - 1 + len(ordered) % 2] + ordered[half]) / 2 if len(ordered) else np.nan


def _tested(effect: np.ndarray, kind: str, z: np.ndarray, enough: np.ndarray) -> dict[str, object]:
    z = np.where(enough, z, np.nan)
    return {"effect": effect, "effect_kind": kind, "z": z, "p": 2 * norm.sf(np.abs(z))}


def _table(names: np.ndarray, found: dict[str, object]) -> pd.DataFrame:
    numbers = ["value", "value_others", "median", "median_others", "effect", "z", "p"]
    if not found:
        none = pd.DataFrame({"label": names, "n": 0, "n_others": 0, "effect_kind": ""})
        return none.assign(**dict.fromkeys(numbers, np.nan)).iloc[:0]
    return pd.DataFrame({"label": names, **found})
