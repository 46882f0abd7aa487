"""What breaks a contract: table, column, rule, how many rows and the first ten examples; never the rows themselves.

The one gate is the engine's (``warehouse.Session.violations``), for frames too, once they are staged: one pass whatever
the size. That it gives pandera's own verdict is a test; in one it is stricter: a DOUBLE is ``finite`` or null.
"""

from __future__ import annotations

from dataclasses import dataclass

EXAMPLES = 10


class ContractBroken(ValueError):
    """Rows that break their contract, refused before they were written."""


@dataclass(frozen=True)
class Violation:
    """``rows`` rows break the rule ``rule`` of ``table.column``; ``examples`` are the first of them."""

    table: str
    column: str
    rule: str
    rows: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        shown = "; ".join(self.examples[:3])
        told = f"{self.table}.{self.column} breaks {self.rule} in {self.rows:,} rows"
        return told + (f", for instance {shown}" if shown else "")
