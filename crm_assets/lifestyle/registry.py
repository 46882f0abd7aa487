"""Which lifestyle model a month used: the registry ``lifestyle_models`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets import model_files
from crm_assets.lifestyle.lifestyle_model import LifestyleModel
from crm_assets.settings import Settings
from crm_assets.warehouse import Session


def write_model(model: LifestyleModel, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how the registry names it: path relative to the data folder, sha256."""
    return model_files.write_model("lifestyles", model.fitted_as_of, model.to_json(), settings)


def earlier_model(session: Session, month: date, settings: Settings) -> LifestyleModel | None:
    """The newest model that a month before used."""
    found = session.rows(
        "select path, sha256 from lifestyle_models where month < :month order by month desc limit 1",
        month=month,
    )
    return model_files.read_model(found, LifestyleModel.from_json, settings)
