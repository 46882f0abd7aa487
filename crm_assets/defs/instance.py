"""Dagster's memory as ``dagster.yaml`` says it, in files or in PostgreSQL, with errors that a user can mend."""

from __future__ import annotations

import re
from importlib.util import find_spec

import dagster as dg


def open_instance() -> dg.DagsterInstance:
    """The instance of ``DAGSTER_HOME``.

    Raises:
        ValueError: its ``dagster.yaml`` cannot be used: names what is wrong in it, or the variables that are not set.
        ConnectionError: PostgreSQL is out of reach, or has no such database or user.
    """
    try:
        return dg.DagsterInstance.get()
    except dg.DagsterInvalidConfigError as error:
        reasons = "; ".join(sorted(_reason(e.message) for e in error.errors))
        raise ValueError(f"dagster.yaml in DAGSTER_HOME cannot be used: {reasons}. docs/scale.md shows one.") from error
    except _out_of_reach() as error:
        told = str(error.__cause__ or error).splitlines()[0]
        raise ConnectionError(
            f"PostgreSQL, named by dagster.yaml in DAGSTER_HOME, gives no connection: {told}. Nothing was changed. "
            "Look at DAGSTER_POSTGRES_*, and whether the server runs and has the database (docs/scale.md)."
        ) from error


def _reason(message: str) -> str:
    unset = re.search(r'environment variable "(\w+)" which is not set', message)
    return f"{unset[1]} is not set" if unset else message.splitlines()[0]


def _out_of_reach() -> tuple[type[Exception], ...]:
    """What the extra ``postgres``, where it is installed, raises when it gets no connection."""
    if find_spec("dagster_postgres") is None:
        return ()
    from dagster_postgres.utils import DagsterPostgresException

    return (DagsterPostgresException,)
