"""How a mapping becomes SQL over a file's rows, all of them text. DuckDB's dialect: it reads files, nothing else.

Every expression is total: a value that cannot be read becomes null, and ``fault`` says which fault comes first.
Names and values of a mapping file are quoted, never trusted. ``prepared`` makes what the expressions name: the engine
computes a value that stands in several branches of a CASE once for each, so what is used twice is a column of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from crm_assets.contracts.base import columns, identifier, key, literal
from crm_assets.contracts.canonical_columns import TARGETS, Target, canonical_columns, decimals, required, required_days
from crm_assets.receipts.sources import ColumnMapping, Load

_DAYS = ("%Y.%m.%d", "%Y/%m/%d")
DATE_FORMATS = ("%Y%m%d%H%M%S", *_DAYS, *(f"{day} {time}" for day in _DAYS for time in ("%H:%M", "%H:%M:%S")))
# The years that Python and the readers of Parquet know; an infinite day is outside of them.
FIRST_DAY, LAST_DAY = "date '0001-01-01'", "date '9999-12-30'"
_OFFSET = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)"
_BLANKS = "' ' || chr(9) || chr(10) || chr(13)"  # trim alone cuts off all kinds of blanks but tabs and line ends


def prepared(rows: str, file_columns: Sequence[str], loads: Sequence[Load], padded: Collection[str]) -> str:
    """A query of the rows with what the expressions of the loads name: the values as they stand in the file
    (``raw``), without blanks around them (``text``), the days and hours in them.

    Args:
        rows: a relation with the file's columns, all of them text.
        padded: the columns that may have blanks around their values; to cut them off takes half as long as all else.
    """
    trimmed = {c: f"trim({identifier(c)})" if c in padded else identifier(c) for c in file_columns}
    raws = [f"{identifier(c)} as {raw(c)}, nullif({value}, '') as {text(c)}" for c, value in trimmed.items()]
    parts = {part: sql for load in loads for part, sql in _parts(load).items()}
    listed = "".join(f", {sql} as {identifier(part)}" for part, sql in parts.items())
    return f"select *{listed} from (select {', '.join(raws)} from {rows})"


PREPARED = ("raw ", "text ", "day ", "hour ")  # how the columns of ``prepared`` begin; no canonical one has a blank


def raw(column: str) -> str:
    """A file's value as it stands in it."""
    return identifier(f"raw {column}")


def text(column: str) -> str:
    """A file's value without blanks around it; empty is null."""
    return identifier(f"text {column}")


def number(column: str, sql_type: str, decimal: str = ".") -> str:
    """A number, with thousands separators only where they stand before three digits; null when it is none.

    Args:
        decimal: the decimal sign of the file; the other of point and comma separates thousands.
    """
    value, thousands = text(column), "," if decimal == "." else "."
    grouped = f"[-+]?\\d{{1,3}}(\\{thousands}\\d{{3}})+(\\{decimal}\\d+)?"
    plain = (
        f"case when contains({value}, {literal(thousands)}) then "
        f"case when regexp_full_match({value}, {literal(grouped)}) then replace({value}, {literal(thousands)}, '') end "
        f"when contains({value}, '_') then null else {value} end"  # the engine would read 1_000 as a number
    )
    if decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    return f"try_cast({plain} as {sql_type})"


def _parts(load: Load) -> dict[str, str]:
    """Of every column that is a moment or a day: its day, and its hour where that stands in a column of its own."""
    dated = {c.name for c in canonical_columns(load.loads) if c.sql_type in ("TIMESTAMP", "DATE")}
    parts = {}
    for name, mapping in load.columns.items():
        if name in dated and mapping.constant is None:
            parts[f"day {load.loads} {name}"] = _day(mapping, load.timezone)
            if mapping.hour is not None:
                written = f"replace({text(mapping.hour)}, '.0', '')"  # a number in Parquet: 7.0
                hour = f"case when length({written}) <= 2 then try_cast({written} as integer) end"
                parts[f"hour {load.loads} {name}"] = hour
    return parts


def _day(mapping: ColumnMapping, timezone: str | None) -> str:
    """A timestamp from ISO texts, the usual compact dates and the mapping's own formats.

    Args:
        timezone: the shop's clock: an ISO moment with an offset is taken to it, one without is its local time; None
            takes all as they are written.
    """
    value = text(mapping.column or "")
    formats = ", ".join(literal(f) for f in (*mapping.formats, *DATE_FORMATS))
    # One format is fast, a list of them is slow, so the most usual text goes first: eight digits.
    digits = f"length({value}) = 8 and try_cast({value} as integer) is not null"
    usual = f"case when {digits} then try_strptime({value}, '%Y%m%d') else try_cast({value} as timestamp) end"
    day = f"coalesce({usual}, try_strptime({value}, [{formats}]))"
    if timezone is not None:
        has_offset = f"contains({value}, ':') and regexp_full_match({value}, {literal(_OFFSET)})"
        zoned = f"try_cast(regexp_replace({value}, '\\s+([Z+-])', '\\1') as timestamptz)"
        day = f"coalesce(case when {has_offset} then try(timezone({literal(timezone)}, {zoned})) end, {day})"
    return day


