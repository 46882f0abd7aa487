"""The copy of the warehouse for readers: written beside and renamed, opened read only, so that nobody waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from crm_assets.contracts.base import table_name
from crm_assets.files import put_in_place
from crm_assets.warehouse import Session, WarehouseError


def write_published(session: Session, path: Path) -> None:
    """Write a copy of the warehouse as ``session`` sees it, and give it its name when it is whole.

    Raises:
        OSError: it could not be written; the copy before it stays.
    """
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    try:
        session.write_copy(beside)
    except (OSError, duckdb.Error):
        beside.unlink(missing_ok=True)
        raise
    beside.chmod(0o444)
    put_in_place(beside, path)


@contextmanager
def read_published(path: Path) -> Iterator[Session]:
    """The copy for readers, to be read only: no writer waits for it, and it waits for none.

    Raises:
        WarehouseError: it cannot be opened, or was made by another version.
    """
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise WarehouseError(f"cannot open {path}: {error}. Remove it and run `crm refresh`: it is a copy.") from error
    with closing(connection):
        session = Session(connection, str(path))
        if missing := [table_name(contract) for contract in session.missing_tables()]:
            raise WarehouseError(f"{path} lacks {', '.join(missing)}: another version made it. Run `crm refresh`.")
        yield session
