"""Which cluster model a month used: the registry ``cluster_models`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets.defs.resources import SettingsResource
from crm_assets.files import read_checked
from crm_assets.segmentation.clustering import ClusterModel
from crm_assets.warehouse import Session


def earlier_model(session: Session, month: date, settings: SettingsResource) -> ClusterModel | None:
    """The newest model of a month before."""
    return _read(
        session.rows(
            "select path, sha256 from cluster_models where month < :month order by month desc limit 1", month=month
        ),
        settings,
    )


def model_of(session: Session, month: date, settings: SettingsResource) -> ClusterModel | None:
    """The model that a month used; None when it had no types."""
    return _read(session.rows("select path, sha256 from cluster_models where month = :month", month=month), settings)


def _read(found: list[tuple[str, str]], settings: SettingsResource) -> ClusterModel | None:
    return ClusterModel.from_json(read_checked(settings.data / found[0][0], found[0][1])) if found else None
