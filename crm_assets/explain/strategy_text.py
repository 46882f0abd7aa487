"""The strategies of a customer as lines of text: what is done by which way, what sets it off, and why it fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from crm_assets.charts import Words
from crm_assets.explain.fitting_strategies import Fitting, Trait
from crm_assets.marketing.wording import Wording
from crm_assets.report.blocks import Pen
from crm_assets.report.cards import claim


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
        if one.arm is not None:
            yield f"   {w.text(f'explain.arms.{one.arm}', campaign=one.campaign_id)}"
        yield f"   {w.text('explain.fits', traits=' · '.join(_trait(t, w) for t in one.traits))}"
        yield from (f"   {w.text('explain.speaks', claim=text)}" for text in _quoted(one, claims, pen, w))


def _trait(trait: Trait, w: Words) -> str:
    names = {} if trait.title is None else {(trait.name, trait.value): trait.title}
    return Wording(w, names).trait(trait.name, trait.value)


def _quoted(one: Fitting, claims: pd.DataFrame, pen: Pen, w: Words) -> Iterator[str]:
    rows: Mapping[tuple[str, str, str], Mapping[str, object]] = {
        (row["measure"], row["category"], row["direction"]): row for row in claims.to_dict("records")
    }
    for key in one.evidence:
        told = claim(rows[key], pen, "explain.trait")
        yield f"{getattr(told.text, w.lang)} ({getattr(told.evidence, w.lang)})"
