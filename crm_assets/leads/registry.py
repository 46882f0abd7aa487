"""Which model of leads a month used: the registry ``lead_model`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets import model_files
from crm_assets.leads.lead_model import LeadModel
from crm_assets.settings import Settings
from crm_assets.warehouse import Session


def write_model(model: LeadModel, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how the registry names it: path relative to the data folder, sha256."""
    return model_files.write_model("leads", model.trained_as_of, model.to_json(), settings)


def earlier_model(session: Session, month: date, settings: Settings) -> LeadModel | None:
    """The newest model that a month before used."""
    found = session.rows(
        "select path, sha256 from lead_model where month < :month and path is not null order by month desc limit 1",
        month=month,
    )
    return model_files.read_model(found, LeadModel.from_json, settings)


def model_in_use(session: Session, month: date, settings: Settings) -> LeadModel | None:
    """The model that the month's own row names; None when it has none."""
    found = session.rows("select path, sha256 from lead_model where month = :month and path is not null", month=month)
    return model_files.read_model(found, LeadModel.from_json, settings)
