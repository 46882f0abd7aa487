"""RFM: the schemes that turn scores into groups a marketer knows. Scores themselves are ``sql/rfm_scores.sql``.

A scheme is a file of ``data/reference/rfm``, named after the column of ``rfm_scores`` that holds its groups. A group
takes cells (three scores as one number, 111-555) by an interval of scores, a list of cells or a rule per score. Whether
cells fit the names that they get is looked at in ``rfm_lint``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from crm_assets.files import read_yaml

SCORES = ("r", "f", "m")  # the digits of a cell, in order
CELLS = [100 * r + 10 * f + m for r, f, m in product(range(1, 6), repeat=3)]
GRADES = ["".join(letters) for letters in product("HL", repeat=3)]
BAND, STANDARD, GRADE, TYPE = "rfm_band", "rfm_band_standard11", "rfm_grade", "rfm_type"
BANDS = (BAND, STANDARD)  # the schemes that place each of the 125 cells
SCHEMES = (*BANDS, GRADE, TYPE)
_TAKES = ("scores", "cells", "rule")  # the ways in which a group states its cells


class BandTableError(ValueError):
    """A scheme that cannot place customers: a cell in no group or in two, a score that there is not."""


@dataclass(frozen=True)
class Note:
    """A text about a group in both languages. ``source`` is the document whose words they are, or ``ours``."""

    source: str
    ko: str
    en: str


@dataclass(frozen=True)
class Group:
    """A group of a scheme. ``name`` is what the column holds; ``ko`` and ``en`` are what a reader sees.

    cells: those of the 125 that the group takes; none for a grade, which goes by medians.
    promise: score (r, f, m) → least and greatest value that the name leads a reader to expect.
    surprises: cells that break the promise and are known to.
    """

    name: str
    ko: str
    en: str
    cells: tuple[int, ...] = ()
    description: Note | None = None
    strategy: Note | None = None
    promise: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    surprises: frozenset[int] = frozenset()
    named_by: str | None = None


@dataclass(frozen=True)
class Scheme:
    """Groups, best first. ``name`` is the column of ``rfm_scores``."""

    name: str
    groups: tuple[Group, ...]

    @property
    def of_cell(self) -> dict[int, Group]:
        """cell → its group."""
        return {cell: group for group in self.groups for cell in group.cells}


def digits(cell: int) -> dict[str, int]:
    """``{"r": 5, "f": 1, "m": 1}`` of 511."""
    return dict(zip(SCORES, map(int, str(cell)), strict=True))


def breaks(cell: int, ranges: Mapping[str, Sequence[int]]) -> list[str]:
    """The scores of a cell that are outside their range."""
    return [s for s, value in digits(cell).items() if s in ranges and not ranges[s][0] <= value <= ranges[s][1]]


def read_schemes(reference: Path) -> dict[str, Scheme]:
    """The four schemes by name; the groups of ``rfm_type`` end with the grades, which take who is left.

    Raises:
        BandTableError: a cell of the 125 is in no band, or in two groups; a name is there twice; a grade is missing; a
            cell or score does not exist. Names the file.
    """
    schemes = {name: _read(reference / "rfm" / f"{name}.yaml", name) for name in SCHEMES}
    for name in (*BANDS, TYPE):
        _require_places(schemes[name], reference / "rfm" / f"{name}.yaml", all_cells=name != TYPE)
    grades = schemes[GRADE].groups
    if sorted(g.name for g in grades) != sorted(GRADES):
        raise BandTableError(
            f"{reference / 'rfm' / GRADE}.yaml: grades {[g.name for g in grades]}; give each of {GRADES} one name."
        )
    schemes[TYPE] = Scheme(TYPE, (*schemes[TYPE].groups, *grades))
    return schemes


def cell_rows(schemes: Mapping[str, Scheme]) -> list[tuple[int, str, str, str | None]]:
    """cell, rfm_band, rfm_band_standard11, rfm_type (None = by grade): what ``rfm_scores.sql`` joins."""
    placed = [schemes[name].of_cell for name in (*BANDS, TYPE)]
    return [(cell, *(p[cell].name if cell in p else None for p in placed)) for cell in CELLS]


CELL_COLUMNS = {"cell": "bigint", BAND: "varchar", STANDARD: "varchar", TYPE: "varchar"}


def _read(path: Path, name: str) -> Scheme:
    try:
        groups = tuple(_group(row) for row in read_yaml(path))
    except (KeyError, TypeError, ValueError) as error:
        raise BandTableError(f"{path}: {error}. rfm_band.yaml shows the shape of a scheme.") from error
    names = [g.name for g in groups]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise BandTableError(f"{path}: {twice} are there twice; give each group a name of its own.")
    return Scheme(name, groups)


def _group(row: Mapping[str, Any]) -> Group:
    plain = {k: v for k, v in row.items() if k not in _TAKES}
    notes = {k: Note(**plain.pop(k)) for k in ("description", "strategy") if k in plain}
    promise = {s: _range(r, row["name"]) for s, r in plain.pop("promise", {}).items()}
    strange = {s for s in promise if s not in SCORES} | {s for s in row.get("rule", {}) if s not in SCORES}
    if strange:
        raise ValueError(f"{row['name']}: {sorted(strange)} are no scores; they are r, f and m")
    surprises = frozenset(_real(plain.pop("surprises", []), row["name"]))
    return Group(cells=_cells(row), promise=promise, surprises=surprises, **notes, **plain)


def _cells(row: Mapping[str, Any]) -> tuple[int, ...]:
    """The cells of an interval of scores (both ends within), of a list, or of a rule per score."""
    stated = [way for way in _TAKES if way in row]
    if len(stated) > 1:
        raise ValueError(f"{row['name']}: {' and '.join(stated)} both state its cells; keep one")
    if "scores" in row:
        low, high = row["scores"]
        return tuple(cell for cell in CELLS if low <= cell <= high)
    if "rule" in row:
        rule = {s: _range(r, row["name"]) for s, r in row["rule"].items()}
        return tuple(cell for cell in CELLS if not breaks(cell, rule))
    return tuple(_real(row.get("cells", []), row["name"]))


def _real(cells: Sequence[int], name: str) -> Sequence[int]:
    unknown = sorted(set(cells) - set(CELLS))
    if unknown:
        raise ValueError(f"{name}: {unknown} are no cells; a cell is three scores from 1 to 5")
    return cells


def _range(ends: Sequence[int], name: str) -> tuple[int, int]:
    least, greatest = ends
    if not 1 <= least <= greatest <= 5:
        raise ValueError(f"{name}: {list(ends)} is no range of scores from 1 to 5")
    return least, greatest


def _require_places(scheme: Scheme, path: Path, *, all_cells: bool) -> None:
    for cell in CELLS:
        holders = [group.name for group in scheme.groups for held in group.cells if held == cell]
        if len(holders) > 1 or (all_cells and not holders):
            raise BandTableError(f"{path}: score {cell} is in {holders or 'no band'}; give it exactly one.")
