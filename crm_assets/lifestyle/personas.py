"""Ids and names of lifestyles, from the categories that set them apart, never from their number.

Names are data: ``data/reference/lifestyles/<name>.yaml``. Here is how a lifestyle finds its persona, and what one
without a persona is called. What may be said of a lifestyle needs evidence and is ``signatures``'s part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import scipy
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crm_assets.files import read_yaml

FLOOR = 0.3  # fit below which a persona is not taken
PLAIN = "plain"
GENERIC = "generic"  # file of a source that names none
Texts = dict[Literal["ko", "en"], str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Persona(_Strict):
    """A known lifestyle. Without a name it is called after its categories; without categories it is the plainest."""

    id: str = Field(min_length=1)
    name: Texts | None = None
    line: Texts
    signature: tuple[str, ...] = ()


class Systematic(_Strict):
    """What a lifestyle without a persona's name is called; {first} and {second} are categories."""

    two: Texts
    one: Texts
    none: Texts


class _Content(_Strict):
    personas: tuple[Persona, ...] = ()
    systematic: Systematic

    @model_validator(mode="after")
    def _ids_once(self) -> _Content:
        ids = [p.id for p in self.personas]
        if twice := sorted({i for i in ids if ids.count(i) > 1 or "+" in i or i.startswith(PLAIN)}):
            raise ValueError(f"ids {twice} are there twice, hold a + or begin with {PLAIN}, as systematic ones do")
        if len([p for p in self.personas if not p.signature]) > 1:
            raise ValueError("one persona at most can be without signature categories: it is the plainest lifestyle's")
        texts = [*(p.line for p in self.personas), *(p.name for p in self.personas if p.name)]
        texts += [self.systematic.two, self.systematic.one, self.systematic.none]
        if any(set(text) != {"ko", "en"} for text in texts):
            raise ValueError("every text is needed in ko and en")
        return self


@dataclass(frozen=True)
class Lifestyles:
    """The contents of a lifestyle file."""

    personas: tuple[Persona, ...]
    systematic: Systematic
    by_id: Mapping[str, Persona] = field(default_factory=dict)


def lifestyles_of(reference: Path, name: str | None) -> Lifestyles:
    """The lifestyles that a source's mapping names; where it names none, those of ``GENERIC``.

    Args:
        reference: the folder of reference data.

    Raises:
        ValueError: as ``read_lifestyles``.
    """
    return read_lifestyles(reference / "lifestyles" / f"{name or GENERIC}.yaml")


def read_lifestyles(path: Path) -> Lifestyles:
    """The lifestyles of a YAML file.

    Raises:
        ValueError: there is no such file, or it lacks a part; names the file, the place and the remedy.
    """
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise ValueError(f"there is no {path}: name one of {known} as lifestyles of the mapping file, or write it")
    try:
        content = _Content.model_validate(read_yaml(path))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"{path}: {faults}. Compare card.yaml beside it.") from error
    return Lifestyles(content.personas, content.systematic, {p.id: p for p in content.personas})


def lifestyle_name(lifestyle_id: str, signature: Sequence[str], lifestyles: Lifestyles, language: str) -> str:
    """What a reader sees.

    Args:
        signature: the categories that set it apart when it was named.
    """
    persona = lifestyles.by_id.get(lifestyle_id)
    if persona is not None and persona.name is not None:
        return persona.name[language]
    words = persona.signature if persona is not None else signature
    forms = lifestyles.systematic
    form = (forms.two if len(words) > 1 else forms.one if words else forms.none)[language]
    name = form.format(first=words[0] if words else "", second=words[1] if len(words) > 1 else "")
    number = "" if persona is not None else lifestyle_id.removeprefix(_systematic_id(signature)).removeprefix("-")
    return f"{name} ({number})" if number else name


@dataclass(frozen=True)
class Profile:
    """What lifestyles are named by.

    Attributes:
        members: (k, categories) mean shares of the members of each.
        population: (categories,) mean shares of all.
        evident: (k, categories) effect of the categories that set a lifestyle apart (``signatures``), else missing.
        categories: names of the columns.
    """

    members: np.ndarray
    population: np.ndarray
    evident: np.ndarray
    categories: tuple[str, ...]

    @property
    def apart(self) -> np.ndarray:
        """(k,) sums of what the shares are above the population's, 0–1."""
        return np.maximum(self.members - self.population, 0).sum(axis=1)

    def evidence(self, row: int) -> list[str]:
        """The categories that set it apart, the largest effect first; of equal ones the first by name."""
        effects = self.evident[row]
        places = [i for i in range(len(effects)) if not np.isnan(effects[i])]
        places.sort(key=lambda i: (-round(float(effects[i]), 12), self.categories[i]))
        return [self.categories[i] for i in places]

    def signature(self, row: int) -> list[str]:
        """The two categories at most that it is called after."""
        return self.evidence(row)[:2]


