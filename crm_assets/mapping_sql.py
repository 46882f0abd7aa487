"""How a mapping becomes SQL over a file's rows, all of them text. DuckDB's dialect: it reads files, nothing else.

Every expression is total: a value that cannot be read becomes null, and ``fault`` says which fault comes first.
Names and values of a mapping file are quoted, never trusted.
"""

from __future__ import annotations

from datetime import date

from crm_assets.contracts.base import identifier, literal
from crm_assets.sources import OPTIONAL, REQUIRED, ColumnMapping, Load

DATE_FORMATS = ("%Y%m%d", "%Y.%m.%d", "%Y/%m/%d", "%Y.%m.%d %H:%M", "%Y/%m/%d %H:%M", "%Y%m%d%H%M%S")
TYPES = {
    "purchased_at": "timestamp",
    "date": "date",
    "amount": "decimal(18,4)",
    "quantity": "decimal(18,3)",
}


def text(column: str) -> str:
    """A file's value without blanks around it; empty is null."""
    return f"nullif(trim({identifier(column)}), '')"


def number(column: str, sql_type: str) -> str:
    """A number, thousands separators allowed; null when it is none."""
    return f"try_cast(replace({text(column)}, ',', '') as {sql_type})"


def moment(mapping: ColumnMapping) -> str:
    """A timestamp from ISO texts, the usual compact dates, the mapping's own formats, and an hour column."""
    value = text(mapping.column or "")
    formats = ", ".join(literal(f) for f in (*DATE_FORMATS, *mapping.formats))
    dashed = f"substr({value}, 1, 4) || '-' || substr({value}, 5, 2) || '-' || substr({value}, 7, 2)"
    # Casts are many times faster than strptime: eight digits are written as an ISO date, strptime is for what is left.
    day = (
        f"coalesce(try_cast(case when length({value}) = 8 then {dashed} else {value} end as timestamp), "
        f"try_strptime({value}, [{formats}]))"
    )
    if mapping.hour is None:
        return day
    hour = number(mapping.hour, "integer")
    return f"case when {hour} between 0 and 23 then date_trunc('day', {day}) + to_hours({hour}) end"


def expression(name: str, mapping: ColumnMapping) -> str:
    """The canonical column ``name`` as an expression over the file's columns."""
    sql_type = TYPES.get(name, "varchar")
    if mapping.constant is not None:
        return f"cast({literal(mapping.constant)} as {sql_type})"
    if mapping.product_of:
        # 19 digits each: their product has 38, the most there are, and cannot overflow.
        factors = " * ".join(number(c, "decimal(19,6)") for c in mapping.product_of)
        return f"try_cast({factors} as {sql_type})"
    if sql_type in ("timestamp", "date"):
        return f"cast({moment(mapping)} as {sql_type})"
    column = mapping.column or ""
    if sql_type != "varchar":
        return number(column, sql_type)
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
        name: expression(name, load.columns[name])
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
        condition = f"{number(rule.column, 'double')} < {rule.below}"
    return f"case when {condition} then 'return' else {literal(load.record_type)} end"


def detail(load: Load, file_columns: list[str]) -> str:
    """A hash of the columns that the mapping does not take whole, so that only exact duplicates are dropped.

    Numbers are compared as numbers: a workbook writes 3.0 where a CSV writes 3.
    """
    whole = {m.column for m in load.columns.values()} | {m.hour for m in load.columns.values()}
    rest = [c for c in file_columns if c not in whole]
    if not rest:
        return "cast(null as varchar)"
    values = ", ".join(f"coalesce(cast(try_cast({text(c)} as double) as varchar), {text(c)}, '')" for c in rest)
    return f"md5(concat_ws(chr(31), {values}))"


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
