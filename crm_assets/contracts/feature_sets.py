"""The named sets of columns that a model may see: which there are, and what is in them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from crm_assets.contracts.base import Column, Table, columns
from crm_assets.contracts.feature_table import FeatureTable
from crm_assets.contracts.model_column import BANNED_WORDS

SETS: dict[str, type[Table]] = {"seed": FeatureTable}  # S0's 31 columns


def model_columns(sets: Collection[str] = ("seed",), *, dates: bool = True) -> list[str]:
    """The names of the columns of these sets, in order: by default the seed's 31.

    Args:
        sets: named sets, of ``SETS``.
        dates: whether the columns with the flag D, proxies of the date, are among them.

    Raises:
        ValueError: a set that there is not, or a column named like a total.
    """
    if unknown := sorted(set(sets) - set(SETS)):
        raise ValueError(f"there is no set of model columns {unknown}; choose of {', '.join(SETS)}")
    found = [c for name, contract in SETS.items() if name in sets for c in described(contract)]
    if banned := [c.name for c in found if any(word in c.name.split("_") for word in BANNED_WORDS)]:
        raise ValueError(f"totals are banned as model columns, found {banned}; remove them from the contract")
    return [c.name for c in found if dates or "D" not in c.metadata["flags"]]


def sets_of(names: Collection[str]) -> list[str]:
    """The sets that hold some of these model columns."""
    return [name for name, contract in SETS.items() if any(c.name in names for c in described(contract))]


def described(contract: type[Table]) -> list[Column]:
    """The columns of a contract that a model may see, with their Korean names and flags."""
    return [c for c in columns(contract) if c.metadata.get("model")]


@cache
def is_categorical(name: str) -> bool:
    """Whether a model column holds categories."""
    return next(c.sql_type for contract in SETS.values() for c in described(contract) if c.name == name) == "VARCHAR"
