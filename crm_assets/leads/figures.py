"""How good probabilities of leads are: F1, precision and recall of the converted, PR-AUC, ROC-AUC, lift of the best
tenth, Brier; with intervals from resampled leads, or companies, or sales people.

Every figure is reckoned from weights of the leads, so that all resamples are one array.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

RESAMPLES = 200
TENTH = 0.1
INTERVAL = (2.5, 97.5)  # percentiles


def figures(
    probability: np.ndarray, predicted: np.ndarray, converted: np.ndarray, weights: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Metric → (resamples,) values.

    Args:
        probability: (leads,). predicted: (leads,) whether it lies above the threshold. converted: (leads,) 0 or 1.
        weights: (resamples, leads) how often each lead counts; none = each once.
    """
    w = np.ones((1, len(converted))) if weights is None else weights
    order = np.argsort(-probability, kind="stable")
    p, y, w = probability[order], converted[order].astype(float), w[:, order]
    ends = np.flatnonzero(np.r_[p[1:] != p[:-1], True])  # leads of equal probability count together
    won, seen = np.cumsum(w * y, axis=1)[:, ends], np.cumsum(w, axis=1)[:, ends]
    all_won, everyone = won[:, -1:], seen[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.diff(won, axis=1, prepend=0.0)
        precision_at = np.where(seen > 0, won / seen, 0.0)
        lost = seen - won
        area = (steps * (lost[:, -1:] - lost + np.diff(lost, axis=1, prepend=0.0) / 2)).sum(axis=1)
        right, named = (w * (y * predicted[order])).sum(axis=1), (w * predicted[order]).sum(axis=1)
        best = np.array([np.interp(TENTH * s[-1], np.r_[0, s], np.r_[0, n]) for s, n in zip(seen, won, strict=True)])
        found = {
            "pr_auc": (steps * precision_at).sum(axis=1) / all_won[:, 0],
            "roc_auc": area / (all_won * lost[:, -1:])[:, 0],
            "f1": 2 * right / (named + all_won[:, 0]),
            "precision": np.where(named > 0, right / named, 0.0),
            "recall": right / all_won[:, 0],
            "lift_top_decile": (best / (TENTH * everyone[:, 0])) / (all_won / everyone)[:, 0],
            "brier": (w * (p - y) ** 2).sum(axis=1) / everyone[:, 0],
        }
    return found


def resampled(groups: np.ndarray, seed: int, resamples: int = RESAMPLES) -> np.ndarray:
    """(resamples, leads) how often each lead counts when its groups are drawn anew, with replacement.

    Args:
        groups: (leads,) code of the group that is drawn as a whole; of each lead its own where leads are drawn.
    """
    size = int(groups.max()) + 1
    draws = np.random.default_rng([seed, 0xB007]).multinomial(size, np.full(size, 1 / size), size=resamples)
    return draws[:, groups].astype(float)


def interval(values: np.ndarray) -> tuple[float, float]:
    """Where 95 % of the resamples lie; those in which nobody converted say nothing."""
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, INTERVAL) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def best_threshold(probability: np.ndarray, converted: np.ndarray) -> float:
    """The probability from which on a lead is called a sale, such that F1 of these leads is highest."""
    order = np.argsort(-probability, kind="stable")
    p, y = probability[order], converted[order]
    ends = np.flatnonzero(np.r_[p[1:] != p[:-1], True])
    won = np.cumsum(y)[ends]
    return float(p[ends][np.argmax(2 * won / (ends + 1 + y.sum()))])


def rows_of(model: str, protocol: str, part: str, found: Mapping[str, float], base: int) -> list[dict[str, object]]:
    """Rows of ``model_metrics``; a figure that cannot be reckoned has none."""
    return [
        {"model": model, "protocol": protocol, "slice": part, "metric": metric, "value": float(value), "base": base}
        for metric, value in found.items()
        if np.isfinite(value)
    ]
