"""What breaks a contract: the column, the rule, how many rows and the first ten examples; never the rows themselves.

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
    """``rows`` rows break the rule ``rule`` of ``column``; ``examples`` are the first of them."""

    column: str
    rule: str
    rows: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        shown = "; ".join(self.examples[:3])
        return f"{self.column} breaks {self.rule} in {self.rows:,} rows" + (f", for instance {shown}" if shown else "")
