"""RFM: the band tables. Scores are ``sql/rfm_scores.sql``; what a band means to a marketer is data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_assets.files import read_yaml

CELLS = [100 * r + 10 * f + m for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]


class BandTableError(ValueError):
    """A band table that does not cover the 125 cells once each."""


@dataclass(frozen=True)
class Band:
    """Scores from ``low`` to ``high``, both within; ``ko`` and ``en`` are what a reader sees."""

    name: str
    low: int
    high: int
    ko: str
    en: str

    @property
    def cells(self) -> int:
        return sum(self.low <= cell <= self.high for cell in CELLS)


def read_bands(reference: Path) -> list[Band]:
    """The bands of ``rfm_bands.yaml``, best first.

    Raises:
        BandTableError: a cell of the 125 is in no band, or in two.
    """
    path = reference / "rfm_bands.yaml"
    bands = [Band(**row) for row in read_yaml(path)]
    for cell in CELLS:
        holders = [band.name for band in bands if band.low <= cell <= band.high]
        if len(holders) != 1:
            raise BandTableError(f"{path}: score {cell} is in {holders or 'no band'}; give it exactly one.")
    return bands
