"""A landed file as UTF-8 CSV that the engine reads: its encoding found out, its lines counted, its content hashed.

Text files are what their mapping says, else UTF-8 (with or without BOM) or CP949, decided by a strict check of the
whole file, packed by gzip or not; workbooks are written out as CSV; Parquet is left as it is. What the columns mean
does not belong here.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_assets.receipts import workbook
from crm_assets.receipts.landing import FileRefused, listed, shown

CHUNK_BYTES = 1 << 22
TEXT_SUFFIXES = (".csv", ".txt", ".tsv")
AT_HOME = ("utf-8", "cp949")  # what a text is tried as, in this order, where nothing says what it is
_BROKEN_PACKING = (EOFError, gzip.BadGzipFile, zlib.error)
WORKBOOK_SUFFIXES = (".xlsx", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True)
class LandedText:
    """A file ready for the engine.

    Attributes:
        path: the file by a name that is no pattern, or a UTF-8 copy whose lines end alike.
        encoding: what the file was.
        lines: line ends of the text, a last line without one counted too; None for Parquet.
        delimiter: None = the mapping's.
        ends_whole: whether the last line has an end.
        may_have_blanks: whether there may be blanks around a value: else nobody needs to look for them.
    """

    path: Path
    encoding: str
    lines: int | None = None
    delimiter: str | None = None
    ends_whole: bool = True
    may_have_blanks: bool = True

    @property
    def is_parquet(self) -> bool:
        return self.encoding == "parquet"

    def ends_with(self, text: str) -> bool:
        """Whether the UTF-8 text does."""
        tail = text.encode("utf-8")
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - len(tail)))
            return file.read() == tail


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes; of a packed one those of its content, so that packing a file does not change it."""
    if path.suffix.lower() == ".gz":
        try:
            with gzip.open(path) as packed:
                return hashlib.file_digest(packed, "sha256").hexdigest()
        except _BROKEN_PACKING:  # hashed as it is; reading it says what is wrong
            pass
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare(
    path: Path,
    workspace: Path,
    *,
    sheet: str | None = None,
    decimal: str = ".",
    encodings: Sequence[str] = AT_HOME,
) -> LandedText:
    """Make the file readable by the engine; links and copies go into ``workspace``, which is emptied.

    Args:
        sheet: of a workbook; None = the only one with cells.
        decimal: decimal sign that the numbers of a workbook are written with.
        encodings: of a text, the first that all of it can be decoded by; a byte order mark of UTF-8 goes before them.

    Raises:
        FileRefused: the kind is unknown, the bytes are of none of the encodings, or the file is broken.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    suffixes = [s.lower() for s in path.suffixes]
    suffix = suffixes[-1] if suffixes else ""
    if path.stat().st_size == 0:
        raise FileRefused(f"{path.name} is empty. Deliver it again.")
    if suffix == ".parquet":
        return LandedText(_linked(path, workspace, suffix), "parquet")
    if suffix in WORKBOOK_SUFFIXES:
        copy = _from_workbook(path, workspace / "workbook.csv", decimal, sheet)
        return _as_text(copy, workspace, path.name, kind=suffix[1:], delimiter=",")
    if suffix == ".gz" and suffixes[-2:-1] and suffixes[-2] in TEXT_SUFFIXES:
        return _as_text(_unpacked(path, workspace / "unpacked.csv"), workspace, path.name, encodings)
    if suffix not in TEXT_SUFFIXES:
        raise FileRefused(f"{path.name}: files of the kind {suffix!r} are not read. Deliver CSV, XLSX or Parquet.")
    return _as_text(_linked(path, workspace, ".csv"), workspace, path.name, encodings)


def header(landed: LandedText, delimiter: str, name: str) -> list[str]:
    """The column names of a text file, blanks around them cut off.

    Raises:
        FileRefused: there is no header, it is no single line, or a name stands in it twice.
    """
    with landed.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            names = [unicodedata.normalize("NFC", n.strip()) for n in next(reader)]
        except StopIteration as error:
            raise FileRefused(f"{name} has no header line. Deliver it with one.") from error
        except csv.Error as error:
            raise FileRefused(f"{name}: its header cannot be read, {error}. Mend it and deliver it again.") from error
    if reader.line_num > 1:
        raise FileRefused(f"{name}: a quote in the header does not close in its line. Mend it and deliver it again.")
    require_distinct(names, name)
    return names


def require_distinct(names: list[str], name: str) -> None:
    """
    Raises:
        FileRefused: a column has no name, or two have the same.
    """
    folded = [n.casefold() for n in names]  # the engine does not tell upper from lower case
    counts = Counter(folded)
    twice = sorted({n for n, f in zip(names, folded, strict=True) if counts[f] > 1})
    if twice or "" in names:
        raise FileRefused(
            f"{name}: the header ({listed(names)}) has empty or repeated names ({listed(twice)}). "
            "Give each column one name."
        )


def parquet_columns(path: Path) -> list[str]:
    """The names of a Parquet file's columns, as they stand in it: the engine renames repeated ones."""
    schema = duckdb.execute("select name, coalesce(num_children, 0) from parquet_schema(?)", [str(path)]).fetchall()
    names, waiting = [], 0  # parts of a nested column follow it
    for name, children in schema[1:]:
        if waiting:
            waiting += children - 1
        else:
            names.append(name)
            waiting = children
    return names


