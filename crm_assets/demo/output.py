"""The files of a sample: written beside their final names, renamed together at the end.

Here: encoding, half-written files, refusals. Not here: which files and columns a sample has.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

FEWEST_CUSTOMERS, MOST_CUSTOMERS = 100, 1_000_000


@dataclass(frozen=True)
class Shape:
    """File → columns, of those that land and of the truth; and of the large ones the query that formats their rows."""

    landed: Mapping[str, list[str]]
    truth: Mapping[str, list[str]]
    queries: Mapping[str, str]


@dataclass(frozen=True)
class DemoSummary:
    """What was written: every file with its number of rows below the header."""

    customers: int
    seed: int
    rows: dict[Path, int]


def require_size(customers: int, seed: int) -> None:
    """
    Raises:
        ValueError: too few or too many customers, or a seed below zero.
    """
    if not FEWEST_CUSTOMERS <= customers <= MOST_CUSTOMERS:
        raise ValueError(
            f"customers={customers}: the demo is calibrated for {FEWEST_CUSTOMERS:,} to {MOST_CUSTOMERS:,} customers; "
            "give a number in between"
        )
    if seed < 0:
        raise ValueError(f"seed={seed}: a seed is zero or more; drop the sign")


class Files:
    """The open partial files, by final name, and the rows that each has."""

    def __init__(self, paths: dict[str, Path], shape: Shape):
        self.shape = shape
        self.partial = {name: path.with_name(f".{name}.partial") for name, path in paths.items()}
        self.open = {name: partial.open("wb") for name, partial in self.partial.items()}
        self.rows = dict.fromkeys(paths, 0)
        self.database = duckdb.connect(config={"preserve_insertion_order": "true"})
        for name, header in {**shape.landed, **shape.truth}.items():
            self.append(name, [header])
            self.rows[name] = 0

    def append(self, name: str, rows) -> None:
        """Adds a small table, row by row: landing files in CP949 as published, the truth in UTF-8."""
        text = _Text()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.open[name].write("".join(text).encode("cp949" if name in self.shape.landed else "utf-8"))
        self.rows[name] += len(text)

    def append_query(self, name: str, rows: pd.DataFrame) -> None:
        """Adds a large table of ASCII columns, formatted by DuckDB in the order of `rows`."""
        part = self.partial[name].with_suffix(".part")
        self.database.register("rows", rows)
        target = str(part).replace("'", "''")
        self.database.execute(f"copy ({self.shape.queries[name]}) to '{target}' (format csv, header false)")
        self.database.unregister("rows")
        with part.open("rb") as source:
            shutil.copyfileobj(source, self.open[name], 1 << 20)
        part.unlink()
        self.rows[name] += len(rows)


class _Text(list):
    """Rows of text, as a csv.writer writes them."""

    write = list.append


@contextmanager
def written_together(paths: dict[str, Path], shape: Shape) -> Iterator[Files]:
    """Files that get their names together at the end, or not at all."""
    files = Files(paths, shape)
    try:
        yield files
        for handle in files.open.values():
            handle.close()
        for name, path in paths.items():
            os.replace(files.partial[name], path)
    finally:
        files.database.close()
        for handle in files.open.values():
            handle.close()
        for partial in files.partial.values():
            partial.unlink(missing_ok=True)
            partial.with_suffix(".part").unlink(missing_ok=True)


def writable(path: Path) -> Path:
    """The folder, made where it is missing.

    Raises:
        OSError: it cannot be written; says what to do.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".demo-write-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"cannot write the demo to {path} ({error.strerror}); give a folder that this user may write to"
        ) from error
    return path


def write_json(path: Path, content: dict) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(partial, path)
