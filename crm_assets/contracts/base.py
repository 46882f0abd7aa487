"""What a contract is: a pandera model whose columns also carry their SQL type, unit and description.

From it come the table's DDL, the gate in the engine (one pass of SQL, for tables of any size), the gate in
pandas (for small frames) and the column schema shown in the UI. Contracts of single tables do not belong
here, and nothing here knows Dagster, files or settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandera.pandas as pa
from pandera.typing import Series

Day = Series["datetime64[us]"]  # a DATE; a frame holds it as midnight
Time = Series["datetime64[us]"]  # a TIMESTAMP without zone, the local time of the shop


class Table(pa.DataFrameModel):
    """Base of every contract; the key stands beside it: ``class Products(Table, key=["product_id"])``."""

    class Config:
        strict = True

    def __init_subclass__(cls, *, key: Sequence[str] | None = None, **kwargs: Any) -> None:
        """
        Args:
            key: the columns that tell rows apart, pandera's ``unique``; by default the base's.
        """
        if key is not None:
            cls.Config = type("Config", (cls.Config,), {"name": cls.__name__, "unique": list(key)})
        super().__init_subclass__(**kwargs)


def column(sql: str, description: str, *, unit: str | None = None, **rules: Any) -> Any:
    """A column of a contract.

    Args:
        sql: SQL type, as DuckDB and Spark both know it.
        description: what the value means, one line.
        unit: won, days, share, …; shown beside the description.
        rules: pandera's own (``nullable``, ``ge``, ``le``, ``isin``, ``str_length``) and ``extra``, a
            dict of further facts about the column (a model column's Korean name and flags).
    """
    extra = rules.pop("extra", {})
    return pa.Field(description=description, metadata={"sql": sql, "unit": unit, **extra}, **rules)


def money(description: str, **rules: Any) -> Any:
    """An amount of a line, a receipt or a customer."""
    return column("DECIMAL(18,4)", description, unit="currency", **rules)


def money_sum(description: str, **rules: Any) -> Any:
    """An amount of any number of customers; DuckDB's own type of a sum of ``money``."""
    return column("DECIMAL(38,4)", description, unit="currency", **rules)


class MonthlyTable(Table):
    """Base of a table that is replaced month by month; its key begins with the month."""

    month: Day = column("DATE", "first day of the month of purchase")


class SnapshotTable(MonthlyTable):
    """Base of a monthly table that tells what was known at the end of the month."""

    month: Day = column("DATE", "first day of the month that the snapshot closes")
    as_of: Day = column("DATE", "last day of the month; nothing later was read")


class ReadingsTable(MonthlyTable):
    """Base of a table that remembers from which readings of files a month of another was made, so that only customers
    whose lines changed since are made anew. A month without lines, or made by an engine that remembers none, has no
    rows."""

    purchase_month: Day = column("DATE", "first day of the month whose lines were read")
    reading_hash: str = column("VARCHAR", "a reading with lines of that month, as in landed_files")
    basis: str = column("VARCHAR", "hash of all else that the rows follow from: queries, settings, dimensions")
    rows: int = column("BIGINT", "rows of the month when it was made; where it has others now, all are made anew", ge=0)


@dataclass(frozen=True)
class Column:
    """One column as the rest of the project sees it."""

    name: str
    sql_type: str
    description: str
    unit: str | None
    nullable: bool
    metadata: dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule of a contract: ``violation`` is a SQL condition that is true for an offending row."""

    column: str
    name: str
    violation: str


def table_name(contract: type[Table]) -> str:
    """``RfmScores`` → ``rfm_scores``."""
    name = contract.__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


@cache
def columns(contract: type[Table]) -> tuple[Column, ...]:
    """The columns, in the order of the table."""
    return tuple(
        Column(
            name=name,
            sql_type=column.metadata["sql"],
            description=column.description,
            unit=column.metadata["unit"],
            nullable=column.nullable,
            metadata=column.metadata,
        )
        for name, column in contract.to_schema().columns.items()
    )


def key(contract: type[Table]) -> list[str]:
    """The columns that tell rows apart; every canonical order of the table is by them."""
    return list(contract.to_schema().unique or [])


def is_monthly(contract: type[Table]) -> bool:
    """Whether the table is replaced month by month."""
    return issubclass(contract, MonthlyTable)


def identifier(name: str) -> str:
    """A quoted SQL identifier; safe for any text."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A SQL literal of a text or number that a contract or a mapping file states."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"a rule's value must be a text or a number, not {value!r}")
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"


def ddl(contract: type[Table]) -> str:
    """``create table if not exists`` for the contract; constraints are the gate's work, not the store's."""
    lines = ", ".join(f"{identifier(c.name)} {c.sql_type}" for c in columns(contract))
    return f"create table if not exists {identifier(table_name(contract))} ({lines})"


def select_list(contract: type[Table]) -> str:
    """The contract's columns, in order, cast to their types."""
    return ", ".join(f"cast({identifier(c.name)} as {c.sql_type}) as {identifier(c.name)}" for c in columns(contract))


def rules(contract: type[Table]) -> Iterator[Rule]:
    """Every rule of the contract but its key, as SQL; the key needs a GROUP BY and is the warehouse's part.

    Raises:
        NotImplementedError: a pandera check that has no SQL form here, so that none is passed over in silence.
    """
    whole = contract.to_schema()
    single = [name for name, schema in whole.columns.items() if schema.unique]
    if whole.checks or single:
        raise NotImplementedError(
            f"{contract.__name__}: no SQL form of checks of whole tables ({len(whole.checks)}), nor of unique columns "
            f"({single}); state the key beside the base: key=[…]"
        )
    for name, schema in whole.columns.items():
        quoted = identifier(name)
        if not schema.nullable:
            yield Rule(name, "not_nullable", f"{quoted} is null")
        if schema.metadata["sql"] == "DOUBLE":
            yield Rule(name, "finite", _NOT_FINITE.format(quoted))
        for check in schema.checks:
            form = _SQL_FORM.get(check.name)
            if form is None or (check.name == "str_length" and check.statistics["max_value"] is not None):
                raise NotImplementedError(f"{contract.__name__}.{name}: no SQL form of the check {check.name!r}")
            yield Rule(name, check.name, f"{quoted} is not null and not ({form(quoted, check.statistics)})")


# NaN is above infinity in DuckDB and in Spark, so one comparison finds it and both infinities; of null it is null, and
# Spark has no isfinite.
_NOT_FINITE = "not (abs({}) < cast('infinity' as double))"
_SQL_FORM = {
    "greater_than_or_equal_to": lambda c, s: f"{c} >= {literal(s['min_value'])}",
    "greater_than": lambda c, s: f"{c} > {literal(s['min_value'])}",
    "less_than_or_equal_to": lambda c, s: f"{c} <= {literal(s['max_value'])}",
    "less_than": lambda c, s: f"{c} < {literal(s['max_value'])}",
    "isin": lambda c, s: f"{c} in ({', '.join(literal(v) for v in s['allowed_values'])})",
    "str_length": lambda c, s: f"length({c}) >= {literal(s['min_value'] or 0)}",
}
