"""Evidence for a difference between groups: effect sizes, tests, and the correction for many of them.

Every group is compared with all the others together. The unit is the row that is given, a customer: receipts of one
customer are not independent, so shares of receipts are no input. What a figure lets anybody say is the callers'
business.

Sources: Mann and Whitney 1947 (U), Cliff 1993 (delta), Romano et al. 2006 (its sizes), Cohen 1988 (h and its sizes),
Cochran 1954 (five expected), Welch 1947, Benjamini and Hochberg 1995 (false discovery rate).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy
from scipy.special import ndtr

CLIFFS_DELTA, COHENS_H = "cliffs_delta", "cohens_h"
Z = 1.959963984540054  # of a 95 % interval: the normal quantile of 97.5 %
FDR = 0.05  # share of false ones that a set of claims may hold
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
        One row per label that has a value, sorted: label, n, n_others, value and value_others (means), effect (δ),
        effect_kind, z, p. z and p are missing where too few make a test: fewer than ``MIN_GROUP`` on a side, or fewer
        than ``MIN_EXPECTED`` expected on a side away from the commonest value.

    Raises:
        ValueError: values and labels differ in length, or a value is infinite.
    """
    values, codes, names = _known(values, labels)
    return _table(names, ranks_compared(values, codes, len(names)), CLIFFS_DELTA)


def share_tests(flags: npt.ArrayLike, labels: npt.ArrayLike) -> pd.DataFrame:
    """Two-proportion z of every group against the others, pooled, two-sided.

    z = (p₁ − p₂) / √(p(1 − p)(1/n₁ + 1/n₂)), p the share of all. Cohen's h = 2·asin√p₁ − 2·asin√p₂.

    Args:
        flags: (n,) true or false, 1 or 0; missing ones are left out.
        labels: (n,) group of each; missing ones are left out.

    Returns:
        As ``rank_tests``; value is the share, effect is h. z and p are missing where a side has fewer than
        ``MIN_GROUP``, or fewer than ``MIN_EXPECTED`` of either outcome expected.

    Raises:
        ValueError: as ``rank_tests``, or a flag that is neither 0 nor 1.
    """
    flags, codes, names = _known(flags, labels)
    if not ((flags == 0) | (flags == 1)).all():
        raise ValueError("flags must be 0 or 1, or missing; use rank_tests for other numbers")
    return _table(names, flags_compared(flags, codes, len(names)), COHENS_H)


