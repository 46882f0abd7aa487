"""What a customer is, in words: the traits that strategies go by, with the names of types, bands and offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_assets.charts import Pair, Texts, Words
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import Source
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.segmentation.rfm import BAND, GRADE, Scheme
from crm_assets.warehouse import Session

LABELS = {  # trait → group of the labels that word its values, where they are not called after the trait
    "list": "retention_list",
    "gender": "person",
    "wallet_user": "yes_no",
}


Names = Mapping[tuple[str, str], Pair]  # (trait, value) → its name, of grades, lifestyles and offers


def trait_value(words: Words, trait: str, value: str, names: Names) -> str:
    """A value of a trait as a reader sees it; as it stands where nothing names it."""
    if trait == "segment_id":
        return words.segment(value)
    if trait == BAND:
        return words.band(value)
    if (trait, value) in names:
        return str(getattr(names[trait, value], words.lang))
    return words.label(LABELS.get(trait, trait), value)


def of_this_shop(words: Words, trait: str, values: Sequence[str]) -> list[str]:
    """The values without types that only other shops have; strategies are written for several."""
    return [v for v in values if trait != "segment_id" or v in words.segments] or list(values)


@dataclass(frozen=True)
class Wording:
    """How the codes of a customer are worded in one language.

    Attributes:
        words: with the names of types and bands.
        names: of grades, lifestyles and offers.
    """

    words: Words
    names: Names

    def trait(self, trait: str, *values: str) -> str:
        """관리 명단: 초기 이탈 우려: a trait with its value, or with those that a strategy is for."""
        said = ", ".join(self.value(trait, value) for value in of_this_shop(self.words, trait, values))
        return f"{self.words.text(f'strategies.traits.{trait}')}: {said}"

    def value(self, trait: str, value: str) -> str:
        return trait_value(self.words, trait, value, self.names)


def wording_of(
    session: Session,
    snapshot: Snapshot,
    texts: Texts,
    language: str,
    source: Source,
    personas: Personas,
    schemes: Mapping[str, Scheme],
) -> Wording:
    """The words of a month: its types, lifestyles and offers.

    Args:
        language: ko or en. Lifestyles are named in the language of the tables.
    """
    month = {"month": snapshot.month}
    types = session.rows(
        "select distinct segment_id from customer_types where month = :month and segment_id is not null", **month
    )
    named = {persona.id for persona in personas.personas} | {segment_id for (segment_id,) in types}
    segments = {i: Pair(segment_name(i, personas, "ko"), segment_name(i, personas, "en")) for i in sorted(named)}
    bands = {band.name: Pair(band.ko, band.en) for band in schemes[BAND].groups}
    names = {(GRADE, grade.name): Pair(grade.ko, grade.en) for grade in schemes[GRADE].groups}
    names |= {
        ("offer_id", offer): Pair(ko, en)
        for offer, ko, en in session.rows(
            "select offer_id, title_ko, title_en from offers where month = :month", **month
        )
    }
    names |= {
        ("lifestyle_id", lifestyle): Pair(name, name)
        for lifestyle, name in session.rows(
            "select distinct lifestyle_id, lifestyle_name from lifestyle_assignments where month = :month", **month
        )
    }
    return Wording(Words(texts, language, source.currency, segments, bands), names)
