"""Whose lines changed since a month of a table was made: only they are made anew, the others' rows stay.

A day's receipts are those of few of a shop's customers. A table of a month whose rows follow from each customer's own
lines remembers the readings that it was made from (``line_readings`` and the like) and a hash of all else. When only
readings differ, the customers in the files of those that came or went are the touched ones. In every other case, and
where they are many, everybody is made anew: the same rows, later.

DuckDB's dialect: it reads staged files and puts views in front of tables. On an engine that ``remembers`` nothing,
everybody is always made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crm_assets.contracts.base import identifier, literal
from crm_assets.receipts.staging import is_whole, readings_of_month, staged_month_file
from crm_assets.warehouse import Session, parameters_of

TOUCHED = "touched_customers"
MOST_SHARE = 0.3  # of a month's customers; of more, to make all is as fast


@dataclass(frozen=True)
class MadeFrom:
    """What the rows of a month are made from.

    Attributes:
        readings: month of purchase and hash of each reading with lines of it.
        basis: a hash of all else.
    """

    readings: frozenset[tuple[date, str]]
    basis: str

    def remember(self, rows: int) -> list[dict[str, object]]:
        """As the table of readings has them.

        Args:
            rows: that the month has, so made.
        """
        return [
            {"purchase_month": month, "reading_hash": reading, "basis": self.basis, "rows": rows}
            for month, reading in sorted(self.readings)
        ]


UNKNOWN = MadeFrom(frozenset(), "")  # nothing is remembered of it, so that everybody is made anew next time


@dataclass(frozen=True)
class Part:
    """Whom a making of a month concerns.

    Attributes:
        customers: how many are in the temporary table ``touched_customers``; None = it concerns everybody.
    """

    made_from: MadeFrom
    customers: int | None

    @property
    def condition(self) -> str:
        """Of the rows that are made anew."""
        return "true" if self.customers is None else f"customer_id in (select customer_id from {TOUCHED})"


def basis_of(*texts: str, parameters: Mapping[str, Any] = MappingProxyType({})) -> str:
    """A hash of queries, of the values that they name, and of everything else that is text."""
    named = {name: parameters[name] for text in texts for name in parameters_of(text) & parameters.keys()}
    return hashlib.sha256(json.dumps([texts, named], default=str, sort_keys=True).encode()).hexdigest()


def content_of(session: Session, tables: Sequence[str]) -> str:
    """What tells whether one of the tables has changed: the number of its rows and a hash of them, in no order."""
    told = [session.rows(f"select count(*), bit_xor(hash(t)) from {identifier(name)} t")[0] for name in tables]
    return str(told)


def lines_from(session: Session, month: date, basis: str) -> MadeFrom:
    """What the lines of a month are made from, by the ledger as it is now."""
    if not session.remembers:
        return UNKNOWN
    return MadeFrom(frozenset((month, reading) for reading in readings_of_month(session, month)), basis)


def remembered(session: Session, table: str, condition: str, **parameters: Any) -> MadeFrom | None:
    """What a table of readings remembers; None where it has no such rows.

    Args:
        condition: of its rows. Of several months the basis is a hash of all of theirs.
    """
    rows = session.rows(
        f"select purchase_month, reading_hash, month, basis from {table} where {condition}", **parameters
    )
    bases = {(month, basis) for _, _, month, basis in rows}
    if not rows:
        return None
    basis = bases.pop()[1] if len(bases) == 1 else basis_of(*(f"{m} {b}" for m, b in sorted(bases)))
    return MadeFrom(frozenset((month, reading) for month, reading, *_ in rows), basis)


def receipts_up_to(session: Session, month: date) -> MadeFrom:
    """What the receipts of all months up to one are made from; nothing, where that is not known of one of them, or
    where its lines have been made anew since."""
    if not session.remembers:
        return UNKNOWN
    upto = {"condition": "month <= :month", "month": month}
    lines, receipts = remembered(session, "line_readings", **upto), remembered(session, "receipt_readings", **upto)
    unknown = session.scalar(
        """select count(*) from (select distinct month from receipts where month <= :month) made
        left join (select distinct month from receipt_readings) known on known.month = made.month
        where known.month is null""",
        month=month,
    )
    if unknown or lines is None or receipts is None or lines.readings != receipts.readings:
        return UNKNOWN
    return receipts


def part_of(session: Session, staging: Path, table: str, readings: str, month: date, now: MadeFrom) -> Part:
    """Whom a making of a month of a table concerns, and the temporary table ``touched_customers`` of them.

    Args:
        readings: the table that remembers what the month was made from.
    """
    before = remembered(session, readings, "month = :month", month=month)
    everybody = Part(now, None)
    if before is None or before.basis != now.basis or not _is_as_made(session, table, readings, month):
        return everybody
    files = [staged_month_file(staging, m, reading) for m, reading in sorted(before.readings ^ now.readings)]
    # None, though the month is to be made: somebody wants it anew, for instance because its rows were damaged.
    if not files or not all(is_whole(file) for file in files):
        return everybody
    listed = ", ".join(literal(str(file)) for file in files)
    session.execute(
        f"create or replace temp table {TOUCHED} as select distinct customer_id from read_parquet([{listed}])"
    )
    touched = int(session.scalar(f"select count(*) from {TOUCHED}"))
    of_month = f"select count(distinct customer_id) from {identifier(table)} where month = :month"
    known = int(session.scalar(of_month, month=month))
    return everybody if touched > MOST_SHARE * known else Part(now, touched)


def _is_as_made(session: Session, table: str, readings: str, month: date) -> bool:
    """Whether the month has as many rows as when it was made: what was damaged since is not built upon."""
    stored = session.scalar(f"select count(*) from {identifier(table)} where month = :month", month=month)
    return stored == session.scalar(f"select max(rows) from {readings} where month = :month", month=month)


@contextmanager
def only_touched(session: Session, part: Part, *tables: str) -> Iterator[None]:
    """Within it a query that names one of the tables sees the rows of touched customers only."""
    if part.customers is None:
        yield
        return
    catalog = identifier(session.scalar("select current_database()"))
    for table in tables:
        session.execute(f"create temp view {table} as select * from {catalog}.main.{table} where {part.condition}")
    try:
        yield
    finally:
        for table in tables:
            session.execute(f"drop view temp.{table}")


def whole(session: Session, part: Part, table: str, staged: str, month: date) -> str:
    """The relation of all rows that the month will have: those that stay, and the staged ones."""
    if part.customers is None:
        return staged
    name = f"whole_{table}"
    session.execute(
        f"""create or replace temp view {name} as select * from {identifier(table)}
        where month = date '{month}' and not ({part.condition}) union all by name select * from {staged}"""
    )
    return name
