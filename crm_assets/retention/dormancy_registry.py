"""Which model of dormancy a month used: the registry ``dormancy_model`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets import model_files
from crm_assets.retention.dormancy_model import DormancyModel
from crm_assets.settings import Settings
from crm_assets.warehouse import Session


def write_model(model: DormancyModel, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how the registry names it: path relative to the data folder, sha256."""
    return model_files.write_model("dormancy", model.trained_as_of, model.to_json(), settings)


def earlier_model(session: Session, month: date, settings: Settings) -> DormancyModel | None:
    """The newest model that a month before used."""
    found = session.rows(
        "select path, sha256 from dormancy_model where month < :month and path is not null order by month desc limit 1",
        month=month,
    )
    return model_files.read_model(found, DormancyModel.from_json, settings)


def model_in_use(session: Session, month: date, settings: Settings) -> DormancyModel | None:
    """The model that the month's own row names; None when it has none."""
    found = session.rows(
        "select path, sha256 from dormancy_model where month = :month and path is not null", month=month
    )
    return model_files.read_model(found, DormancyModel.from_json, settings)
