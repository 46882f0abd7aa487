"""Sources: a mapping file says which columns of a shop's files are which canonical columns. No code per source.

``read_source`` reads and checks ``data/reference/sources/<name>.yaml``. How a mapping becomes SQL is in
``mapping_sql``; reading files is ``intake``'s.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

import duckdb
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crm_assets.contracts.canonical_columns import Target, allowed_values, decimals, optional, required
from crm_assets.files import read_yaml
from crm_assets.settings import Settings

WITH_ATTRIBUTES = ("transactions", "leads")
_MENDED = re.compile(r"\.mended-[0-9a-f]{12}\.csv$")


# Codecs that write letters as ASCII signs: no shop's files, and what they decode may be no Unicode text.
_ESCAPES = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}


def _known_encoding(name: str) -> str:
    """Python's own name of an encoding, which has several."""
    try:
        "a".encode(name)  # a codec that is not of texts says so here
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not found or found in _ESCAPES:
        raise ValueError(f"there is no text encoding {name!r}; write its name in Python, as cp1252, latin-1, cp949")
    return found


def _matches_nothing(expression: str) -> bool:
    """Whether a regular expression matches the empty text, as the engine reads it: Python knows more.

    Raises:
        ValueError: it is none.
    """
    try:
        with duckdb.connect() as connection:
            return bool(connection.execute("select regexp_matches('', ?)", [expression]).fetchall()[0][0])
    except duckdb.Error as error:
        raise ValueError(f"{expression!r} is no regular expression of RE2: {error}") from error


Encoding = Annotated[str, AfterValidator(_known_encoding)]


class SourceError(ValueError):
    """A mapping file that cannot be used: names the file, the place and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnMapping(_Strict):
    """Where a canonical column comes from: one file column, the product of two, or a constant."""

    column: str | None = None
    product_of: tuple[str, str] | None = Field(None, description="two file columns, multiplied")
    constant: str | None = None
    map: dict[str, str] | None = Field(None, description="file value → canonical value; any other is empty")
    matches: str | None = Field(None, description="regular expression of the whole value; what does not match is empty")
    strip_suffix: str | None = Field(None, description="cut off the end of the value, for instance .0 of 17850.0")
    hour: str | None = Field(None, description="file column with the hour, 0-23, beside a date")
    formats: tuple[str, ...] = Field((), description="strptime formats tried after the usual ones")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value

    @field_validator("matches")
    @classmethod
    def _an_expression(cls, value: str | None) -> str | None:
        if value is not None:
            _matches_nothing(value)
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        if sum((self.column is not None, self.product_of is not None, self.constant is not None)) != 1:
            raise ValueError("give exactly one of column, product_of, constant")
        return self

    @property
    def file_columns(self) -> tuple[str, ...]:
        return tuple(c for c in (self.column, self.hour, *(self.product_of or ())) if c is not None)

    def require_values(self, name: str, allowed: Sequence[str]) -> None:
        """
        Raises:
            ValueError: the mapping makes a value that the canonical column does not admit.
        """
        made = [*(self.map or {}).values(), *([self.constant] if self.constant is not None else [])]
        if strange := sorted({value for value in made if allowed and value not in allowed}):
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {', '.join(strange)}")


class AttributeMapping(_Strict):
    """Where an attribute of a line or a lead comes from: one file column, its values named anew where a map says so."""

    column: str
    map: dict[str, str] | None = Field(None, description="file value → value; any other is empty")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class ReturnsRule(_Strict):
    """Which rows are returns: those whose column starts with a text, or is below a number."""

    column: str
    starts_with: str | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> ReturnsRule:
        if (self.starts_with is None) == (self.below is None):
            raise ValueError("give exactly one of starts_with, below")
        return self


class Load(_Strict):
    """One staged table that a file feeds."""

    loads: Target
    columns: dict[str, ColumnMapping]
    record_type: Literal["product", "service", "wallet"] = "product"
    returns: ReturnsRule | None = None
    signals: dict[str, str] = Field(default_factory=dict)
    attributes: dict[Annotated[str, Field(pattern=r"^\w+$")], AttributeMapping] = Field(
        default_factory=dict, description="name of an attribute of a line or a lead → where it stands in the file"
    )
    decimal: Literal[".", ","] = Field(".", description="decimal sign of the file's numbers")
    timezone: str | None = Field(
        None, description="the shop's clock, to which moments with an offset (…Z, …+09:00) are taken; none = as written"
    )

    @model_validator(mode="after")
    def _known_columns(self) -> Load:
        needed = required(self.loads)
        missing = [c for c in needed if c not in self.columns]
        unknown = [c for c in self.columns if c not in needed + optional(self.loads)]
        if missing or unknown:
            raise ValueError(f"{self.loads}: missing columns {missing}, unknown columns {unknown}")
        if (self.loads == "daily_signals") != bool(self.signals):
            raise ValueError("`signals` belongs to daily_signals, and daily_signals needs it")
        if self.attributes and self.loads not in WITH_ATTRIBUTES:
            raise ValueError("`attributes` are of the lines of transactions, or of leads")
        for name, mapping in self.columns.items():
            mapping.require_values(name, allowed_values(self.loads, name))
        return self

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ValueError(f"there is no time zone {value!r}; write it as in Asia/Seoul")
        return value

    @property
    def file_columns(self) -> list[str]:
        """The columns that the file must have."""
        named = [c for mapping in self.columns.values() for c in mapping.file_columns]
        named += [self.returns.column] if self.returns else []
        named += [attribute.column for attribute in self.attributes.values()]
        return list(dict.fromkeys([*named, *self.signals.values()]))

    @property
    def text_columns(self) -> set[str]:
        """The file's columns that are read as ids, names, days, hours or attributes, not as numbers."""
        numbers = decimals(self.loads)
        texts = {m.column for name, m in self.columns.items() if name not in numbers}
        texts |= {m.hour for m in self.columns.values()}
        # A column that is a number and an attribute besides stays a number, written as the file writes them.
        mapped = {c for m in self.columns.values() for c in m.file_columns}
        texts |= {a.column for a in self.attributes.values() if a.column not in mapped}
        return {column for column in texts if column is not None}


