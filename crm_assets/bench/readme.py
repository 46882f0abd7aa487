"""The block of README that the results file gives: everything between two markers."""

from __future__ import annotations

from crm_assets.bench.results import Results
from crm_assets.bench.table import tables

BEGIN, END = "<!-- bench: made by `crm bench --readme` -->", "<!-- bench: end -->"


def with_block(readme: str, results: Results) -> str:
    """The text with the block anew.

    Raises:
        ValueError: a marker is missing.
    """
    before, found, rest = readme.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"README.md needs the lines {BEGIN!r} and {END!r}, in this order, around the table.")
    return f"{before}{BEGIN}\n\n{tables(results)}\n\n{END}{after}"
