"""Whether a customer's share differs from the population's: exact tests, as few as there are different outcomes.

A million customers have few different outcomes (so many of so many), so each is tested once and the queries give the
answer to those who have it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import bdtr, bdtrc

from crm_assets.statistics.evidence import Z

OUTCOME = ("index_id", "population_group", "trials", "successes", "side")


def outcome_tests(outcomes: pd.DataFrame) -> pd.DataFrame:
    """The corrected p of every outcome.

    p = 2·P(X ≥ k) for a share above the population's and 2·P(X ≤ k) for one below, X binomial with n trials and the end
    of the mean share's 95 % interval (mean ± 1.96·sd/√N) that lies towards the customer: what is not known of the
    population counts against the claim. At most 1; 1 for a share that is the population's own. A customer's receipts
    are taken for independent of each other. Corrected (Benjamini and Hochberg 1995) over all customers of an index: of
    its customers called high or low 5 % are wrongly so, as expected.

    Args:
        outcomes: index_id, population_group, trials (n), successes (k), side (1 above the mean, −1 below, 0),
            mean_share, standard_error (missing where one customer is the population), customers (with this outcome).

    Returns:
        The columns of ``OUTCOME`` and p_value, corrected; missing where it cannot be tested.
    """
    n, k, side = (outcomes[c].to_numpy(dtype="int64") for c in ("trials", "successes", "side"))
    mean, error = (outcomes[c].to_numpy(dtype=float) for c in ("mean_share", "standard_error"))
    away = Z * error
    above = np.where(k > 0, bdtrc(np.maximum(k - 1, 0), n, np.clip(mean + away, 0, 1)), 1.0)
    below = bdtr(k, n, np.clip(mean - away, 0, 1))
    p = np.minimum(2 * np.select([side > 0, side < 0], [above, below], 0.5), 1.0)
    p = np.where(np.isnan(away), np.nan, p)
    corrected = np.full(len(p), np.nan)
    for index in outcomes["index_id"].unique():
        own = (outcomes["index_id"] == index).to_numpy()
        corrected[own] = corrected_by_size(p[own], outcomes.loc[own, "customers"].to_numpy())
    return outcomes[list(OUTCOME)].assign(p_value=corrected)


def corrected_by_size(p: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's p where each stands for ``sizes`` equal tests; missing ones stay so and count for none.

    Adjusted p(i) = min over j ≥ i of p(j)·m/r(j), m all tests, r(j) those up to and with j; at most 1.
    """
    adjusted, known = np.full(p.shape, np.nan), np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    ranks = np.cumsum(sizes[order])
    if len(order):
        scaled = p[order] * ranks[-1] / ranks
        adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
