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

from crm_assets.latent_type import THREADS, LatentTypeModel, batches
from crm_assets.model_rows import EXPOSURE

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
    weights = np.abs(found.parts)
    order = np.argsort(-weights, axis=1, kind="stable")[:, : min(top, len(model.features))]
    values = [_plain(rows[name]) for name in model.features]
    texts = []
    for row, best in enumerate(order):
        told = [
            {
                "column": model.features[i],
                "value": values[i][row],
                "contribution": round(float(found.parts[row, i]), DIGITS),
            }
            for i in best
            if weights[row, i] > 0
        ]
        base, margin = round(float(found.base[row]), DIGITS), round(float(found.margin[row]), DIGITS)
        rest = round(margin - base - sum(r["contribution"] for r in told), DIGITS)
        texts.append(json.dumps({"base": base, "top": told, "rest": rest}, ensure_ascii=False, sort_keys=True))
    made = pd.DataFrame({"margin": found.margin.round(DIGITS), "reasons": texts}, index=rows.index)
    return made.astype({"reasons": "str"})


def _plain(values: pd.Series) -> list[float | str | None]:
    """The values as JSON has them; null where they are not known."""
    known = values.notna().to_numpy()
    plain = (float(v) if there and not isinstance(v, str) else v for v, there in zip(values, known, strict=True))
    return [value if there else None for value, there in zip(plain, known, strict=True)]