def count_records(landed: LandedText, delimiter: str, name: str) -> int:
    """Records of a text file under the header, blank lines left out: counted by another reader than the engine's.

    Raises:
        FileRefused: this reader cannot tell them apart.
    """
    with landed.path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return sum(1 for record in csv.reader(file, delimiter=delimiter) if record) - 1
        except csv.Error as error:
            raise FileRefused(f"{name}: its rows cannot be told apart, {error}. Mend the file.") from error


def _linked(path: Path, workspace: Path, suffix: str) -> Path:
    """The file under a name of ours: the engine would take a ``[`` or ``*`` in its own for a pattern."""
    link = workspace / f"landed{suffix}"
    link.symlink_to(path.resolve())
    return link


def _as_text(
    path: Path,
    workspace: Path,
    name: str,
    encodings: Sequence[str] = AT_HOME,
    *,
    kind: str | None = None,
    delimiter: str | None = None,
) -> LandedText:
    with path.open("rb") as file:
        marked = file.read(3) == codecs.BOM_UTF8
    tried = ["utf-8"] if marked else list(dict.fromkeys(encodings))
    for encoding in tried:
        text = _read_through(path, encoding)
        if text is not None:
            break
    else:
        raise FileRefused(_undecodable(path, name, tried, marked=marked))
    if encoding != "utf-8" or text.ends_vary:
        path = _rewritten(path, workspace / "utf8.csv", encoding)
    known_as = kind or ("utf-8-sig" if marked else encoding)
    return LandedText(path, known_as, text.lines, delimiter, text.ends_whole, text.may_have_blanks)


def _undecodable(path: Path, name: str, tried: Sequence[str], *, marked: bool) -> str:
    """What is wrong with a text of none of the encodings, and the remedy."""
    if len(tried) > 1:
        return (
            f"{name} is neither {' nor '.join(e.upper() for e in tried)}. Save it as UTF-8 and deliver it again, or "
            "name its encoding in the mapping file, as in `encoding: cp1252` beside `match`."
        )
    other = "" if marked else ", or correct `encoding` in the mapping file"
    return (
        f"{name} is not {tried[0]} throughout: {_first_fault(path, tried[0])}. "
        f"Save it as {tried[0]} and deliver it again{other}."
    )


def _first_fault(path: Path, encoding: str) -> str:
    """Where a text stops being of the encoding."""
    decoder, number = codecs.getincrementaldecoder(encoding)("strict"), 0
    with path.open("rb") as file:
        try:
            while line := file.readline():
                number += 1
                decoder.decode(line)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            return f"in line {number:,}, {error}"
    return "it changed while it was read"


@dataclass(frozen=True)
class _Text:
    lines: int
    ends_vary: bool  # the engine reads a file whose lines end in one way only, and knows where
    ends_whole: bool
    may_have_blanks: bool  # letters beyond ASCII are taken for ones: to tell them apart would cost more than it saves


def _read_through(path: Path, encoding: str) -> _Text | None:
    """The whole text, strictly decoded, with its lines; None when it is no text of this encoding."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    lines, last, blanks = 0, "\n", False
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                text = decoder.decode(chunk)
                lines, last = lines + text.count("\n"), text[-1:] or last
                blanks = blanks or not text.isascii() or " " in text or "\t" in text
            text = decoder.decode(b"", final=True)
        except UnicodeError:  # that of UTF-16 without its mark is no UnicodeDecodeError
            return None
    lines, last = lines + text.count("\n"), text[-1:] or last
    vary = isinstance(decoder.newlines, tuple) and _ends_vary_outside_quotes(path, encoding)
    return _Text(lines + (last != "\n"), vary, last == "\n", blanks or not text.isascii())


def _ends_vary_outside_quotes(path: Path, encoding: str) -> bool:
    """Whether rows end in several ways; line ends within quotes are part of a value."""
    quotes, pairs, returns, feeds, last = 0, 0, 0, 0, ""
    with path.open(encoding=encoding, newline="") as file:
        while text := file.read(CHUNK_BYTES):
            for number, part in enumerate(text.split('"')):
                if number:
                    quotes, last = quotes + 1, ""
                if quotes % 2 == 0 and part:
                    pairs += part.count("\r\n") + (last == "\r" and part[0] == "\n")
                    returns, feeds, last = returns + part.count("\r"), feeds + part.count("\n"), part[-1]
    return sum(ends > 0 for ends in (pairs, returns - pairs, feeds - pairs)) > 1


def _rewritten(path: Path, copy: Path, encoding: str) -> Path:
    """The text as UTF-8 with line feeds."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("strict"), translate=True)
    with path.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            target.write(decoder.decode(chunk).encode("utf-8"))
        target.write(decoder.decode(b"", final=True).encode("utf-8"))
    return copy


def _unpacked(path: Path, copy: Path) -> Path:
    try:
        with gzip.open(path) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)
    except _BROKEN_PACKING as error:
        raise FileRefused(f"{path.name} cannot be unpacked: {error}. Deliver it again, whole.") from error
    if copy.stat().st_size == 0:
        raise FileRefused(f"{path.name} is empty. Deliver it again.")
    return copy


def _from_workbook(path: Path, copy: Path, decimal: str, sheet: str | None) -> Path:
    """The sheet as CSV, written by a process of its own: a hostile workbook takes down that one only."""
    # -P: modules that lie in the working folder, which may be the landing folder, are not imported.
    words = [sys.executable, "-P", "-m", "crm_assets.receipts.workbook", str(path), str(copy), decimal]
    words += [sheet] if sheet else []
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        why = said[-1] if done.returncode == workbook.REFUSED and said else "it needs too much memory"
        raise FileRefused(f"{path.name} cannot be read as a workbook: {shown(why)}. Save it again as XLSX or CSV.")
    return copy
