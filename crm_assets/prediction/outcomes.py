"""How good predictions were, by what became of them: the later-month check, from rows of ``prediction_outcomes``.

Every outcome known by a month counts in its figures, so those of a month of predictions grow as its customers go on to
buy. A model is judged over the types that it knows; who got a type that came up later is a miss. What a cold start on
today's existing customers promises is ``evaluation``'s.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from crm_assets.prediction.calibration import calibration_error
from crm_assets.prediction.evaluation import MODEL, baselines, figure, macro_f1

PROTOCOL = "later_month"
HINDSIGHT = "hindsight"  # who always names the type that most came to have: known only afterwards
LEAST = 50  # rows behind a calibration error
COLUMNS = (
    "customer_id", "outcome", "predicted_month", "receipts", "predicted_id", "probability", "abstained", "segment_id",
)  # fmt: skip


def slices(outcomes: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Named parts of outcome rows: ``first/2021-03`` by month of the prediction; ``first/all`` and, by the receipts
    that were known, ``first/1``, with each customer once, by its last prediction; the same for ``horizon``.
    """
    ordered = outcomes.sort_values(["outcome", "predicted_month", "customer_id"], kind="stable")
    for outcome, rows in ordered.groupby("outcome", sort=True):
        for month, part in rows.groupby("predicted_month", sort=True):
            yield f"{outcome}/{month:%Y-%m}", part
        last = last_predictions(rows)
        yield f"{outcome}/all", last
        for receipts, part in last.groupby("receipts", sort=True):
            yield f"{outcome}/{receipts}", part


def last_predictions(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Each customer of an outcome once, by its last prediction whose outcome is known.

    A customer stays new for months and is predicted in each of them: pooled, those who take long would count most.
    """
    ordered = outcomes.sort_values(["outcome", "predicted_month", "customer_id"], kind="stable")
    return ordered.drop_duplicates(["outcome", "customer_id"], keep="last")


def figures(outcomes: pd.DataFrame, shares: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Rows of ``model_metrics``: the model; what who knows the types' shares in training alone would have got; and
    ``HINDSIGHT``, the best that one type for everybody could have got.

    Args:
        outcomes: rows of ``prediction_outcomes`` with ``COLUMNS``.
        shares: share of each type among the training customers of the model that a month used; indexed by month of
            the prediction, a column per type, null where that model does not know it.
        seed: of the draws of the baseline *prior*.

    Returns:
        model, protocol, slice, metric, value, base. For every model macro_f1, accuracy, and accuracy_answered, on
        those that ours did not abstain on, where any is; for ours also answered (their share) and error (calibration)
        of at least ``LEAST`` rows.

    Raises:
        ValueError: a month of predictions has no shares.
    """
    if missing := sorted(set(outcomes["predicted_month"].unique()) - set(shares.index)):
        raise ValueError(f"no shares of types for the predictions of {missing[0]:%Y-%m}; pass those of its model")
    found = [f for name, part in slices(outcomes) for f in _of_slice(name, part, shares, seed)]
    return pd.DataFrame(found, columns=["model", "protocol", "slice", "metric", "value", "base"])


def _of_slice(name: str, rows: pd.DataFrame, shares: pd.DataFrame, seed: int) -> Iterator[dict[str, object]]:
    known = shares.loc[rows["predicted_month"].unique()].dropna(axis="columns", how="all")
    classes = sorted(known.columns)
    truth, said = (_codes(rows[column], classes) for column in ("segment_id", "predicted_id"))
    stated = known.reindex(rows["predicted_month"])[classes].fillna(0.0).add_prefix("share_")
    answered = ~rows["abstained"].to_numpy(dtype=bool)
    afterwards = np.full(len(rows), np.bincount(truth, minlength=len(classes))[: len(classes)].argmax())
    for model, answers in {MODEL: [said], **baselines(stated, classes, seed), HINDSIGHT: [afterwards]}.items():
        score = np.mean([_macro_f1(truth, a, len(classes)) for a in answers])
        right = np.mean([truth == a for a in answers], axis=0)
        yield figure(model, PROTOCOL, name, "macro_f1", score, len(rows))
        yield figure(model, PROTOCOL, name, "accuracy", right.mean(), len(rows))
        if answered.any():
            yield figure(model, PROTOCOL, name, "accuracy_answered", right[answered].mean(), int(answered.sum()))
    yield figure(MODEL, PROTOCOL, name, "answered", answered.mean(), len(rows))
    if len(rows) >= LEAST:
        error = calibration_error(rows["probability"].to_numpy(), truth == said)
        yield figure(MODEL, PROTOCOL, name, "error", error, len(rows))


def _codes(types: pd.Series, classes: list[str]) -> np.ndarray:
    """The number of each type; of all unknown ones, the one after the last."""
    codes = pd.Index(classes, dtype=object).get_indexer(types.astype(object))
    return np.where(codes < 0, len(classes), codes)


def _macro_f1(truth: np.ndarray, said: np.ndarray, classes: int) -> float:
    """Over the known types: the unknown, which is never said, has an F1 of 0 and leaves the mean again."""
    return macro_f1(truth, said, classes + 1) * (classes + 1) / classes


def by_type(outcomes: pd.DataFrame) -> pd.DataFrame:
    """What stands behind the pooled figures: of each type how many customers came to be it, were named it, and both.

    Returns:
        outcome, segment_id, customers, share (of the outcome's customers), named, right; sorted by outcome, most
        customers first. Each customer once: ``last_predictions``.
    """
    parts = []
    for outcome, rows in last_predictions(outcomes).groupby("outcome", sort=True):
        right = rows.loc[rows["segment_id"] == rows["predicted_id"], "segment_id"]
        counted = {"customers": rows["segment_id"], "named": rows["predicted_id"], "right": right}
        counts = pd.DataFrame({name: column.value_counts() for name, column in counted.items()})
        counts = counts.fillna(0).astype("int64").rename_axis("segment_id").reset_index()
        counts = counts.assign(outcome=outcome, share=counts["customers"] / len(rows))
        parts.append(counts.sort_values(["customers", "segment_id"], ascending=[False, True]))
    names = ["outcome", "segment_id", "customers", "share", "named", "right"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def by_slice(found: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The figures of an outcome, a row per slice, months last: base, and macro_f1 and accuracy of model and baselines
    side by side.

    Args:
        found: of ``figures``.
    """
    own = found[found["slice"].str.startswith(f"{outcome}/") & found["metric"].isin(["macro_f1", "accuracy"])]
    wide = own.pivot_table(index="slice", columns=["metric", "model"], values="value")
    names = [
        (metric, model) for metric in ("macro_f1", "accuracy") for model in (MODEL, "majority", "prior", HINDSIGHT)
    ]
    wide = wide.reindex(columns=pd.MultiIndex.from_tuples(names))
    wide.columns = [f"{metric} {model}" for metric, model in names]
    wide.insert(0, "customers", own.groupby("slice")["base"].max())
    wide = wide.reset_index().assign(slice=lambda f: f["slice"].str.removeprefix(f"{outcome}/"))
    return wide.sort_values("slice", key=lambda names: names.str.contains("-"), kind="stable", ignore_index=True)
