"""The strategies of a customer as lines of text: what is done by which way, what sets it off, and why it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from crm_assets.charts import Words
from crm_assets.explain.fitting_strategies import Fitting, Trait
from crm_assets.report.blocks import Pen
from crm_assets.report.cards import claim

LABELS = {  # trait → group of labels; what is not here stands as it is
    "lifecycle": "lifecycle",
    "list": "retention_list",
    "gender": "person",
    "age_band": "age_band",
    "channel_use": "channel_use",
    "wallet_user": "yes_no",
    "loyalty": "loyalty",
    "purchasing_power": "purchasing_power",
}


def strategy_lines(fitting: Sequence[Fitting], claims: pd.DataFrame, pen: Pen, w: Words) -> Iterator[str]:
    """
    Args:
        claims: rows of ``segment_claims`` of the customer's type.
    """
    for place, one in enumerate(fitting, 1):
        parts = {part: w.text(f"strategies.{part}s.{getattr(one, part)}") for part in ("goal", "channel", "owner")}
        yield w.text("explain.strategy", place=place, title=getattr(one.title, w.lang), **parts)
        yield f"   {w.text('explain.trigger', text=getattr(one.trigger, w.lang))}"
        yield f"   {w.text('explain.action', text=getattr(one.action, w.lang))}"
        if one.peak_hours:
            yield f"   {w.text('explain.peak_hours', first=one.peak_hours[0], last=one.peak_hours[1] + 1)}"
        yield f"   {w.text('explain.fits', traits=' · '.join(_trait(t, w) for t in one.traits))}"
        yield from (f"   {w.text('explain.speaks', claim=text)}" for text in _quoted(one, claims, pen, w))


def _trait(trait: Trait, w: Words) -> str:
    name = w.text(f"strategies.traits.{trait.name}")
    return w.text("explain.fitting_trait", trait=name, value=_value(trait, w))


def _value(trait: Trait, w: Words) -> str:
    if trait.title:
        return getattr(trait.title, w.lang)
    match trait.name:
        case "segment_id":
            return w.segment(trait.value)
        case "rfm_band":
            return w.band(trait.value)
        case _:
            return w.label(LABELS.get(trait.name, trait.name), trait.value)


def _quoted(one: Fitting, claims: pd.DataFrame, pen: Pen, w: Words) -> Iterator[str]:
    rows: Mapping[tuple[str, str, str], Mapping[str, object]] = {
        (row["measure"], row["category"], row["direction"]): row for row in claims.to_dict("records")
    }
    for key in one.evidence:
        told = claim(rows[key], pen, "explain.trait")
        yield f"{getattr(told.text, w.lang)} ({getattr(told.evidence, w.lang)})"
