"""What may be said of a type: every measure of its customers against the customers of all other types.

A claim needs the test and the effect: p below 5 % after the correction for all tests of the month, and an effect that
counts as small at least. "Most of all types" needs a medium effect, the outermost mean, and a difference from each
other type. Recency, frequency and monetary made the types, and some measures follow from them, as they say themselves.
Both carry a flag, and nothing that follows is said to be the most. How a claim is worded is the report's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_assets.segmentation.clustering import FEATURES
from crm_assets.segmentation.customer_traits import Measure
from crm_assets.statistics.evidence import (
    CLIFFS_DELTA,
    COHENS_H,
    FDR,
    SIZES,
    benjamini_hochberg,
    flags_compared,
    magnitude,
    ranks_compared,
    shares_compared,
)

TESTS = {
    "number": (ranks_compared, CLIFFS_DELTA),
    "share": (shares_compared, COHENS_H),
    "flag": (flags_compared, COHENS_H),
}
COLUMNS = [
    *("segment_id", "measure", "category", "unit", "value", "value_others", "direction", "effect", "effect_kind"),
    *("effect_size", "p", "p_adjusted", "n", "n_others", "defines_type", "allowed", "is_extreme", "rank"),
]


def segment_claims(measures: Iterable[Measure], types: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Every measure of every type, with what may be said of it.

    Args:
        measures: as ``customer_traits.measures_of`` makes them, one value per customer.
        types: the type of every customer.

    Returns:
        The claims, sorted by type, measure and category: value and value_others (means), direction (above or below the
        others; none without an effect), effect with its kind and size, p, p_adjusted, n and n_others (customers),
        defines_type, allowed, is_extreme, rank (within the type, by effect ÷ what counts as large of its kind). And the
        measures that no type could be tested on, because the source lacks them, all customers are alike, or too few
        differ.
    """
    codes, names = pd.factorize(np.asarray(types), sort=True)
    tested, left_out = [], []
    for measure in measures:
        found = _compared(measure, codes, len(names))
        if np.isnan(found["p"]).all():
            left_out.append(f"{measure.name} {measure.category}".strip())
        else:
            tested.append((measure, found | {"is_extreme": _extreme(measure, codes, found)}))
    if not tested:
        return pd.DataFrame(columns=COLUMNS), left_out
    rows = pd.DataFrame({c: np.concatenate([found[c] for _, found in tested]) for c in COLUMNS if c in tested[0][1]})
    rows["segment_id"] = np.tile(names, len(tested))
    words = [(m.name, m.category, m.unit, TESTS[m.kind][1]) for m, _ in tested]
    rows[["measure", "category", "unit", "effect_kind"]] = np.repeat(np.array(words, dtype=object), len(names), axis=0)
    rows["follows"] = np.repeat([bool(m.follows_from) for m, _ in tested], len(names))
    return _judged(rows[(rows["n"] > 0) & (rows["n_others"] > 0)].reset_index(drop=True)), left_out


def _compared(measure: Measure, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    """Every type against all others, without the customers of whom the measure is not known."""
    known = ~np.isnan(measure.values)
    return TESTS[measure.kind][0](measure.values[known], codes[known], groups)


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """The tests of a month with their correction, and what passes."""
    sizes = rows["effect_kind"].map(SIZES)
    rows["effect_size"] = ""
    for kind, group in rows.groupby("effect_kind"):
        rows.loc[group.index, "effect_size"] = magnitude(group["effect"], str(kind))
    rows["p_adjusted"] = benjamini_hochberg(rows["p"])
    rows["direction"] = np.select([rows["effect"] > 0, rows["effect"] < 0], ["above", "below"], None)
    rows["defines_type"] = rows["measure"].isin(FEATURES) | rows["follows"]
    large_enough = rows["effect"].abs() >= sizes.str[0]
    # Ranks may point one way and means the other: a reader who sees the means must not be told the opposite.
    agreed = np.sign(rows["effect"]) == np.sign(rows["value"] - rows["value_others"])
    rows["allowed"] = (rows["p_adjusted"] < FDR) & large_enough & agreed
    rows["is_extreme"] &= ~rows["follows"] & rows["allowed"] & (rows["effect"].abs() >= sizes.str[1])
    rows["strength"] = rows["effect"].abs() / sizes.str[2]
    order = rows.sort_values(["segment_id", "strength", "measure", "category"], ascending=[True, False, True, True])
    rows["rank"] = (order.groupby("segment_id").cumcount() + 1).reindex(rows.index)
    return rows.sort_values(["segment_id", "measure", "category"], ignore_index=True)[COLUMNS]


def _extreme(measure: Measure, codes: np.ndarray, found: dict[str, np.ndarray]) -> np.ndarray:
    """Whether a type's mean is the outermost of all and it differs from each other type, by a small effect at least.

    Each of the pairs must pass at 5 % (an intersection-union test, Berger 1982, needs no further correction).
    """
    extreme = np.zeros(len(found["n"]), dtype=bool)
    present, medium = np.flatnonzero(found["n"] > 0), SIZES[TESTS[measure.kind][1]][1]
    for place, sign in ((np.nanargmax(found["value"]), 1), (np.nanargmin(found["value"]), -1)):
        if sign * found["effect"][place] >= medium:
            extreme[place] |= all(_differs(measure, codes, place, o, sign) for o in present if o != place)
    return extreme


def _differs(measure: Measure, codes: np.ndarray, own: int, other: int, sign: int) -> bool:
    two = (codes == own) | (codes == other)
    pair = _compared(replace(measure, values=measure.values[two]), (codes[two] == own).astype(int), 2)
    return bool(pair["p"][1] < FDR and sign * pair["effect"][1] >= SIZES[TESTS[measure.kind][1]][0])
