"""Features of leads as the numbers that a model reads: numbers, a column per value of a category, win rates, terms.

Rates are out of fold where the model learns, and whole where it is asked of others. A column belongs to a feature, so
that what a model says of its columns can be told of features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_assets.leads.rates import out_of_fold_rates, smoothed_rates
from crm_assets.leads.reference import TERMS_FEATURE
from crm_assets.leads.texts import learn_terms, term_weights


@dataclass(frozen=True)
class Encoder:
    """What was learned of the features of some leads.

    Attributes:
        numbers: features that are read as they are.
        levels: category → its values, a column each.
        rates: category, or whose rate a delivered one was → value → win rate.
        base: win rate of all, for values that were not there.
        terms: of messages → weight; none where text is not read.
    """

    numbers: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    rates: Mapping[str, Mapping[str, float]]
    base: float
    terms: Mapping[str, float]

    @property
    def owners(self) -> list[str]:
        """The feature of each column."""
        columns = [name for name, values in self.levels.items() for _ in values]
        return [*self.numbers, *columns, *self.rates, *([TERMS_FEATURE] * len(self.terms))]

    @property
    def features(self) -> list[str]:
        """The features, each once, in the order of their columns."""
        return list(dict.fromkeys(self.owners))

    def is_text(self, kinds: Mapping[str, str]) -> np.ndarray:
        """(columns,) whether a column is made of the messages, which the feature's kind says, not its name."""
        return np.array([o == TERMS_FEATURE or kinds[o] == "text" for o in self.owners], dtype=bool)

    def without_text(self, kinds: Mapping[str, str]) -> Encoder:
        """The same without what is made of the messages."""
        numbers = tuple(name for name in self.numbers if kinds[name] != "text")
        return replace(self, numbers=numbers, terms={})

    def matrix(self, rows: pd.DataFrame, messages: np.ndarray) -> np.ndarray:
        """(leads, columns) floats; missing numbers are NaN, a value that was not learned of has no column and the base
        rate.

        Args:
            rows: features by name. messages: terms of each message (``texts.terms_of``).
        """
        return self._put_together(rows, messages, {name: self._asked(rows[name], name) for name in self.rates})

    def _asked(self, column: pd.Series, name: str) -> np.ndarray:
        return column.map(self.rates[name]).astype(float).fillna(self.base).to_numpy()

    def _put_together(self, rows: pd.DataFrame, messages: np.ndarray, rates: Mapping[str, np.ndarray]) -> np.ndarray:
        parts = [rows[list(self.numbers)].to_numpy(dtype=float)] if self.numbers else []
        for name, values in self.levels.items():
            column = rows[name].to_numpy(dtype=object)
            parts.append(np.stack([column == value for value in values], axis=1).astype(float))
        parts += [rates[name][:, None] for name in self.rates]
        parts += [term_weights(messages, self.terms)] if self.terms else []
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(rows), 0))


def learn(
    rows: pd.DataFrame,
    kinds: Mapping[str, str],
    messages: np.ndarray,
    converted: np.ndarray,
    folds: np.ndarray,
    *,
    with_text: bool,
) -> tuple[Encoder, np.ndarray]:
    """An encoder, and the matrix of the leads that it learned from, their rates out of fold.

    Args:
        kinds: feature → number, category, joined, rate or text.
        folds: of each lead, for the rates.
        with_text: whether the features and terms of the messages are read.
    """
    numbers = [n for n, kind in kinds.items() if kind == "number" or (with_text and kind == "text")]
    levels = {n: tuple(sorted(rows[n].unique())) for n, kind in kinds.items() if kind == "category"}
    levels = {n: values for n, values in levels.items() if len(values) > 1}
    rated = [n for n, kind in kinds.items() if kind in ("rate", "joined")] + [
        n for n, values in levels.items() if len(values) > 2
    ]
    rates, own = {}, {}
    for name in rated:
        codes, values = pd.factorize(rows[name], sort=True)
        found = smoothed_rates(codes, converted, len(values))
        rates[name] = dict(zip(map(str, values), map(float, found), strict=True))
        own[name] = out_of_fold_rates(codes, converted, folds)
    terms = learn_terms(messages) if with_text else {}
    encoder = Encoder(tuple(numbers), levels, rates, float(converted.mean()), terms)
    return encoder, encoder._put_together(rows, messages, own)
