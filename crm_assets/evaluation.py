"""How well the latent type of new customers is predicted, by the two protocols of S0 and of the cold start.

*seed*: trained on the whole histories of existing customers, judged on 20 % others, and on their first receipts.
*cold_start*: trained on cut histories, judged on the cut histories of customers it has not seen. Encoders, and all
else that is learned, come from the training customers alone. Figures only; fitting is in ``latent_type``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

from crm_assets.latent_type import CUTS, class_probabilities, fit_rows, with_labels

MODEL = "latent_type"
VALIDATION_SHARE = 0.2
LEAST = 30  # customers of a type in a sample
DRAWS = 20  # of the baseline that draws types by their shares; its figures are the means over the draws


def evaluate(
    features: pd.DataFrame, labels: pd.Series, *, folds: int, seed: int, max_customers: int = 12_000
) -> pd.DataFrame:
    """Macro-F1 and accuracy of the model and of two baselines, per protocol and slice.

    Args:
        features: rows of the feature table, cut-offs as_of, 1, 2, 3.
        labels: segment_id at as_of, indexed by customer_id.
        folds: of the cold start, by customer.
        seed: of every draw.
        max_customers: above it, a seeded sample of customers with the same shares of types, for speed.

    Returns:
        model (latent_type, majority, prior), protocol (seed, cold_start), slice (full, 1, 2, 3), metric (macro_f1,
        accuracy), value, base (rows judged). Predictions of all folds are judged together.

    Raises:
        ValueError: one type only, or a type with fewer customers than folds.
    """
    rows = with_labels(features, labels, ("as_of", *CUTS))
    kinds = rows.drop_duplicates("customer_id").set_index("customer_id")["label"]
    _check(kinds, folds)
    if len(kinds) > max_customers:
        kinds = _sample(kinds, max_customers, max(folds, LEAST), seed)
        _check(kinds, folds)
        rows = rows[rows["customer_id"].isin(kinds.index)]
    classes = sorted(kinds.unique())
    judged = pd.concat([_seed_protocol(rows, kinds, classes, seed), *_cold_start(rows, kinds, classes, folds, seed)])
    return pd.DataFrame(
        [
            {"model": model, "protocol": protocol, "slice": part, "metric": metric, "value": value, "base": len(group)}
            for (protocol, part), group in judged.groupby(["protocol", "slice"])
            for model in (MODEL, "majority", "prior")
            for metric, value in _figures(group, model, len(classes)).items()
        ]
    )


def _sample(kinds: pd.Series, most: int, least: int, seed: int) -> pd.Series:
    """About ``most`` customers with the types' shares, but of no type fewer than ``least`` (or all that there are)."""
    random, drawn = np.random.default_rng(seed), []
    for _, customers in kinds.sort_index().groupby(kinds, sort=True):
        size = min(len(customers), max(least, round(most * len(customers) / len(kinds))))
        drawn.append(customers.iloc[np.sort(random.choice(len(customers), size, replace=False))])
    return pd.concat(drawn).sort_index()


def _check(kinds: pd.Series, folds: int) -> None:
    counts = kinds.value_counts()
    if len(counts) < 2:
        raise ValueError(f"all customers are of the type {counts.index[0]!r}; two types are needed to judge a model")
    least = max(folds, 2)
    if counts.min() < least:
        raise ValueError(
            f"type {counts.idxmin()!r} has {counts.min()} customers, fewer than the {least} folds; lower "
            "evaluation_folds, or fit fewer types"
        )


def _seed_protocol(rows: pd.DataFrame, kinds: pd.Series, classes: list[str], seed: int) -> pd.DataFrame:
    """One stratified split of the customers; judged on whole (slice full) and on cut histories."""
    customers = kinds.index.to_numpy()
    _, held_out = train_test_split(customers, test_size=VALIDATION_SHARE, stratify=kinds, random_state=seed)
    is_held_out = rows["customer_id"].isin(set(held_out))
    judged = _judge(rows[~is_held_out & (rows["cutoff"] == "as_of")], rows[is_held_out], classes, seed)
    return judged.assign(protocol="seed", slice=judged["slice"].replace("as_of", "full"))


def _cold_start(
    rows: pd.DataFrame, kinds: pd.Series, classes: list[str], folds: int, seed: int
) -> Iterator[pd.DataFrame]:
    """Stratified folds of customers, trained and judged on cut histories."""
    cut = rows[rows["cutoff"].isin(CUTS)]
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for _, held_out in splitter.split(kinds.index, kinds):
        is_held_out = cut["customer_id"].isin(set(kinds.index[held_out]))
        yield _judge(cut[~is_held_out], cut[is_held_out], classes, seed).assign(protocol="cold_start")


def _judge(training: pd.DataFrame, held_out: pd.DataFrame, classes: list[str], seed: int) -> pd.DataFrame:
    """Per held-out row: slice, truth and what each model says, as numbers of ``classes``."""
    model = fit_rows(training, seed=seed)
    numbers = np.array([classes.index(c) for c in model.classes])
    said = numbers[class_probabilities(model, held_out).argmax(axis=1)]
    shares = training["label"].value_counts(normalize=True).reindex(classes, fill_value=0).to_numpy()
    draws = np.random.default_rng(seed).choice(len(classes), size=(len(held_out), DRAWS), p=shares)
    columns = {
        "slice": held_out["cutoff"].to_numpy(),
        "truth": pd.Categorical(held_out["label"], categories=classes).codes,
        MODEL: said,
        "majority": np.full(len(held_out), int(shares.argmax())),
    }
    return pd.DataFrame({**columns, **{f"prior_{i}": draws[:, i] for i in range(DRAWS)}})


def _figures(group: pd.DataFrame, model: str, classes: int) -> dict[str, float]:
    """Macro-F1 over all types and accuracy; the mean over its draws for the prior."""
    names = [f"prior_{i}" for i in range(DRAWS)] if model == "prior" else [model]
    truth = group["truth"].to_numpy()
    said = [group[name].to_numpy() for name in names]
    return {
        "macro_f1": float(np.mean([macro_f1(truth, s, classes) for s in said])),
        "accuracy": float(np.mean([(truth == s).mean() for s in said])),
    }


def macro_f1(truth: np.ndarray, said: np.ndarray, classes: int) -> float:
    """Mean over the classes of F1 = 2 TP / (true + said); 0 for a class that neither holds.

    Equal to scikit-learn's with ``average="macro"``, at a fiftieth of its time for the many draws of a baseline.
    """
    hits = np.bincount(truth[truth == said], minlength=classes)
    named = np.bincount(truth, minlength=classes) + np.bincount(said, minlength=classes)
    return float((2 * hits / np.maximum(named, 1)).mean())
