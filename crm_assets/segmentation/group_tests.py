"""Do the groups of a scheme differ, and by how much? Kruskal-Wallis per scheme and measure, corrected for their number.

Recency, frequency and monetary define the groups, so that these differ by construction; days of visits and the mean
receipt do not, and are the ones to look at. Testing only; which groups there are is ``rfm``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from crm_assets.statistics.evidence import benjamini_hochberg

PROTOCOL = "kruskal_wallis"
DEFINING = ("recency_days", "frequency", "monetary")
INDEPENDENT = ("visit_days", "receipt_amount")  # receipt_amount = monetary / frequency
MEASURES = (*DEFINING, *INDEPENDENT)
LEAST = 5  # customers of a group: with fewer the chi-square approximation of H does not hold (Kruskal & Wallis 1952)


@dataclass(frozen=True)
class GroupTests:
    """metrics: rows of ``model_metrics`` without month and as_of. left_out: what could not be tested, and why."""

    metrics: pd.DataFrame
    left_out: list[str]


def group_tests(customers: pd.DataFrame, schemes: Sequence[str]) -> GroupTests:
    """H, p, p after Benjamini-Hochberg over all tests of the month, and epsilon squared.

    epsilon² = H (n + 1) / (n² - 1), the share of the ranks' variance that the groups account for, 0-1 (Tomczak &
    Tomczak 2014, "The need to report effect size estimates revisited"). Groups of fewer than five customers are left
    out of a test; without two groups, or with one value for everybody, there is none.

    Args:
        customers: recency_days, frequency, monetary, visit_days and a column per scheme; any order of rows.

    Returns:
        model = the scheme, slice = the measure, metrics h, p, p_adjusted, epsilon_squared; base = customers tested.
    """
    values = {name: customers[name].to_numpy(dtype=float) for name in (*DEFINING, "visit_days")}
    values["receipt_amount"] = values["monetary"] / values["frequency"]
    tested, left_out = [], []
    for scheme in schemes:
        sizes = customers[scheme].value_counts()
        small = sorted(sizes.index[sizes < LEAST])
        if small:
            left_out.append(f"{scheme}: {', '.join(small)} (fewer than {LEAST} customers)")
        if len(sizes) - len(small) < 2:
            left_out.append(f"{scheme}: no test, groups of {LEAST} customers or more: {len(sizes) - len(small)}")
            continue
        members = _members(customers[scheme], set(small))
        for measure in MEASURES:
            parts = [values[measure][rows] for rows in members.values()]
            if len(np.unique(np.concatenate(parts))) < 2:
                left_out.append(f"{scheme}, {measure}: no test, everybody has the same value")
                continue
            tested.append((scheme, measure, *_test(parts)))
    return GroupTests(_metrics(tested), left_out)


def _members(column: pd.Series, without: set[str]) -> Mapping[str, np.ndarray]:
    """Positions of the customers of each group, by name."""
    return {str(name): rows for name, rows in sorted(column.groupby(column).indices.items()) if name not in without}


def _test(parts: Sequence[np.ndarray]) -> tuple[float, float, float, int]:
    """H, p, epsilon², n. Sums of ranks are sums of halves and so exact: the order of rows changes no bit."""
    n = sum(map(len, parts))
    h, p = scipy.stats.kruskal(*parts)
    return float(h), float(p), float(h) * (n + 1) / (n**2 - 1), n


def _metrics(tested: list[tuple[str, str, float, float, float, int]]) -> pd.DataFrame:
    adjusted = benjamini_hochberg([p for _, _, _, p, _, _ in tested])
    rows = [
        (scheme, PROTOCOL, measure, metric, value, n)
        for (scheme, measure, h, p, effect, n), corrected in zip(tested, adjusted, strict=True)
        for metric, value in (("h", h), ("p", p), ("p_adjusted", float(corrected)), ("epsilon_squared", effect))
    ]
    return pd.DataFrame(rows, columns=["model", "protocol", "slice", "metric", "value", "base"])