def moment(name: str, load: Load) -> str:
    """The moment of a column, from its day and its hour."""
    day = identifier(f"day {load.loads} {name}")
    if load.columns[name].hour is None:
        return day
    hour = identifier(f"hour {load.loads} {name}")
    # TRY: arithmetic fails on the extreme days that a timestamp can hold.
    return f"try(case when {hour} between 0 and 23 then date_trunc('day', {day}) + to_hours({hour}) end)"


def expression(name: str, mapping: ColumnMapping, load: Load) -> str:
    """The canonical column ``name`` as an expression over the file's columns.

    Raises:
        NotImplementedError: the contract gives it a type that nothing here makes of a text.
    """
    decimal = load.decimal
    sql_type = next(c.sql_type for c in canonical_columns(load.loads) if c.name == name)
    if mapping.constant is not None:
        return f"cast({literal(mapping.constant)} as {sql_type})"
    if mapping.product_of:
        # 19 digits each: their product has 38, the most there are, and cannot overflow.
        factors = " * ".join(number(c, "decimal(19,6)", decimal) for c in mapping.product_of)
        return f"try_cast({factors} as {sql_type})"
    if sql_type == "TIMESTAMP":
        return f"cast({moment(name, load)} as timestamp)"
    if sql_type == "DATE":
        day = f"try(cast({moment(name, load)} as date))"
        return f"case when {day} between {FIRST_DAY} and {LAST_DAY} then {day} end"
    column = mapping.column or ""
    if name in decimals(load.loads):
        return number(column, sql_type, decimal)
    if sql_type != "VARCHAR":
        raise NotImplementedError(f"{load.loads}.{name}: no {sql_type} is made of a file's text")
    value = _word(column)
    if mapping.strip_suffix:
        value = f"regexp_replace({value}, {literal(_escaped(mapping.strip_suffix) + '$')}, '')"
    if mapping.matches is not None:
        value = f"case when regexp_full_match({value}, {literal(mapping.matches)}) then {value} end"
    return _named_anew(value, mapping.map)


def _word(column: str) -> str:
    """A file's value without blanks of any kind around it."""
    value = text(column)
    return f"case when contains({value}, chr(9)) then nullif(trim({value}, {_BLANKS}), '') else {value} end"


def _named_anew(value: str, names: Mapping[str, str] | None) -> str:
    """The value by the names of a ``map``; any other is null."""
    if names is None:
        return value
    return f"case {value} {' '.join(f'when {literal(k)} then {literal(v)}' for k, v in names.items())} end"


def canonical(load: Load) -> dict[str, str]:
    """Canonical column → expression, every column of the staged table; unmapped ones are null."""
    return {
        c.name: expression(c.name, load.columns[c.name], load)
        if c.name in load.columns
        else f"cast(null as {c.sql_type})"
        for c in canonical_columns(load.loads)
    }


def signals(load: Load) -> dict[str, str]:
    """Signal → expression over the file's columns."""
    sql_type = next(c.sql_type for c in columns(TARGETS["daily_signals"]) if c.name == "value")
    return {signal: number(column, sql_type, load.decimal) for signal, column in load.signals.items()}


def attributes(load: Load) -> str:
    """The attributes of a line or a lead as one JSON text with sorted names; null where it has none."""
    if not load.attributes:
        return "cast(null as varchar)"
    values = {n: f"nullif({_named_anew(_word(a.column), a.map)}, '')" for n, a in sorted(load.attributes.items())}
    pairs = ", ".join(f"{literal(name)}, {value}" for name, value in values.items())
    return (
        f"case when coalesce({', '.join(values.values())}) is not null then cast(json_object({pairs}) as varchar) end"
    )


def record_type(load: Load, negative_amounts: str = "quarantine") -> str:
    """``return`` where the rule says so, or the policy does of what is below 0; else the file's own type. Over rows
    that have the canonical columns."""
    conditions = []
    if load.returns is not None and load.returns.starts_with is not None:
        conditions.append(f"starts_with({text(load.returns.column)}, {literal(load.returns.starts_with)})")
    elif load.returns is not None:
        conditions.append(f"{number(load.returns.column, 'double', load.decimal)} < {load.returns.below}")
    if negative_amounts == "return" and load.record_type != "wallet":
        conditions.append("amount < 0")
    if not conditions:
        return literal(load.record_type)
    return f"case when {' or '.join(conditions)} then 'return' else {literal(load.record_type)} end"


