"""The intake: one look at the landing folder. Every file whose content is new is read once, the others are known,
refused or gone.

How a file is taken in is ``file_intake``'s; what a month's table makes of the staged rows is
``sql/raw_transactions.sql``'s.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_assets.contracts.gate import ContractBroken
from crm_assets.months import month_of
from crm_assets.receipts.file_intake import FileIntake
from crm_assets.receipts.landing import FileRefused, entries, folders, landed_name, shown
from crm_assets.receipts.ledger import Ledger, RunMark
from crm_assets.receipts.sources import Source, is_mended
from crm_assets.receipts.staging import StagedRowsGone
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, WarehouseError, cannot_write


@dataclass
class Intake:
    """What one look at the landing folder brought: names of files, and why some were refused."""

    loaded: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)  # folders of the landing folder: nothing in them is read
    outdated: list[str] = field(default_factory=list)  # read by an older mapping or policy, and not in the folder
    refused: dict[str, str] = field(default_factory=dict)

    def sort(self, name: str, is_new: bool) -> None:
        (self.loaded if is_new else self.known).append(name)


def take_in(
    session: Session,
    source: Source,
    settings: Settings,
    mark: RunMark,
    progress: Callable[[str], None] = lambda line: None,
) -> Intake:
    """Read every file of the landing folder that the ledger does not know yet.

    A file that cannot be read is refused and leaves no trace but its line in ``refused_files``; the others are loaded.

    Raises:
        FileRefused: the folder is missing or empty and nothing was ever landed, the ledger is another source's, or
            it holds months before the start of history.
        WarehouseError: the data folder cannot be written, or staged rows are gone; what was read before is kept.
    """
    session = session.intake
    landing, ledger = settings.landing, Ledger(session, settings.staging, source.name, mark)
    # Mended rows after the files that they are of, whatever those are called by now.
    files = sorted(entries(landing), key=lambda path: (is_mended(path.name), path.name))
    result, names = Intake(folders=folders(landing)), {}
    _require_source(session, source)
    _require_history(session, source)
    if not files and not ledger.counting():
        raise FileRefused(f"{landing} holds no file. Put receipts there, or run `crm demo` for a sample.")
    one = FileIntake(session, source, settings, ledger, frozenset(map(landed_name, files)), progress)
    broken = [d for d in ledger.counting() if not d.is_complete(settings.staging)]

    def take(path: Path) -> str | None:
        name = landed_name(path)
        if names.setdefault(name, path) is not path:
            return f"{name} is the name of two files, written in two ways (NFC, NFD). Rename one of them."
        return _refusal(one, path, lambda: result.sort(name, one.take(path, name)))

    try:
        for path in files if broken else ():
            _refusal(one, path, lambda: one.stage_again(path, broken))  # noqa: B023 - called at once
        refused = {path: why for path in files if (why := take(path))}
        # Mended rows may mend rows of another such file, which comes after them by name.
        while again := {path: take(path) for path in refused if is_mended(path.name)}:
            refused |= again
            refused = {path: why for path, why in refused.items() if why}
            if all(again.values()):
                break
        for path, why in refused.items():
            result.refused[shown(landed_name(path))] = why
            ledger.refuse(landed_name(path), why)
    finally:
        shutil.rmtree(one.workspace, ignore_errors=True)
    result.removed = [shown(name) for name in ledger.look(list(names))]
    result.outdated = sorted({shown(d.file_name) for d in ledger.counting() if one.is_outdated(d)} - {*result.refused})
    return result


def _refusal(one: FileIntake, path: Path, work: Callable[[], None]) -> str | None:
    """Do the work on a file; returns why it was refused."""
    try:
        work()
    except (FileRefused, StagedRowsGone) as error:
        return str(error)
    except (duckdb.Error, ContractBroken, OSError) as error:
        if cannot_write(error) and not _cannot_read(path):
            raise WarehouseError(
                f"{shown(path.name)} could not be taken in, because {one.settings.data} cannot be written: {error}. "
                "Make room or mend the folder's rights, and refresh again; what was stored before is unchanged."
            ) from error
        first_line = str(error).splitlines()[0]
        return f"{shown(path.name)} cannot be loaded: {first_line}. Mend it, or its rights, and deliver it again."
    return None


def _cannot_read(path: Path) -> bool:
    return not os.access(path, os.R_OK)


def _require_source(session: Session, source: Source) -> None:
    others = {name for (name,) in session.rows("select distinct source from landed_files")} - {source.name}
    if others:
        raise FileRefused(
            f"{session.database} holds receipts of the source {sorted(others)}, not {source.name!r}. "
            "Set CRM_SOURCE to it, or CRM_DATA_DIR to another folder."
        )


def _require_history(session: Session, source: Source) -> None:
    first = session.scalar(
        """select min(m.purchase_month) from landed_months m join landed_files l on l.landing_no = m.landing_no
        where l.status = 'loaded' and m.lines > 0"""
    )
    if first is not None and first < month_of(source.history.start):
        raise FileRefused(
            f"history starts {source.history.start}, but {session.database} holds receipts since {first:%Y-%m}. The "
            "start of history is fixed: set it back, or begin anew with another CRM_DATA_DIR."
        )
