"""Rows of a contract's table, of which a test states what matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from crm_assets.contracts.base import Table, columns, table_name


def row(contract: type[Table], **given: object) -> dict[str, object]:
    """A row, its columns in order; a nullable one that is not given is null.

    Raises:
        TypeError: a column that the contract does not have, or none that it must have.
    """
    wanted = {c.name: c.nullable for c in columns(contract)}
    if strange := sorted(given.keys() - wanted.keys()):
        raise TypeError(f"{table_name(contract)} has no column {', '.join(strange)}")
    if missing := [name for name, nullable in wanted.items() if not nullable and name not in given]:
        raise TypeError(f"a row of {table_name(contract)} needs {', '.join(missing)}")
    return {name: given.get(name) for name in wanted}


def frame_of(contract: type[Table], rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows as a frame, in the types that pandera asks for; null is of every type but an integer."""
    types = {name: str(column.dtype) for name, column in contract.to_schema().columns.items()}
    return pd.DataFrame(list(rows), columns=list(types)).astype(types)
