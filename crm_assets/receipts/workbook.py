"""A sheet of a workbook as CSV, by a process of its own (``python -m crm_assets.receipts.workbook``) of bounded memory.

A workbook of a few kilobytes can claim a cell in its last row and column; reading it takes all the memory there is, and
the process with it. What the cells mean does not belong here.
"""

from __future__ import annotations

import csv
import resource
import sys
import zipfile
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

REFUSED = 3  # exit code: the last line of standard error says why
MOST_BYTES = 2 << 30  # unpacked; the process has twice as much memory


def write_csv(path: Path, copy: Path, decimal: str, sheet: str | None) -> None:
    """Write the sheet, or the only one with cells, as UTF-8 CSV with line feeds; rows without a value are left out.

    Args:
        decimal: decimal sign that numbers are written with, the one that their reader expects.

    Raises:
        ValueError: it is no workbook, has no such sheet, or several with cells of which none is named.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > MOST_BYTES:
            raise ValueError(f"it unpacks to {size / 1e9:.1f} GB, too much for a workbook")
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows = workbook.get_sheet_by_name(_sheet(workbook, sheet)).iter_rows()
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in rows:
                if any(cells := [_cell(value, decimal) for value in row]):
                    writer.writerow(cells)
    except (CalamineError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error


def _sheet(workbook: CalamineWorkbook, sheet: str | None) -> str:
    names = workbook.sheet_names
    if not names or (sheet is not None and sheet not in names):
        raise ValueError(f"it has no sheet {sheet or ''}, only {names}; correct `sheet` in the mapping file")
    if sheet is not None or len(names) == 1:
        return sheet or names[0]
    filled = [name for name in names if workbook.get_sheet_by_name(name).end is not None]
    if len(filled) > 1:
        raise ValueError(
            f"several of its sheets hold cells, {filled}; name one by `sheet` in the mapping file, or save each as a "
            "file of its own"
        )
    return filled[0] if filled else names[0]


def _cell(value: object, decimal: str) -> str:
    # A workbook holds every number as a float: 85123.0 is the id 85123.
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", decimal)
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def main(words: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (2 * MOST_BYTES, 2 * MOST_BYTES))
    try:
        write_csv(Path(words[0]), Path(words[1]), words[2], words[3] if len(words) > 3 else None)
    except (ValueError, MemoryError) as error:
        print(f"{error}" or "it needs too much memory", file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
