"""Reference data that people edit: strict models, and what is wrong with a file told by its place.

What a single file holds belongs to the module that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from crm_assets.files import read_yaml

LANGUAGES = ("ko", "en")
Texts = dict[Literal["ko", "en"], str]


class CatalogueError(ValueError):
    """A catalogue that cannot be used: names the file, the place and the remedy."""


class Strict(BaseModel):
    """Knows what it may hold: a misspelt key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


M = TypeVar("M", bound=Strict)


def read_strict(path: Path, model: type[M]) -> M:
    """A YAML file as its model.

    Raises:
        CatalogueError: there is no such file, it is no YAML, or it does not fit the model.
    """
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise CatalogueError(f"there is no catalogue {path}; there are: {known}. Write it, or name one of these.")
    whole, content = next(iter(model.model_fields)), None
    try:
        content = read_yaml(path) or {}
        if not isinstance(content, Mapping):
            raise CatalogueError(f"{path} cannot be used: it must be a mapping, {whole}: …. Mend it there.")
        return model.model_validate(content)
    except ValidationError as error:
        told = faults_told(error, content, whole)
    except yaml.YAMLError as error:
        told = str(error)
    raise CatalogueError(f"{path} cannot be used: {told}. Mend it there.")


def faults_told(error: ValidationError, content: Mapping[str, Any], whole: str) -> str:
    """What is wrong and where, each fault once, an entry by its id instead of its number.

    Args:
        content: what was validated.
        whole: how the place is called of a fault that concerns all of it.
    """
    told = (
        f"{_place(fault['loc'], content) or whole}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in _causes(error)
    )
    return "; ".join(dict.fromkeys(told))


def _causes(error: ValidationError) -> list[dict[str, Any]]:
    """Its faults without those that only follow: a list counts as too short when one of its members is faulty."""
    faults = error.errors(include_url=False)
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if not any(len(place) > len(fault["loc"]) and place[: len(fault["loc"])] == fault["loc"] for place in places)
    ]


def _place(loc: Sequence[str | int], content: Mapping[str, Any]) -> str:
    parts = [str(part) for part in loc]
    if len(loc) > 1 and isinstance(loc[1], int):
        entry = content[loc[0]][loc[1]]
        parts[1] = str(entry.get("id", loc[1])) if isinstance(entry, Mapping) else parts[1]
    return ".".join(parts)


def twice(names: Sequence[str]) -> list[str]:
    """Those that are there more than once."""
    return sorted({name for name in names if names.count(name) > 1})


def require_ids_once(ids: Sequence[str]) -> None:
    """Raises ValueError with those that are there more than once."""
    if found := twice(ids):
        raise ValueError(f"the id {', '.join(found)} stands twice")


def require_languages(*texts: Mapping[str, str], of: str) -> None:
    """Raises ValueError where one of the texts lacks a language."""
    if any(set(text) != set(LANGUAGES) for text in texts):
        raise ValueError(f"{of} are needed in ko and en")


def require_known(named: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raises ValueError with the names that there are not, and those that there are."""
    listed = list(known)
    if strange := sorted(set(named) - set(listed)):
        raise ValueError(f"there is no {what} {', '.join(strange)}: known are {', '.join(listed)}")