class FileMapping(Load):
    """One kind of file: which names it has, what its rows are, and which dimensions it feeds besides."""

    match: str
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: Encoding | None = Field(None, description="encoding of the file's text; none = the source's")
    sheet: str | None = Field(None, description="sheet of a workbook; none = the only one with cells")
    same_name: Literal["replaces", "adds"] = Field(
        "replaces",
        description="what other content under a known name is: a correction that takes the place of the one before, or "
        "further rows (a till that always writes today.csv)",
    )
    also: tuple[Load, ...] = ()

    @property
    def text_columns(self) -> set[str]:
        return super().text_columns.union(*(load.text_columns for load in self.also))

    @model_validator(mode="after")
    def _dimensions_besides(self) -> FileMapping:
        if any(load.loads not in ("customers", "products", "branches") for load in self.also):
            raise ValueError("`also` feeds customers, products or branches only")
        fed = [self.loads, *(load.loads for load in self.also)]
        if twice := sorted({table for table in fed if fed.count(table) > 1}):
            raise ValueError(f"the file feeds {', '.join(twice)} twice; once is all that is read")
        return self


class History(_Strict):
    start: date
    end: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> History:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"history ends {self.end} before it starts {self.start}")
        return self


class Source(_Strict):
    """A mapping file, read and checked."""

    name: str
    title: dict[Literal["ko", "en"], str]
    currency: str = Field(min_length=3, max_length=3)
    personas: str
    offers: str | None = Field(None, description="catalogue of offers, data/reference/offers/<name>.yaml; none = none")
    lifestyles: str | None = Field(
        None, description="names of lifestyles, data/reference/lifestyles/<name>.yaml; none = by their categories"
    )
    indices: str | None = Field(
        None, description="indices of customers, data/reference/indices/<name>.yaml; none = those of every shop"
    )
    leads: str | None = Field(
        None, description="what the attributes of leads are, data/reference/leads/<name>.yaml; none = all categories"
    )
    encoding: Encoding | None = Field(
        None, description="encoding of the files' text, unless a file states its own; none = UTF-8, else CP949"
    )
    articles: str | None = Field(
        None,
        description="regular expression that the product_id of an article matches: what does not (postage, a manual "
        "entry) is in no basket and is never recommended; none = every product is one",
    )
    rule_min_support: float = Field(
        0.02, gt=0, le=1, description="support of rules where the setting says none: a wide assortment needs less"
    )
    history: History
    files: tuple[FileMapping, ...] = Field(min_length=1)

    @field_validator("articles")
    @classmethod
    def _an_expression(cls, value: str | None) -> str | None:
        if value is not None and _matches_nothing(value):
            raise ValueError(f"{value!r} matches nothing at all, so it tells no article from another: name its signs")
        return value

    def reading_hash(self, content_hash: str, mapping: FileMapping, policies: dict[str, str]) -> str:
        """A hash of a content and of all that decides how it is read: it is read anew when one of them changes.

        What a mapping leaves at its default does not count, so that a new option leaves the others' files as they are.
        """
        if mapping.loads != "transactions":  # they decide on amounts and dates of lines, one of them on days of leads
            policies = {n: p for n, p in policies.items() if mapping.loads == "leads" and n == "future_dates"}
        how = mapping.model_dump_json(exclude={"match", "same_name", "encoding"}, exclude_defaults=True)
        how += self.history.model_dump_json(exclude_defaults=True)
        how += self.encoding_of(mapping) or ""
        return hashlib.sha256(f"{content_hash}{how}{sorted(policies.items())}".encode()).hexdigest()

    @property
    def has_transactions(self) -> bool:
        """Whether some file holds receipts; the months of a source without them are those of its leads."""
        return any(mapping.loads == "transactions" for mapping in self.files)

    def encoding_of(self, mapping: FileMapping) -> str | None:
        """The encoding that is stated for the text of a kind of file; None when it is to be found out."""
        return mapping.encoding or self.encoding

    def mapping_of(self, file_name: str) -> FileMapping | None:
        """The first mapping whose pattern the file's name matches; None when there is none.

        Mended rows of a file (``<name>.mended-<hash>.csv``) are read as the file was, a packed one as its content.
        """
        name = unpacked_name(_MENDED.sub("", file_name))
        return next((m for m in self.files if fnmatchcase(name, m.match)), None)


