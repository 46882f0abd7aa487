"""Where models of the latent type are kept: LightGBM's text and JSON beside it, named by the registry's row."""

from __future__ import annotations

from datetime import date

from crm_assets.defs.resources import SettingsResource
from crm_assets.files import digest, write_text
from crm_assets.latent_type import LatentTypeModel
from crm_assets.model_of_month import InUse
from crm_assets.months import Snapshot
from crm_assets.warehouse import Session


def write_model(model: LatentTypeModel, trained_as_of: date, settings: SettingsResource) -> InUse:
    """Write the two files, the one that the registry names last."""
    folder, stem = settings.models / "latent_type", f"{trained_as_of:%Y-%m}"
    metadata = model.metadata_json()
    path = folder / f"{stem}-{digest(model.booster + metadata)[:12]}.txt"
    write_text(path.with_suffix(".json"), metadata)
    write_text(path, model.booster)
    return InUse(model, trained_as_of, str(path.relative_to(settings.data)), digest(model.booster + metadata))


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
    if not found:
        return None
    path, sha256, trained_as_of = found[0]
    file = settings.data / path
    booster, metadata = (p.read_text(encoding="utf-8") for p in (file, file.with_suffix(".json")))
    if digest(booster + metadata) != sha256:
        raise ValueError(
            f"{file} is not the model that the registry names. Train it anew: CRM_RETRAIN=true for its month."
        )
    return InUse(LatentTypeModel.from_texts(booster, metadata), trained_as_of, path, sha256)
