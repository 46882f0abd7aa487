"""Which articles are bought by the same customers: EASE (Steck 2019), an item-based collaborative model in closed form.

    G = XᵀX + λI,  P = G⁻¹,  B = −P / diag(P),  diag(B) = 0

with X the customers × articles matrix of 0 and 1. The score of an article for a customer is the sum of B over what the
customer bought. What is kept of B is for each article its most telling companions with a weight above 0: measured on
Online Retail that ranks as well as all of B, and it is a table that can be read.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack
from threadpoolctl import threadpool_limits


def co_purchases(batches: Iterable[sp.csr_matrix], articles: int) -> np.ndarray:
    """(m, m) customers who bought both, of matrices of customers × articles with 0 and 1; the diagonal holds buyers."""
    counts = np.zeros((articles, articles))
    for bought in batches:
        counts += (bought.T @ bought).toarray()
    return counts


def ease_weights(counts: np.ndarray, regularisation: float) -> np.ndarray:
    """(m, m) B of EASE: row = what was bought, column = what is scored.

    Args:
        counts: of ``co_purchases``; it is overwritten.
        regularisation: λ above 0: how far single customers are distrusted.

    Raises:
        ValueError: λ is not above 0, or the counts are no counts of customers.
    """
    if not regularisation > 0:
        raise ValueError(f"regularisation {regularisation} must be above 0, or articles of one customer cannot be told")
    if not len(counts):
        return counts
    counts[np.diag_indices_from(counts)] += regularisation
    # Positive definite, so by Cholesky: a third of the work of a general inverse. Only the lower triangle is filled. On
    # one core, because the last digits depend on how many share the work.
    with threadpool_limits(1, "blas"):
        factor, unfactored = lapack.dpotrf(counts, lower=1, overwrite_a=1, clean=1)
        inverse, uninverted = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if unfactored or uninverted:
        raise ValueError(f"the counts are not those of co_purchases: LAPACK says {unfactored or uninverted}")
    inverse += np.tril(inverse, -1).T
    diagonal = inverse.diagonal().copy()
    weights = inverse / -diagonal
    weights[np.diag_indices_from(weights)] = 0
    return weights


def companions(weights: np.ndarray, most: int) -> sp.csc_matrix:
    """(m, m) the ``most`` largest weights above 0 of each column."""
    kept = min(most, len(weights))
    if not kept:
        return sp.csc_matrix(weights.shape)
    # Of the transpose, whose rows lie together in memory: a partition costs a tenth of a sort.
    told = np.ascontiguousarray(weights.T)
    rows = np.sort(np.argpartition(-told, kept - 1, axis=1)[:, :kept], axis=1)
    columns = np.broadcast_to(np.arange(len(told))[:, None], rows.shape)
    values = np.take_along_axis(told, rows, axis=1)
    above = values > 0
    return sp.csc_matrix((values[above], (rows[above], columns[above])), shape=weights.shape)
