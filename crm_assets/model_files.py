"""Files of models that are one JSON text: written by their content, and read back as the registry names them.

What a model is, and which table registers it, is its own room's. Models of several files are not this module's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from crm_assets.files import read_checked, write_by_content
from crm_assets.settings import Settings
from crm_assets.warehouse import OutOfStep

Model = TypeVar("Model")


def write_model(folder: str, as_of: str, text: str, settings: Settings) -> dict[str, str]:
    """Write the file of a model; returns how a registry names it: path relative to the data folder, sha256.

    Args:
        folder: of the kind of model, within the folder of models.
        as_of: ISO date of the training.
    """
    path, sha256 = write_by_content(settings.models / folder, as_of[:7], {".json": text})
    return {"path": str(path.relative_to(settings.data)), "sha256": sha256}


def read_model(found: Sequence[tuple[str, str]], parse: Callable[[str], Model], settings: Settings) -> Model | None:
    """The model of the first row of a registry; None where there is no row.

    Args:
        found: path and sha256, as ``write_model`` gave them.
        parse: makes the model of its text; a ValueError says that it is none.

    Raises:
        OutOfStep: the file that the registry names is gone, or is another text than the registry says.
    """
    if not found:
        return None
    path, sha256 = found[0]
    try:
        (text,) = read_checked(settings.data / path, sha256, remedy="Restore it, or make its month anew.")
        return parse(text)
    except (FileNotFoundError, ValueError) as error:
        raise OutOfStep(str(error)) from error
