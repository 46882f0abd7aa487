"""The quarantine, for people: what lies in it, its rows as a file to mend, and mended rows on their way back.

A release is a file in the landing folder, ``<file>.mended-<hash>.csv``: from there on mended rows are receipts like any
other, and a warehouse made anew from the landing folder has them too. What a fault is, says ``mapping_sql``.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_assets.files import put_in_place
from crm_assets.receipts.landed_text import AT_HOME, prepare
from crm_assets.receipts.landing import FileRefused, entries, landed_name, require_plain, shown
from crm_assets.receipts.reading import OF_THE_QUARANTINE, Reading, read_file
from crm_assets.receipts.sources import FileMapping, Source, is_mended, mended_name
from crm_assets.settings import Settings
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets.warehouse import Session

_OPEN = """
    select f.file_name, f.content_hash, q.row_no, q.reason, q.content
    from quarantine q
    join (
        select reading_hash, min(content_hash) as content_hash, min(file_name) as file_name from landed_files
        where status = 'loaded' group by reading_hash
    ) f on f.reading_hash = q.reading_hash
    left join (
        select distinct r.content_hash, r.row_no, r.reason from released_rows r
        join landed_files l on l.landing_no = r.landing_no where l.status = 'loaded'
    ) r on r.content_hash = f.content_hash and r.row_no = q.row_no and r.reason = q.reason
    where r.row_no is null"""
MOST_NAME_BYTES = 255
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)  # 2.10726E+14, as a spreadsheet writes a long number
_LINE = "crm_line"  # the text of a row that was unreadable


class QuarantineError(ValueError):
    """Rows that cannot be listed or released: says which, why and the remedy."""


@dataclass(frozen=True)
class Release:
    """What became of a file of mended rows: the file that landed, its rows, and how many are faulty still."""

    path: Path | None
    rows: int
    faulty: dict[str, int]


def open_counts(session: Session) -> list[tuple[str, str, int]]:
    """File, reason and how many rows lie open, the most first."""
    return session.rows(f"select file_name, reason, count(*) from ({_OPEN}) group by 1, 2 order by 3 desc, 1, 2")


def write_open_rows(session: Session, source: Source, path: Path, file_name: str | None, reason: str | None) -> int:
    """Write the open rows of one file as they stood, to be mended; returns how many.

    Raises:
        QuarantineError: there are none, or they are of several files.
    """
    where = "(:file is null or file_name = :file) and (:reason is null or reason = :reason)"
    asked = {"file": file_name, "reason": reason}
    names = [n for (n,) in session.rows(f"select distinct file_name from ({_OPEN}) where {where} order by 1", **asked)]
    if len(names) != 1:
        known = ", ".join(sorted({name for name, *_ in open_counts(session)})) or "none"
        raise QuarantineError(
            f"rows of {len(names)} files: choose one by --file. Files with open rows: {known}."
            if names
            else f"no open row matches. Files with open rows: {known}."
        )
    # Of one content: a till that always writes the same name has several.
    rows = session.rows(
        f"""with open as (select * from ({_OPEN}) where {where})
        select content_hash, row_no, reason, content from open
        where content_hash = (select min(content_hash) from open) order by reason, row_no""",
        **asked,
    )
    mapping = source.mapping_of(names[0])
    stood = next((json.loads(content) for *_, r, content in rows if r != "unreadable"), None)
    columns = list(stood) if stood is not None else (mapping.file_columns if mapping else [])
    return write_rows(path, [*OF_THE_QUARANTINE, *columns, _LINE], _cells(rows, columns))


def _cells(rows: Sequence[tuple[str, int, str, str]], columns: Sequence[str]) -> Iterator[list[str]]:
    for content_hash, row_no, reason, content in rows:
        stood = {} if reason == "unreadable" else json.loads(content)
        line = content if reason == "unreadable" else ""
        yield [content_hash, str(row_no), reason, *(stood.get(c) or "" for c in columns), line]


def release(session: Session, source: Source, settings: Settings, path: Path, today: date) -> Release:
    """Land the rows of a mended file that are sound now; the others stay where they are.

    Raises:
        QuarantineError: the file is no list of quarantined rows, or holds rows that do not lie open.
        FileRefused: it cannot be read as the file that the rows came from.
    """
    named = {source.encoding_of(file) for file in source.files} - {None, *AT_HOME}
    # The ids lead to the mapping; they are ASCII, so whichever encoding the list can be read by will do.
    header, rows = _read_mended(path, settings.staging / "tmp" / "list", encodings=(*AT_HOME, *sorted(named)))
    file_name, mapping = _origin(session, source, header, rows, path)
    stated = source.encoding_of(mapping)
    if mapping.decimal != "." or stated:  # both are the mapping's, which the ids of the rows lead to
        encodings = ("utf-8", stated) if stated else AT_HOME
        header, rows = _read_mended(path, settings.staging / "tmp" / "list", mapping.decimal, encodings)
    _require_open(session, settings, header, rows, path)
    kept = [i for i, name in enumerate(header) if name != _LINE]
    cells = [[row[i] for i in kept] for row in rows]
    workspace = settings.staging / "tmp"
    draft = workspace / "draft" / mended_name("rows", "0" * 12)
    try:
        _write_csv(draft, [header[i] for i in kept], cells, mapping.delimiter)
        how = Reading(source, mapping, settings.reading_policies, today)
        read_file(session, how, prepare(draft, workspace / "read"), draft.name)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    parsed = session.rows("select crm_content_hash, crm_row_no, crm_reason, reason from parsed")
    found = {(content, str(number), why): fault for content, number, why, fault in parsed}
    position = [kept.index(header.index(name)) for name in OF_THE_QUARANTINE]
    faults = [found.get(tuple(row[i] for i in position), "unreadable") for row in cells]
    sound = [row for row, fault in zip(cells, faults, strict=True) if fault is None]
    counts = dict(Counter(fault for fault in faults if fault is not None))
    if not sound:
        return Release(None, 0, counts)
    text = "\n".join("\x1f".join(row) for row in sound)
    target = settings.landing / mended_name(file_name, hashlib.sha256(text.encode()).hexdigest())
    beside = target.with_name(f".{target.name}.part")
    if len(os.fsencode(beside.name)) > MOST_NAME_BYTES:
        raise QuarantineError(f"{file_name}: the name is too long to be added to. Deliver the file by a shorter one.")
    _write_csv(beside, [header[i] for i in kept], sound, mapping.delimiter)
    put_in_place(beside, target)
    return Release(target, len(sound), counts)


def _read_mended(
    path: Path, workspace: Path, decimal: str = ".", encodings: Sequence[str] = AT_HOME
) -> tuple[list[str], list[list[str]]]:
    """Header and rows, as any spreadsheet saves them: in UTF-8 or the shop's encoding, with commas or semicolons."""
    try:
        text = prepare(path, workspace, decimal=decimal, encodings=encodings).path
        header, *rows = [*read_rows(text, _delimiter(text))] or [[]]
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    missing = [name for name in OF_THE_QUARANTINE if name not in header]
    uneven = [number for number, row in enumerate(rows, 2) if len(row) != len(header)]
    if missing or uneven:
        raise QuarantineError(
            f"{path} is no list of quarantined rows: "
            + (f"it lacks the column {', '.join(missing)}" if missing else f"row {uneven[0]} has another length")
            + ". Write one by `crm quarantine list --to`, and mend the cells only."
        )
    if not rows:
        raise QuarantineError(f"{path} holds no row.")
    return header, rows


