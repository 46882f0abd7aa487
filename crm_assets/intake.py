"""The intake: each new file of the landing folder is read once, its rows staged, counted or put aside.

For every content that the ledger does not know, or knows by another mapping: the mapping of its name turns rows of text
into canonical ones; sound rows go to Parquet by table and month (``staging/transactions/2021-07/<hash>.parquet``), the
others to the quarantine with their first reason; the ledger says that rows = loaded + duplicates + quarantined. Ledger
and quarantine are written last and in one transaction: a staged file that the ledger does not know does not count. What
a month's table makes of the staged rows is ``sql/raw_transactions.sql``'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from crm_assets import mapping_sql
from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import identifier, literal
from crm_assets.contracts.gate import ContractBroken
from crm_assets.landed_text import FileRefused, LandedText, content_hash, header, prepare
from crm_assets.months import month_of
from crm_assets.sources import FileMapping, Load, Source
from crm_assets.staging import (
    dimension_file,
    forget,
    rows_of_its_own,
    staged_month_file,
    staged_month_files,
    write_parquet,
)
from crm_assets.warehouse import Session


@dataclass
class Intake:
    """What one look at the landing folder brought."""

    loaded: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    months: set[date] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)


def take_in(
    session: Session, source: Source, landing: Path, staging: Path, progress: Callable[[str], None] = lambda line: None
) -> Intake:
    """Read every file of the landing folder that the ledger does not know yet.

    A file that cannot be read is refused and leaves no trace but its line in ``refused``; the others are loaded.

    Raises:
        FileRefused: the folder is missing or empty and nothing was ever landed, or the ledger is another source's.
    """
    files = (
        sorted(p for p in landing.iterdir() if p.is_file() and not p.name.startswith(".")) if landing.is_dir() else []
    )
    ledger = session.rows("select content_hash, mapping_hash, source from landed_files")
    others = {name for *_, name in ledger} - {source.name}
    if others:
        raise FileRefused(
            f"{session.database} holds receipts of the source {sorted(others)}, not {source.name!r}. "
            "Set CRM_SOURCE to it, or CRM_DATA_DIR to another folder."
        )
    if not files and not ledger:
        raise FileRefused(f"{landing} holds no file. Put receipts there, or run `crm demo` for a sample.")
    known, result = {(content, mapping) for content, mapping, _ in ledger}, Intake()
    workspace = staging / "tmp"
    try:
        for path in files:
            try:
                content = content_hash(path)
                mapping = _mapping_of(source, path)
                if (content, source.fingerprint(mapping)) in known:
                    result.known.append(path.name)
                    continue
                progress(f"reading {path.name}")
                _land(session, source, mapping, path, content, staging, workspace, result)
                known.add((content, source.fingerprint(mapping)))
            except FileRefused as error:
                result.refused[path.name] = str(error)
            except (duckdb.Error, ContractBroken) as error:
                first_line = str(error).splitlines()[0]
                result.refused[path.name] = f"{path.name} cannot be loaded: {first_line}. Mend it and deliver it again."
            except OSError as error:
                result.refused[path.name] = (
                    f"{path.name} cannot be read: {error}. Check its rights and deliver it again."
                )
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    return result


def _mapping_of(source: Source, path: Path) -> FileMapping:
    mapping = source.mapping_of(path.name)
    if mapping is None:
        patterns = [m.match for m in source.files]
        raise FileRefused(
            f"{path.name}: the source {source.name} knows no file of this name, only {patterns}. "
            "Rename it, or add it to the mapping file."
        )
    return mapping


def _land(
    session: Session,
    source: Source,
    mapping: FileMapping,
    path: Path,
    content: str,
    staging: Path,
    workspace: Path,
    result: Intake,
) -> None:
    landed = prepare(path, workspace, sheet=mapping.sheet)
    names = _open(session, landed, mapping, path.name, source)
    forget(staging, content)
    if mapping.loads == "transactions":
        months = _stage_lines(session, source, mapping, names, content, staging)
    else:
        _stage_dimension(session, mapping, content, staging, derived=False)
        months = []
    for load in mapping.also:
        _stage_dimension(session, load, content, staging, derived=True)
    counts = _counts(session, mapping.loads, months, content, staging)
    if counts["rows"] and counts["loaded"] + counts["duplicates"] == 0:
        reasons = session.rows("select reason, count(*) from parsed group by reason order by 2 desc, 1 limit 1")
        reason = reasons[0][0] if reasons else "unreadable"
        raise FileRefused(
            f"{path.name}: none of its {counts['rows']:,} rows can be loaded, most often {reason}. "
            f"Compare its columns with data/reference/sources/{source.name}.yaml."
        )
    _write_ledger(session, source, mapping, path.name, content, landed.encoding, counts, months)
    result.loaded.append(path.name)
    result.months |= set(months)
    result.tables |= {mapping.loads, *(load.loads for load in mapping.also)}


def _open(session: Session, landed: LandedText, mapping: FileMapping, name: str, source: Source) -> list[str]:
    """Make the relation ``landed_rows`` (every column text) and the tables ``parsed`` and ``rejected_rows``."""
    connection = session.connection
    file = literal(str(landed.path))
    connection.execute("create or replace temp table rejected_rows (row_no bigint, content varchar)")
    try:
        if landed.is_parquet:
            names = [row[0] for row in connection.execute(f"describe select * from read_parquet({file})").fetchall()]
            scan = f"read_parquet({file})"
        else:
            delimiter = landed.delimiter or mapping.delimiter
            names = header(landed, delimiter, name)
            types = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in names)
            scan = (
                f"read_csv({file}, header = true, auto_detect = false, columns = {{{types}}}, "
                f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', store_rejects = true, "
                "rejects_table = 'reject_errors', rejects_scan = 'reject_scans')"
            )
        _require_columns(names, mapping, name, source)
        texts = ", ".join(f"cast({identifier(n)} as varchar) as {identifier(n)}" for n in names)
        connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        connection.execute(f"create or replace temp view landed_rows as select {texts} from {scan}")
        _parse(session, mapping, names, source)
        if not landed.is_parquet:
            connection.execute(
                "insert into rejected_rows select line, min(csv_line) from reject_errors group by line order by line"
            )
            _refuse_swallowed_lines(session, name)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        first_line = str(error).splitlines()[0]
        raise FileRefused(f"{name} cannot be read: {first_line}. Mend the file and deliver it again.") from error
    return names


def _refuse_swallowed_lines(session: Session, name: str) -> None:
    """A quote that never closes takes the lines after it into one row: that is no row to put aside."""
    swallowing = session.rows(
        "select min(row_no) from rejected_rows where contains(trim(content, chr(13) || chr(10)), chr(10))"
    )
    if swallowing[0][0] is not None:
        raise FileRefused(
            f"{name}: a quote that opens in line {swallowing[0][0]:,} does not close there, so the lines after it "
            "cannot be told apart. Close it, or double it, and deliver the file again."
        )


def _require_columns(names: list[str], mapping: FileMapping, name: str, source: Source) -> None:
    wanted = [*mapping.file_columns, *(c for load in mapping.also for c in load.file_columns)]
    missing = [c for c in dict.fromkeys(wanted) if c not in names]
    if missing:
        raise FileRefused(
            f"{name}: the column {', '.join(missing)} is missing; the file has {', '.join(names)}. "
            f"Correct the file's header, or its columns in data/reference/sources/{source.name}.yaml."
        )


def _parse(session: Session, mapping: FileMapping, names: list[str], source: Source) -> None:
    """``parsed``: the canonical columns of every row with its first fault and, where faulty, its content."""
    made = mapping_sql.canonical(mapping)
    if mapping.loads == "transactions":
        made |= {
            "record_type": mapping_sql.record_type(mapping),
            "detail": mapping_sql.detail(mapping, names),
            "counts_units": "true" if "quantity" in mapping.columns else "false",
        }
        fault = mapping_sql.transaction_fault(source.history.start, source.history.end)
    else:
        keys = [c for c in made if c in CONTRACTS[mapping.loads].Config.unique]
        fault = f"case when {' or '.join(f'{k} is null' for k in keys)} then 'no_key' end"
    columns = ", ".join(f"{sql} as {name}" for name, sql in made.items())
    signals = "".join(
        f", {mapping_sql.number(c, 'decimal(18,4)', mapping.decimal)} as {identifier('signal ' + s)}"
        for s, c in mapping.signals.items()
    )
    raw = ", ".join(f"{identifier(n)} as {identifier('raw ' + n)}" for n in names)
    row = ", ".join(f"{literal(n)}, {identifier('raw ' + n)}" for n in names)
    besides = "".join(
        f", {sql} as {identifier(f'{load.loads} {name}')}"
        for load in mapping.also
        for name, sql in mapping_sql.canonical(load).items()
    )
    month = (
        "cast(date_trunc('month', purchased_at) as date)" if mapping.loads == "transactions" else "cast(null as date)"
    )
    # The row's text is put together for faulty rows only: CASE leaves the others alone. Rows keep the file's order, so
    # rowid + 1 is the row of the file; numbering them in the query would read the file on one core.
    session.connection.execute(f"""
        create or replace temp table parsed as
        select columns(lambda c: not starts_with(c, 'raw ')), {month} as month,
            case when reason is not null then cast(json_object({row}) as varchar) end as content
        from (
            select *, {fault} as reason
            from (select {columns}{signals}{besides}, {raw} from landed_rows)
        )
    """)


def _stage_lines(
    session: Session, source: Source, mapping: FileMapping, names: list[str], content: str, staging: Path
) -> list[date]:
    """Write the sound lines by month; returns the months."""
    months = [row[0] for row in session.rows("select distinct month from parsed where reason is null order by month")]
    columns = ", ".join([*mapping_sql.canonical(mapping), "record_type", "detail"])
    for month in months:
        write_parquet(
            session,
            f"select distinct {columns} from parsed where reason is null and month = date {literal(month.isoformat())}",
            staged_month_file(staging, month, content),
        )
    return months


def _stage_dimension(session: Session, load: Load, content: str, staging: Path, *, derived: bool) -> None:
    """Write a dimension's distinct rows with how often each stands in the file."""
    names = list(mapping_sql.canonical(load))
    key = next(iter(names))
    if load.loads == "daily_signals":
        parts = [
            f"select date, {literal(s)} as signal, {identifier('signal ' + s)} as value from parsed "
            "where reason is null"
            for s in load.signals
        ]
        made, names = " union all ".join(parts), ["date", "signal", "value"]
    elif derived:
        columns = ", ".join(f"{identifier(f'{load.loads} {n}')} as {n}" for n in names)
        made = f"select {columns} from parsed where {identifier(f'{load.loads} {key}')} is not null"
    else:
        made = f"select {', '.join(names)} from parsed where reason is null"
    listed = ", ".join(names)
    write_parquet(
        session,
        f"select {listed}, {literal(content)} as content_hash, {int(derived)} as derived, count(*) as rows "
        f"from ({made}) group by {listed}",
        dimension_file(staging, load.loads, content),
    )


