"""What a customer is, in words: the traits that strategies go by, with the names of types, bands and offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm_assets.charts import Pair, Texts, Words
from crm_assets.months import Snapshot
from crm_assets.receipts.sources import Source
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.segmentation.rfm import BAND, GRADE, Scheme
from crm_assets.warehouse import Session

LABELS = {  # trait → group of the labels that word its values; the others have names of their own
    "lifecycle": "lifecycle",
    "list": "retention_list",
    "gender": "gender",
    "age_band": "age_band",
    "channel_use": "channel_use",
    "wallet_user": "yes_no",
    "loyalty": "loyalty",
    "purchasing_power": "purchasing_power",
}


@dataclass(frozen=True)
class Wording:
    """How the codes of a customer are worded in one language.

    Attributes:
        words: with the names of types and bands.
        names: (trait, value) → its name, of grades, lifestyles and offers.
    """

    words: Words
    names: Mapping[tuple[str, str], str]

    def trait(self, trait: str, value: str) -> str:
        """관리 명단: 초기 이탈 우려: a trait with its value."""
        return f"{self.words.text(f'strategies.traits.{trait}')}: {self.value(trait, value)}"

    def value(self, trait: str, value: str) -> str:
        """A value alone; as it stands where nothing names it."""
        if trait == "segment_id":
            return self.words.segment(value)
        if trait == BAND:
            return self.words.band(value)
        if trait in LABELS:
            return self.words.label(LABELS[trait], value)
        return self.names.get((trait, value), value)


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
    names = {(GRADE, grade.name): getattr(grade, language) for grade in schemes[GRADE].groups}
    names |= {
        ("offer_id", offer): title
        for offer, title in session.rows(f"select offer_id, title_{language} from offers where month = :month", **month)
    }
    names |= {
        ("lifestyle_id", lifestyle): name
        for lifestyle, name in session.rows(
            "select distinct lifestyle_id, lifestyle_name from lifestyle_assignments where month = :month", **month
        )
    }
    return Wording(Words(texts, language, source.currency, segments, bands), names)
