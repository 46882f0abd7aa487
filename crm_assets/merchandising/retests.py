"""Whether a rule holds in a month that it was not found in. Pure arithmetic on counts of baskets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.merchandising.rules import measures

Z = 1.959963984540054  # of a 95 % interval
RETESTED = ("support", "consequent_support", "confidence", "lift")


def wilson(hits: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share (Wilson 1927): both ends, missing where nothing was tried.

    Centre (h + z²/2)/(t + z²), half width z·√(h(t − h)/t + z²/4)/(t + z²).
    """
    hits, trials = np.asarray(hits, dtype=float), np.asarray(trials, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = Z * np.sqrt(hits * (trials - hits) / trials + Z**2 / 4)
        low, high = ((hits + Z**2 / 2 + side * half) / (trials + Z**2) for side in (-1, 1))
    return np.where(trials > 0, np.clip(low, 0, 1), np.nan), np.where(trials > 0, np.clip(high, 0, 1), np.nan)


def retested(counts: pd.DataFrame, min_baskets: int) -> pd.DataFrame:
    """The counts with measures, interval and verdict.

    Args:
        counts: segment_baskets, antecedent_baskets, consequent_baskets, baskets of each rule in the month.
        min_baskets: baskets with the antecedents below which nothing is judged.

    Returns:
        The same rows; holds where the lower end of the interval of the confidence lies above the support of the
        consequents: more often than everybody, and not by chance.
    """
    names = ("baskets", "antecedent_baskets", "consequent_baskets", "segment_baskets")
    found = measures(*(counts[name].to_numpy() for name in names))
    low, high = wilson(counts["baskets"].to_numpy(), counts["antecedent_baskets"].to_numpy())
    enough = counts["antecedent_baskets"].to_numpy() >= min_baskets
    verdict = np.where(~enough, "too_few", np.where(low > found["consequent_support"], "holds", "fails"))
    new = {name: found[name] for name in RETESTED} | {"confidence_low": low, "confidence_high": high}
    return counts.assign(**new, verdict=pd.Series(verdict, index=counts.index, dtype="str"))
