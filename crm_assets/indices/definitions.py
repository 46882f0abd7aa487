"""Which indices a source has: ``data/reference/indices/<name>.yaml``, read and checked.

How they are reckoned is in SQL (``index_counts``, ``customer_indices``); how they are laid out for it, in ``engine``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.files import read_yaml
from crm_assets.receipts.sources import AttributeMapping, Source

GENERIC = "generic"  # file of a source that names none
DAYPART = "daypart:"  # and the name of a set
OF_RECEIPTS: Mapping[str, tuple[str, ...]] = {  # what every receipt tells → its values; none = any
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "weekend": ("weekend", "weekday"),
    "season": ("spring", "summer", "autumn", "winter"),
    "channel": ("offline", "online"),
    "partner": (),
}
OF_PRODUCTS = ("category_major", "category_middle")
MODEL_TABLES = ("alive_probabilities", "churn_risk", "dormancy_predictions", "new_customer_predictions")
PROBABILITIES = "probabilities"  # column of new_customer_predictions: a probability per type
Population = Literal["all", "gender", "age_band", "region", "segment"]
Texts = dict[Literal["ko", "en"], str]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class IndexFileError(ValueError):
    """A file of indices that cannot be used: names the file, the place and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _hours(value: object) -> object:
    """``15-24`` or ``22-24, 1-3`` as hours of the clock; the hour 24 is 0."""
    found: list[int] = []
    for part in str(value).split(","):
        ends = re.fullmatch(r"\s*(\d{1,2})(?:\s*-\s*(\d{1,2}))?\s*", part)
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (1, 0)
        if not 0 <= first <= last <= 24:
            raise ValueError(f"{value!r} are no hours; write 15-24, or 22-24, 1-3: hours from 0 to 24, where 24 is 0")
        found += [hour % 24 for hour in range(first, last + 1)]
    return tuple(found)


Hours = Annotated[tuple[int, ...], BeforeValidator(_hours)]


class Label(_Strict):
    """What a customer is called from a threshold on: of an index in %p, of a model's in points of the score."""

    id: Name
    ko: str = Field(min_length=1)
    en: str = Field(min_length=1)
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_threshold(self) -> Label:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give exactly one of at_least, at_most")
        return self


class _Index(_Strict):
    id: Name
    title: Texts
    labels: tuple[Label, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> _Index:
        if set(self.title) != {"ko", "en"}:
            raise ValueError("the title is needed in ko and en")
        if twice := _twice([label.id for label in self.labels]):
            raise ValueError(f"the label {twice} stands twice")
        thresholds = [(label.at_least, label.at_most) for label in self.labels]
        if len(set(thresholds)) < len(thresholds):
            raise ValueError("two labels have one threshold; leave one")
        least = [t for t, _ in thresholds if t is not None]
        most = [t for _, t in thresholds if t is not None]
        if least and most and max(most) >= min(least):
            raise ValueError(f"at_most {max(most):g} meets at_least {min(least):g}: a customer would have two labels")
        return self


class EventIndex(_Index):
    """A customer's share of an attribute's values, less the mean share of the population."""

    attribute: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)
    population: Population = "all"
    min_events: int = Field(10, ge=1)
    window_months: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _sound(self) -> EventIndex:
        if twice := _twice(self.values):
            raise ValueError(f"the value {twice} stands twice")
        for label in self.labels:
            wrong = (label.at_least or 1) <= 0 or (label.at_most or -1) >= 0
            if wrong or 0.0 in (label.at_least, label.at_most) or abs(label.at_least or label.at_most or 0) > 100:
                raise ValueError(f"label {label.id}: at_least is above 0 %p, at_most below 0, neither beyond 100")
        return self

    @property
    def daypart_set(self) -> str | None:
        return self.attribute.removeprefix(DAYPART) if self.attribute.startswith(DAYPART) else None

    @property
    def reads(self) -> str:
        """The table whose rows are the events: ``receipts``, ``products`` (lines of) or ``event_attributes``."""
        if self.daypart_set is not None or self.attribute in OF_RECEIPTS:
            return "receipts"
        return "products" if self.attribute in OF_PRODUCTS else "event_attributes"


class ModelIndex(_Index):
    """A column of a model's table on 0–100."""

    table: str
    column: str
    types: Literal["loyal"] | None = Field(None, description="of probabilities: the sum over the loyal types")
    scale: Literal["percent", "percentile"] = "percent"
    direction: Literal["as_is", "reversed"] = "as_is"

    @model_validator(mode="after")
    def _known_column(self) -> ModelIndex:
        if self.table not in MODEL_TABLES:
            raise ValueError(
                f"there is no table {self.table!r} to take a score from: known are {_listed(MODEL_TABLES)}"
            )
        contract = CONTRACTS[self.table]
        numbers = {c.name for c in columns(contract) if c.sql_type in ("DOUBLE", "BIGINT")}
        if (self.table, self.column) == ("new_customer_predictions", PROBABILITIES):
            if self.types is None:
                raise ValueError(f"{self.column} holds a probability per type: say which, types: loyal")
            return self
        if self.types is not None:
            raise ValueError(f"types belong to {PROBABILITIES} of new_customer_predictions, not to {self.column}")
        if self.column not in numbers:
            raise ValueError(f"{self.table} has no number {self.column!r}: known are {_listed(sorted(numbers))}")
        bounds = {c.name: c.statistics for c in contract.to_schema().columns[self.column].checks}
        if self.scale == "percent" and [b.get(k) for b, k in zip(
            (bounds.get("greater_than_or_equal_to", {}), bounds.get("less_than_or_equal_to", {})),
            ("min_value", "max_value"), strict=True,
        )] != [0, 1]:  # fmt: skip
            raise ValueError(f"{self.column} is no probability from 0 to 1; write scale: percentile")
        return self

    @model_validator(mode="after")
    def _labels_on_the_scale(self) -> ModelIndex:
        for label in self.labels:
            if not 0 <= (label.at_most if label.at_least is None else label.at_least) <= 100:
                raise ValueError(f"label {label.id}: a score is from 0 to 100")
        return self


