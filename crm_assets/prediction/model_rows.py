"""The rows that a model of the latent type learns from and is asked about: columns, label, exposure, numbers.

``exposure_days`` is part of the question, not of the customer: the days between a cut and the day of its label.
Training knows them; a prediction states them (``horizon_days``). Left out, the date columns smuggle them in: on Online
Retail (development half, macro-F1, mean of the first 1, 2, 3 receipts) 0.40 with dates, 0.32 without, 0.40 without
dates but with the exposure stated. Fitting and judging are in ``latent_type`` and ``evaluation``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import is_categorical, model_columns
from crm_assets.contracts.feature_table import CUTS
from crm_assets.settings import Settings

EXPOSURE = "exposure_days"

Encoders = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Recipe:
    """What a model sees: columns of the feature sets, whether it is told the exposure, and how it learns.

    ``learner`` is a key of ``boosting.LEARNERS``.
    """

    columns: tuple[str, ...]
    exposure: bool = True
    learner: str = "small_trees"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns and, last, the exposure."""
        return (*self.columns, EXPOSURE) if self.exposure else self.columns


# S0's: 31 columns, dates among them, LightGBM as it comes.
SEED_RECIPE = Recipe(tuple(model_columns()), exposure=False, learner="lightgbm_defaults")


def recipe_of(settings: Settings) -> Recipe:
    """The columns that the settings ask for: one set or both, with or without proxies of the date."""
    return Recipe(tuple(model_columns(settings.model_features.split("+"), dates=settings.date_columns)))


def labelled_rows(features: pd.DataFrame, labels: pd.Series, cutoffs: Sequence[str]) -> pd.DataFrame:
    """The rows of these cut-offs whose customers have a label, with ``label`` and ``exposure_days``.

    Args:
        features: rows of the feature table.
        labels: segment_id at as_of, indexed by customer_id; customers without one are left out.
        cutoffs: of the rows to keep.

    Returns:
        The rows, sorted by customer and cut-off. The exposure is as_of − day of cutoff_at, in days; null for whole
        histories, where it would be the recency.

    Raises:
        ValueError: a column is missing, a customer has two labels, or no row is left.
    """
    needed = ("customer_id", "cutoff", "as_of", "cutoff_at", *model_columns())
    if missing := [name for name in needed if name not in features.columns]:
        raise ValueError(f"features lack the columns {missing}; pass rows of the feature table")
    if labels.index.has_duplicates:
        raise ValueError("labels hold a customer twice; pass one type per customer")
    # Not by isin, which takes ten times as long on Arrow's strings.
    label = labels.reindex(pd.Index(features["customer_id"])).to_numpy(dtype=object)
    known = features["cutoff"].isin(cutoffs).to_numpy() & pd.notna(label)
    rows = features[known].assign(label=label[known])
    if rows.empty:
        raise ValueError(f"no existing customer has a row of cut-off {list(cutoffs)}; nothing to learn from this month")
    days = (rows["as_of"] - rows["cutoff_at"].dt.normalize()).dt.days.astype(float)
    rows[EXPOSURE] = days.where(rows["cutoff"].isin(CUTS))
    return rows.sort_values(["customer_id", "cutoff"], kind="stable").reset_index(drop=True)


def available(rows: pd.DataFrame, names: Iterable[str]) -> tuple[str, ...]:
    """The columns that hold a value in some row."""
    return tuple(name for name in names if rows[name].notna().any())


def encoders_of(rows: pd.DataFrame, names: Iterable[str]) -> dict[str, dict[str, int]]:
    """Per categorical column the code of every category in these rows, by name."""
    return {
        name: {value: code for code, value in enumerate(sorted(rows[name].dropna().astype(str).unique()))}
        for name in names
        if name != EXPOSURE and is_categorical(name)
    }


def matrix(rows: pd.DataFrame, names: Sequence[str], encoders: Encoders) -> np.ndarray:
    """(rows, names) of floats. A category unknown to the encoders, or null, is missing: NaN, which LightGBM knows.

    S0 label-encodes and then standardises. Trees split by order, which standardising leaves as it is, so it is left
    out. Codes are read as ordered numbers: LightGBM's own treatment of categories was no better (macro-F1
    0.36 / 0.41 / 0.40 against 0.37 / 0.41 / 0.43).

    Raises:
        ValueError: a column is missing.
    """
    if missing := [name for name in names if name not in rows.columns]:
        raise ValueError(f"the model uses the columns {missing}, which the rows lack; pass rows of the feature table")
    return np.column_stack(
        [
            _codes(rows[name], encoders[name]) if name in encoders else pd.to_numeric(rows[name]).astype(float)
            for name in names
        ]
    )


def _codes(values: pd.Series, encoder: Mapping[str, int]) -> np.ndarray:
    """(rows,) the code of every category; asked once for each, not for every row (a fifth of the time)."""
    places, categories = pd.factorize(values)  # the place of what is null is -1: the last
    return np.array([*(encoder.get(category, np.nan) for category in categories), np.nan])[places]


def fingerprint(rows: pd.DataFrame, names: Sequence[str]) -> str:
    """SHA-256 of the training data: customers, cut-offs, labels and these columns, in the order of the rows."""
    said = rows[["customer_id", "cutoff", "label", *names]]
    return hashlib.sha256(pd.util.hash_pandas_object(said, index=False).to_numpy().tobytes()).hexdigest()
