"""Do the cells of a band scheme fit the names that they get? What does not is listed, never mended in silence.

A *surprise* is a cell whose scores break what its band's name promises; known ones are listed in the scheme's file. An
*inversion* is a cell that is at least as good as another in recency, frequency and monetary and yet in a worse band.
``python -m crm_assets.segmentation.rfm_lint > docs/rfm_bands.md`` writes the document.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_assets.segmentation.rfm import BANDS, CELLS, SCORES, Group, Scheme, breaks, digits, read_schemes
from crm_assets.settings import Settings


@dataclass(frozen=True)
class Surprise:
    """``broken``: the scores of the cell outside the band's promise; ``known``: listed in the scheme's file."""

    cell: int
    band: str
    broken: tuple[str, ...]
    known: bool


@dataclass(frozen=True)
class Inversion:
    """``cell`` is in ``band`` although ``lesser``, no better in r, f and m, is in the better ``lesser_band``."""

    cell: int
    band: str
    lesser: int
    lesser_band: str


def surprises(scheme: Scheme) -> list[Surprise]:
    """Every cell that breaks its band's promise, best band first."""
    return [
        Surprise(cell, group.name, tuple(broken), cell in group.surprises)
        for group in scheme.groups
        for cell in sorted(group.cells)
        if (broken := breaks(cell, group.promise))
    ]


def outdated(scheme: Scheme) -> list[tuple[int, str]]:
    """Known surprises that are none: cell and band."""
    found = {(s.cell, s.band) for s in surprises(scheme)}
    listed = [(cell, group.name) for group in scheme.groups for cell in sorted(group.surprises)]
    return [known for known in listed if known not in found]


def inversions(scheme: Scheme) -> list[Inversion]:
    """Every pair of cells that the order of the bands turns round; the 125 cells make 7,750 pairs."""
    place = {group.name: i for i, group in enumerate(scheme.groups)}
    of_cell = {cell: group.name for cell, group in scheme.of_cell.items()}
    by_place = sorted(CELLS, key=lambda cell: (place[of_cell[cell]], cell))
    return [
        Inversion(cell, of_cell[cell], lesser, of_cell[lesser])
        for lesser in by_place
        for cell in by_place
        if place[of_cell[cell]] > place[of_cell[lesser]] and _at_least_as_good(cell, lesser)
    ]


def by_bands(turned: Sequence[Inversion]) -> list[tuple[Inversion, int]]:
    """The first inversion of every pair of bands and how many there are."""
    counts = Counter((i.band, i.lesser_band) for i in turned)
    first = {(i.band, i.lesser_band): i for i in reversed(turned)}
    return [(first[bands], count) for bands, count in counts.items()]


def _at_least_as_good(cell: int, other: int) -> bool:
    mine, others = digits(cell), digits(other)
    return all(mine[s] >= others[s] for s in SCORES)


def markdown(schemes: Mapping[str, Scheme]) -> str:
    """``docs/rfm_bands.md``: the cells of every band, surprises and inversions."""
    lines = [
        "# RFM bands",
        "",
        "Generated from `data/reference/rfm` by `python -m crm_assets.segmentation.rfm_lint`; a test keeps it current.",
        "A cell is three scores: recency, frequency, monetary, 1-5, 5 = best. A *surprise* is a cell whose scores",
        "break what the name or description of its band promises; the check `band_names` of `rfm_scores` warns of one",
        "that is not in the scheme's list. An *inversion* is a pair of cells of which the one that is at least as good",
        "in all three scores is in the worse band.",
    ]
    for name in BANDS:
        lines += ["", *_scheme_lines(schemes[name])]
    return "\n".join(lines) + "\n"


def _scheme_lines(scheme: Scheme) -> list[str]:
    found, turned = surprises(scheme), inversions(scheme)
    lines = [
        f"## {scheme.name}",
        "",
        f"{len(scheme.of_cell)} cells, each in one band; {len(found)} surprises, {len(turned)} inversions.",
        "",
        "| band | cells | promises | surprises |",
        "| :-- | --: | :-- | :-- |",
    ]
    for group in scheme.groups:
        own = [s for s in found if s.band == group.name]
        shown = ", ".join(f"{s.cell} ({' '.join(s.broken)})" for s in own) or "–"
        lines.append(f"| {group.name} | {len(group.cells)} | {_promise(group)} | {shown} |")
    if turned:
        lines += ["", "| band | is below | pairs of cells | for instance |", "| :-- | :-- | --: | :-- |"]
        lines += [f"| {i.band} | {i.lesser_band} | {n} | {i.cell} against {i.lesser} |" for i, n in by_bands(turned)]
    return lines


def _promise(group: Group) -> str:
    ranges = (f"{s} {a}" if a == b else f"{s} {a}-{b}" for s, (a, b) in group.promise.items())
    return ", ".join(ranges) or "nothing"


if __name__ == "__main__":
    sys.stdout.write(markdown(read_schemes(Settings.read().reference)))
