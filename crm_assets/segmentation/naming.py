"""Ids and names of customer types, from where a type lies (recency, loyalty, spend), never from its number.

Names are data: ``data/reference/personas/<name>.yaml``. Here is only how a type finds its persona, and what a type
beyond the personas is called. Claims about a type need evidence and belong to its profile, not to its name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from crm_assets.files import read_yaml

AXES = ("recency", "frequency", "monetary")  # order of a centroid's coordinates
LEVELS = ("low", "mid", "high")
RESERVED = ("all", "new", "lapsed", "untyped", "unpredicted", "first_purchase")  # ids that mean no single type
# Columns of the frames in which the margins of the types stand under their ids (``evaluation.out_of_fold``): a type of
# such a name would be read as the column, and its figures would be others.
COLUMNS = ("customer_id", "slice", "truth", "fold")
SHARE = "share_"  # what the names of further columns there begin with
_SYSTEMATIC = re.compile(r"loyalty_(low|mid|high)-spend_(low|mid|high)(?:-(\d+))?")


@dataclass(frozen=True)
class Persona:
    """A named type. ``target`` is its place against the other types, in standard deviations, in order of ``AXES``."""

    id: str
    names: Mapping[str, str]  # by language
    target: tuple[float, float, float]
    loyal: bool = False  # its customers are loyal ones; those of the other types are potential loyal customers
    number: int | None = None  # the type's number where the source numbers its types


@dataclass(frozen=True)
class Personas:
    """The contents of a persona file."""

    personas: tuple[Persona, ...]
    patterns: Mapping[str, str]  # by language, of systematic names
    levels: Mapping[str, Mapping[str, str]]  # the word of a level by language


def read_personas(path: Path) -> Personas:
    """The personas of a YAML file.

    Raises:
        ValueError: the file lacks a part, an id is there twice, is reserved or looks like a systematic one, or loyal is
            not stated.
    """
    content = read_yaml(path)
    try:
        personas = tuple(
            Persona(
                id=p["id"],
                names={"ko": p["ko"], "en": p["en"]},
                target=tuple(float(p["target"][axis]) for axis in AXES),
                loyal=_loyal(p, path),
                number=p.get("number"),
            )
            for p in content["personas"]
        )
        words = content["systematic"]
        patterns = {language: words[language] for language in ("ko", "en")}
        levels = {level: dict(words["levels"][level]) for level in LEVELS}
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error!r} is missing; see lpoint.yaml for the shape of a persona file") from error
    ids = [p.id for p in personas]
    wrong = sorted({i for i in ids if ids.count(i) > 1 or _is_reserved(i)})
    if wrong:
        raise ValueError(
            f"{path}: ids {wrong} are repeated or reserved ({', '.join((*RESERVED, *COLUMNS))}, {SHARE}…, systematic "
            "names); rename them"
        )
    return Personas(personas, patterns, levels)


def _is_reserved(persona_id: str) -> bool:
    return persona_id in (*RESERVED, *COLUMNS) or persona_id.startswith(SHARE) or is_systematic(persona_id)


def name_segments(
    centroids: np.ndarray,
    personas: Personas,
    kept: Mapping[int, str] | None = None,
    ended: Collection[str] = (),
) -> list[str]:
    """The id of every type, independent of the order of the types.

    Types and persona targets are paired so that the sum of squared distances is least (Hungarian method); types are
    first standardised against each other, so that the scale of the clustering does not matter. Types without a
    persona are called after the tercile, among all types, of their frequency and monetary position. Beside types that
    have a name already, a new one takes a persona only where none of the others, free or not, lies nearer.

    Args:
        centroids: (k, 3) places of the types, in order of ``AXES``.
        personas: the names to give.
        kept: ids that some of the types (row → id) have already, from the previous model; they stay.
        ended: ids of types that there are no more. No other type gets a systematic one; a persona is a profile, and a
            type that lies nearest to it may take it again.

    Returns:
        k different ids, in the order of ``centroids``.
    """
    ids: dict[int, str] = dict(kept or {})
    open_rows = np.array([row for row in range(len(centroids)) if row not in ids], dtype=int)
    free = [i for i, p in enumerate(personas.personas) if p.id not in ids.values()]
    if len(open_rows) and free:
        places = _standardised(centroids)[open_rows]
        cost = ((places[:, None, :] - np.array([p.target for p in personas.personas])[None]) ** 2).sum(axis=2)
        for row, column in zip(*scipy.optimize.linear_sum_assignment(cost[:, free]), strict=True):
            if not kept or cost[row].argmin() == free[column]:
                ids[int(open_rows[row])] = personas.personas[free[column]].id
    nameless = [int(row) for row in open_rows if row not in ids]
    # Of two types with one description the more recent comes first, whatever their order in the model.
    for row in sorted(nameless, key=lambda r: tuple(centroids[r])):
        ids[row] = _unique(_description(centroids, row), {*ids.values(), *ended})
    return [ids[row] for row in range(len(centroids))]


def segment_name(segment_id: str, personas: Personas, language: str = "ko") -> str:
    """The name of a type that a reader sees.

    Raises:
        ValueError: an id or language that the persona file does not know.
    """
    if language not in personas.patterns:
        raise ValueError(f"language {language!r} is not one of {sorted(personas.patterns)}")
    for persona in personas.personas:
        if persona.id == segment_id:
            return persona.names[language]
    found = _SYSTEMATIC.fullmatch(segment_id)
    if not found:
        known = [p.id for p in personas.personas]
        raise ValueError(
            f"segment_id {segment_id!r} is in no persona file in use (known: {known}); add it, or refit the types"
        )
    loyalty, spend, times = found.groups()
    name = personas.patterns[language].format(
        loyalty=personas.levels[loyalty][language], spend=personas.levels[spend][language]
    )
    return f"{name} ({times})" if times else name


def is_systematic(segment_id: str) -> bool:
    """Whether it is the id of a type beyond the personas."""
    return _SYSTEMATIC.fullmatch(segment_id) is not None


def is_loyal(segment_id: str, personas: Personas) -> bool:
    """Whether the type's customers count as loyal: its persona says so, and a systematic type's loyalty is high."""
    found = _SYSTEMATIC.fullmatch(segment_id)
    return found[1] == "high" if found else any(p.loyal for p in personas.personas if p.id == segment_id)


def _loyal(persona: Mapping[str, object], path: Path) -> bool:
    if not isinstance(persona["loyal"], bool):
        raise ValueError(f"{path}: loyal of {persona['id']} is {persona['loyal']!r}; write true or false")
    return persona["loyal"]


def _standardised(centroids: np.ndarray) -> np.ndarray:
    """(k, 3) places against each other: mean 0 and standard deviation 1 in every coordinate that varies."""
    spread = centroids.std(axis=0)
    return (centroids - centroids.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)


def _description(centroids: np.ndarray, row: int) -> str:
    """``loyalty_<level>-spend_<level>`` by terciles of frequency and monetary among the types."""
    levels = [
        LEVELS[int((centroids[:, axis] < centroids[row, axis]).sum()) * len(LEVELS) // len(centroids)]
        for axis in (1, 2)
    ]
    return f"loyalty_{levels[0]}-spend_{levels[1]}"


def _unique(name: str, taken: set[str]) -> str:
    """The name, numbered from 2 when it is taken."""
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}-{number}"
        number += 1
    return unique
