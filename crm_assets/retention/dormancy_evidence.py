"""How good probabilities of dormancy were: figures per slice and candidate with intervals, and who is served.

Months are kept apart: a customer is compared with those of the same month only, and the month's figures are averaged by
their customers. Intervals resample customers, with all their months, because a customer's months are not independent.

Sources: ROC-AUC as the chance that a dormant customer is scored above one who came back, ties half (Hanley and McNeil
1982); average precision for PR-AUC; Brier 1950; Poisson bootstrap (Oza and Russell 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

ALL, ONE, MORE = "all", "one_receipt", "more_receipts"
RESAMPLES = 200
BINS = 10
COLUMNS = ("slice", "candidate", "metric", "value", "low", "high", "base", "months")


def evidence(known: pd.DataFrame, candidates: Sequence[str], *, model: str, least: int, seed: int) -> pd.DataFrame:
    """The figures of every slice with enough customers.

    Args:
        known: a row per customer and month: month, customer_id, rfm_grade, receipts, dormant (0, 1), a probability per
            candidate. A candidate with missing values anywhere in a slice is left out of it.
        model: the candidate that the others are set against (``gain``).
        least: customers of either answer that a slice must have.
        seed: of the resampling.

    Returns:
        Columns ``COLUMNS``, in order of slice, candidate, metric.
    """
    known = _comparable(known, candidates).sort_values(["month", "customer_id"], kind="stable", ignore_index=True)
    weights = _weights(known["customer_id"], seed)
    rows = [
        row
        for name, inside in slices(known)
        if _enough(known[inside], least)
        for row in _of_slice(name, known[inside], weights[:, inside.to_numpy()], candidates, model)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(list(COLUMNS[:3]), ignore_index=True)


def _comparable(known: pd.DataFrame, candidates: Sequence[str]) -> pd.DataFrame:
    """The months in which every candidate has scores that has any in the newest one: an early month may lack a rule,
    and candidates are compared on the same customers."""
    if known.empty:
        return known
    said = known.groupby("month")[list(candidates)].agg(lambda scores: scores.notna().any())
    last = said.iloc[-1]
    return known[known["month"].isin(said.index[said.loc[:, last].all(axis=1)])]


def slices(known: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Name and mask of each slice: everybody, by number of receipts, by RFM grade."""
    yield ALL, known["receipts"] > 0
    yield ONE, known["receipts"] == 1
    yield MORE, known["receipts"] > 1
    for grade in sorted(known["rfm_grade"].unique()):
        yield grade, known["rfm_grade"] == grade


def choices(figures: pd.DataFrame, rules: Sequence[str], grades: Sequence[str], *, model: str) -> pd.DataFrame:
    """Who is served in each slice: the model where it beats the best rule by the Brier score, else that rule; where a
    grade has too few customers, what is served for all. The Brier score and no rank decides: it adds up over the
    grades, so that the best of each is the best of all, and asks for true probabilities, as value at risk does.

    Args:
        figures: of ``evidence``.
        grades: all RFM grades of the month.

    Returns:
        slice, served, grade, best_rule, gain, gain_low, gain_high, base; the first row is that of all.
    """
    decided = [_choice(figures, name, rules, model) for name in (ALL, *grades)]
    served_for_all = decided[0]["served"] or model
    return pd.DataFrame([{**row, "served": row["served"] or served_for_all} for row in decided])


def _choice(figures: pd.DataFrame, name: str, rules: Sequence[str], model: str) -> dict[str, object]:
    of_slice = figures[figures["slice"] == name]
    brier = of_slice[of_slice["metric"] == "brier"].set_index("candidate")["value"]
    known = [rule for rule in rules if rule in brier.index]
    row: dict[str, object] = {"slice": name, "served": None, "grade": None, "best_rule": None}
    row |= {"gain": None, "gain_low": None, "gain_high": None, "base": 0}
    if model not in brier.index or not known:
        return row
    best = min(known, key=lambda rule: (brier[rule], rules.index(rule)))
    gain = of_slice[(of_slice["metric"] == "gain") & (of_slice["candidate"] == best)].iloc[0]
    grade = "A" if gain["low"] > 0 else "B" if gain["value"] > 0 else "C"
    return row | {
        "served": best if grade == "C" else model,
        "grade": grade,
        "best_rule": best,
        "gain": gain["value"],
        "gain_low": gain["low"],
        "gain_high": gain["high"],
        "base": int(gain["base"]),
    }


