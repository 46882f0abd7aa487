"""Which cluster model a month used: the registry ``cluster_models`` and the files that it names."""

from __future__ import annotations

from datetime import date

from crm_assets.files import read_checked, write_by_content
from crm_assets.segmentation.cluster_model import ClusterModel
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep, Session


def earlier_model(session: Session, month: date, settings: Settings) -> ClusterModel | None:
    """The newest model of a month before."""
    return _read(
        session.rows(
            "select path, sha256 from cluster_models where month < :month order by month desc limit 1", month=month
        ),
        settings,
    )


def model_of(session: Session, month: date, settings: Settings) -> ClusterModel | None:
    """The model that a month used; None when it had no types."""
    return _read(session.rows("select path, sha256 from cluster_models where month = :month", month=month), settings)


def write_model(model: ClusterModel, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how the registry names it: path relative to the data folder, sha256."""
    path, sha256 = write_by_content(settings.models / "clusters", model.fitted_as_of[:7], {".json": model.to_json()})
    return {"path": str(path.relative_to(settings.data)), "sha256": sha256}


def _read(found: list[tuple[str, str]], settings: Settings) -> ClusterModel | None:
    """
    Raises:
        OutOfStep: the file that the registry names is gone, or is another text than the registry says.
    """
    if not found:
        return None
    path, sha256 = found[0]
    try:
        (text,) = read_checked(settings.data / path, sha256, remedy="Restore it, or make its month anew.")
        return ClusterModel.from_json(text)
    except (FileNotFoundError, ValueError) as error:
        raise OutOfStep(str(error)) from error
