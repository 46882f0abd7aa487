"""What speaks for a strategy in a type, as it is kept and read: JSON lists of claims."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

PARTS = ("measure", "category", "direction", "unit", "value", "value_others", "effect", "effect_kind", "p_adjusted")


def quotes(claims: Sequence[tuple[object, ...]]) -> list[tuple[str, str, str]]:
    """(strategy_id, segment_id, JSON list of ``PARTS``) of the rows of ``strategy_claims.sql``, in its order."""
    found = groupby(claims, key=lambda row: (str(row[0]), str(row[1])))
    return [
        (
            *key,
            json.dumps([dict(zip(PARTS, r[2:], strict=True)) for r in rows], ensure_ascii=False, allow_nan=False),
        )
        for key, rows in found
    ]
