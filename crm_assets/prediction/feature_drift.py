"""How far the customers that a model scores have moved from those that it was made to score.

Every column is cut into bins of the *reference*: the deciles of a number, the categories of a text (rare ones
together), and what is missing as a bin of its own; so are the numbers of receipts and the predicted shares of the
types. A column has *moved* when its stability index is above the threshold and beyond chance: of small shops, every
index is large. Who is compared, and what a moved column leads to, is the callers' business.

Left out is what an ordinary month moves: columns of the calendar, since a month is not another one (the nine days of
Online Retail's last month have an index of 1.3 in the mean day of purchase), and the days between receipts, which grow
with the history (0.26 in Online Retail's sixth month). The numbers of receipts are told and never *moved*: that
customers come back is no drift (a demo of 3,000 had 0.40 in its seventh month).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import SETS, is_categorical, model_columns
from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.prediction.model_rows import EXPOSURE
from crm_assets.statistics.stability import DECILES, quantile_edges, shift

RARE = 0.01  # share of a category that has no bin of its own
RECEIPTS = "receipts"
DATED = frozenset(model_columns(SETS)) - frozenset(model_columns(SETS, dates=False))
BETWEEN = frozenset({"days_between_mean", "days_between_first", "days_between_last", "days_between_trend"})
OF_TIME = DATED | BETWEEN | {"purchase_day_mean"}
TYPES = "predicted types"  # a name that no column has

Reference = Mapping[str, Any]


def reference(features: pd.DataFrame, probabilities: np.ndarray, model: LatentTypeModel) -> dict[str, Any]:
    """The bins of every column, with how many customers are in each; it can be written as JSON.

    Args:
        features: (customers,) rows with ``receipts`` and the model's columns.
        probabilities: (customers, classes) in order of ``model.classes``.

    Returns:
        Per column ``edges`` or ``categories``, and ``counts``, one more for what is above the last edge or in no
        category, and one for what is missing.
    """
    columns = {
        name: _bins(features[name], name in model.encoders or is_categorical(name))
        for name in model.features
        if name not in (EXPOSURE, *OF_TIME)
    }
    columns[RECEIPTS] = _bins(features[RECEIPTS].astype(str), True)
    columns[TYPES] = {"categories": list(model.classes), "counts": _of_types(probabilities)}
    return columns


def renewed(
    before: Reference,
    training: pd.DataFrame,
    features: pd.DataFrame,
    model: LatentTypeModel,
    said: np.ndarray,
    moved: Collection[str],
    *,
    threshold: float,
) -> dict[str, Any]:
    """The reference of a model that was trained anew: today's customers, but for columns that have moved and that the
    training rows do not show either. Nothing was learned of those; they keep the reference they had, so that
    they remain moved until the source is mended, existing customers show it too, or somebody accepts it.

    The training rows of an ordinary month are like its new customers: no column of Online Retail exceeds 0.10, none of
    a demo of 3,000 moves. Predicted types are no part of this: in training the exposure is another.

    Args:
        before: reference of the model before.
        training: rows that the model was trained on.
        features, said: the month's new customers and what the model says of them, as in ``drift``.
        moved: columns that have moved since the model before.
    """
    made = reference(features, said, model)
    doubtful = [name for name in moved if name in made and name in before and name not in (TYPES, RECEIPTS)]
    learned = {name: _bins(training[name], "categories" in made[name]) for name in doubtful}
    found = drift(learned, features, said, threshold=threshold) if learned else pd.DataFrame({"name": [], "moved": []})
    return made | {name: before[name] for name in found.loc[found["moved"].astype(bool), "name"]}


def drift(then: Reference, features: pd.DataFrame, probabilities: np.ndarray, *, threshold: float) -> pd.DataFrame:
    """The stability index of every column against its reference.

    Args:
        then: of ``reference``.
        features: rows of the customers to be scored.
        probabilities: what the model says of them, (customers, classes).
        threshold: index above which a column that is beyond chance has moved.

    Returns:
        One row per column, by falling index: name, psi, moved, and change: the bin that moved most, its share then and
        now.

    Raises:
        ValueError: there is no reference.
    """
    if not then:
        raise ValueError("the model has no reference that drift could be measured against; train it anew")
    made = pd.DataFrame(
        [
            _compared(name, bins, now, threshold, len(then))
            for name, bins, now in _counted(then, features, probabilities)
        ],
        columns=["name", "psi", "moved", "change"],
    )
    return made.sort_values(["psi", "name"], ascending=[False, True], ignore_index=True)


def told(found: pd.DataFrame) -> str:
    """The moved columns of ``drift`` in words; empty without one."""
    moved = found[found["moved"].astype(bool)]
    return "; ".join(f"{row.name}, PSI {row.psi:.2f} ({row.change})" for row in moved.itertuples(index=False))


def _counted(
    then: Reference, features: pd.DataFrame, probabilities: np.ndarray
) -> Iterator[tuple[str, Mapping[str, Any], list[float]]]:
    for name, bins in then.items():
        if name == TYPES:
            yield name, bins, _of_types(probabilities)
        else:
            yield name, bins, _counts(features[name].astype(str) if name == RECEIPTS else features[name], bins)


def _compared(
    name: str, bins: Mapping[str, Any], now: list[float], threshold: float, columns: int
) -> dict[str, object]:
    found = shift(bins["counts"], now, threshold=threshold, family=columns)
    change = "" if found.bin is None else f"{_labels(bins)[found.bin]}: {found.then:.1%} → {found.now:.1%}"
    return {"name": name, "psi": found.psi, "moved": found.moved and name != RECEIPTS, "change": change}


def _bins(values: pd.Series, categorical: bool) -> dict[str, Any]:
    """The bins that these values suggest, with their counts."""
    if categorical:
        shares = values.dropna().astype(str).value_counts() / max(len(values), 1)
        bins: dict[str, Any] = {"categories": sorted(shares.index[shares >= RARE])}
    else:
        known = pd.to_numeric(values).astype(float).dropna().to_numpy()
        bins = {"edges": quantile_edges(known, DECILES).tolist() if len(known) else []}
    return bins | {"counts": _counts(values, bins)}


def _counts(values: pd.Series, bins: Mapping[str, Any]) -> list[float]:
    """How many values are in each bin, the missing ones last."""
    missing = int(values.isna().sum())
    if "categories" in bins:
        found = values.dropna().astype(str).value_counts()
        kept = [int(found.get(name, 0)) for name in bins["categories"]]
        return [*kept, len(values) - missing - sum(kept), missing]
    known = pd.to_numeric(values).astype(float).dropna().to_numpy()
    places = np.searchsorted(bins["edges"], known, side="left")
    return [*np.bincount(places, minlength=len(bins["edges"]) + 1).tolist(), missing]


def _of_types(probabilities: np.ndarray) -> list[float]:
    """Expected customers of every type; none is of another, none is missing."""
    return [*(float(s) for s in probabilities.sum(axis=0).round(3)), 0.0, 0.0]


def _labels(bins: Mapping[str, Any]) -> list[str]:
    if "categories" in bins:
        return [*bins["categories"], "other", "missing"]
    edges = bins["edges"]
    if not edges:
        return ["any number", "missing"]
    between = [f"{low:,.6g} to {high:,.6g}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]:,.6g}", *between, f"above {edges[-1]:,.6g}", "missing"]
