"""Tables as Parquet files in a folder, and the manifest that says which of them count.

A change writes new files first, then a new manifest beside the old one, then renames it: whoever is killed leaves the
old state or the new one. Files that no manifest names are swept away. Nothing here knows Spark, nor what a table means.

    spark/manifest.json                                     what is stored
    spark/pinned.json                                       what the copies for readers name (``published``)
    spark/receipts/2021-03/<id>/part-….parquet              a part: rows that were written at once, of one month
    spark/products/<id>/part-….parquet                      and of a table that is no monthly one
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from crm_assets.contracts.base import Table, columns
from crm_assets.files import put_in_place
from crm_assets.warehouse.queries import WarehouseError

SCRATCH = ".scratch"
_COPIES_KEPT = 2  # the copy for readers that is there, and the one that is about to take its name


@dataclass(frozen=True)
class Part:
    """Rows of a table that were written at once.

    Attributes:
        folder: where its files are, within the store.
        files: their names; none where there are no rows.
        rows: how many.
        month: the month of all of them; none in a table that is no monthly one.
    """

    folder: str
    files: tuple[str, ...]
    rows: int
    month: str | None = None


Tables = Mapping[str, tuple[Part, ...]]


class Store:
    """The folder. One process writes it at a time: ``spark_engine`` holds the lock.

    Attributes:
        folder: made when it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables, self._columns = _read(folder / "manifest.json")

    def parts(self, table: str) -> tuple[Part, ...]:
        return self._tables.get(table, ())

    def paths(self, parts: Sequence[Part]) -> list[Path]:
        """The files of parts.

        Raises:
            WarehouseError: one of them is gone; says the remedy.
        """
        found = [self.folder / part.folder / name for part in parts for name in part.files]
        if gone := [path for path in found if not path.exists()]:
            raise WarehouseError(
                f"{gone[0]} is gone, though the manifest names it. Restore {self.folder} from a backup, or move it and "
                "the ledger beside it away and run `crm refresh`: it reads the landing folder again."
            )
        return found

    def new_folder(self, table: str, month: date | None) -> Path:
        """A name for a part that is about to be written; it counts when a commit names it."""
        within = [f"{month:%Y-%m}"] if month else []
        return self.folder.joinpath(table, *within, uuid4().hex[:16])

    def new_scratch(self) -> Path:
        """A folder for what a session keeps for itself."""
        path = self.folder / SCRATCH / uuid4().hex[:16]
        path.mkdir(parents=True)
        return path

    def commit(self, changed: Tables, contracts: Mapping[str, type[Table]]) -> None:
        """Make the parts of the changed tables those that count: all of them, or, killed before the end, none."""
        now, _ = _read(self.folder / "manifest.json")
        if other := [table for table in changed if now.get(table, ()) != self.parts(table)]:
            raise WarehouseError(f"{', '.join(other)} was changed by another session meanwhile. Run it again.")
        tables = {**now, **changed}
        shapes = {**self._columns, **{table: _shape(contracts[table]) for table in changed}}
        self._write("manifest.json", {"tables": _plain(tables), "columns": shapes})
        self._tables, self._columns = tables, shapes

    def pin(self) -> None:
        """Keep the files that count now for the copy for readers, until two further copies were made."""
        path = self.folder / "pinned.json"
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        folders = sorted({part.folder for parts in self._tables.values() for part in parts})
        self._write(path.name, [folders, *before][:_COPIES_KEPT])

    def sweep(self) -> None:
        """Remove what no manifest names: what was replaced, and what killed sessions left."""
        kept = {part.folder for parts in self._tables.values() for part in parts}
        pinned = self.folder / "pinned.json"
        if pinned.exists():
            kept |= {folder for copy in json.loads(pinned.read_text(encoding="utf-8")) for folder in copy}
        shutil.rmtree(self.folder / SCRATCH, ignore_errors=True)
        for path in list(self._stored_folders()):
            if str(path.relative_to(self.folder)) not in kept:
                shutil.rmtree(path)

    def require_shape(self, contracts: Mapping[str, type[Table]]) -> None:
        """
        Raises:
            WarehouseError: a stored table's columns differ from its contract's.
        """
        for table, stored in self._columns.items():
            wanted = _shape(contracts[table]) if table in contracts else stored
            if stored != wanted:
                differing = sorted(set(stored.items()) ^ set(wanted.items()))
                raise WarehouseError(
                    f"{self.folder}: table {table} was made by another version (columns {differing}). Move the folder "
                    "and the ledger beside it away and run `crm refresh`: it reads the landing folder again."
                )

    def _stored_folders(self) -> Iterator[Path]:
        """Every folder that holds files, those of killed writers too."""
        for table in self.folder.iterdir():
            if table.is_dir() and table.name != SCRATCH:
                for path in table.iterdir():
                    yield from path.iterdir() if len(path.name) == len("2021-03") else [path]

    def _write(self, name: str, content: object) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f"{name}.part"
        beside.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
        put_in_place(beside, self.folder / name)


def _read(path: Path) -> tuple[dict[str, tuple[Part, ...]], dict[str, dict[str, str]]]:
    if not path.exists():
        return {}, {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        tables = {
            table: tuple(Part(p["folder"], tuple(p["files"]), p["rows"], p["month"]) for p in parts)
            for table, parts in stored["tables"].items()
        }
        return tables, stored["columns"]
    except (ValueError, KeyError, TypeError) as error:
        raise WarehouseError(
            f"cannot read {path}: {error}. Restore {path.parent} from a backup, or move it and the ledger beside it "
            "away and run `crm refresh`."
        ) from error


def _plain(tables: Tables) -> dict[str, list[dict[str, object]]]:
    return {table: [asdict(part) for part in parts] for table, parts in tables.items()}


def _shape(contract: type[Table]) -> dict[str, str]:
    return {c.name: c.sql_type for c in columns(contract)}
