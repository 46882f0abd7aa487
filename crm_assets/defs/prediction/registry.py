"""Where models of the latent type are kept: LightGBM's text and JSON beside it, named by the registry's row."""

from __future__ import annotations

from datetime import date

from crm_assets.defs.resources import SettingsResource
from crm_assets.files import digest, write_text
from crm_assets.months import Snapshot
from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.prediction.model_of_month import InUse
from crm_assets.warehouse import Session


def write_model(model: LatentTypeModel, trained_as_of: date, settings: SettingsResource) -> InUse:
    """Write the two files, the one that the registry names last."""
    folder, stem = settings.models / "latent_type", f"{trained_as_of:%Y-%m}"
    metadata = model.metadata_json()
    sha256 = digest(model.booster + metadata)
    path = folder / f"{stem}-{sha256[:12]}.txt"
    write_text(path.with_suffix(".json"), metadata)
    write_text(path, model.booster)
    return InUse(model, trained_as_of, str(path.relative_to(settings.data)), sha256)


def earlier_model(session: Session, snapshot: Snapshot, settings: SettingsResource) -> InUse | None:
    """The newest model that a month before used."""
    return _read(
        session.rows(
            """select path, sha256, trained_as_of from lightgbm_model where month < :month and path is not null
            order by month desc limit 1""",
            month=snapshot.month,
        ),
        settings,
    )


def last_attempt(session: Session, snapshot: Snapshot) -> date | None:
    """As_of of the newest month before that trained a model for use, whether it was used or kept out."""
    return session.scalar(
        "select max(as_of) from lightgbm_model where month < :month and status in ('trained', 'kept')",
        month=snapshot.month,
    )


def model_in_use(session: Session, snapshot: Snapshot, settings: SettingsResource) -> InUse | None:
    """The model that the month's own row names; None when it says that there is none."""
    return _read(
        session.rows(
            "select path, sha256, trained_as_of from lightgbm_model where month = :month and path is not null",
            month=snapshot.month,
        ),
        settings,
    )


def _read(found: list[tuple[str, str, date]], settings: SettingsResource) -> InUse | None:
    """The model of a row of the registry.

    Raises:
        FileNotFoundError: one of its two files is gone.
        ValueError: they are not those that the registry names, or another version of the project wrote them.
    """
    if not found:
        return None
    path, sha256, trained_as_of = found[0]
    file = settings.data / path
    remedy = f"Restore it, or train it anew: `crm refresh --months {trained_as_of:%Y-%m}`."
    texts = []
    for part in (file, file.with_suffix(".json")):
        if not part.exists():
            raise FileNotFoundError(f"{part} is gone, though the registry names it. {remedy}")
        texts.append(part.read_text(encoding="utf-8"))
    if digest("".join(texts)) != sha256:
        raise ValueError(f"{file} and the JSON beside it are not the model that the registry names. {remedy}")
    try:
        return InUse(LatentTypeModel.from_texts(*texts), trained_as_of, path, sha256)
    except ValueError as error:
        raise ValueError(f"{file.with_suffix('.json')} was written by another version: {error}. {remedy}") from error
