"""The catalogue of cards and offers: ``data/reference/offers/<name>.yaml``, read and checked, as rows of its tables.

What an offer brings a customer is worked out in SQL (``offer_worked_parts``, ``offer_worked_sums``).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from crm_assets.contracts.offer_targets import ATTRIBUTES, HABITS
from crm_assets.files import read_yaml

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
Texts = dict[Literal["ko", "en"], str]


class CatalogueError(ValueError):
    """A catalogue that cannot be used: names the file, the place and the remedy."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Benefit(_Strict):
    """What comes back in some categories: a share of the spend, an amount per receipt, or both."""

    categories: tuple[str, ...] = Field(min_length=1)
    rate: Annotated[Decimal, Field(ge=0, le=1, decimal_places=6)] = Decimal(0)
    per_receipt: Money = Decimal(0)
    cap: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=4)] | None = None

    @model_validator(mode="after")
    def _gives_something(self) -> Benefit:
        if not self.rate and not self.per_receipt:
            raise ValueError("a benefit needs a rate or an amount per_receipt")
        return self


def _require_target(attribute: str, values: tuple[str, ...] | dict[str, Decimal]) -> None:
    """Raises ValueError where nobody could be meant, or it would not be told whom."""
    if (attribute in {"spend", "habits"}) != isinstance(values, dict):
        raise ValueError(
            "target: spend is {category: least monthly spend}, habits {share: least}, the others are lists of values"
        )
    if not values:
        raise ValueError(f"target: {attribute} names nothing; name something or take it away")
    if len(set(values)) < len(values):
        raise ValueError(f"target: {attribute} names a value twice; leave one")
    if attribute == "habits":
        if unknown := sorted(set(values) - set(HABITS)):
            raise ValueError(f"target: habits names {', '.join(unknown)}; it can name {', '.join(HABITS)}")
        if max(values.values()) > 1:
            raise ValueError("target: habits are shares from 0 to 1")


class Offer(_Strict):
    """A card or an offer: its benefits, what it costs, and whom it is for."""

    id: str = Field(min_length=1, pattern=r"^[a-z0-9_]+$")
    title: Texts
    description: Texts
    annual_fee: Money = Decimal(0)
    minimum_spend: Money = Decimal(0)
    monthly_cap: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=4)] | None = None
    benefits: tuple[Benefit, ...] = Field(min_length=1)
    target: dict[str, tuple[str, ...] | dict[str, Money]] = Field(default_factory=dict)

    @field_validator("target", mode="before")
    @classmethod
    def _names_what_is_known(cls, target: object) -> object:
        for attribute in target if isinstance(target, dict) else ():
            if attribute not in (*ATTRIBUTES, "spend", "habits"):
                raise ValueError(f"target names {attribute}; it can name {', '.join(ATTRIBUTES)}, spend and habits")
        return target

    @model_validator(mode="after")
    def _whole(self) -> Offer:
        if any(set(texts) != {"ko", "en"} for texts in (self.title, self.description)):
            raise ValueError("title and description are needed in ko and en")
        categories = [c for benefit in self.benefits for c in benefit.categories]
        if twice := sorted({c for c in categories if categories.count(c) > 1}):
            raise ValueError(f"{', '.join(twice)} stands in two benefits; which of them holds? Leave one")
        for attribute, values in self.target.items():
            _require_target(attribute, values)
        return self


class _Content(_Strict):
    offers: tuple[Offer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_once(self) -> _Content:
        ids = [offer.id for offer in self.offers]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"the id {', '.join(twice)} stands twice")
        return self


def offers_of(reference: Path, name: str | None) -> tuple[Offer, ...]:
    """The offers that a source's mapping names; none where it names none.

    Args:
        reference: the folder of reference data.

    Raises:
        CatalogueError: as ``read_catalogue``.
    """
    return read_catalogue(reference / "offers" / f"{name}.yaml") if name is not None else ()


def read_catalogue(path: Path) -> tuple[Offer, ...]:
    """The offers of a catalogue, in its order.

    Raises:
        CatalogueError: there is no such file, it is no YAML, or an offer is not whole.
    """
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml"))) or "none"
        raise CatalogueError(f"there is no catalogue {path}; there are: {known}. Write it, or name one of these.")
    content: object = None
    try:
        content = read_yaml(path) or {}
        return _Content(**content).offers
    except ValidationError as error:
        told = "; ".join(dict.fromkeys(_told(fault, content) for fault in _causes(error)))
    except (yaml.YAMLError, TypeError) as error:
        told = str(error)
    raise CatalogueError(f"{path} cannot be used: {told}. Mend it there.")


def _causes(error: ValidationError) -> list[dict[str, Any]]:
    """Its faults without those that only follow: a list counts as too short when one of its members is faulty."""
    faults = error.errors(include_url=False)
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if not any(len(place) > len(fault["loc"]) and place[: len(fault["loc"])] == fault["loc"] for place in places)
    ]


def _told(fault: dict[str, Any], content: object) -> str:
    """Where, by the offer's id instead of its number, and what."""
    place = list(fault["loc"])
    if len(place) > 1 and place[0] == "offers" and isinstance(place[1], int):
        offer = content["offers"][place[1]]
        place[1] = offer.get("id", place[1]) if isinstance(offer, dict) else place[1]
    where = ".".join(str(part) for part in place) or "offers"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"


def offer_rows(offers: tuple[Offer, ...]) -> pd.DataFrame:
    """Rows of ``offers`` without month and as_of."""
    return pd.DataFrame(
        [
            {
                "offer_id": o.id,
                **{f"title_{language}": o.title[language] for language in ("ko", "en")},
                **{f"description_{language}": o.description[language] for language in ("ko", "en")},
                "annual_fee": o.annual_fee,
                "minimum_spend": o.minimum_spend,
                "monthly_cap": o.monthly_cap,
            }
            for o in offers
        ]
    )


def benefit_rows(offers: tuple[Offer, ...]) -> list[dict[str, object]]:
    """Rows of ``offer_benefits`` without month and as_of."""
    return [
        {"offer_id": o.id, "part": part, "category": c, "rate": b.rate, "per_receipt": b.per_receipt, "cap": b.cap}
        for o in offers
        for part, b in enumerate(o.benefits, start=1)
        for c in b.categories
    ]


def target_rows(offers: tuple[Offer, ...]) -> list[dict[str, object]]:
    """Rows of ``offer_targets`` without month and as_of."""
    return [
        {"offer_id": o.id, "attribute": attribute, "value": value, "minimum": minimum}
        for o in offers
        for attribute, values in o.target.items()
        for value, minimum in (values.items() if isinstance(values, dict) else ((v, None) for v in values))
    ]
