"""The data dictionary: every table with its columns, and those that a mapping file can feed, from the contracts.

``python -m crm_assets.data_dictionary > docs/tables.md`` writes the document; a test keeps it current.
"""

from __future__ import annotations

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import Table, columns, is_monthly, key
from crm_assets.contracts.canonical_columns import TARGETS, Target, allowed_values, optional, required


def data_dictionary() -> str:
    """Markdown: an overview of the tables, then each with its columns."""
    overview = [f"| [{name}](#{name}) | {_words(contract)} |" for name, contract in CONTRACTS.items()]
    return "\n".join(
        [
            "# Tables",
            "",
            "Generated from `crm_assets/contracts` by `python -m crm_assets.data_dictionary`; a test keeps it current.",
            "Monthly tables are replaced month by month; the columns of the key tell rows apart.",
            "",
            "| table | what it holds |",
            "| :-- | :-- |",
            *overview,
            *_mapped(),
            *(line for name, contract in CONTRACTS.items() for line in _table(name, contract)),
            "",
        ]
    )


def _mapped() -> list[str]:
    rows = [
        f"| {target} | {_names(target, required(target))} | {_names(target, optional(target))} |" for target in TARGETS
    ]
    words = "What a mapping file can load (README, Your own receipts); in brackets, the values that a column admits."
    return ["", "## Columns of a mapping", "", words, "", "| loads | needed | others |", "| :-- | :-- | :-- |", *rows]


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
    return ["", *head, "", "| column | type | |", "| :-- | :-- | :-- |", *rows]


def _words(contract: type[Table]) -> str:
    return _cell(" ".join((contract.__doc__ or "").split()))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    print(data_dictionary(), end="")