def detail(load: Load, file_columns: list[str]) -> str:
    """A hash of what the canonical columns do not hold, so that only exact duplicates are dropped: the columns that the
    mapping does not take, values that a ``map`` or ``matches`` does not know, and digits that are more than a number's
    type has. Over rows that have the canonical columns.

    Numbers are compared as numbers: a workbook writes 3.0 where a CSV writes 3.
    """
    whole = {m.column for m in load.columns.values()} | {m.hour for m in load.columns.values()}
    rest = [_escaped_for_hash(_as_written(c, load.decimal)) for c in file_columns if c not in whole]
    # File's column → where its value is not all in the canonical one.
    lost = {
        m.column: f"{name} is null and {text(m.column)} is not null"
        for name, m in load.columns.items()
        if (m.map is not None or m.matches is not None) and m.column is not None
    }
    lost |= {
        m.column: _more_digits(m.column, digits, load.decimal)
        for name, digits in decimals(load.loads).items()
        if (m := load.columns.get(name)) is not None and m.column is not None
    }
    if not rest and not lost:
        return "cast(null as varchar)"
    values = [f"case when {condition} then {text(column)} else '' end" for column, condition in lost.items()]
    hashed = f"md5(concat_ws(chr(31), {', '.join([*rest, *values])}))"
    return hashed if rest else f"case when {' or '.join(lost.values())} then {hashed} end"


def _more_digits(column: str, digits: int, decimal: str) -> str:
    """Whether a number has more decimals, not all of them 0, than its type keeps."""
    beyond = f"\\{decimal}\\d{{{digits}}}0{{0,5}}[1-9]"  # further ones are the noise of floating numbers
    return f"contains({text(column)}, {literal(decimal)}) and regexp_matches({text(column)}, {literal(beyond)})"


def _as_written(column: str, decimal: str) -> str:
    """A value as text; short plain numbers without their zeros at the end, and never an id with zeros before it."""
    value = text(column)
    plain = f"regexp_full_match({value}, '-?(0|[1-9][0-9]{{0,17}})\\{decimal}[0-9]{{1,6}}')"
    shortened = f"regexp_replace({value}, '\\{decimal}?0+$', '')"
    return f"coalesce(case when {plain} then {shortened} else {value} end, '')"


def _escaped_for_hash(value: str) -> str:
    """The text without the separator, so that no two rows of values read alike."""
    return f"replace(replace({value}, chr(30), chr(30) || '0'), chr(31), chr(30) || '1')"


def transaction_fault(start: date, end: date | None, landed: date, policies: Mapping[str, str]) -> str:
    """The first fault of a line, null when it has none, in the order that the ledger counts by (SPEC 1).

    Args:
        landed: day on which the file landed first.
        policies: ``Settings.reading_policies``. A row below 0 that a policy makes a return has no fault.
    """
    faults = {
        "no_date": f"purchased_at is null or purchased_at not between {FIRST_DAY} and {LAST_DAY}",
        **_other_days("purchased_at", start, end, landed),
        "no_customer": "customer_id is null",
        "no_receipt": "receipt_id is null",
        "bad_amount": "amount is null",
        "negative_amount": "record_type not in ('return', 'wallet') and amount < 0",
        "zero_amount": "record_type <> 'return' and amount = 0",
        "bad_quantity": "record_type = 'product' and counts_units and (quantity is null or quantity <= 0)",
    }
    admitted = {"zero_amount"} if policies["zero_amounts"] == "load" else set()
    return _first_of(faults, admitted | _admitted_days(policies))


def lead_fault(start: date, end: date | None, landed: date, policies: Mapping[str, str]) -> str:
    """The first fault of a lead, as ``transaction_fault``: its day is that of its months."""
    days = _other_days("created_at", start, end, landed)
    other = _first_of(days, _admitted_days(policies))
    return f"coalesce({dimension_fault('leads')}, {other})"


def _other_days(column: str, start: date, end: date | None, landed: date) -> dict[str, str]:
    """Reason → condition of days outside of history, and of days to come."""
    outside = f"{column} < timestamp {literal(start.isoformat())}"
    if end is not None:
        outside += f" or {column} >= timestamp {literal(end.isoformat())} + interval 1 day"
    # A day of grace: the shop's clock may be ahead of the one that dates the landing.
    future = f"{column} >= timestamp {literal(landed.isoformat())} + interval 2 day"
    return {"outside_history": outside, "future_date": future}


def _admitted_days(policies: Mapping[str, str]) -> set[str]:
    return {"future_date"} if policies["future_dates"] == "load" else set()


def _first_of(faults: Mapping[str, str], admitted: Collection[str] = ()) -> str:
    """The reason of the first condition that holds, but for those that a policy admits."""
    return f"case {' '.join(f'when {sql} then {literal(n)}' for n, sql in faults.items() if n not in admitted)} end"


def dimension_fault(loads: Target) -> str:
    """The first fault of a dimension's row, null when it has none: a key or a day that is missing, an amount that is
    none."""
    names = [c.name for c in canonical_columns(loads)]
    keys = [name for name in names if name in key(TARGETS[loads])]
    faults = {"no_key": [f"{name} is null" for name in keys]}
    faults["no_date"] = [f"{name} is null" for name in required_days(loads)]
    amounts = [name for name in decimals(loads) if name in required(loads)]
    faults["bad_amount"] = [f"{name} is null" for name in amounts]
    faults["negative_amount"] = [f"{name} < 0" for name in amounts]
    return _first_of({name: " or ".join(sql) for name, sql in faults.items() if sql})


def _escaped(value: str) -> str:
    return "".join(c if c.isalnum() else f"\\{c}" for c in value)