class Indices(_Strict):
    """The contents of a file of indices."""

    dayparts: dict[Name, dict[str, Hours]] = Field(default_factory=dict)
    indices: tuple[EventIndex, ...] = ()
    model_indices: tuple[ModelIndex, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Indices:
        for name, parts in self.dayparts.items():
            hours = [hour for part in parts.values() for hour in part]
            repeated = sorted({h for h in hours if hours.count(h) > 1})
            if repeated or len(hours) < 24:
                lacking = sorted(set(range(24)) - set(hours))
                raise ValueError(f"dayparts {name}: each hour once; twice {repeated}, missing {lacking} (24 is 0)")
        if not self.all:
            raise ValueError("there is no index; write one under indices or model_indices")
        if twice := _twice([index.id for index in self.all]):
            raise ValueError(f"the id {twice} stands twice")
        for index in self.indices:
            if index.daypart_set is not None and index.daypart_set not in self.dayparts:
                known = _listed([DAYPART + name for name in self.dayparts]) or "none"
                raise ValueError(f"{index.id}: there are no dayparts {index.daypart_set!r}: known are {known}")
            allowed = self._values_of(index)
            if allowed and (strange := [v for v in index.values if v not in allowed]):
                raise ValueError(f"{index.id}: {index.attribute} is one of {_listed(allowed)}, not {_listed(strange)}")
        return self

    @cached_property
    def all(self) -> tuple[EventIndex | ModelIndex, ...]:
        return (*self.indices, *self.model_indices)

    def _values_of(self, index: EventIndex) -> tuple[str, ...]:
        if index.daypart_set is not None:
            return tuple(self.dayparts[index.daypart_set])
        return OF_RECEIPTS.get(index.attribute, ())


def indices_of(reference: Path, source: Source, window_months: int | None) -> Indices:
    """The indices that a source's mapping names; where it names none, those of ``GENERIC``.

    Args:
        reference: the folder of reference data.
        window_months: the setting; an index looks back no further. None = all history.

    Raises:
        IndexFileError: as ``read_indices``; an attribute or a value that the source's mapping never makes; an index
            that looks back further than the window.
    """
    path = reference / "indices" / f"{source.indices or GENERIC}.yaml"
    found = read_indices(path)
    attributes: dict[str, list[AttributeMapping]] = {}
    for file in source.files:
        for name, mapping in file.attributes.items():
            attributes.setdefault(name, []).append(mapping)
    for index in found.indices:
        fault = _fault(index, attributes, source.name)
        if window_months is not None and (index.window_months or 0) > window_months:
            fault = f"window_months {index.window_months} is more than the window's {window_months}; write at most that"
        if fault:
            raise IndexFileError(f"{path}: {index.id}: {fault}.")
    return found


def _fault(index: EventIndex, attributes: Mapping[str, Sequence[AttributeMapping]], source: str) -> str | None:
    """What of an event attribute does not fit the mapping: a share of nothing would be 0 in silence."""
    if index.reads != "event_attributes":
        clash = index.attribute in attributes
        return f"{index.attribute} is an attribute of {source} too; name that one otherwise there" if clash else None
    if index.attribute not in attributes:
        known = [*attributes, *OF_RECEIPTS, *OF_PRODUCTS, f"{DAYPART}<set>"]
        return f"there is no attribute {index.attribute!r} in sources/{source}.yaml: known are {_listed(known)}"
    mappings = attributes[index.attribute]
    made = {value for m in mappings for value in (m.map or {}).values()}
    strange = [v for v in index.values if v not in made]
    if strange and all(m.map is not None for m in mappings):
        return f"{index.attribute} is one of {_listed(sorted(made))} in sources/{source}.yaml, not {_listed(strange)}"
    return None


def read_indices(path: Path) -> Indices:
    """The indices of a YAML file.

    Raises:
        IndexFileError: there is no such file, it is no YAML, or an index is not whole; names the place and the remedy.
    """
    if not path.is_file():
        known = _listed(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise IndexFileError(
            f"there is no {path}; there are: {known}. Name one as indices of the mapping, or write it."
        )
    content: Any = None
    try:
        content = read_yaml(path)
        return Indices.model_validate(content)
    except ValidationError as error:
        told = "; ".join(dict.fromkeys(_told(fault, content) for fault in error.errors(include_url=False)))
    except yaml.YAMLError as error:
        told = " ".join(str(error).split())
    raise IndexFileError(f"{path} cannot be used: {told}. Mend it there; compare generic.yaml beside it.")


def _told(fault: Mapping[str, Any], content: Any) -> str:
    """Where, by the index's id instead of its number, and what."""
    place = list(fault["loc"])
    if len(place) > 1 and place[0] in ("indices", "model_indices") and isinstance(place[1], int):
        index = content[place[0]][place[1]]
        place[1] = index.get("id", place[1]) if isinstance(index, dict) else place[1]
    where = ".".join(str(part) for part in place)
    return f"{where}{': ' if where else ''}{fault['msg'].removeprefix('Value error, ')}"


def _twice(names: Sequence[str]) -> str:
    return _listed(sorted({n for n in names if names.count(n) > 1}))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
