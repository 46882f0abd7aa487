"""Models that are one JSON text: a file of its content for each, and the table that names the file of every month.

What a model is, and which table registers it, is its own room's. Models of several files are not this module's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from crm_assets.contracts.base import identifier
from crm_assets.files import read_checked, write_by_content
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep, Session

Model = TypeVar("Model")


@dataclass(frozen=True)
class Registry(Generic[Model]):
    """Where the models of a kind are.

    Attributes:
        table: of a month each, with path and sha256 of its file, null where it has no model.
        folder: of the files, within the folder of models.
        parse: makes the model of its text; a ValueError says that it is none.
    """

    table: str
    folder: str
    parse: Callable[[str], Model]

    def write(self, as_of: str, text: str, settings: Settings) -> dict[str, str]:
        """Write the file of a model; returns how the table names it: path relative to the data folder, sha256.

        Args:
            as_of: ISO date of the training.
        """
        path, sha256 = write_by_content(settings.models / self.folder, as_of[:7], {".json": text})
        return {"path": str(path.relative_to(settings.data)), "sha256": sha256}

    def before(self, session: Session, month: date, settings: Settings) -> Model | None:
        """The newest model that a month before used; None when none did.

        Raises:
            OutOfStep: the file that the table names is gone, or is another text than the table says.
        """
        return self._read(session, "month < :month", month, settings)

    def of_month(self, session: Session, month: date, settings: Settings) -> Model | None:
        """The model that the month's own row names; None when it has none.

        Raises:
            OutOfStep: as ``before``.
        """
        return self._read(session, "month = :month", month, settings)

    def _read(self, session: Session, which: str, month: date, settings: Settings) -> Model | None:
        found = session.rows(
            f"""select path, sha256 from {identifier(self.table)} where {which} and path is not null
            order by month desc limit 1""",
            month=month,
        )
        if not found:
            return None
        path, sha256 = found[0]
        try:
            (text,) = read_checked(settings.data / path, sha256, remedy="Restore it, or make its month anew.")
            return self.parse(text)
        except (FileNotFoundError, ValueError) as error:
            raise OutOfStep(str(error)) from error