def is_mended(file_name: str) -> bool:
    """Whether the file holds mended rows of another."""
    return _MENDED.search(file_name) is not None


def unpacked_name(file_name: str) -> str:
    """The name without that of the packing."""
    return file_name.removesuffix(".gz")


def mended_name(file_name: str, digest: str) -> str:
    """The name under which mended rows of a file land."""
    return f"{_MENDED.sub('', file_name)}.mended-{digest[:12]}.csv"


def source_names(reference: Path) -> list[str]:
    return sorted(p.stem for p in (reference / "sources").glob("*.yaml"))


def read_source(
    reference: Path, name: str, *, history_start: str | None = None, history_end: str | None = None
) -> Source:
    """The source ``name``, its history overridden where given.

    Raises:
        SourceError: no such source, or a mapping file that is not right; names what, where and the remedy.
    """
    path = reference / "sources" / f"{name}.yaml"
    if name not in source_names(reference):
        raise SourceError(
            f"there is no source {name!r}: known are {source_names(reference)}. "
            f"Set CRM_SOURCE to one of them, or write {path}."
        )
    try:
        text = _composed(read_yaml(path))
    except yaml.YAMLError as error:
        raise SourceError(f"{path} is no YAML: {error}. Mend the line it names.") from error
    if not isinstance(text, dict):
        raise SourceError(f"{path} must be a mapping with title, currency, history, files; compare the others there.")
    history = {**(text.get("history") or {})}
    history |= {k: v for k, v in (("start", history_start), ("end", history_end)) if v is not None}
    try:
        source = Source.model_validate({"name": name, **text, "history": history})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(p) for p in e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise SourceError(f"{path}: {faults}. Compare the mapping files beside it.") from error
    for folder in ("personas", "offers", "lifestyles", "indices", "leads"):
        named, known = getattr(source, folder), sorted(p.stem for p in (reference / folder).glob("*.yaml"))
        if named is not None and named not in known:
            raise SourceError(f"{path}: there are no {folder} {named!r}: known are {known}. Name one of them.")
    return source


def _composed(value: object) -> object:
    """Texts with composed letters, as files' names and headers are read."""
    if isinstance(value, dict):
        return {_composed(k): _composed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_composed(v) for v in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def source_of(settings: Settings) -> Source:
    """The source that the settings name, its history overridden where they say so.

    Raises:
        SourceError: as ``read_source``.
    """
    return read_source(
        settings.reference,
        settings.source,
        history_start=settings.history_start,
        history_end=settings.history_end,
    )
