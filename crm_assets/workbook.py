"""A sheet of a workbook as CSV, by a process of its own (``python -m crm_assets.workbook``), whose memory is bounded.

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


def write_csv(path: Path, copy: Path, sheet: str | None) -> None:
    """Write the sheet, or the first one, as UTF-8 CSV with line feeds.

    Raises:
        ValueError: it is no workbook, or has no such sheet.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > MOST_BYTES:
            raise ValueError(f"it unpacks to {size / 1e9:.1f} GB, too much for a workbook")
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        if not workbook.sheet_names or (sheet is not None and sheet not in workbook.sheet_names):
            raise ValueError(f"it has no sheet {sheet or ''}, only {workbook.sheet_names}; correct `sheet`")
        rows = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).iter_rows()
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([_cell(value) for value in row] for row in rows)
    except (CalamineError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error


def _cell(value: object) -> str:
    # A workbook holds every number as a float: 85123.0 is the id 85123.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def main(words: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (2 * MOST_BYTES, 2 * MOST_BYTES))
    try:
        write_csv(Path(words[0]), Path(words[1]), words[2] if len(words) > 2 else None)
    except (ValueError, MemoryError) as error:
        print(f"{error}" or "it needs too much memory", file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