def name_lifestyles(
    profile: Profile, lifestyles: Lifestyles, kept: Mapping[int, str], known: Mapping[str, Sequence[str]]
) -> tuple[list[str], dict[str, list[str]]]:
    """The id of every lifestyle, independent of their order.

    Personas and lifestyles are paired so that the sum of ``fits`` is largest (Hungarian method); a pair below ``FLOOR``
    is none. Beside lifestyles that have an id already, a new one takes a persona only where it fits it better than any
    other, free or not. Others are called after the two categories that set them apart most, with evidence.

    Args:
        kept: row → id that a refit carries on. One whose name the evidence denies is named anew: no category of its
            persona stands out any more, or one called plain is set apart like others.
        known: ids of earlier models and their signatures; no other lifestyle gets a systematic one of them.

    Returns:
        k different ids, and id → signature of those that are new.
    """
    cost = -fits(profile, lifestyles)
    ids = {row: name for row, name in kept.items() if _holds(name, row, profile, lifestyles, known)}
    open_rows = [row for row in range(len(profile.members)) if row not in ids]
    free = [i for i, p in enumerate(lifestyles.personas) if p.id not in ids.values()]
    if open_rows and free:
        for row, column in zip(*scipy.optimize.linear_sum_assignment(cost[np.ix_(open_rows, free)]), strict=True):
            place, persona = open_rows[row], free[column]
            best = not kept or cost[place].argmin() == persona
            if best and -cost[place, persona] >= FLOOR:
                ids[place] = lifestyles.personas[persona].id
    named = {ids[row]: profile.signature(row) for row in open_rows if row in ids}
    # Of two lifestyles with one signature the more pronounced comes first, whatever their order in the model.
    excess = profile.members - profile.population
    for row in sorted((r for r in open_rows if r not in ids), key=lambda r: (-excess[r].max(), tuple(excess[r]))):
        signature = profile.signature(row)
        ids[row] = _unique(_systematic_id(signature), {*ids.values(), *known})
        named[ids[row]] = signature
    return [ids[row] for row in range(len(profile.members))], named


def _holds(
    lifestyle_id: str, row: int, profile: Profile, lifestyles: Lifestyles, known: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a name may stay beside what is evident. One after categories is a label, and stays; a persona tells a
    story, which needs one of its categories; a plain one needs to be set apart less than most."""
    persona, evidence = lifestyles.by_id.get(lifestyle_id), profile.evidence(row)
    words = persona.signature if persona is not None else known[lifestyle_id]
    if not words:
        return not evidence or profile.apart[row] < np.median(profile.apart)
    return persona is None or bool(set(words) & set(evidence))


def fits(profile: Profile, lifestyles: Lifestyles) -> np.ndarray:
    """(k, personas) how well a persona's signature categories tell what sets a lifestyle apart, 0–1.

    Of its categories those count that are evident. With the excess over the population's shares: the share of all
    excess that they explain, and the mean over the persona's signature of log₂ lift, from 0 (as all) to 1 (twice as
    much); their harmonic mean. The persona without signature fits a lifestyle by how much less it is set apart than the
    median one.
    """
    excess = np.maximum(profile.members - profile.population, 0)
    apart, evident = profile.apart, ~np.isnan(profile.evident)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(evident, np.clip(np.log2(profile.members / profile.population), 0, 1), 0)
    told = np.where(evident, excess, 0)
    made = np.zeros((len(excess), len(lifestyles.personas)))
    for column, persona in enumerate(lifestyles.personas):
        places = [profile.categories.index(c) for c in persona.signature if c in profile.categories]
        if not persona.signature:
            made[:, column] = np.maximum(0, 1 - apart / max(float(np.median(apart)), 1e-12))
        elif places:
            explained = told[:, places].sum(axis=1) / np.maximum(apart, 1e-12)
            shown = lift[:, places].sum(axis=1) / len(persona.signature)
            made[:, column] = 2 * explained * shown / np.maximum(explained + shown, 1e-12)
    return made


def _systematic_id(signature: Sequence[str]) -> str:
    return "+".join(signature) or PLAIN


def _unique(name: str, taken: set[str]) -> str:
    """The name, numbered from 2 when it is taken."""
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
