"""The copy of the warehouse for readers: written beside and renamed, opened read only, so that nobody waits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from crm_assets.contracts.base import table_name
from crm_assets.files import put_in_place
from crm_assets.warehouse import Session, WarehouseError

_COPY = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


def write_published(session: Session, path: Path) -> None:
    """Write a copy of the warehouse as ``session`` sees it, and give it its name when it is whole.

    Another process copies the bytes: when this one closed a second handle of the file, the engine would lose its
    lock on it (POSIX). Every later statement of this session is not in the copy.
    """
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    session.connection.execute("checkpoint")
    done = subprocess.run(
        [sys.executable, "-I", "-c", _COPY, session.database, str(beside)],  # -I: no module of the working folder
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        beside.unlink(missing_ok=True)
        raise OSError(f"{path} could not be made: {done.stderr.strip().splitlines()[-1]}")
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