def _enough(rows: pd.DataFrame, least: int) -> bool:
    """As many customers, whatever their months, of either answer."""
    return all(rows.loc[rows["dormant"] == answer, "customer_id"].nunique() >= least for answer in (0, 1))


def _weights(customers: pd.Series, seed: int) -> np.ndarray:
    """(1 + RESAMPLES, n) how often each row counts: once, then by resampled customers."""
    codes, names = pd.factorize(customers)
    drawn = np.random.default_rng(seed).poisson(1.0, (RESAMPLES, len(names))).astype(np.float32)
    return np.vstack([np.ones(len(codes), np.float32), drawn[:, codes]])


def _of_slice(
    name: str, rows: pd.DataFrame, weights: np.ndarray, candidates: Sequence[str], model: str
) -> Iterator[tuple[object, ...]]:
    dormant = rows["dormant"].to_numpy(dtype=np.float32)
    months = [np.flatnonzero(rows["month"] == month) for month in sorted(rows["month"].unique())]
    base = (len(rows), len(months))
    total, brier = weights.sum(axis=1), {}
    for candidate in candidates:
        scores = rows[candidate].to_numpy(dtype=float)
        if np.isnan(scores).any():
            continue
        auc, precision = _ranked(scores, dormant, weights, months)
        brier[candidate] = weights @ ((scores - dormant) ** 2).astype(np.float32) / total
        measured = {
            "roc_auc": auc,
            "pr_auc": precision,
            "brier": brier[candidate],
            "dormant_share": weights @ dormant / total,
            "mean_probability": weights @ scores.astype(np.float32) / total,
        }
        for metric, values in measured.items():
            yield name, candidate, metric, *_interval(values), *base
        yield name, candidate, "calibration_error", calibration_error(scores, dormant), None, None, *base
    for candidate, found in brier.items():
        if candidate != model and model in brier:
            yield name, candidate, "gain", *_interval(found - brier[model]), *base


def _interval(values: np.ndarray) -> tuple[float, float, float]:
    """The figure of the rows as they are, and the middle 95 % of the resampled ones."""
    low, high = np.nanquantile(values[1:].astype(float), [0.025, 0.975])
    return float(values[0]), float(low), float(high)


def _ranked(
    scores: np.ndarray, dormant: np.ndarray, weights: np.ndarray, months: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(1 + RESAMPLES,) ROC-AUC and average precision, the mean of the months by their weight. A month in which a
    resample holds one answer only does not count in it."""
    sums = np.zeros((3, len(weights)))
    for rows in months:
        order = rows[np.argsort(-scores[rows], kind="stable")]
        ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # rows of one score are one step
        w, y = weights[:, order], dormant[order]
        hit = np.cumsum(w * y, axis=1, dtype=np.float64)[:, ends]
        miss = np.cumsum(w * (1 - y), axis=1, dtype=np.float64)[:, ends]
        step_hit, step_miss = np.diff(hit, axis=1, prepend=0), np.diff(miss, axis=1, prepend=0)
        hits, misses = hit[:, -1], miss[:, -1]
        counts = np.where((hits > 0) & (misses > 0), hits + misses, 0)
        auc = (step_miss * (hit - step_hit / 2)).sum(axis=1) / np.maximum(hits * misses, 1e-12)
        precision = (step_hit * hit / np.maximum(hit + miss, 1e-12)).sum(axis=1) / np.maximum(hits, 1e-12)
        sums += counts * np.vstack([auc, precision, np.ones(len(weights))])
    with np.errstate(invalid="ignore"):
        return sums[0] / sums[2], sums[1] / sums[2]


def calibration_error(scores: np.ndarray, dormant: np.ndarray) -> float:
    """Mean absolute gap between probability and share over tenths of the customers by probability (expected calibration
    error with bins of equal size)."""
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    return float(sum(abs(scores[p].sum() - dormant[p].sum()) for p in parts) / len(order))
