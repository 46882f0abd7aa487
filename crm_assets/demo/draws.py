"""Vectorised random draws: weighted choices for millions of rows, and evenly spread uniforms.

Here: sampling tools that know nothing of customers. Not here: any parameter.
"""

from __future__ import annotations

import numpy as np

# Every stream of random numbers hangs on its own key, so that no part moves when another changes.
SIGNALS, CUSTOMERS, CARDS, LEADS = 0, 1, 2, 3


def generator(seed: int, *key: int) -> np.random.Generator:
    """The random stream of one part of the demo."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def spread_uniform(rng: np.random.Generator, size: int) -> np.ndarray:
    """`size` uniforms, one from each of `size` equal intervals in random order: shares come out nearly exact."""
    return (rng.permutation(size) + rng.random(size)) / size


class Choice:
    """Draws a column for each wanted row of a table of weights (rows x columns), by inverse cumulative weight."""

    def __init__(self, weights: np.ndarray):
        weights = np.atleast_2d(np.asarray(weights, dtype=float))
        self.columns = weights.shape[1]
        cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        # Row r occupies the interval r..r+1 of one long sorted array, so that one search serves all rows.
        self.edges = (cumulative + np.arange(len(weights))[:, None]).ravel()

    def draw(self, rows: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        found = np.searchsorted(self.edges, rows + uniform, side="right") - rows * self.columns
        return np.minimum(found, self.columns - 1)  # row + 0.999… may round up to the next row


class GroupedChoice:
    """Draws a column within the wanted (row, group): columns are sorted by group, weights are rows x columns."""

    def __init__(self, weights: np.ndarray, groups: np.ndarray):
        self.columns = weights.shape[1]
        self.group_count = int(groups.max()) + 1
        self.last = np.searchsorted(groups, np.arange(self.group_count), side="right") - 1
        edges = []
        for row, row_weights in enumerate(weights):
            totals = np.bincount(groups, row_weights)
            before = np.concatenate([[0.0], np.cumsum(totals)[:-1]])
            within = (np.cumsum(row_weights) - before[groups]) / totals[groups]
            edges.append(row * self.group_count + groups + np.clip(within, 0.0, 1.0))
        self.edges = np.concatenate(edges)

    def draw(self, rows: np.ndarray, groups: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        keys = rows * self.group_count + groups + uniform
        found = np.searchsorted(self.edges, keys, side="right") - rows * self.columns
        return np.minimum(found, self.last[groups])
