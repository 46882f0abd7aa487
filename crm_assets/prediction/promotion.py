"""Whether a newly trained model takes the place of the one in use: only with evidence that it is better.

Both are asked about customers whom neither has learned from: those who became existing after the one in use was
trained. It answers itself; for the new one answer the models of its folds, which have not seen the customer
(``evaluation.out_of_fold``; on the sample of 30,000 customers they are worth 0.01 less than models of all the others).
The rows are the same, and so are the exposures, none longer than the one in use knows: it is never asked further, and
would lose there what nobody asks of it (same sample, everybody: 0.30 against 0.54; within what it knows 0.31 and 0.30).
What is trained, and when, is ``model_of_month``.

One that has learned of fewer days than are asked (a history of two months knows no 90) gives way to a new one that
knows more of them and beats the baselines: it cannot be asked the question. And a model must not stay for ever because
few customers arrive. Where they are too few the two are compared on everybody
judged, most of whom the one in use has learned from: its figure flatters it, so whatever wins there is better. And one
that could not be put to the test for ``MAX_UNTESTED_MONTHS`` gives way to a new one that beats the baselines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction.evaluation import BASELINES, MODEL, classes_of
from crm_assets.prediction.latent_type import LatentTypeModel, margins
from crm_assets.prediction.model_of_month import Decision
from crm_assets.prediction.model_rows import EXPOSURE

MIN_CUSTOMERS = 100  # to compare two models on
MIN_PER_TYPE = 10  # customers of a type that counts, and of two types at least; fewer say nothing about its F1
MAX_UNTESTED_MONTHS = 12
RESAMPLES = 500
# Of the difference, by customer; the new model is promoted when all of it is above 0. A wider one would keep an old
# model that is worse by what is usual after a quarter (Online Retail: 0.03, standard error 0.02) half the time.
INTERVAL = (0.1, 0.9)


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows: macro-F1, mean of the first 1, 2, 3 receipts, of the types with enough customers.

    Attributes:
        low, high: 80 % interval of challenger − incumbent, by a paired bootstrap over customers.
    """

    customers: int
    challenger: float
    incumbent: float
    low: float
    high: float

    def __str__(self) -> str:
        difference = self.challenger - self.incumbent
        return (
            f"difference in macro-F1 {difference:+.3f} (80 % interval {self.low:+.3f} to {self.high:+.3f}), "
            f"{self.challenger:.3f} against {self.incumbent:.3f} on {self.customers} customers"
        )


@dataclass(frozen=True)
class Verdict:
    """Whether the new model is used, why, and the figures behind it (``lightgbm_model`` keeps them).

    Attributes:
        challenger, incumbent: macro-F1, mean of the first 1, 2, 3 receipts; None where the two were not compared.
        customers: that the figures were measured on.
    """

    promoted: bool
    reason: str
    challenger: float
    incumbent: float | None
    customers: int


def answers(judged: pd.DataFrame, rows: pd.DataFrame, incumbent: LatentTypeModel) -> pd.DataFrame:
    """What both models say of the same rows.

    Args:
        judged: of ``evaluation.out_of_fold``, of the new model.
        rows: of ``labelled_rows``, those of ``judged`` among them; with the columns of the model in use.

    Returns:
        customer_id, slice, and the segment ids truth, challenger and incumbent: the rows of ``judged`` whose exposure
        is within what the model in use knows.

    Raises:
        ValueError: a column of the model in use is missing, or a row of ``judged``.
    """
    names = np.array(classes_of(judged), dtype=object)
    cut = rows[rows["cutoff"].isin(CUTS) & rows["customer_id"].isin(set(judged["customer_id"]))]
    told = pd.DataFrame(
        {
            "customer_id": cut["customer_id"].to_numpy(),
            "slice": cut["cutoff"].to_numpy(),
            "is_known": (cut[EXPOSURE] <= incumbent.longest_exposure).to_numpy(),
            "incumbent": np.array(incumbent.classes, dtype=object)[margins(incumbent, cut).argmax(axis=1)],
        }
    )
    found = pd.DataFrame(
        {
            "customer_id": judged["customer_id"].to_numpy(),
            "slice": judged["slice"].to_numpy(),
            "truth": names[judged["truth"]],
            "challenger": names[judged[list(names)].to_numpy().argmax(axis=1)],
        }
    ).merge(told, on=["customer_id", "slice"], how="left", validate="one_to_one")
    if found["incumbent"].isna().any():
        raise ValueError("judged holds customers whose rows were not given; pass the rows that it was made of")
    return found[found["is_known"].astype(bool)].drop(columns="is_known").reset_index(drop=True)


