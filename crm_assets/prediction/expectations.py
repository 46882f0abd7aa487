"""What is to be expected of a new customer: S0's three question marks, interest, loyalty and purchasing power.

Its own purchases tell the interest, where they do. The rest is that of its predicted type, and only what the type's
customers show with evidence (``claims``): no evidence, no level but the middle one, and no interest.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

LEVELS = {"loyalty": "frequency", "purchasing_power": "monetary"}  # column: measure of the claims
INTEREST = "category_share"
LEVEL_OF = {"above": "high", "below": "low"}


def of_types(claims: pd.DataFrame) -> pd.DataFrame:
    """What the claims of a month say of every type.

    Args:
        claims: rows of ``segment_claims``: segment_id, measure, category, direction, allowed, rank.

    Returns:
        Indexed by segment_id, sorted: ``interest``, the category that the type's customers prefer to those of others,
        by the strongest claim; null without one. ``loyalty`` and ``purchasing_power``: high or low where a claim is
        allowed, else mid; null where the type was not compared.
    """
    types = pd.Index(sorted(claims["segment_id"].unique()), name="segment_id", dtype="str")
    allowed = claims["allowed"].astype(bool)
    preferred = claims[allowed & (claims["measure"] == INTEREST) & (claims["direction"] == "above")]
    found = pd.DataFrame({"interest": _by_type(preferred.sort_values("rank"), "category")}, index=types, dtype="str")
    for column, measure in LEVELS.items():
        compared = claims["measure"] == measure
        level = claims["direction"].map(LEVEL_OF).where(allowed, "mid")
        found[column] = _by_type(claims[compared].assign(level=level[compared]), "level").reindex(types)
    return found


def expectations(named: pd.DataFrame, own: pd.Series, types: pd.DataFrame) -> pd.DataFrame:
    """The three expectations of every new customer.

    Args:
        named: segment_id and abstained.
        own: the category on which each spent most so far; null where none is known. In the order of ``named``.
        types: of ``of_types``.

    Returns:
        interest, interest_source (own, or type), loyalty and purchasing_power, with the index of ``named``. Of a
        customer whose type is not sure enough, nothing is taken from the type.
    """
    of_type = types.reindex(named["segment_id"].where(~named["abstained"].astype(bool)))
    own, interest = own.to_numpy(dtype=object), of_type["interest"].to_numpy(dtype=object)
    is_own, is_type = pd.notna(own), pd.notna(interest)
    made = {
        "interest": np.where(is_own, own, interest),
        "interest_source": np.select([is_own, is_type], ["own", "type"], None),
        **{column: of_type[column].to_numpy(dtype=object) for column in LEVELS},
    }
    return pd.DataFrame(made, index=named.index, dtype="str")


def _by_type(claims: pd.DataFrame, column: str) -> pd.Series:
    """The first of each type."""
    return claims.drop_duplicates("segment_id").set_index("segment_id")[column]
