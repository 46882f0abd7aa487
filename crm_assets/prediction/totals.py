"""Whether a model column orders customers as one of their totals does: R, F or M under another name.

Totals are banned as model columns (``contracts.model_column``), because a new customer's are small whatever its type. A
name can be watched; a monotone function of a total, whatever it is named, has a rank correlation of 1 with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import described
from crm_assets.contracts.feature_table import FeatureTable
from crm_assets.months import Snapshot
from crm_assets.prediction.model_rows import encoders_of, matrix
from crm_assets.warehouse import Session

LIMIT = 0.99  # of the rank correlation, at which a column tells a total
# Of spend with its own average, from which on the two are too alike to tell which of them a column has. Of 3,000
# simulated shops of 30 to 60 customers, with few or many receipts, 20 had a largest or smallest receipt above the limit
# while this stood at 0.99 itself; at 0.95 none, the highest was 0.97. On Online Retail it is 0.88 at most, and 0.75 in
# the end.
ALIKE = 0.95
LEAST = 30  # customers; the order of fewer proves nothing
MOST = 5_000  # customers that are looked at

_OF_TOTALS = ("as_of", "cutoff_at", "receipts", "receipt_amount_mean")
# Existing customers, at most :most of them, evenly spaced in the order of their ids.
_SAMPLE = """with existing as (
        select {columns}, s.customer_id, row_number() over (order by s.customer_id) - 1 as place,
            count(*) over () as size
        from {staged} s
        join customer_lifecycles l on l.customer_id = s.customer_id and l.month = s.month and l.lifecycle <> 'new'
        where s.month = :month and s.cutoff = 'as_of'
    )
    select * from existing where (place * :most) % size < :most order by customer_id"""


@dataclass(frozen=True)
class Proxy:
    """A model column that tells a total."""

    column: str
    total: str
    correlation: float


def totals_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Receipts, recency in days and total spend of the customers.

    Args:
        rows: whole histories of the feature table: as_of, cutoff_at, receipts and receipt_amount_mean.
    """
    return pd.DataFrame(
        {
            "receipts": rows["receipts"].astype(float),
            "recency": (rows["as_of"] - rows["cutoff_at"].dt.normalize()).dt.days.astype(float),
            "spend": rows["receipts"].astype(float) * rows["receipt_amount_mean"],
        }
    )


def proxies(rows: pd.DataFrame, columns: Sequence[str]) -> list[Proxy]:
    """The columns whose rank correlation with a total is at least ``LIMIT``, rising or falling.

    Spend is left out where the average spend of a receipt orders the customers as it does (``ALIKE``): they have about
    as many receipts as each other, the two cannot be told apart, and averages stay.

    Args:
        rows: as for ``totals_of``, with the columns; one per customer. Fewer than ``LEAST`` prove nothing.
        columns: model columns, looked at as a model sees them: categories by their code.
    """
    totals = totals_of(rows)
    mean = rank_correlations(rows["receipt_amount_mean"].to_numpy(float), totals)
    if mean["spend"] >= ALIKE:
        totals = totals.drop(columns="spend")
    values, found = matrix(rows, columns, encoders_of(rows, columns)), []
    for place, column in enumerate(columns):
        for total, correlation in rank_correlations(values[:, place], totals).items():
            if abs(correlation) >= LIMIT:
                found.append(Proxy(column, str(total), float(correlation)))
    return found


def rank_correlations(column: np.ndarray, totals: pd.DataFrame) -> pd.Series:
    """Spearman's with each total, of the customers whose values are known; 0 when they are fewer than ``LEAST`` or
    all alike."""
    known = ~np.isnan(column) & totals.notna().all(axis=1).to_numpy()
    if known.sum() < LEAST:
        return pd.Series(0.0, index=totals.columns)
    ranks, others = pd.Series(column[known]).rank().to_numpy(), totals[known].rank().to_numpy()
    ranks, others = ranks - ranks.mean(), others - others.mean(axis=0)
    spread = np.sqrt((ranks @ ranks) * (others**2).sum(axis=0))
    return pd.Series(np.divide(ranks @ others, spread, out=np.zeros(len(spread)), where=spread > 0), totals.columns)


def looked_at(session: Session, staged: str, snapshot: Snapshot) -> tuple[int, list[Proxy]]:
    """How many existing customers of staged rows of ``feature_table`` were looked at, and what was found."""
    columns = [*_OF_TOTALS, *(c.name for c in described(FeatureTable) if c.name not in _OF_TOTALS)]
    customers = session.frame(
        _SAMPLE.format(staged=staged, columns=", ".join(f"s.{name}" for name in columns)),
        month=snapshot.month,
        most=MOST,
    )
    names = [c.name for c in described(FeatureTable)]
    return len(customers), proxies(customers, names) if len(customers) >= LEAST else []
