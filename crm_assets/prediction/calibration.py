"""Whether probabilities mean what they say, and what it is worth to keep silent below a floor.

A temperature (Guo et al. 2017, "On calibration of modern neural networks") divides the margins: one number, which
changes no answer. It is learned on customers that the models were not trained on, and judged on others still.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy
from scipy.special import log_softmax, softmax

from crm_assets.prediction.evaluation import MODEL, classes_of, figure

BINS = 10  # of equally many rows
TEMPERATURES = (0.2, 5.0)  # sought within
FLOORS = tuple(i / 20 for i in range(21))


def temperature(judged: pd.DataFrame) -> float:
    """The temperature under which these rows' true types have the highest likelihood.

    Args:
        judged: of ``evaluation.out_of_fold``, at least one row.
    """
    scores, truth = judged[classes_of(judged)].to_numpy(dtype=float), judged["truth"].to_numpy()
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        found = log_softmax(scores / np.exp(log_temperature), axis=1)[rows, truth]
        return float(-np.maximum(found, -30).mean())  # a type that a fold never saw would count without end

    return float(np.exp(scipy.optimize.minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded").x))


def calibrated(judged: pd.DataFrame) -> pd.DataFrame:
    """Per row the named type's probability, before and after, by temperatures of the other folds.

    Args:
        judged: of ``evaluation.out_of_fold``, two folds at least.

    Returns:
        slice, right (whether the named type is true), raw and stated (its probability at temperature 1, and at that of
        the other folds), with the index of ``judged``.
    """
    classes = classes_of(judged)
    parts = []
    for fold, group in judged.groupby("fold", sort=True):
        heat = temperature(judged[judged["fold"] != fold])
        scores = group[classes].to_numpy(dtype=float)
        parts.append(
            pd.DataFrame(
                {
                    "slice": group["slice"],
                    "right": scores.argmax(axis=1) == group["truth"].to_numpy(),
                    "raw": softmax(scores, axis=1).max(axis=1),
                    "stated": softmax(scores / heat, axis=1).max(axis=1),
                },
                index=group.index,
            )
        )
    return pd.concat(parts).loc[judged.index]


def calibration_error(stated: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """ECE = Σ share · |mean stated − share right| over bins of equally many rows, 0 to 1."""
    return float(sum(len(s) / len(stated) * abs(s.mean() - r.mean()) for s, r in _binned(stated, right, bins)))


def figures(found: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Rows of ``model_metrics``: calibration (error per slice, and stated against right per bin) and abstention
    (accuracy of the answers, and the share answered, per floor).

    Args:
        found: of ``calibrated``.
    """
    for part, group in [("all", found), *found.groupby("slice", sort=True)]:
        right = group["right"].to_numpy()
        for metric, column in (("error_raw", "raw"), ("error", "stated")):
            yield figure(
                MODEL, "calibration", part, metric, calibration_error(group[column].to_numpy(), right), len(group)
            )
    binned = _binned(found["stated"].to_numpy(), found["right"].to_numpy(), BINS)
    for number, (stated, right) in enumerate(binned, start=1):
        yield figure(MODEL, "calibration", f"bin_{number:02}", "stated", stated.mean(), len(stated))
        yield figure(MODEL, "calibration", f"bin_{number:02}", "right", right.mean(), len(stated))
    for floor in FLOORS:
        answered = found[found["stated"] >= floor]
        yield figure(MODEL, "abstention", f"{floor:.2f}", "answered", len(answered) / len(found), len(found))
        if len(answered):
            yield figure(MODEL, "abstention", f"{floor:.2f}", "accuracy", answered["right"].mean(), len(answered))


def _binned(stated: np.ndarray, right: np.ndarray, bins: int) -> list[tuple[np.ndarray, np.ndarray]]:
    order = np.argsort(stated, kind="stable")
    return [(stated[part], right[part]) for part in np.array_split(order, bins) if len(part)]
