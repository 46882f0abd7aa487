"""Why a customer is given a type: the model's own contributions (Lundberg et al. 2020, TreeSHAP, as LightGBM has it).

A raw score is known up to a constant per customer, so a type's margin is its score less the mean over the types; the
contributions are centred in the same way and sum to the margin. The exposure is part of the question: what it adds
belongs to the base, the same question asked of nobody in particular.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets.prediction.boosting import THREADS
from crm_assets.prediction.latent_type import LatentTypeModel, batches
from crm_assets.prediction.model_rows import EXPOSURE

TOP = 3
DIGITS = 6


@dataclass(frozen=True)
class Contributions:
    """What each column adds to the margin of the named type.

    Attributes:
        named: (rows,) number of the named type in ``model.classes``.
        base: (rows,) the margin before anything is known of the customer, at the exposure that is asked.
        parts: (rows, features) contributions, in order of ``model.features``; 0 for the exposure.
        margin: (rows,) base + the sum of the parts.
    """

    named: np.ndarray
    base: np.ndarray
    parts: np.ndarray
    margin: np.ndarray


def contributions(model: LatentTypeModel, rows: pd.DataFrame) -> Contributions:
    """The contributions behind the type that the model names for each row.

    Args:
        rows: with the model's features, the exposure among them (``latent_type.asked``).
    """
    found = [_of_batch(model, part) for part in batches(model, rows)]
    width = len(model.features) + 1
    named = np.concatenate([n for n, _ in found]) if found else np.empty(0, dtype=int)
    parts = np.concatenate([p for _, p in found]) if found else np.empty((0, width))
    margin, stated = parts.sum(axis=1), [i for i, name in enumerate(model.features) if name == EXPOSURE]
    base = parts[:, -1] + parts[:, stated].sum(axis=1)
    parts[:, stated] = 0.0
    return Contributions(named, base, parts[:, :-1], margin)


def _of_batch(model: LatentTypeModel, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The named type and (rows, features + 1) contributions to its margin, the base last."""
    flat = model.trees.predict(values, pred_contrib=True, num_threads=THREADS)
    each = flat.reshape(len(values), len(model.classes), len(model.features) + 1)
    named = model.trees.predict(values, raw_score=True, num_threads=THREADS).argmax(axis=1)
    return named, each[np.arange(len(values)), named] - each.mean(axis=1)


def reasons(model: LatentTypeModel, rows: pd.DataFrame, top: int = TOP) -> pd.DataFrame:
    """The columns that weigh most, for or against the named type.

    Args:
        rows: as for ``contributions``; in the order of the answer.
        top: reasons of a customer, at most.

    Returns:
        margin, and reasons: canonical JSON of ``base``, ``top`` (column, value, contribution; by weight) and ``rest``,
        whose contributions sum to the margin, six digits; with the index of ``rows``.
    """
    found = contributions(model, rows)
    order = np.argsort(-np.abs(found.parts), axis=1, kind="stable")[:, : min(top, len(model.features))]
    weightiest = np.take_along_axis(found.parts, order, axis=1)
    values, texts = [_known(rows[name]) for name in model.features], []
    # Of Python's numbers: to take them out of the arrays one by one, and every value of a column, takes twice as long.
    each = zip(order.tolist(), weightiest.tolist(), found.base.tolist(), found.margin.tolist(), strict=True)
    for row, (best, parts, base, margin) in enumerate(each):
        told = [
            {"column": model.features[i], "value": _plain(values[i][row]), "contribution": round(part, DIGITS)}
            for i, part in zip(best, parts, strict=True)
            if part
        ]
        base, margin = round(base, DIGITS), round(margin, DIGITS)
        rest = round(margin - base - sum(r["contribution"] for r in told), DIGITS)
        texts.append(json.dumps({"base": base, "top": told, "rest": rest}, ensure_ascii=False, sort_keys=True))
    made = pd.DataFrame({"margin": found.margin.round(DIGITS), "reasons": texts}, index=rows.index)
    return made.astype({"reasons": "str"})


def _known(values: pd.Series) -> np.ndarray:
    """The values; None where they are not known."""
    return np.where(values.notna(), values.to_numpy(dtype=object), None)


def _plain(value: object) -> float | str | None:
    """A known value as JSON has it."""
    return value if value is None or isinstance(value, str) else float(value)
