"""Whether segments keep their names: chains of months under other seeds, shuffled, beside a reference chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from crm_assets.segmentation.naming import Personas
from crm_assets.segmentation.types_of_month import types_of_month
from crm_assets.settings import Settings

Months = Sequence[tuple[str, pd.DataFrame]]  # as_of, customers with R, F, M
REFERENCE_SEED = 42


def chain(months: Months, personas: Personas, seed: int) -> list[pd.Series]:
    """segment_id by customer_id, month after month, each from the model of the one before, rows shuffled."""
    model, made = None, []
    for as_of, customers in months:
        shuffled = customers.sample(frac=1, random_state=seed)
        types = types_of_month(shuffled, model, Settings(seed=seed), personas, as_of)
        model = types.model
        made.append(types.assignments.set_index("customer_id")["segment_id"])
    return made


def renamed(reference: pd.Series, other: pd.Series) -> list[tuple[str, str]]:
    """Types that are the same by their members and do not carry the same id."""
    overlap = pd.crosstab(reference, other.reindex(reference.index))
    pairs = zip(*linear_sum_assignment(-overlap.to_numpy()), strict=True)
    found = [(overlap.index[a], overlap.columns[b]) for a, b in pairs]
    lost = set(reference) ^ set(other)
    return [(a, b) for a, b in found if a != b] + [(i, "") for i in sorted(lost)]


def names_stay(name: str, months: Months, personas: Personas, seeds: Iterable[int]) -> None:
    """Every type of every month carries the reference chain's id under every seed; prints how far members agree."""
    reference, agreed, wrong, count = chain(months, personas, REFERENCE_SEED), [], [], 0
    for seed in seeds:
        count += 1
        for (as_of, _), ours, theirs in zip(months, reference, chain(months, personas, seed), strict=True):
            wrong += [(seed, as_of, *pair) for pair in renamed(ours, theirs)]
            agreed.append((ours == theirs.reindex(ours.index)).mean())
    print(
        f"{name}: {len(months)} months, {count} seeds, {len(wrong)} types renamed; customers with the same type "
        f"{np.min(agreed):.3f} at least, {np.mean(agreed):.3f} in the mean"
    )
    assert wrong == []
