"""Figures of the proof of new customers: macro-F1 by customer with its interval, and tables of later months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets import pictures
from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction.evaluation import MODEL, baselines, classes_of
from crm_assets.prediction.outcomes import last_predictions

DRAWS, SEED = 1_000, 42


@dataclass
class Answers:
    """Of one slice: what a model said of customers that it was not trained on, once per repeat.

    Attributes:
        customers: (n,) sorted.
        truth: (n,) number of the true class.
        said: (repeats or more, n) numbers of the named classes.
        classes: how many there are.
    """

    customers: pd.Index
    truth: np.ndarray
    said: np.ndarray
    classes: int

    def of(self, kept: np.ndarray) -> Answers:
        """The same of some customers only; ``kept`` is a mask."""
        return Answers(self.customers[kept], self.truth[kept], self.said[:, kept], self.classes)

    def macro_f1(self) -> float:
        return float(self._scores(np.ones((1, len(self.truth))))[0])

    def accuracy(self) -> float:
        return float((self.said == self.truth).mean())

    def bootstrapped(self) -> np.ndarray:
        """(draws,) macro-F1 on customers drawn with replacement: the same draws for all of the same customers, so that
        differences are paired."""
        n = len(self.truth)
        return self._scores(np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), DRAWS).astype(float))

    def _scores(self, weights: np.ndarray) -> np.ndarray:
        one = np.eye(self.classes)
        n, repeats = len(self.truth), len(self.said)
        named, hits = one[self.said], one[self.said] * (self.said == self.truth)[:, :, None]
        true = weights @ one[self.truth]
        flat = [weights @ each.transpose(1, 0, 2).reshape(n, -1) for each in (named, hits)]
        total, right = (each.reshape(len(weights), repeats, self.classes) for each in flat)
        return (2 * right / np.maximum(true[:, None, :] + total, 1)).mean(axis=(1, 2))


def interval(values: np.ndarray) -> str:
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{low:.3f} to {high:.3f}"


def show(title: str, frame: pd.DataFrame) -> None:
    """Print a markdown table, numbers to three digits."""
    print(f"\n{title}\n\n{pictures.table(frame.round(3))}")


def said(found: Answers) -> str:
    """Macro-F1 with its interval."""
    return f"{found.macro_f1():.3f} ({interval(found.bootstrapped())})"


def answers(judged: pd.DataFrame) -> dict[str, Answers]:
    """Per slice the answers of a model."""
    return {part: _answers(group, _best(group)) for part, group in judged.groupby("slice", sort=True)}


def baseline_answers(judged: pd.DataFrame) -> dict[str, dict[str, Answers]]:
    """Per baseline and slice the answers of who knows the shares of the training customers alone."""
    found: dict[str, dict[str, Answers]] = {}
    for part, group in judged.groupby("slice", sort=True):
        for name, draws in baselines(group, classes_of(group), SEED).items():
            each = [_answers(group, drawn) for drawn in draws]
            said = np.vstack([a.said for a in each])
            found.setdefault(name, {})[part] = Answers(each[0].customers, each[0].truth, said, each[0].classes)
    return found


def _best(judged: pd.DataFrame) -> np.ndarray:
    return judged[classes_of(judged)].to_numpy(dtype=float).argmax(axis=1)


def _answers(judged: pd.DataFrame, said: np.ndarray) -> Answers:
    frame = judged[["repeat", "customer_id", "truth"]].assign(said=said).sort_values(["repeat", "customer_id"])
    first = frame[frame["repeat"] == frame["repeat"].iloc[0]]
    shape = (frame["repeat"].nunique(), len(first))
    return Answers(
        pd.Index(first["customer_id"]),
        first["truth"].to_numpy(dtype=int),
        frame["said"].to_numpy().reshape(shape),
        len(classes_of(judged)),
    )


def mean_of_slices(found: Mapping[str, Answers], parts: Sequence[str] = CUTS) -> np.ndarray:
    """Bootstrapped macro-F1, mean over the slices."""
    return np.mean([found[part].bootstrapped() for part in parts], axis=0)


def later_table(metrics: pd.DataFrame, outcomes: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """A row per slice: customers, shares of the types that came true, macro-F1 and accuracy of model and baselines."""
    once = last_predictions(outcomes)
    parts = {f"{outcome}/{month:%Y-%m}": own for month, own in outcomes.groupby("predicted_month")}
    parts |= {f"{outcome}/all": once} | {f"{outcome}/{n}": own for n, own in once.groupby("receipts")}
    value = metrics.set_index(["slice", "model", "metric"])["value"]
    return pd.DataFrame(
        [
            {
                "slice": name,
                "customers": len(own),
                "types, %": " / ".join(
                    f"{type_} {100 * share:.0f}"
                    for type_, share in own["segment_id"].value_counts(normalize=True).items()
                ),
                "macro-F1": value[name, MODEL, "macro_f1"],
                "majority": value[name, "majority", "macro_f1"],
                "prior": value[name, "prior", "macro_f1"],
                "accuracy": value[name, MODEL, "accuracy"],
                "majority accuracy": value[name, "majority", "accuracy"],
                "prior accuracy": value[name, "prior", "accuracy"],
            }
            for name, own in parts.items()
        ]
    )
