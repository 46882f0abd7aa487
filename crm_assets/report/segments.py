"""A type of customers as the pages of the report know it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Segment:
    """A type, or ``none`` for the customers without; ``page`` begins the id of everything on its page."""

    id: str
    page: str
    colour: str

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Its rows of a frame with segment_id; an empty frame may have no columns."""
        return rows[rows["segment_id"] == self.id] if len(rows) else rows
