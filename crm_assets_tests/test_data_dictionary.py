"""The data dictionary is that of the contracts."""

from __future__ import annotations

from click.testing import CliRunner

from crm_assets.cli import cli
from crm_assets.contracts import CONTRACTS
from crm_assets.data_dictionary import data_dictionary


def test_every_table_and_column_is_in_it():
    text = data_dictionary()
    for name, contract in CONTRACTS.items():
        assert f"\n## {name}\n" in text
        for column in contract.to_schema().columns:
            assert f"\n| {column} | " in text.split(f"\n## {name}\n")[1].split("\n## ")[0], (name, column)


def test_the_command_prints_all_or_those_that_are_named():
    run = CliRunner().invoke
    assert run(cli, ["tables"]).output == data_dictionary() + "\n"
    one = run(cli, ["tables", "receipts", "rfm_scores"]).output
    assert one.startswith("## receipts\n") and "\n## rfm_scores\n" in one and "## products" not in one
    fed = run(cli, ["tables", "--mapping"]).output
    assert fed.startswith("## Columns of a mapping") and "| branches | branch_id, partner_id |" in fed
    assert "attributes: {name: column}" in fed and "| incomes | customer_id, received_on, kind, amount |" in fed
    wrong = run(cli, ["tables", "rfm_score"])
    assert wrong.exit_code != 0 and "did you mean rfm_scores?" in str(wrong.output)
