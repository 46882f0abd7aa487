"""How well the latent type of new customers is predicted, by the two protocols of S0 and of the cold start.

*seed*: S0's 31 columns, trained on the whole histories of existing customers, judged on 20 % others, and on their first
receipts. *cold_start*: trained on cut histories, judged on the cut histories of customers it has not seen. Encoders,
and all else that is learned, come from the training customers alone. Figures only; fitting is in ``latent_type``,
whether probabilities mean what they say in ``calibration``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_table import CUTS
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows, margins
from crm_assets.prediction.model_rows import SEED_RECIPE, Recipe

MODEL = "latent_type"
BASELINES = ("majority", "prior")
VALIDATION_SHARE = 0.2
LEAST = 30  # customers of a type in a sample
DRAWS = 20  # of the baseline that draws types by their shares; its figures are the means over the draws


def types_of(rows: pd.DataFrame) -> pd.Series:
    """The type of every customer, indexed by customer_id."""
    return rows.drop_duplicates("customer_id").set_index("customer_id")["label"]


def drawn_customers(types: pd.Series, most: int, *, folds: int, seed: int) -> pd.Series:
    """All customers, or a seeded sample of about ``most`` with the types' shares, of no type fewer than ``LEAST``.

    Args:
        types: segment_id, indexed by customer_id.
        folds: that they are to be judged in.

    Raises:
        ValueError: one type only, or a type with fewer customers than folds.
    """
    _check(types, folds)
    if len(types) <= most:
        return types.sort_index()
    least, random, drawn = max(folds, LEAST), np.random.default_rng(seed), []
    for _, customers in types.sort_index().groupby(types, sort=True):
        size = min(len(customers), max(least, round(most * len(customers) / len(types))))
        drawn.append(customers.iloc[np.sort(random.choice(len(customers), size, replace=False))])
    return pd.concat(drawn).sort_index()


def _check(types: pd.Series, folds: int) -> None:
    counts = types.value_counts()
    if len(counts) < 2:
        raise ValueError(f"all customers are of the type {counts.index[0]!r}; two types are needed to judge a model")
    least = max(folds, 2)
    if counts.min() < least:
        raise ValueError(
            f"type {counts.idxmin()!r} has {counts.min()} customers, fewer than the {least} folds; lower "
            "evaluation_folds, or fit fewer types"
        )


def out_of_fold(rows: pd.DataFrame, recipe: Recipe, *, folds: int, seed: int) -> pd.DataFrame:
    """What models say of customers whom they were not trained on: the cold start.

    Args:
        rows: of ``labelled_rows``; those that are cut are used.
        recipe: what the models see.
        folds: stratified by type, grouped by customer.
        seed: of folds and models.

    Returns:
        One row per cut row: customer_id, slice (1, 2, 3), truth (number of the class), fold, one column per class with
        its margin, by name in sorted order, and per class its share in training as ``share_<class>``.
    """
    classes = sorted(rows["label"].unique())
    parts = [
        judge(training, held_out, recipe, classes, seed).assign(fold=fold)
        for fold, (training, held_out) in enumerate(cold_start_parts(rows, folds=folds, seed=seed))
    ]
    return pd.concat(parts, ignore_index=True)


def cold_start_parts(rows: pd.DataFrame, *, folds: int, seed: int) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Per fold the cut rows of the training customers and those of the held-out ones: stratified by type, grouped by
    customer, the same for the same customers and seed."""
    types = types_of(rows).sort_index()
    cut = rows[rows["cutoff"].isin(CUTS)]
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for _, held_out in splitter.split(types.index, types):
        is_held_out = cut["customer_id"].isin(set(types.index[held_out]))
        yield cut[~is_held_out], cut[is_held_out]


