"""What of a statement's text Spark is told otherwise than DuckDB. Queries are portable; these few things are not:

- ``varchar`` is ``string``, and a backslash or a quote in a text is written with a backslash before it;
- a temporary table is Parquet files and a view, made by the session;
- ``delete`` goes to the store, which holds no rows but whole parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_OTHERWISE = re.compile(r"'((?:[^']|'')*)'|(\"[^\"]*\")|\bvarchar\b(?!\s*\()", re.IGNORECASE)
_WORD = re.compile(r"'(?:[^']|'')*'|\"?([A-Za-z_]\w*)\"?")
_NAME = r"\"?(\w+)\"?"
_MAKE = re.compile(rf"\s*create\s+or\s+replace\s+temp\s+(table|view)\s+{_NAME}\s+as\s+(.*)", re.IGNORECASE | re.DOTALL)
_DROP = re.compile(rf"\s*drop\s+table\s+{_NAME}\s*", re.IGNORECASE)
_RENAME = re.compile(rf"\s*alter\s+table\s+{_NAME}\s+rename\s+to\s+{_NAME}\s*", re.IGNORECASE)
_DELETE = re.compile(rf"\s*delete\s+from\s+{_NAME}\s+where\s+(.*)", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"\s*(?:select|with|\()\b|\s*\(", re.IGNORECASE)

Kind = Literal["query", "table", "view", "drop", "rename", "delete", "other"]


@dataclass(frozen=True)
class Statement:
    """A statement: its kind, the table that it makes or changes, and the rest: a query, a condition or a new name."""

    kind: Kind
    name: str
    rest: str


def statement(sql: str) -> Statement:
    """What a statement asks for."""
    if found := _MAKE.fullmatch(sql):
        return Statement("view" if found[1].lower() == "view" else "table", found[2], found[3])
    if found := _DROP.fullmatch(sql):
        return Statement("drop", found[1], "")
    if found := _RENAME.fullmatch(sql):
        return Statement("rename", found[1], found[2])
    if found := _DELETE.fullmatch(sql):
        return Statement("delete", found[1], found[2])
    return Statement("query" if _QUERY.match(sql) else "other", "", sql)


def spark_text(sql: str) -> str:
    """A query as Spark reads it."""

    def otherwise(found: re.Match[str]) -> str:
        text, name = found.groups()
        if text is None:
            return name or "string"
        return "'" + text.replace("''", "'").replace("\\", "\\\\").replace("'", "\\'") + "'"

    return _OTHERWISE.sub(otherwise, sql)


def words(sql: str) -> set[str]:
    """The words of a statement that can be names of tables."""
    return {word for word in _WORD.findall(sql) if word}
