"""Where models of the latent type are kept: LightGBM's text and JSON beside it, named by the registry's row."""

from __future__ import annotations

from datetime import date

from crm_assets.files import read_checked, write_by_content
from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.prediction.model_of_month import InUse
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep, Session


def write_model(model: LatentTypeModel, trained_as_of: date, settings: Settings) -> InUse:
    """Write the two files of a model."""
    texts = {".txt": model.booster, ".json": model.metadata_json()}
    path, sha256 = write_by_content(settings.models / "latent_type", f"{trained_as_of:%Y-%m}", texts)
    return InUse(model, trained_as_of, str(path.relative_to(settings.data)), sha256)


def earlier_model(session: Session, month: date, settings: Settings) -> InUse | None:
    """The newest model that a month before used."""
    return _read(
        session.rows(
            """select path, sha256, trained_as_of from lightgbm_model where month < :month and path is not null
            order by month desc limit 1""",
            month=month,
        ),
        settings,
    )


def last_attempt(session: Session, month: date) -> date | None:
    """As_of of the newest month before that trained a model for use, whether it was used or kept out."""
    return session.scalar(
        "select max(as_of) from lightgbm_model where month < :month and status in ('trained', 'kept')",
        month=month,
    )


def model_in_use(session: Session, month: date, settings: Settings) -> InUse | None:
    """The model that the month's own row names; None when it says that there is none."""
    return _read(
        session.rows(
            "select path, sha256, trained_as_of from lightgbm_model where month = :month and path is not null",
            month=month,
        ),
        settings,
    )


def _read(found: list[tuple[str, str, date]], settings: Settings) -> InUse | None:
    """The model of a row of the registry.

    Raises:
        OutOfStep: one of its two files is gone, they are not those that the registry names, or another version of the
            project wrote them.
    """
    if not found:
        return None
    path, sha256, trained_as_of = found[0]
    file = settings.data / path
    remedy = f"Restore it, or train it anew: `crm refresh --months {trained_as_of:%Y-%m}`."
    try:
        texts = read_checked(file, sha256, further=[".json"], remedy=remedy)
    except (FileNotFoundError, ValueError) as error:
        raise OutOfStep(str(error)) from error
    try:
        return InUse(LatentTypeModel.from_texts(*texts), trained_as_of, path, sha256)
    except ValueError as error:
        raise OutOfStep(f"{file.with_suffix('.json')} was written by another version: {error}. {remedy}") from error