def compare(found: pd.DataFrame, *, seed: int) -> Comparison | None:
    """The two models on these answers; None on fewer than ``MIN_CUSTOMERS``, or without two types of ``MIN_PER_TYPE``.

    Args:
        found: of ``answers``.
        seed: of the bootstrap.
    """
    numbers, customers = pd.factorize(found["customer_id"], sort=True)
    sizes = found.drop_duplicates("customer_id")["truth"].value_counts()
    types = sorted(sizes.index[sizes >= MIN_PER_TYPE])
    if len(customers) < MIN_CUSTOMERS or len(types) < 2:
        return None
    count = len(customers)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    weights = np.vstack([np.ones(count), drawn])  # everybody once, then the resamples
    challenger, incumbent = (_macro_f1(weights, numbers, found, name, types) for name in ("challenger", "incumbent"))
    low, high = np.quantile(challenger[1:] - incumbent[1:], INTERVAL)
    return Comparison(count, float(challenger[0]), float(incumbent[0]), float(low), float(high))


def _macro_f1(
    weights: np.ndarray, numbers: np.ndarray, found: pd.DataFrame, model: str, types: list[str]
) -> np.ndarray:
    """Per row of weights (draws, customers) the macro-F1 over the types, mean of the slices.

    Args:
        numbers: of the customer of every row of ``found``.
    """
    per_slice = []
    for part in sorted(found["slice"].unique()):
        here = (found["slice"] == part).to_numpy()
        truth, said = (pd.Index(types).get_indexer(found.loc[here, name]) for name in ("truth", model))
        hits, named = (np.zeros((weights.shape[1], len(types))) for _ in range(2))
        who = numbers[here]
        for codes, into in ((truth, named), (said, named), (np.where(truth == said, truth, -1), hits)):
            into[who[codes >= 0], codes[codes >= 0]] += 1  # a customer has one row in a slice
        per_slice.append((2 * (weights @ hits) / np.maximum(weights @ named, 1)).mean(axis=1))
    return np.mean(per_slice, axis=0)


def falls_short(incumbent: LatentTypeModel, challenger: LatentTypeModel, horizon_days: int) -> str | None:
    """Why the model in use cannot be asked the question where the new one can, in words; None if it can, or neither."""
    known = incumbent.longest_exposure
    if known >= min(horizon_days, challenger.longest_exposure):
        return None
    return f"the model in use has learned of {known} of the {horizon_days} days that are asked"


def verdict(
    decision: Decision,
    figures: pd.DataFrame,
    found: pd.DataFrame | None,
    unseen: Collection[str],
    *,
    months_in_use: int,
    short: str | None = None,
    seed: int,
) -> Verdict:
    """Whether the model that ``decision`` asked for is used.

    Args:
        figures: of the new model: rows of ``model_metrics``.
        found: of ``answers``; None where the two cannot be compared: no model in use, or other columns or types.
        unseen: customers who became existing after the model in use was trained.
        months_in_use: age of the model in use.
        short: of ``falls_short``: why the model in use cannot be asked the question.
    """
    ours, bar, customers = _cold_start(figures)
    beats = f"macro-F1 {ours:.3f} against {bar:.3f} of the better baseline on {customers} customers"
    compared = None if found is None else compare(found[found["customer_id"].isin(set(unseen))], seed=seed)

    def judged(promoted: bool, told: str, by: Comparison | None = None) -> Verdict:
        reason = f"{decision.reason}: {told}"
        if by is None:
            return Verdict(promoted, reason, ours, None, customers)
        return Verdict(promoted, reason, by.challenger, by.incumbent, by.customers)

    if decision.rule == "by_hand":
        return judged(True, str(compared or beats), compared)
    if decision.rule == "baselines" or found is None or short:
        return judged(ours > bar, f"{short}; {beats}" if short else beats)
    if compared is not None:
        return judged(compared.low > 0, str(compared), compared)
    everybody = compare(found, seed=seed)
    told = "too few customers new since then" + (f", on all {everybody}" if everybody else "")
    better = everybody is not None and everybody.low > 0
    if not better and months_in_use >= MAX_UNTESTED_MONTHS:
        return judged(ours > bar, f"{told}; untested for {months_in_use} months, {beats}", everybody)
    return judged(better, told, everybody)


def _cold_start(figures: pd.DataFrame) -> tuple[float, float, int]:
    """Macro-F1 of the model and of the better baseline, means of the first 1, 2, 3 receipts; and the customers."""
    cold = figures[(figures["protocol"] == "cold_start") & (figures["metric"] == "macro_f1")]
    means = cold.groupby("model")["value"].mean()
    return float(means[MODEL]), float(means[list(BASELINES)].max()), int(cold["base"].max())
