"""The texts of the queries: portable SQL with named parameters (``:as_of``), the same on every engine; and what a
warehouse says when it cannot be used.
"""

from __future__ import annotations

import re
import textwrap
from datetime import date
from pathlib import Path

from crm_assets.contracts.base import literal

SQL_DIR = Path(__file__).parents[1] / "sql"
PARAMETER = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|(?<![:\w]):([a-z_]+)\b")  # quoted texts hold none
COMMENT = re.compile(r"--[^\n]*")


class WarehouseError(RuntimeError):
    """The warehouse cannot be used: says what, where and the remedy."""


class OutOfStep(WarehouseError):
    """Tables that are read together were not made together: says which, and the remedy."""


def read_query(name: str) -> str:
    """The text of ``crm_assets/sql/<name>.sql``, without its comments: a ``:word`` in one is no parameter."""
    return COMMENT.sub("", (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8"))


def parameters_of(sql: str) -> set[str]:
    """The names of the parameters of a query."""
    return {name for name in PARAMETER.findall(sql) if name}


def written_out(sql: str, /, **parameters: date | str | float) -> str:
    """A query with its parameters as literals: what anybody can run by hand. One statement, without comments, its lines
    as far left as they go.

    Raises:
        WarehouseError: the text names a parameter that is not given.
    """

    def value(found: re.Match[str]) -> str:
        if not found[1]:
            return found[0]
        if found[1] not in parameters:
            raise WarehouseError(f"the query names the parameter {found[1]!r}, which was not given")
        given = parameters[found[1]]
        return "null" if given is None else f"date '{given}'" if isinstance(given, date) else literal(given)

    first, _, rest = PARAMETER.sub(value, COMMENT.sub("", sql)).strip().partition("\n")
    return f"{first}\n{textwrap.indent(textwrap.dedent(rest), '  ')}".strip()


def not_replaced(table: str, where: str, rows: int) -> WarehouseError:
    """What is said of staged rows that would be there twice, were the month made again."""
    return WarehouseError(
        f"{rows:,} new rows of {table} are none of those that they replace ({where}). That is a fault of the program, "
        "not of the data: report it. Nothing was written."
    )
