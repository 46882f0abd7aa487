"""The catalogue of cards and offers: ``data/reference/offers/<name>.yaml``, read and checked, as rows of its tables.

What an offer brings a customer is worked out in SQL (``offer_worked_parts``, ``offer_worked_sums``).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field, field_validator, model_validator

from crm_assets.contracts.offer_targets import ATTRIBUTES, HABITS
from crm_assets.reference_files import Strict, Texts, read_strict, require_ids_once, require_languages, twice

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]


class Benefit(Strict):
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


class Offer(Strict):
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
        require_languages(self.title, self.description, of="title and description")
        categories = [c for benefit in self.benefits for c in benefit.categories]
        if repeated := twice(categories):
            raise ValueError(f"{', '.join(repeated)} stands in two benefits; which of them holds? Leave one")
        for attribute, values in self.target.items():
            _require_target(attribute, values)
        return self


class _Content(Strict):
    offers: tuple[Offer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_once(self) -> _Content:
        require_ids_once([offer.id for offer in self.offers])
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
    return read_strict(path, _Content).offers


def offer_ids(reference: Path) -> list[str]:
    """The ids of all catalogues of the folder of reference data, in order.

    Raises:
        CatalogueError: as ``read_catalogue``.
    """
    return sorted({offer.id for path in (reference / "offers").glob("*.yaml") for offer in read_catalogue(path)})


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
