"""The data dictionary of the docs is that of the contracts."""

from __future__ import annotations

from crm_assets.contracts import CONTRACTS
from crm_assets.data_dictionary import data_dictionary
from crm_assets.settings import PROJECT_DIR


def test_the_document_is_current():
    """Otherwise: python -m crm_assets.data_dictionary > docs/tables.md"""
    assert (PROJECT_DIR / "docs" / "tables.md").read_text(encoding="utf-8") == data_dictionary()


def test_every_table_and_column_is_in_it():
    text = data_dictionary()
    for name, contract in CONTRACTS.items():
        assert f"\n## {name}\n" in text
        for column in contract.to_schema().columns:
            assert f"\n| {column} | " in text.split(f"\n## {name}\n")[1].split("\n## ")[0], (name, column)