def _counts(session: Session, table: str, months: list[date], content: str, staging: Path) -> dict[str, int]:
    """rows = loaded + duplicates + quarantined, of this file alone."""
    parsed = int(session.scalar("select count(*) from parsed"))
    faulty = int(session.scalar("select count(*) from parsed where reason is not null"))
    rejected = int(session.scalar("select count(*) from rejected_rows"))
    if table == "transactions":
        known = session.rows("select content_hash from landed_files where staged_table = 'transactions'")
        hashes = [h for (h,) in known]
        loaded = 0
        for month in months:
            own = staged_month_file(staging, month, content)
            others = staged_month_files(staging, month, hashes)
            loaded += rows_of_its_own(session, own, others)
    elif table == "daily_signals":
        loaded = int(session.scalar("select count(distinct date) from parsed where reason is null"))
    else:
        file = dimension_file(staging, table, content)
        loaded = int(session.scalar(f"select count(*) from read_parquet({literal(str(file))})"))
    return {
        "rows": parsed + rejected,
        "loaded": loaded,
        "duplicates": parsed - faulty - loaded,
        "quarantined": faulty + rejected,
    }


def _write_ledger(
    session: Session,
    source: Source,
    mapping: FileMapping,
    name: str,
    content: str,
    encoding: str,
    counts: dict[str, int],
    months: list[date],
) -> None:
    files, quarantine = CONTRACTS["landed_files"], CONTRACTS["quarantine"]
    session.execute(
        f"""create or replace temp table staged_quarantine as
        select {literal(content)} as content_hash, rowid + 1 as row_no, reason, content from parsed
        where reason is not null
        union all select {literal(content)}, row_no, 'unreadable', content from rejected_rows"""
    )
    row = session.stage(
        files,
        """select :content_hash as content_hash, :mapping_hash as mapping_hash,
            coalesce(max(landing_no), 0) + 1 as landing_no, :file_name as file_name, :source as source,
            :staged_table as staged_table, :encoding as encoding, cast(:rows as bigint) as rows,
            cast(:loaded as bigint) as loaded, cast(:duplicates as bigint) as duplicates,
            cast(:quarantined as bigint) as quarantined, cast(:first_month as date) as first_month,
            cast(:last_month as date) as last_month from landed_files""",
        content_hash=content,
        mapping_hash=source.fingerprint(mapping),
        file_name=name,
        source=source.name,
        staged_table=mapping.loads,
        encoding=encoding,
        first_month=month_of(months[0]) if months else None,
        last_month=month_of(months[-1]) if months else None,
        **counts,
    )
    broken = [*session.violations(files, row), *session.violations(quarantine, "staged_quarantine")]
    if broken:
        raise ContractBroken(f"{name}: ledger or quarantine refused, {'; '.join(str(v) for v in broken)}")
    with session.transaction():
        session.replace(quarantine, "staged_quarantine", "content_hash = :content_hash", content_hash=content)
        session.replace(files, row, "content_hash = :content_hash", content_hash=content)
