"""Which model of dormancy a month used: the registry ``dormancy_model`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets.files import read_checked, write_by_content
from crm_assets.retention.dormancy_model import DormancyModel
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep, Session


def write_model(model: DormancyModel, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how the registry names it: path relative to the data folder, sha256."""
    path, sha256 = write_by_content(settings.models / "dormancy", model.trained_as_of[:7], {".json": model.to_json()})
    return {"path": str(path.relative_to(settings.data)), "sha256": sha256}


def earlier_model(session: Session, month: date, settings: Settings) -> DormancyModel | None:
    """The newest model that a month before used."""
    return _read(
        session.rows(
            """select path, sha256 from dormancy_model where month < :month and path is not null
            order by month desc limit 1""",
            month=month,
        ),
        settings,
    )


def model_in_use(session: Session, month: date, settings: Settings) -> DormancyModel | None:
    """The model that the month's own row names; None when it says that there is none."""
    return _read(
        session.rows("select path, sha256 from dormancy_model where month = :month and path is not null", month=month),
        settings,
    )


def _read(found: list[tuple[str, str]], settings: Settings) -> DormancyModel | None:
    """
    Raises:
        OutOfStep: the file that the registry names is gone, or is another text than the registry says.
    """
    if not found:
        return None
    path, sha256 = found[0]
    try:
        (text,) = read_checked(settings.data / path, sha256, remedy="Restore it, or make its month anew.")
        return DormancyModel.from_json(text)
    except (FileNotFoundError, ValueError) as error:
        raise OutOfStep(str(error)) from error