def stratified_share_tests(flags: npt.ArrayLike, labels: npt.ArrayLike, strata: npt.ArrayLike) -> pd.DataFrame:
    """Every group against the others of the same stratum, pooled over the strata (Cochran 1954), two-sided.

    z = Σ (x₁ − n₁p) / √(Σ n₁n₂p(1 − p)/n) over the strata, p the share of all in it. The others' share is that of the
    strata, weighted by the group's customers there; strata without others are left out on both sides. Effect: h.

    Args:
        flags: (n,) true or false, 1 or 0.
        labels: (n,) group of each.
        strata: (n,) what is held equal.

    Returns:
        As ``share_tests``; n counts the group's customers who have others in their stratum.

    Raises:
        ValueError: a value is missing, the lengths differ, or a flag is neither 0 nor 1.
    """
    flags, labels, strata = (np.asarray(v) for v in (flags, labels, strata))
    if not len(flags) == len(labels) == len(strata) or pd.isna(pd.Series(flags)).any() or not set(flags) <= {0, 1}:
        raise ValueError("flags must be 0 or 1 and as many as labels and strata; leave out what is not known")
    codes, names = pd.factorize(labels, sort=True)
    layers, levels = pd.factorize(strata, sort=True)
    cells = codes * len(levels) + layers
    shape = (len(names), len(levels))
    n1 = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    x1 = np.bincount(cells, weights=flags.astype(float), minlength=shape[0] * shape[1]).reshape(shape)
    n2, x2 = n1.sum(axis=0) - n1, x1.sum(axis=0) - x1
    n1, x1 = np.where(n2 > 0, n1, 0), np.where(n2 > 0, x1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = (x1 + x2) / (n1 + n2)
        others = np.nansum(np.where(n1 > 0, n1 * x2 / n2, 0), axis=1) / n1.sum(axis=1)
        own = x1.sum(axis=1) / n1.sum(axis=1)
        spread = np.sqrt(np.nansum(np.where(n1 > 0, n1 * n2 * p * (1 - p) / (n1 + n2), 0), axis=1))
        z = np.nansum(np.where(n1 > 0, x1 - n1 * p, 0), axis=1) / spread
    at_same = np.where(n1 > 0, n2, 0).sum(axis=1)
    sides = {"n": n1.sum(axis=1).astype(int), "n_others": at_same.astype(int), "value": own, "value_others": others}
    # Cochran's rule of five, on the variance: it is n·p·(1 − p) where the others are many.
    enough = (np.minimum(sides["n"], sides["n_others"]) >= MIN_GROUP) & (spread**2 >= MIN_EXPECTED / 2)
    z = np.where(enough, z, np.nan)
    return _table(names, {**sides, "effect": cohens_h(own, others), "z": z, "p": 2 * ndtr(-np.abs(z))}, COHENS_H)


def mean_share_tests(shares: npt.ArrayLike, labels: npt.ArrayLike) -> pd.DataFrame:
    """Means of the customers' own shares (of receipts online, of spend in a category): every group against the others.

    Ranks would not do: few receipts make a share lumpy, so customers who come seldom and often differ in ranks though
    their propensity is the same. z = (m₁ − m₂) / s, with s the larger of the pooled standard error, s₀·√(1/n₁ + 1/n₂)
    with s₀ of all customers, which is that of a permutation, and of Welch's, √(s₁²/n₁ + s₂²/n₂). Effect: Cohen's h of
    the mean shares.

    Args:
        shares: (n,) numbers from 0 to 1; missing ones are left out.
        labels: (n,) group of each; missing ones are left out.

    Returns:
        As ``share_tests``; the rarer outcome is here what is away from the commonest share.

    Raises:
        ValueError: as ``rank_tests``, or a share outside 0 to 1.
    """
    shares, codes, names = _known(shares, labels)
    if len(shares) and (shares.min() < 0 or shares.max() > 1):
        raise ValueError("shares must lie from 0 to 1; use rank_tests for other numbers")
    return _table(names, shares_compared(shares, codes, len(names)), COHENS_H)


def ranks_compared(values: np.ndarray, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    """The columns of ``rank_tests`` as arrays, one entry per group 0 … groups − 1; nothing is missing in ``values``."""
    order = np.argsort(values, kind="stable")
    values, codes = values[order], codes[order]
    ties = np.diff(np.flatnonzero(np.r_[True, values[1:] != values[:-1], True])) if len(values) else np.zeros(1)
    ranks = np.repeat(np.cumsum(ties) - (ties - 1) / 2, ties.astype(int))
    total, sides = len(values), _sides(values, codes, groups)
    sizes, others = sides["n"], sides["n_others"]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.bincount(codes, weights=ranks, minlength=groups) - sizes * (sizes + 1) / 2
        pairs = sizes * others.astype(float)
        tied = (ties.astype(float) ** 3 - ties).sum() / (np.float64(total) * (total - 1))
        spread = np.sqrt(pairs / 12 * (total + 1 - tied))
        effect, z = 2 * u / pairs - 1, (u - pairs / 2) / spread
    return {**sides, **_tested(effect, z, sides, total - ties.max())}


def flags_compared(flags: np.ndarray, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    """The columns of ``share_tests`` as arrays, one entry per group; nothing is missing in ``flags``."""
    sides, ones = _sides(flags, codes, groups), flags.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ones / np.float64(len(flags))
        spread = np.sqrt(share * (1 - share) * (1 / sides["n"] + 1 / sides["n_others"]))
        z = (sides["value"] - sides["value_others"]) / spread
    return {**sides, **_tested(cohens_h(sides["value"], sides["value_others"]), z, sides, min(ones, len(flags) - ones))}


def shares_compared(shares: np.ndarray, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    """The columns of ``mean_share_tests`` as arrays, one entry per group; nothing is missing in ``shares``."""
    sides = _sides(shares, codes, groups)
    inside, outside = _variances(shares, codes, sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (shares.var() if len(shares) else np.nan) * (1 / sides["n"] + 1 / sides["n_others"])
        welch = inside / sides["n"] + outside / sides["n_others"]
        z = (sides["value"] - sides["value_others"]) / np.sqrt(np.maximum(pooled, welch))
    _, ties = np.unique(shares, return_counts=True)
    away = len(shares) - ties.max(initial=0)
    return {**sides, **_tested(cohens_h(sides["value"], sides["value_others"]), z, sides, away)}


def counts_compared(
    ones: npt.ArrayLike, n: npt.ArrayLike, ones_others: npt.ArrayLike, n_others: npt.ArrayLike
) -> dict[str, np.ndarray]:
    """Two-proportion z as ``share_tests``, of pairs of groups whose counts are known already.

    Args:
        ones: (k,) how many of each group have the property; n: (k,) how many it has.
        ones_others: (k,) the same of what each is compared with; n_others likewise.

    Returns:
        n, n_others, value and value_others (shares), effect (Cohen's h), z and p, each (k,); z and p are missing where
        a side has fewer than ``MIN_GROUP``, or fewer than ``MIN_EXPECTED`` of either outcome expected.
    """
    x1, n1, x2, n2 = (np.asarray(counts, dtype=float) for counts in (ones, n, ones_others, n_others))
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2, p = x1 / n1, x2 / n2, (x1 + x2) / (n1 + n2)
        z = (p1 - p2) / np.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))
    smaller = np.minimum(n1, n2)
    z = np.where((smaller >= MIN_GROUP) & (smaller * np.minimum(p, 1 - p) >= MIN_EXPECTED), z, np.nan)
    sides = {"n": n1, "n_others": n2, "value": p1, "value_others": p2}
    return {**sides, "effect": cohens_h(p1, p2), "z": z, "p": 2 * ndtr(-np.abs(z))}


def cohens_h(share: npt.ArrayLike, other: npt.ArrayLike) -> np.ndarray:
    """2·asin√p₁ − 2·asin√p₂, from −π to π."""
    one, two = (np.clip(np.asarray(s, dtype=float), 0, 1) for s in (share, other))
    return 2 * (np.arcsin(np.sqrt(one)) - np.arcsin(np.sqrt(two)))


def wilson(share: npt.ArrayLike, n: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of shares of n (Wilson 1927): both ends, numbers for numbers; missing without n."""
    share, n = np.asarray(share, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, spread = share + Z**2 / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        ends = (np.clip((centre + side * spread) / (1 + Z**2 / n), 0, 1) for side in (-1, 1))
        low, high = (np.where(n > 0, end, np.nan)[()] for end in ends)
    return low, high


def benjamini_hochberg(p: npt.ArrayLike, tests: int = 0) -> np.ndarray:
    """p values adjusted for the false discovery rate over all that are given, in their order; missing ones stay so.

    Adjusted p(i) = min over j ≥ i of p(j)·m/j for the sorted p(1) ≤ … ≤ p(m), at most 1.

    Args:
        p: the p values.
        tests: m, where more were made than are given: the others are taken for p = 1, without a place of their own.
    """
    p = np.asarray(p, dtype=float)
    adjusted, known = np.full(p.shape, np.nan), ~np.isnan(p)
    if known.any():
        among = max(tests, int(known.sum())) / known.sum()
        adjusted[known] = np.minimum(scipy.stats.false_discovery_control(p[known], method="bh") * among, 1)
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
    values, labels = np.asarray(values, dtype=float), pd.Series(np.asarray(labels))
    if len(values) != len(labels):
        raise ValueError(f"{len(values)} values and {len(labels)} labels: give one label per value")
    if np.isinf(values).any():
        raise ValueError("a value is infinite: leave it out (missing) or mend the measure")
    known = ~np.isnan(values) & labels.notna().to_numpy()
    codes, names = pd.factorize(labels[known].to_numpy(), sort=True)
    return values[known], codes, np.asarray(names)


def _sides(values: np.ndarray, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    """n and mean of every group and of all the others."""
    sizes, sums = np.bincount(codes, minlength=groups), np.bincount(codes, weights=values, minlength=groups)
    others = len(values) - sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        value, value_others = sums / sizes, (values.sum() - sums) / others
    return {"n": sizes, "n_others": others, "value": value, "value_others": np.where(others > 0, value_others, np.nan)}


def _variances(values: np.ndarray, codes: np.ndarray, sides: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Of every group and of all the others; 0 for a single one."""
    away = values - values.sum() / max(len(values), 1)  # sums of squares lose no digits around the mean
    first, second = (np.bincount(codes, weights=away**power, minlength=len(sides["n"])) for power in (1, 2))
    both = []
    for n, one, two in (
        (sides["n"], first, second),
        (sides["n_others"], away.sum() - first, (away**2).sum() - second),
    ):
        with np.errstate(divide="ignore", invalid="ignore"):
            both.append(np.maximum(np.where(n > 1, (two - one**2 / n) / (n - 1), 0.0), 0.0))
    return both[0], both[1]


def _tested(effect: np.ndarray, z: np.ndarray, sides: dict[str, np.ndarray], away: float) -> dict[str, np.ndarray]:
    """Effect, z and p; z and p only where a side has enough, of all and ``away`` from the commonest value."""
    smaller = np.minimum(sides["n"], sides["n_others"])
    total = max(int(sides["n"].sum()), 1)
    z = np.where((smaller >= MIN_GROUP) & (smaller * (away / total) >= MIN_EXPECTED), z, np.nan)
    return {"effect": effect, "z": z, "p": 2 * ndtr(-np.abs(z))}


def _table(names: np.ndarray, found: dict[str, np.ndarray], kind: str) -> pd.DataFrame:
    frame = pd.DataFrame({"label": names, **found})
    frame.insert(frame.columns.get_loc("effect") + 1, "effect_kind", kind)
    return frame
