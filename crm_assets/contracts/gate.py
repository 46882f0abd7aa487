"""What breaks a contract, as the same short list whether the rows are in the engine or in a frame.

A violation names the column, the rule, how many rows and the first ten examples; it never carries the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa

from crm_assets.contracts.base import Table, key

EXAMPLES = 10


class ContractBroken(ValueError):
    """Rows that break their contract, refused before they were written."""


@dataclass(frozen=True)
class Violation:
    """``rows`` rows break the rule ``rule`` of ``column``; ``examples`` are the first of them."""

    column: str
    rule: str
    rows: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        shown = "; ".join(self.examples[:3])
        return f"{self.column} breaks {self.rule} in {self.rows:,} rows" + (f", for instance {shown}" if shown else "")


def violations_in_frame(contract: type[Table], frame: pd.DataFrame) -> list[Violation]:
    """What in a small frame breaks the contract, by pandera itself."""
    try:
        contract.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    cases = cases.assign(column=cases["column"].astype("string").fillna(", ".join(key(contract))))
    return [
        Violation(
            column=str(column),
            rule="unique" if rule == "multiple_fields_uniqueness" else str(rule),
            rows=int(group["index"].nunique(dropna=False)),
            examples=tuple(repr(v) for v in group["failure_case"].head(EXAMPLES)),
        )
        for (column, rule), group in cases.groupby(["column", "check"], sort=True)
    ]
