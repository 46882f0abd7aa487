"""What the attributes of a source's leads are: ``data/reference/leads/<name>.yaml``, read and checked.

Which are numbers, which texts mean that nothing was answered, which values are one, what is derived, what was only
known after contact, which words of a message tell of urgency, need, budget and time. What is made of it is
``cleaning``'s.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from crm_assets.files import read_yaml
from crm_assets.receipts.sources import Source

Name = Annotated[str, Field(pattern=r"^\w+$")]
Words = Annotated[tuple[Annotated[str, Field(min_length=2)], ...], Field(min_length=1)]
Texts = dict[Literal["ko", "en"], str]
MESSAGE_LENGTH = "message_length"
TEXT = "message_"  # what the features made of the message begin with
TERMS_FEATURE = f"{TEXT}terms"  # all terms of a message, as one feature in a reason
LEADS_BEFORE = "company_leads_before"
IDS = {"company_id": "company", "owner_id": "sales person"}


_BLANKS = re.compile(r"[\s_]+")
_NOT_OF_NUMBERS = re.compile(r"(?<!\d) | (?!\d)")  # between two digits a blank tells 1 5 from 15
_LETTER = r"[^\W\d_]"
_OF_WORDS = re.compile(rf"(?<={_LETTER})(?:[-‐‑](?={_LETTER})|\.+(?={_LETTER}|$))")  # A- is not A, but etc. is etc


class LeadReferenceError(ValueError):
    """A file of reference data that cannot be used: names the file, the place and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Derived(_Strict):
    """A column made of others: whether two are equal, how many are answered, or what several say together."""

    name: Name
    equal: tuple[Name, Name] | None = None
    filled: tuple[Name, ...] | None = None
    joined: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Derived:
        if sum(way is not None for way in (self.equal, self.filled, self.joined)) != 1:
            raise ValueError("give exactly one of equal, filled, joined")
        return self

    @property
    def made_of(self) -> tuple[str, ...]:
        return self.equal or self.filled or self.joined or ()


class LeadReference(_Strict):
    """A file of reference data; without one every attribute is a category, and none was known after contact."""

    not_answered: tuple[str, ...] = ()
    numbers: tuple[Name, ...] = ()
    empty_means: dict[Name, str] = Field(default_factory=dict, description="attribute → what an empty cell says")
    merges: dict[Name, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    derived: tuple[Derived, ...] = ()
    after_contact: dict[Name, str] = Field(default_factory=dict, description="attribute → why it is left out")
    win_rates: dict[Name, tuple[Name, ...]] = Field(
        default_factory=dict, description="delivered rate, made from outcomes → the attributes whose rate it is"
    )
    allowed: dict[Name, str] = Field(default_factory=dict, description="attribute kept though suspected → why")
    words: dict[Name, Words] = Field(default_factory=dict, description="kind of word → words that a message may hold")
    titles: dict[Name, Texts] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> LeadReference:
        made = [d.name for d in self.derived]
        if twice := sorted({n for n in made if made.count(n) > 1 or n.startswith(TEXT)}):
            raise ValueError(f"derived: {', '.join(twice)} stands twice, or begins with {TEXT} as those of texts do")
        if taken := sorted({*made} & self.reserved):
            raise ValueError(f"derived: {', '.join(taken)} is a column that is made of every source; name it otherwise")
        if both := sorted({*self.after_contact, *self.win_rates} & {*self.allowed}):
            raise ValueError(f"{', '.join(both)} cannot be allowed and left out; take it from one of them")
        if partial := sorted(n for n, texts in self.titles.items() if set(texts) != {"ko", "en"}):
            raise ValueError(f"titles: {', '.join(partial)} needs ko and en")
        for attribute, merged in self.merges.items():
            keys = [key for one, values in merged.items() for key in {spelling(v) for v in (one, *values)}]
            if twice := sorted({k for k in keys if keys.count(k) > 1}):
                raise ValueError(f"merges: {attribute} has {', '.join(twice)} under two names; leave one")
        return self

    @property
    def attributes(self) -> set[str]:
        """The attributes that it names."""
        named = {*self.numbers, *self.empty_means, *self.merges, *self.after_contact, *self.win_rates, *self.allowed}
        return named.union(*self.win_rates.values(), *(d.made_of for d in self.derived))

    @property
    def reserved(self) -> set[str]:
        """The names of columns that are made of every source's leads: an attribute of that name would stand for two."""
        return {*IDS, LEADS_BEFORE, MESSAGE_LENGTH, TERMS_FEATURE, *(f"{TEXT}{kind}" for kind in self.words)}

    def require(self, known: Collection[str], where: str) -> None:
        """
        Raises:
            LeadReferenceError: it names an attribute that the mapping does not have, or the mapping one whose name is
                that of another column.
        """
        if taken := sorted(self.reserved & {*known}):
            raise LeadReferenceError(
                f"{where}: the mapping has the attribute {', '.join(taken)}, which is the name of a column that is "
                "made of every lead. Name the attribute otherwise under `attributes` of the mapping."
            )
        made = {d.name for d in self.derived}
        if strange := sorted(self.attributes - {*known}):
            raise LeadReferenceError(
                f"{where} names {', '.join(strange)}, which the mapping has not; it has {', '.join(sorted(known))}. "
                "Name one of these, or map it."
            )
        if taken := sorted(made & {*known}):
            raise LeadReferenceError(f"{where}: derived {', '.join(taken)} is an attribute already. Name it otherwise.")

    def title(self, name: str, language: str) -> str:
        """What a column is called; its own name where it has no title."""
        titles: Mapping[str, str] = self.titles.get(name, {})
        return titles.get(language, name)


def spelling(value: str) -> str:
    """A value without case, without blanks, and without the hyphens and dots of words: those that share it are one
    (U.S.A., usa). Other signs, and those beside digits, make a difference: <50 is not >50, 1.5 not 15, C not C++."""
    folded = _BLANKS.sub(" ", value.casefold()).strip()
    return _OF_WORDS.sub("", _NOT_OF_NUMBERS.sub("", folded)) or value.strip()


def reference_of(source: Source, folder: Path) -> LeadReference:
    """The reference data that a source's mapping names; the plainest where it names none.

    Args:
        folder: of reference data.

    Raises:
        LeadReferenceError: as ``read_reference``, or as ``LeadReference.require``.
    """
    names = {name for m in source.files if m.loads == "leads" for name in m.attributes}
    if source.leads is None:
        plain = LeadReference()
        plain.require(names, str(folder / "sources" / f"{source.name}.yaml"))
        return plain
    path = folder / "leads" / f"{source.leads}.yaml"
    found = read_reference(path)
    found.require(names, str(path))
    return found


def read_reference(path: Path) -> LeadReference:
    """
    Raises:
        LeadReferenceError: there is no such file, it is no YAML, or something in it is not as it must be.
    """
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise LeadReferenceError(f"there is no file {path}; there are: {known}. Write it, or name one of these.")
    try:
        return LeadReference.model_validate(read_yaml(path) or {})
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(str(p) for p in e['loc']) or 'file'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_url=False)
        )
    except yaml.YAMLError as error:
        told = str(error)
    raise LeadReferenceError(f"{path} cannot be used: {told}. Mend it there.")
