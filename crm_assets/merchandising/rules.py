"""Association rules: whoever has these articles in the basket has those too, and how far that is more than chance.

Pure arithmetic on counts of baskets. Measures and sources:
support and confidence Agrawal 1993, lift Brin 1997, leverage Piatetsky-Shapiro 1991, conviction Brin 1997, Zhang 2000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_assets.merchandising.itemsets import Items, exact

LEAST_SHOWN = 5  # rules of a segment that are kept though fewer have the confidence asked for
MEASURES = (
    "antecedent_support",
    "consequent_support",
    "support",
    "confidence",
    "lift",
    "leverage",
    "conviction",
    "zhangs_metric",
)
COUNTS = ("baskets", "antecedent_baskets", "consequent_baskets")


def rules_of(itemsets: Mapping[Items, int], baskets: int, min_confidence: float) -> pd.DataFrame:
    """The rules of a segment, ranked by confidence, then lift, then baskets, then the items.

    Args:
        itemsets: every frequent set with its count, its subsets among them.
        baskets: of the segment.
        min_confidence: least confidence of a rule that passes; exact, as it is written.

    Returns:
        rank, antecedents and consequents (tuples of items), ``COUNTS``, ``MEASURES``, passes_confidence: those that
        pass, and the ``LEAST_SHOWN`` best where fewer do.
    """
    named = list(_splits(itemsets))
    frame = pd.DataFrame({"antecedents": [a for a, _ in named], "consequents": [c for _, c in named]}, dtype=object)
    counted = [(itemsets[tuple(sorted(a + c))], itemsets[a], itemsets[c]) for a, c in named]
    counts = np.array(counted, dtype=np.int64).reshape(-1, len(COUNTS))
    for place, name in enumerate(COUNTS):
        frame[name] = counts[:, place]
    for name, values in measures(*counts.T, baskets).items():
        frame[name] = values
    least = exact(min_confidence)
    frame["passes_confidence"] = counts[:, 0] * least.denominator >= counts[:, 1] * least.numerator
    order = ["confidence", "lift", "baskets", "antecedents", "consequents"]
    frame = frame.sort_values(order, ascending=[False, False, False, True, True], ignore_index=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame[frame["passes_confidence"] | (frame["rank"] <= LEAST_SHOWN)]


def rules_asked(itemsets: Mapping[Items, int], most_items: int) -> int:
    """How many rules were asked for, to find those of a segment: every split of every set whose parts are all frequent.

    The frequent sets alone are too few: which sets are frequent is seen in the same baskets, and of a wide assortment
    those that chance put together often are among them.

    Args:
        itemsets: every frequent set, its items ascending, its subsets among them.
        most_items: articles of the largest set that is looked for.
    """
    ends: defaultdict[Items, set[int]] = defaultdict(set)
    for items in itemsets:
        ends[items[:-1]].add(items[-1])
    asked = 0
    for items in itemsets:
        if len(items) < most_items:
            parts = (ends[items[:n] + items[n + 1 :]] for n in range(len(items)))
            further = sum(item > items[-1] for item in set.intersection(*parts))
            asked += further * (2 ** (len(items) + 1) - 2)
    return asked


def _splits(itemsets: Mapping[Items, int]) -> Iterator[tuple[Items, Items]]:
    """Every frequent set cut in two in every way."""
    for items in itemsets:
        for size in range(1, len(items)):
            for left in combinations(items, size):
                yield left, tuple(i for i in items if i not in left)


def measures(
    both: npt.ArrayLike, antecedents: npt.ArrayLike, consequents: npt.ArrayLike, baskets: npt.ArrayLike
) -> dict[str, np.ndarray]:
    """The measures of rules A → C, of counts of baskets: lift = confidence ÷ s(C), leverage = s(A∪C) − s(A)s(C),
    conviction = (1 − s(C)) ÷ (1 − confidence), Zhang = leverage ÷ max(s(A∪C)(1 − s(A)), s(A)(s(C) − s(A∪C))), 0 where
    that is 0.

    Args:
        both, antecedents, consequents: (n,) baskets that hold A and C, A, C.
        baskets: all of them, one number or (n,).

    Returns:
        ``MEASURES``, (n,) each. Missing: conviction where the confidence is 1, which makes it infinite; confidence and
        what follows from it where no basket holds A; lift and Zhang also where none holds C.
    """
    ac, a, c, n = (np.asarray(v, dtype=float) for v in (both, antecedents, consequents, baskets))
    with np.errstate(divide="ignore", invalid="ignore"):
        confidence, apart = ac / a, ac * n - a * c  # exact below 2⁵³: no digit is lost between near supports
        widest = np.maximum(ac * (n - a), a * (c - ac))
        found = {
            "antecedent_support": a / n,
            "consequent_support": c / n,
            "support": ac / n,
            "confidence": confidence,
            "lift": ac * n / (a * c),
            "leverage": apart / (n * n),
            "conviction": (n - c) * a / (n * (a - ac)),
            "zhangs_metric": np.where(widest > 0, apart / widest, np.where(a * c > 0, 0.0, np.nan)),
        }
    return {name: np.where(np.isfinite(values), values, np.nan) for name, values in found.items()}
