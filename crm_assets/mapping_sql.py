"""How a mapping becomes SQL over a file's rows, all of them text. DuckDB's dialect: it reads files, nothing else.

Every expression is total: a value that cannot be read becomes null, and ``fault`` says which fault comes first.
Names and values of a mapping file are quoted, never trusted.
"""

from __future__ import annotations

from datetime import date

from crm_assets.contracts.base import identifier, literal
from crm_assets.sources import OPTIONAL, REQUIRED, ColumnMapping, Load

_DAYS = ("%Y.%m.%d", "%Y/%m/%d")
DATE_FORMATS = ("%Y%m%d%H%M%S", *_DAYS, *(f"{day} {time}" for day in _DAYS for time in ("%H:%M", "%H:%M:%S")))
TYPES = {
    "purchased_at": "timestamp",
    "date": "date",
    "amount": "decimal(18,4)",
    "quantity": "decimal(18,3)",
}


def text(column: str) -> str:
    """A file's value without blanks around it; empty is null."""
    return f"nullif(trim({identifier(column)}), '')"


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
        f"else {value} end"
    )
    if decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    return f"try_cast({plain} as {sql_type})"


def moment(mapping: ColumnMapping) -> str:
    """A timestamp from ISO texts, the usual compact dates, the mapping's own formats, and an hour column."""
    value = text(mapping.column or "")
    formats = ", ".join(literal(f) for f in (*mapping.formats, *DATE_FORMATS))
    dashed = f"substr({value}, 1, 4) || '-' || substr({value}, 5, 2) || '-' || substr({value}, 7, 2)"
    # Casts are many times faster than strptime: eight digits are written as an ISO date, strptime is for what is left.
    iso = f"case when regexp_full_match({value}, '\\d{{8}}') then {dashed} else {value} end"
    day = f"coalesce(try_cast({iso} as timestamp), try_strptime({value}, [{formats}]))"
    if mapping.hour is None:
        return day
    hour = number(mapping.hour, "integer")
    return f"case when {hour} between 0 and 23 then date_trunc('day', {day}) + to_hours({hour}) end"


def expression(name: str, mapping: ColumnMapping, decimal: str) -> str:
    """The canonical column ``name`` as an expression over the file's columns."""
    sql_type = TYPES.get(name, "varchar")
    if mapping.constant is not None:
        return f"cast({literal(mapping.constant)} as {sql_type})"
    if mapping.product_of:
        # 19 digits each: their product has 38, the most there are, and cannot overflow.
        factors = " * ".join(number(c, "decimal(19,6)", decimal) for c in mapping.product_of)
        return f"try_cast({factors} as {sql_type})"
    if sql_type in ("timestamp", "date"):
        return f"cast({moment(mapping)} as {sql_type})"
    column = mapping.column or ""
    if sql_type != "varchar":
        return number(column, sql_type, decimal)
    value = text(column)
    if mapping.strip_suffix:
        value = f"regexp_replace({value}, {literal(_escaped(mapping.strip_suffix) + '$')}, '')"
    if mapping.map is not None:
        cases = " ".join(f"when {literal(k)} then {literal(v)}" for k, v in mapping.map.items())
        value = f"case {value} {cases} end"
    return value


def canonical(load: Load) -> dict[str, str]:
    """Canonical column → expression, every column of the staged table; unmapped ones are null."""
    return {
        name: expression(name, load.columns[name], load.decimal)
        if name in load.columns
        else f"cast(null as {TYPES.get(name, 'varchar')})"
        for name in (*REQUIRED[load.loads], *OPTIONAL[load.loads])
    }


def record_type(load: Load) -> str:
    """``return`` where the rule says so, else the file's own type."""
    if load.returns is None:
        return literal(load.record_type)
    rule = load.returns
    if rule.starts_with is not None:
        condition = f"starts_with({text(rule.column)}, {literal(rule.starts_with)})"
    else:
        condition = f"{number(rule.column, 'double', load.decimal)} < {rule.below}"
    return f"case when {condition} then 'return' else {literal(load.record_type)} end"


def detail(load: Load, file_columns: list[str]) -> str:
    """A hash of what the canonical columns do not hold, so that only exact duplicates are dropped: the columns that the
    mapping does not take, and values that a ``map`` does not know.

    Numbers are compared as numbers: a workbook writes 3.0 where a CSV writes 3.
    """
    whole = {m.column for m in load.columns.values()} | {m.hour for m in load.columns.values()}
    rest = [
        f"coalesce(cast(try_cast({text(c)} as double) as varchar), {text(c)}, '')"
        for c in file_columns
        if c not in whole
    ]
    unknown = {
        m.column: f"coalesce(case when {expression(name, m, load.decimal)} is null then {text(m.column)} end, '')"
        for name, m in load.columns.items()
        if m.map is not None and m.column is not None
    }
    if not rest and not unknown:
        return "cast(null as varchar)"
    hashed = f"md5(concat_ws(chr(31), {', '.join([*rest, *unknown.values()])}))"
    if rest:
        return hashed
    return f"case when {' or '.join(f'{value} <> {literal(str())}' for value in unknown.values())} then {hashed} end"


def transaction_fault(start: date, end: date | None) -> str:
    """The first fault of a line, null when it has none, in the order that the ledger counts by (SPEC 1)."""
    outside = f"purchased_at < timestamp {literal(start.isoformat())}"
    if end is not None:
        outside += f" or purchased_at >= timestamp {literal(end.isoformat())} + interval 1 day"
    return f"""case
        when purchased_at is null or not isfinite(purchased_at) then 'no_date'
        when {outside} then 'outside_history'
        when customer_id is null then 'no_customer'
        when receipt_id is null then 'no_receipt'
        when amount is null then 'bad_amount'
        when record_type <> 'return' and amount <= 0 then 'bad_amount'
        when record_type = 'product' and counts_units and (quantity is null or quantity <= 0) then 'bad_amount'
    end"""


def _escaped(value: str) -> str:
    return "".join(c if c.isalnum() else f"\\{c}" for c in value)