def _origin(
    session: Session, source: Source, header: list[str], rows: list[list[str]], path: Path
) -> tuple[str, FileMapping]:
    """Name and mapping of the file that the rows came from."""
    contents = sorted({row[header.index("crm_content_hash")] for row in rows})
    found = session.rows(
        """select content_hash, min(file_name) from landed_files where status = 'loaded'
        and content_hash in (select unnest(:contents)) group by content_hash""",
        contents=contents,
    )
    if len(contents) != 1 or not found:
        raise QuarantineError(
            f"{path} holds rows of {len(contents)} files"
            + ("" if found else ", none of which counts any more: a correction took its place")
            + ". List the rows of one file anew."
        )
    mapping = source.mapping_of(found[0][1])
    if mapping is None:
        raise QuarantineError(f"the source {source.name} knows no file like {found[0][1]} any more.")
    return found[0][1], mapping


def _require_open(session: Session, settings: Settings, header: list[str], rows: list[list[str]], path: Path) -> None:
    position = [header.index(name) for name in OF_THE_QUARANTINE]
    named = [tuple(row[i] for i in position) for row in rows]
    lying = {(c, str(n), r) for _, c, n, r, _ in session.rows(_OPEN)} - _on_their_way(session, settings)
    strange = [key for key in named if key not in lying]
    if strange:
        raise QuarantineError(
            f"{path}: row {strange[0][1]} ({strange[0][2]}) does not lie open in the quarantine: it was released "
            "before. List the rows anew."
        )
    twice = [key for key, count in Counter(named).items() if count > 1]
    if twice:
        raise QuarantineError(f"{path}: row {twice[0][1]} ({twice[0][2]}) stands twice. Remove one of them.")
    _require_whole_ids(session, header, rows, position, path)


def _require_whole_ids(
    session: Session, header: list[str], rows: list[list[str]], position: list[int], path: Path
) -> None:
    """A spreadsheet takes the zeros off ids and the end off long ones, and nobody sees it."""
    stood = {(c, str(n), r): content for _, c, n, r, content in session.rows(_OPEN) if r != "unreadable"}
    for row in rows:
        key = tuple(row[i] for i in position)
        before = json.loads(stood.get(key, "{}"))
        for name, cell in zip(header, row, strict=True):
            was = before.get(name) or ""
            lost_zeros = was != cell and was.startswith("0") and was.lstrip("0") == cell
            if lost_zeros or (was.isdigit() and _ROUNDED.fullmatch(cell)):
                raise QuarantineError(
                    f"{path}: in row {key[1]} the column {name} lost its {'zeros' if lost_zeros else 'digits'}, {was} "
                    f"became {cell}. Open the list by importing it, every column as text."
                )


def _on_their_way(session: Session, settings: Settings) -> set[tuple[str, ...]]:
    """The rows of mended files that lie in the landing folder, read or not; of those that are refused, none."""
    refused = {name for (name,) in session.rows("select file_name from refused_files")}
    found: set[tuple[str, ...]] = set()
    for path in entries(settings.landing):
        if not is_mended(path.name) or shown(landed_name(path)) in refused:
            continue
        try:
            require_plain(path)
            header, rows = _read_mended(path, settings.staging / "tmp" / "list")
        except (FileRefused, QuarantineError):  # the next intake refuses it, and says why
            continue
        position = [header.index(name) for name in OF_THE_QUARANTINE]
        found |= {tuple(row[i] for i in position) for row in rows}
    return found


def _delimiter(path: Path) -> str:
    """That of the header, whose first name is known."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(iter(OF_THE_QUARANTINE))
        after = file.readline().replace('"', "").removeprefix(first)[:1]
        return "," if not after or after.isalnum() or (after.isspace() and after != "\t") else after


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        # All quoted: Python leaves a lone carriage return bare, and it would end the row.
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        writer.writerows(rows)
