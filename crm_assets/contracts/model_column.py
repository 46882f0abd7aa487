"""A column that a model may see: how it is declared, and what is banned.

Totals are banned, because a new customer's are small whatever its type: no total amount, no count of receipts,
no R, F or M, nor a monotone function of one of them. Averages stay. Flags: P unbiased on 1-3 receipts, D a proxy of the
date.
"""

from __future__ import annotations

from typing import Any

from crm_assets.contracts.base import column

FLAGS = ("P", "D")
BANNED_WORDS = ("total", "sum", "frequency", "monetary", "recency", "receipts", "visit", "count")


def model_column(sql: str, description: str, korean: str, flags: str, **rules: Any) -> Any:
    """A column that a model may see; null where the source does not have it.

    Args:
        korean: its name in the report's Korean edition; S0's own, where it is one of the seed's.
        flags: of ``FLAGS``, separated by blanks.
    """
    extra = {"model": True, "korean": korean, "flags": tuple(flags.split())}
    return column(sql, description, nullable=True, extra=extra, **rules)
