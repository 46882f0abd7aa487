"""The strategies: ``data/reference/strategies.yaml``, read and checked, as rows of its tables.

Whom they fit is worked out in SQL (``customer_strategies``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crm_assets.contracts.attribute_segments import LEVELS
from crm_assets.contracts.retention_lists import LISTS
from crm_assets.contracts.rfm_scores import GRADES
from crm_assets.contracts.strategies import BRINGS, CHANNELS, GOALS, KPIS, ORIGINS
from crm_assets.contracts.strategy_conditions import TRAITS
from crm_assets.files import read_yaml
from crm_assets.offers import offer_ids
from crm_assets.reference_files import (
    CatalogueError,
    Strict,
    Texts,
    read_strict,
    require_ids_once,
    require_known,
    require_languages,
    twice,
)
from crm_assets.segmentation.customer_traits import MEASURES
from crm_assets.segmentation.naming import is_systematic, read_personas
from crm_assets.segmentation.rfm import BAND, read_schemes

CLOSED: Mapping[str, Collection[str]] = {  # trait → all the values that there are, whatever the shop
    "rfm_grade": GRADES,
    "lifecycle": ("new", "existing", "lapsed"),
    "list": LISTS,
    "gender": ("female", "male"),
    "channel_use": ("offline", "online", "both"),
    "wallet_user": ("0", "1"),
    "loyalty": LEVELS,
    "purchasing_power": LEVELS,
}


TAKEN = {"manifest", "leads"}  # files of a folder of lists that are no list of a strategy


def _one_of(known: Collection[str], what: str) -> AfterValidator:
    def checked(value: str) -> str:
        require_known([value], known, what)
        return value

    return AfterValidator(checked)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Evidence(Strict):
    """A claim about a type that would speak for a strategy."""

    measure: Annotated[str, _one_of(MEASURES, "measure")]
    category: str = ""
    direction: Literal["above", "below"]

    @model_validator(mode="after")
    def _category_of_the_measure(self) -> Evidence:
        categories = MEASURES[self.measure]
        if categories == () and self.category:
            raise ValueError(f"{self.measure} has no categories; leave category out")
        if categories != () and not self.category:
            raise ValueError(f"{self.measure} needs a category")
        if categories:
            require_known([self.category], categories, f"category of {self.measure}")
        return self


class Strategy(Strict):
    """A strategy: whom it is for, what is done by whom, and how it is judged."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    origin: Annotated[str, _one_of(ORIGINS, "origin")]
    goal: Annotated[str, _one_of(GOALS, "goal")]
    channel: Annotated[str, _one_of(CHANNELS, "channel")]
    owner: str
    kpi: Annotated[str, _one_of(KPIS, "kpi")]
    window_days: int = Field(ge=7, le=180)
    at_peak_hours: bool = False
    brings: tuple[Annotated[str, _one_of(BRINGS, "thing that a strategy brings")], ...] = ()
    title: Texts
    trigger: Texts
    action: Texts
    when: dict[
        Annotated[str, _one_of(TRAITS, "trait")],
        Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_several), Field(min_length=1)],
    ] = Field(min_length=1)
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Strategy:
        require_languages(self.title, self.trigger, self.action, of="title, trigger and action")
        if any(not text.strip() for texts in (self.title, self.trigger, self.action) for text in texts.values()):
            raise ValueError("title, trigger and action must say something in ko and en")
        for trait, values in self.when.items():
            if repeated := twice(values):
                raise ValueError(f"when.{trait} names {', '.join(repeated)} twice; leave one")
            if trait in CLOSED:
                require_known(values, CLOSED[trait], trait)
        if repeated := twice([f"{e.measure} {e.category}".strip() for e in self.evidence]):
            raise ValueError(f"evidence names {', '.join(repeated)} twice; leave one")
        if twice(self.brings):
            raise ValueError("brings names a thing twice; leave one")
        return self


class _Content(Strict):
    strategies: tuple[Strategy, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_once(self) -> _Content:
        require_ids_once([strategy.id for strategy in self.strategies])
        if taken := sorted({strategy.id for strategy in self.strategies} & TAKEN):
            raise ValueError(
                f"the id {', '.join(taken)} is the name of a file that lies beside the lists; choose another"
            )
        return self


def read_strategies(reference: Path) -> tuple[Strategy, ...]:
    """The strategies of the folder of reference data, in order of preference.

    Raises:
        CatalogueError: the file is missing, is no YAML, or a strategy is not whole; it names a band, a type, an offer
            or an owner that no other file of the folder knows.
    """
    path = reference / "strategies.yaml"
    strategies = read_strict(path, _Content).strategies
    known = {
        "rfm_band": [band.name for band in read_schemes(reference)[BAND].groups],
        "segment_id": _types(reference),
        "offer_id": offer_ids(reference),
    }
    owners = _owners(reference)
    for strategy in strategies:
        try:
            require_known([strategy.owner], owners, "owner (texts/strategies.yaml)")
            for trait in known.keys() & strategy.when.keys():
                named = [v for v in strategy.when[trait] if trait != "segment_id" or not is_systematic(v)]
                require_known(named, known[trait], trait)
        except ValueError as error:
            raise CatalogueError(f"{path} cannot be used: strategies.{strategy.id}: {error}. Mend it there.") from error
    return strategies


def _owners(reference: Path) -> list[str]:
    path = reference / "texts" / "strategies.yaml"
    try:
        return list(read_yaml(path)["strategies"]["owners"])
    except (OSError, KeyError, TypeError) as error:
        raise CatalogueError(f"{path} does not name the owners of strategies ({error!r}); restore it.") from error


def _types(reference: Path) -> list[str]:
    """The ids of all personas, of whatever shop."""
    paths = sorted((reference / "personas").glob("*.yaml"))
    return list(dict.fromkeys(persona.id for path in paths for persona in read_personas(path).personas))


def strategy_rows(strategies: tuple[Strategy, ...]) -> list[dict[str, object]]:
    """Rows of ``strategies`` without month and as_of."""
    same = ("origin", "goal", "channel", "owner", "kpi", "window_days", "at_peak_hours")
    return [
        {
            "strategy_id": s.id,
            "place": place,
            **{name: getattr(s, name) for name in same},
            "brings": " ".join(s.brings) or None,
            **{f"{name}_{lang}": getattr(s, name)[lang] for name in ("title", "trigger", "action") for lang in s.title},
        }
        for place, s in enumerate(strategies, start=1)
    ]


def condition_rows(strategies: tuple[Strategy, ...]) -> list[dict[str, object]]:
    """Rows of ``strategy_conditions`` without month and as_of."""
    return [
        {"strategy_id": s.id, "trait": trait, "value": value}
        for s in strategies
        for trait, values in s.when.items()
        for value in values
    ]


def evidence_rows(strategies: tuple[Strategy, ...]) -> list[dict[str, object]]:
    """Rows of ``strategy_evidence`` without month and as_of."""
    return [{"strategy_id": s.id, **e.model_dump()} for s in strategies for e in s.evidence]
