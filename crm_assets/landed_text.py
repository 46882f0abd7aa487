"""A landed file as UTF-8 CSV that the engine reads: its encoding found out, its content hashed, in one stream.

Text files are UTF-8 (with or without BOM) or CP949, decided by a strict check of the whole file; workbooks are
written out as CSV; Parquet is left as it is. What the columns mean does not belong here.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

CHUNK_BYTES = 1 << 22
TEXT_SUFFIXES = (".csv", ".txt", ".tsv")


class FileRefused(ValueError):
    """A file that cannot be loaded as a whole: names the file, what is wrong and the remedy."""


@dataclass(frozen=True)
class LandedText:
    """A file ready for the engine. ``path`` is the file itself or a UTF-8 copy; ``encoding`` is what it was."""

    path: Path
    encoding: str
    is_parquet: bool = False
    delimiter: str | None = None  # None = the mapping's


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare(path: Path, workspace: Path, *, sheet: str | None = None) -> LandedText:
    """Make the file readable by the engine; copies go into ``workspace``.

    Raises:
        FileRefused: the kind is unknown, the bytes are neither UTF-8 nor CP949, or the workbook cannot be read.
    """
    suffix = path.suffix.lower()
    if path.stat().st_size == 0:
        raise FileRefused(f"{path.name} is empty. Deliver it again.")
    if suffix == ".parquet":
        return LandedText(path, "parquet", is_parquet=True)
    if suffix in (".xlsx", ".xls", ".xlsb", ".ods"):
        return LandedText(_from_workbook(path, workspace / f"{path.name}.csv", sheet), suffix[1:], delimiter=",")
    if suffix not in TEXT_SUFFIXES:
        raise FileRefused(f"{path.name}: files of the kind {suffix!r} are not read. Deliver CSV, XLSX or Parquet.")
    if _decodes(path, "utf-8"):
        with path.open("rb") as file:
            marked = file.read(3) == codecs.BOM_UTF8
        return LandedText(path, "utf-8-sig" if marked else "utf-8")
    copy = workspace / f"{path.name}.utf8.csv"
    _transcode(path, copy, "cp949")
    return LandedText(copy, "cp949")


def header(landed: LandedText, delimiter: str, name: str) -> list[str]:
    """The column names of a text file, blanks around them cut off.

    Raises:
        FileRefused: there is no header, or a name stands in it twice.
    """
    with landed.path.open(encoding="utf-8-sig", newline="") as file:
        try:
            names = [n.strip() for n in next(csv.reader(file, delimiter=delimiter))]
        except (StopIteration, csv.Error) as error:
            raise FileRefused(f"{name} has no header line. Deliver it with one.") from error
    folded = [n.casefold() for n in names]  # the engine does not tell upper from lower case
    twice = sorted({n for n in names if folded.count(n.casefold()) > 1})
    if twice or "" in names:
        raise FileRefused(f"{name}: the header {names} has empty or repeated names {twice}. Give each column one name.")
    return names


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _transcode(path: Path, copy: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    copy.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    with path.open("rb") as source, copy.open("wb") as target:
        try:
            while chunk := source.read(CHUNK_BYTES):
                target.write(decoder.decode(chunk).encode("utf-8"))
                done += len(chunk)
            target.write(decoder.decode(b"", final=True).encode("utf-8"))
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"{path.name} is neither UTF-8 nor CP949 (near byte {done + error.start:,}: {error.reason}). "
                "Save it as UTF-8 and deliver it again."
            ) from error


def _from_workbook(path: Path, copy: Path, sheet: str | None) -> Path:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name = sheet or workbook.sheet_names[0]
        if name not in workbook.sheet_names:
            raise FileRefused(f"{path.name} has no sheet {name!r}, only {workbook.sheet_names}. Correct `sheet`.")
        rows = workbook.get_sheet_by_name(name).iter_rows()
        copy.parent.mkdir(parents=True, exist_ok=True)
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([_cell(value) for value in row] for row in rows)
    except CalamineError as error:
        raise FileRefused(
            f"{path.name} cannot be read as a workbook: {error}. Save it again as XLSX or CSV."
        ) from error
    return copy


def _cell(value: object) -> str:
    # A workbook holds every number as a float: 85123.0 is the id 85123.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
