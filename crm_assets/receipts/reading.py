"""A landed file as two temporary tables: ``parsed``, its rows in canonical columns with their first fault, and
``rejected_rows``, those that are no rows of it.

Every row is in one of the two: the lines of the text are counted apart from the engine, and a file whose rows cannot
all be found again is refused. What becomes of the rows is ``file_intake``'s; how a mapping becomes SQL is
``mapping_sql``'s.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from crm_assets.contracts.base import identifier, literal
from crm_assets.receipts import mapping_sql
from crm_assets.receipts.landed_text import LandedText, count_records, header, parquet_columns, require_distinct
from crm_assets.receipts.landing import FileRefused, listed
from crm_assets.receipts.sources import FileMapping, Source, is_mended
from crm_assets.receipts.staging import LEADS, LINES
from crm_assets.warehouse import Session, cannot_write

# Columns that a file of mended rows has besides its own: which row of the quarantine each of them was.
OF_THE_QUARANTINE = {"crm_content_hash": "varchar", "crm_row_no": "bigint", "crm_reason": "varchar"}


# Types whose values as text have no blanks around them.
_WITHOUT_BLANKS = ("DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIMESTAMP")

# A mended row counts while the row that it mends lies in quarantine and no other file has mended it.
_MENDABLE = """
    select 1 from mendable m
    where m.content_hash = crm_content_hash and m.row_no = crm_row_no and m.reason = crm_reason"""


@dataclass(frozen=True)
class Reading:
    """How a file is read: source, mapping, policies, and the day on which its content landed first."""

    source: Source
    mapping: FileMapping
    policies: Mapping[str, str]
    landed: date
    content: str = ""  # SHA-256; of a draft that is not landed, none


def read_file(session: Session, reading: Reading, landed: LandedText, name: str) -> None:
    """Make the tables ``parsed`` and ``rejected_rows`` of a file.

    Raises:
        FileRefused: the file cannot be read, lacks a column, or its rows cannot be told apart.
    """
    connection, file = session.connection, literal(str(landed.path))
    connection.execute("create or replace temp table rejected_rows (row_no bigint, content varchar)")
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    delimiter = landed.delimiter or reading.mapping.delimiter
    try:
        if landed.is_parquet:
            stored, scan = parquet_columns(landed.path), f"read_parquet({file})"
            names = [unicodedata.normalize("NFC", n) for n in stored]
            require_distinct(names, name)
            texts, padded = _as_texts(connection, scan, dict(zip(names, stored, strict=True)), reading.mapping)
        else:
            names = header(landed, delimiter, name)
            scan, texts = _csv_scan(file, names, delimiter), [identifier(n) for n in names]
            padded = names if landed.may_have_blanks else []
        _require_columns(names, reading, name)
        if is_mended(name):
            _list_mendable(session, name, reading.content)
        connection.execute(f"create or replace temp view landed_rows as select {', '.join(texts)} from {scan}")
        _parse(session, reading, names, padded, mended=is_mended(name))
        if landed.lines is not None:
            connection.execute(
                "insert into rejected_rows select line, min(csv_line) from reject_errors group by line order by line"
            )
            _refuse_swallowed_lines(session, name)
            _refuse_cut_off(session, landed, delimiter, name)
            _account_for_lines(session, landed, delimiter, name)
    except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
        if cannot_write(error):
            raise
        if "state machine" in str(error):
            raise FileRefused(
                f"{name}: its lines end in several ways and its quotes do not pair, so that rows cannot be told apart. "
                "Mend the quotes and deliver it again."
            ) from error
        first_line = str(error).splitlines()[0]
        raise FileRefused(f"{name} cannot be read: {first_line}. Mend the file and deliver it again.") from error


def _list_mendable(session: Session, name: str, content: str) -> None:
    """The rows of the quarantine that a file of mended rows may mend: those that no other such file has mended."""
    session.execute(
        """create or replace temp table mendable as
        select distinct f.content_hash, q.row_no, q.reason
        from quarantine q join landed_files f on f.reading_hash = q.reading_hash
        where f.status = 'loaded' and not exists (
            select 1 from released_rows r join landed_files l on l.landing_no = r.landing_no
            where l.status = 'loaded'
            and l.file_name <> cast(:name as varchar) and l.content_hash <> cast(:content as varchar)
            and r.content_hash = f.content_hash and r.row_no = q.row_no and r.reason = q.reason
        )""",
        name=name,
        content=content,
    )


def _as_texts(
    connection: duckdb.DuckDBPyConnection, scan: str, names: Mapping[str, str], mapping: FileMapping
) -> tuple[list[str], list[str]]:
    """The columns of a Parquet file as texts of one name each; numbers that are no ids, days or hours with the decimal
    sign that the mapping states. And the names of those that were texts: others have no blanks around them.

    Args:
        names: name → the name that stands in the file.
    """
    types = {n: str(t) for n, t, *_ in connection.execute(f"describe select * from {scan}").fetchall()}
    found = []
    for name, stored in names.items():
        value = f"cast({identifier(stored)} as varchar)"
        if name not in mapping.text_columns and types[stored].startswith(("DECIMAL", "DOUBLE", "FLOAT")):
            value = f"replace({value}, '.', {literal(mapping.decimal)})"
        found.append(f"{value} as {identifier(name)}")
    return found, [name for name, stored in names.items() if not types[stored].startswith(_WITHOUT_BLANKS)]


def _csv_scan(file: str, names: list[str], delimiter: str) -> str:
    types = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
    return (
        f"read_csv({file}, header = true, auto_detect = false, columns = {{{types}}}, delim = {literal(delimiter)}, "
        "quote = '\"', escape = '\"', store_rejects = true, rejects_table = 'reject_errors', "
        "rejects_scan = 'reject_scans')"
    )


def _require_columns(names: list[str], reading: Reading, name: str) -> None:
    mapping = reading.mapping
    wanted = [*mapping.file_columns, *(c for load in mapping.also for c in load.file_columns)]
    wanted += OF_THE_QUARANTINE if is_mended(name) else []
    missing = [c for c in dict.fromkeys(wanted) if c not in names]
    if missing:
        raise FileRefused(
            f"{name}: missing {'column' if len(missing) == 1 else 'columns'} {listed(missing)}; the file has "
            f"{listed(names)}. Correct the file's header, or the mapping file {reading.source.name}.yaml."
        )


def _parse(session: Session, reading: Reading, names: list[str], padded: list[str], *, mended: bool) -> None:
    """``parsed``: the canonical columns of every row with its first fault and, where faulty, its content."""
    mapping = reading.mapping
    own = [n for n in names if not (mended and n in OF_THE_QUARANTINE)]
    made = mapping_sql.canonical(mapping)
    made |= {identifier("signal " + s): sql for s, sql in mapping_sql.signals(mapping).items()}
    for load in mapping.also:
        made |= {identifier(f"{load.loads} {n}"): sql for n, sql in mapping_sql.canonical(load).items()}
    if mended:
        made |= {n: f"try_cast({mapping_sql.text(n)} as {t})" for n, t in OF_THE_QUARANTINE.items()}
    rows = mapping_sql.prepared("landed_rows", names, [mapping, *mapping.also], padded)
    for columns in (made, _told_by_others(reading, own), {"reason": _fault(reading, mended=mended)}):
        rows = f"select *{''.join(f', {sql} as {name}' for name, sql in columns.items())} from ({rows})"
    row = ", ".join(f"{literal(n)}, {mapping_sql.raw(n)}" for n in own)
    of_a_line = "case when reason is null then cast(date_trunc('month', purchased_at) as date) end"
    month = of_a_line if mapping.loads == LINES else "cast(null as date)"
    kept = " and ".join(f"not starts_with(c, {literal(p)})" for p in mapping_sql.PREPARED)
    # The row's text is put together for faulty rows only: CASE leaves the others alone. Rows keep the file's order, so
    # rowid + 1 is the row of the file; numbering them in the query would read the file on one core.
    session.connection.execute(f"""
        create or replace temp table parsed as
        select columns(lambda c: {kept}), {month} as month,
            case when reason is not null then cast(json_object({row}) as varchar) end as content
        from ({rows})
    """)


def _told_by_others(reading: Reading, own: list[str]) -> dict[str, str]:
    """The columns of the staged table that no single column of the file is mapped to: over rows with the others."""
    mapping = reading.mapping
    if mapping.loads == LINES:
        return {
            "record_type": mapping_sql.record_type(mapping, reading.policies["negative_amounts"]),
            "attributes": mapping_sql.attributes(mapping),
            "detail": mapping_sql.detail(mapping, own),
            "counts_units": "true" if "quantity" in mapping.columns else "false",
        }
    return {"attributes": mapping_sql.attributes(mapping)} if mapping.loads == LEADS else {}


def _fault(reading: Reading, *, mended: bool) -> str:
    """The first fault of a row, null where it has none."""
    history, loads = reading.source.history, reading.mapping.loads
    days = history.start, history.end, reading.landed, reading.policies
    if loads == LINES:
        fault = mapping_sql.transaction_fault(*days)
    else:
        fault = mapping_sql.lead_fault(*days) if loads == LEADS else mapping_sql.dimension_fault(loads)
    return f"case when not exists ({_MENDABLE}) then 'not_quarantined' else {fault} end" if mended else fault


def _refuse_swallowed_lines(session: Session, name: str) -> None:
    """A quote that never closes takes the lines after it into one row: that is no row to put aside."""
    swallowing = session.rows(
        r"select min(row_no) from rejected_rows where regexp_matches(trim(content, chr(13) || chr(10)), '[\r\n]')"
    )
    if swallowing[0][0] is not None:
        raise FileRefused(
            f"{name}: a quote that opens in line {swallowing[0][0]:,} does not close there, so the lines after it "
            "cannot be told apart. Close it, or double it, and deliver the file again."
        )


def _refuse_cut_off(session: Session, landed: LandedText, delimiter: str, name: str) -> None:
    """A last row that begins as one, has too few cells and no line end: the rest of the file is missing."""
    if landed.ends_whole:
        return
    last = session.rows(
        """select csv_line from reject_errors where error_type in ('MISSING COLUMNS', 'UNQUOTED VALUE')
        order by line desc limit 1"""
    )
    text = last[0][0].rstrip("\r\n") if last else ""
    if delimiter in text and landed.ends_with(text):
        raise FileRefused(f"{name} ends within a row: it seems to be cut off. Deliver it again, whole.")


def _account_for_lines(session: Session, landed: LandedText, delimiter: str, name: str) -> None:
    """Every line of the text is a row of one of the two tables, or a second reader finds as many records."""
    found = int(session.scalar("select (select count(*) from parsed) + (select count(*) from rejected_rows)"))
    if found == landed.lines - 1:
        return
    # Blank lines and line ends within quotes: only then is the text read a second time.
    records = count_records(landed, delimiter, name)
    if records != found:
        raise FileRefused(
            f"{name}: {found:,} rows could be read where it seems to hold {records:,}; nothing of it was taken. "
            "Look for quotes that do not close and line ends within rows, and deliver it again."
        )