def whole_histories(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The seed protocol: trained on whole histories of 80 % of the customers; judged on those of the others (slice
    ``full``), and on their first receipts. As ``out_of_fold``, without folds."""
    training, held_out = seed_parts(rows, seed=seed)
    judged = judge(training, held_out, SEED_RECIPE, sorted(rows["label"].unique()), seed)
    return judged.assign(slice=judged["slice"].replace("as_of", "full"), fold=0)


def seed_parts(rows: pd.DataFrame, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The whole histories of 80 % of the customers, and every row of the others."""
    types = types_of(rows).sort_index()
    from sklearn.model_selection import train_test_split

    _, held_out = train_test_split(
        types.index.to_numpy(), test_size=VALIDATION_SHARE, stratify=types, random_state=seed
    )
    is_held_out = rows["customer_id"].isin(set(held_out))
    return rows[~is_held_out & (rows["cutoff"] == "as_of")], rows[is_held_out]


def judge(
    training: pd.DataFrame, held_out: pd.DataFrame, recipe: Recipe, classes: list[str], seed: int
) -> pd.DataFrame:
    """What one model says of rows that it has not seen; shape as ``out_of_fold``, without the fold."""
    return said_of(fit_rows(training, recipe, seed=seed), held_out, classes)


def said_of(model: LatentTypeModel, held_out: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """``judge`` by a model that is there. A type that it never saw has −∞."""
    said = pd.DataFrame(margins(model, held_out), columns=list(model.classes)).reindex(columns=classes)
    shares = pd.Series(dict(model.shares)).reindex(classes, fill_value=0.0)
    return pd.DataFrame(
        {
            "customer_id": held_out["customer_id"].to_numpy(),
            "slice": held_out["cutoff"].to_numpy(),
            "truth": pd.Categorical(held_out["label"], categories=classes).codes,
            **said.fillna(-np.inf),
            **{f"share_{name}": share for name, share in shares.items()},
        }
    )


def classes_of(judged: pd.DataFrame) -> list[str]:
    """The types of a judged frame, in order."""
    return [name.removeprefix("share_") for name in judged.columns if name.startswith("share_")]


def figures(judged: pd.DataFrame, protocol: str, *, seed: int, name: str = MODEL) -> Iterator[dict[str, object]]:
    """Rows of ``model_metrics``: macro-F1 and accuracy of a model and, unless it has another name, of the baselines.

    Args:
        judged: of ``out_of_fold`` or ``whole_histories``; all its folds are judged together.
        name: under which the model is reported.
    """
    classes = classes_of(judged)
    for part, group in judged.groupby("slice", sort=True):
        truth = group["truth"].to_numpy()
        said = {name: [group[classes].to_numpy().argmax(axis=1)]}
        if name == MODEL:
            said |= baselines(group, classes, seed)
        for model, answers in said.items():
            measured = {
                "macro_f1": np.mean([macro_f1(truth, a, len(classes)) for a in answers]),
                "accuracy": np.mean([(truth == a).mean() for a in answers]),
            }
            for metric, value in measured.items():
                yield figure(model, protocol, part, metric, value, len(group))


def figure(model: str, protocol: str, part: str, metric: str, value: float, base: int) -> dict[str, object]:
    """A row of ``model_metrics``, without month and as_of; ``base`` are the rows that it was measured on."""
    return {"model": model, "protocol": protocol, "slice": part, "metric": metric, "value": float(value), "base": base}


def baselines(judged: pd.DataFrame, classes: list[str], seed: int) -> dict[str, list[np.ndarray]]:
    """Answers of who knows the types' shares in training alone: always the largest, and 20 draws by shares."""
    shares = judged[[f"share_{name}" for name in classes]].to_numpy()
    random = np.random.default_rng(seed)
    below = shares.cumsum(axis=1)[:, :-1]
    draws = [(random.random(len(judged))[:, None] > below).sum(axis=1) for _ in range(DRAWS)]
    return {"majority": [shares.argmax(axis=1)], "prior": draws}


def macro_f1(truth: np.ndarray, said: np.ndarray, classes: int) -> float:
    """Mean over the classes of F1 = 2 TP / (true + said); 0 for a class that neither holds.

    Equal to scikit-learn's with ``average="macro"``, at a fiftieth of its time for the many draws of a baseline.
    """
    hits = np.bincount(truth[truth == said], minlength=classes)
    named = np.bincount(truth, minlength=classes) + np.bincount(said, minlength=classes)
    return float((2 * hits / np.maximum(named, 1)).mean())
