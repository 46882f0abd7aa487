"""Evidence for the cells of type and band: whether they spend or come back more than all the others.

R, F and M make both the types and the bands, so that cells differ in spend by construction; the tests only say that a
small cell's difference is no accident of few customers. Whoever bought lately comes back more often in any cell, so
coming back is compared with customers of the same recency score. What is small and valuable is
``sql/hybrid_segments.sql``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from crm_assets.statistics.evidence import (
    CLIFFS_DELTA,
    COHENS_H,
    FDR,
    SIZES,
    benjamini_hochberg,
    rank_tests,
    stratified_share_tests,
)

CELL = ["segment_id", "rfm_band"]
FOUND = ["effect", "p", "value_others"]
Test = Callable[[pd.DataFrame, pd.Series], pd.DataFrame]
MAX_P = FDR  # adjusted
MIN_DELTA = SIZES[CLIFFS_DELTA][1]  # medium
MIN_H = SIZES[COHENS_H][0]  # small


def cell_evidence(now: pd.DataFrame, before: pd.DataFrame, min_customers: int) -> pd.DataFrame:
    """Effects of every cell against all other customers, and p values adjusted over all tests of the month.

    Args:
        now: segment_id, rfm_band, monetary of the month's clustered customers.
        before: segment_id, rfm_band, r_score, bought (1 or 0, in the month) of those clustered a month ago; may be
            empty.
        min_customers: cells with fewer are not tested: their effects and p values are missing.

    Returns:
        One row per cell that is tested: segment_id, rfm_band, effect (Cliff's delta of monetary), p_adjusted,
        retention_others (share of others of the same recency scores who bought), retention_effect (Cohen's h),
        retention_p_adjusted.
    """
    spend = _tested(now, lambda rows, cell: rank_tests(rows["monetary"].astype(float), cell), min_customers)
    kept = _tested(
        before, lambda rows, cell: stratified_share_tests(rows["bought"], cell, rows["r_score"]), min_customers
    )
    found = spend.merge(kept, on=CELL, how="outer", suffixes=("", "_kept")).sort_values(CELL, ignore_index=True)
    adjusted = benjamini_hochberg(np.concatenate([found["p"], found["p_kept"]]))
    return pd.DataFrame(
        {
            **{name: found[name] for name in CELL},
            "effect": found["effect"],
            "p_adjusted": adjusted[: len(found)],
            "retention_others": found["value_others_kept"],
            "retention_effect": found["effect_kept"],
            "retention_p_adjusted": adjusted[len(found) :],
        }
    )


def _tested(customers: pd.DataFrame, test: Test, min_customers: int) -> pd.DataFrame:
    """The cells with enough customers: segment_id, rfm_band, effect, p, value_others (mean of all other customers)."""
    if customers.empty:
        return pd.DataFrame({**{name: pd.Series(dtype="str") for name in CELL}, **{name: [] for name in FOUND}})
    cells = customers.groupby(CELL, sort=True)
    names = pd.DataFrame(list(cells.groups), columns=CELL)
    found = test(customers, cells.ngroup()).set_index("label")
    found = names.join(found[[*FOUND, "n"]])
    return found.loc[(found["n"] >= min_customers) & found["p"].notna(), [*CELL, *FOUND]]
