"""Whether a rule holds in a month that it was not found in. Pure arithmetic on counts of baskets."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.merchandising.rules import measures
from crm_assets.statistics.evidence import wilson

RETESTED = ("support", "consequent_support", "confidence", "lift")


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
    low, high = wilson(found["confidence"], counts["antecedent_baskets"])
    enough = counts["antecedent_baskets"].to_numpy() >= min_baskets
    verdict = np.where(~enough, "too_few", np.where(low > found["consequent_support"], "holds", "fails"))
    new = {name: found[name] for name in RETESTED} | {"confidence_low": low, "confidence_high": high}
    return counts.assign(**new, verdict=pd.Series(verdict, index=counts.index, dtype="str"))
