"""The data dictionary: every table with its columns, and those that a mapping file can feed, from the contracts.

``crm tables`` prints it.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, is_monthly, key
from crm_assets.contracts.canonical_columns import TARGETS, Target, allowed_values, optional, required


def data_dictionary(names: Collection[str] = ()) -> str:
    """Markdown: an overview of the tables and each with its columns; or only the tables that are named.

    Raises:
        ValueError: there is no such table; names those that are near.
    """
    for name in names:
        if name not in CONTRACTS:
            near = get_close_matches(name, CONTRACTS, 1)
            raise ValueError(
                f"there is no table {name}" + (f": did you mean {near[0]}?" if near else "; see crm tables")
            )
    if names:
        return "\n".join(line for name in names for line in _table(name, CONTRACTS[name])) + "\n"
    return "\n".join(
        [
            "# Tables",
            "",
            "Monthly tables are replaced month by month; the columns of the key tell rows apart.",
            "",
            "| table | what it holds |",
            "| :-- | :-- |",
            *(f"| [{name}](#{name}) | {_words(contract)} |" for name, contract in CONTRACTS.items()),
            *_mapped(),
            *(line for name, contract in CONTRACTS.items() for line in ("", *_table(name, contract))),
            "",
        ]
    )


def mapping_columns() -> str:
    """Markdown: what a mapping file can feed."""
    return "\n".join(_mapped()).lstrip() + "\n"


def _mapped() -> list[str]:
    rows = [
        f"| {target} | {_names(target, required(target))} | {_names(target, optional(target))} |" for target in TARGETS
    ]
    words = "What a mapping file can load (README, Your own receipts); in brackets, the values that a column admits."
    beside = (
        "Transactions may name further columns as attributes of their lines, and leads as theirs: attributes: {name:"
    )
    beside += " column}, or {name: {column: …, map: {…}}}. They go to event_attributes, and to lead_attributes."
    head = ["", "## Columns of a mapping", "", words, "", "| loads | needed | others |", "| :-- | :-- | :-- |"]
    return [*head, *rows, "", beside]


def _names(target: Target, names: list[str]) -> str:
    admitted = {name: ", ".join(allowed_values(target, name)) for name in names}
    return ", ".join(f"{name} ({values})" if values else name for name, values in admitted.items())


def _table(name: str, contract: type[Table]) -> list[str]:
    kind = "Monthly" if is_monthly(contract) else "One for all months"
    rows = [
        f"| {c.name} | {c.sql_type} | {_cell(c.description)}{f' [{c.unit}]' if c.unit else ''}"
        f"{'; may be empty' if c.nullable else ''} |"
        for c in columns(contract)
    ]
    head = [f"## {name}", "", _words(contract), "", f"{kind}; key: {', '.join(key(contract)) or 'none'}."]
    return [*head, "", "| column | type | |", "| :-- | :-- | :-- |", *rows]


def _words(contract: type[Table]) -> str:
    return _cell(" ".join((contract.__doc__ or "").split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
