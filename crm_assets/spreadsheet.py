"""CSV for spreadsheets and back: Korean stays intact, and no cell becomes a formula.

A cell that a spreadsheet would compute is written with an apostrophe before it (OWASP, CSV injection), and so is one
that begins with an apostrophe; reading takes one apostrophe off, so that every text comes back as it was.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from crm_assets.files import put_in_place

_COMPUTED = tuple("=+-@\t\r\n|%＝＋－＠")
_WITHIN = re.compile(r"(?<=[;\t])(?=['=+\-@|%＝＋－＠])")
_MARKED_WITHIN = re.compile(r"(?<=[;\t])'")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")


def safe_cell(text: str) -> str:
    """The text as a spreadsheet shows it and never computes it; numbers below 0 stay numbers.

    Also after a semicolon or tab within: where those separate cells, what follows would be a cell of its own.
    """
    text = _WITHIN.sub("'", text)
    if text.startswith("'") or (text.startswith(_COMPUTED) and not _NUMBER.fullmatch(text)):
        return f"'{text}"
    return text


def plain_cell(text: str) -> str:
    """The text of a cell that ``safe_cell`` wrote."""
    return _MARKED_WITHIN.sub("", text[1:] if text.startswith("'") else text)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write UTF-8 with BOM, whole or not at all; returns how many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside, written = path.with_name(f".{path.name}.part"), 0
    with beside.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(name) for name in header])
        for row in rows:
            writer.writerow([safe_cell(cell) for cell in row])
            written += 1
    put_in_place(beside, path)
    return written


def read_rows(path: Path, delimiter: str = ",") -> Iterator[list[str]]:
    """The rows of such a file, UTF-8, the header first; blank ones left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file, delimiter=delimiter):
            if any(row):
                yield [plain_cell(cell) for cell in row]
