"""The strategies that fit one customer at the end of a month, in their order, and why they do: facts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_assets.charts import Pair
from crm_assets.contracts.strategy_choices import NO_BAND, NO_TYPE
from crm_assets.warehouse import Session, read_query

_FITTING = """select s.strategy_id, s.goal, s.channel, s.owner, s.title_ko, s.title_en, s.trigger_ko, s.trigger_en,
        s.action_ko, s.action_en, k.peak_hour_from, k.peak_hour_to, coalesce(k.evidence, '[]'), a.campaign_id, a.arm
    from customer_strategies c
    join strategies s on s.month = c.month and s.strategy_id = c.strategy_id
    left join strategy_choices k on k.month = c.month and k.strategy_id = c.strategy_id
        and k.segment_id = coalesce(c.segment_id, :no_type) and k.rfm_band = coalesce(c.rfm_band, :no_band)
    left join audiences a on a.month = c.month and a.customer_id = c.customer_id and a.strategy_id = c.strategy_id
    where c.month = :month and c.customer_id = :customer order by c.rank"""
_CONDITIONS = """select c.strategy_id, c.trait, c.value, o.title_ko, o.title_en
    from ({traits}) t
    join strategy_conditions c on c.month = :month and c.trait = t.trait and c.value = t.value
    left join offers o on o.month = :month and c.trait = 'offer_id' and o.offer_id = c.value
    where t.customer_id = :customer order by c.strategy_id, c.trait"""


@dataclass(frozen=True)
class Trait:
    """What the customer is, of that which a strategy asks for.

    Attributes:
        title: of an offer, where the month's catalogue has it.
    """

    name: str
    value: str
    title: Pair | None = None


@dataclass(frozen=True)
class Fitting:
    """A strategy that fits.

    Attributes:
        traits: one for every trait that the strategy names, by name.
        peak_hours: first and last hour in which the customer's type buys most, of a strategy that asks for them.
        evidence: (measure, category, direction) of the claims about its type that speak for the strategy.
        campaign_id, arm: the campaign of the month that carries it out, and whether the customer is addressed or held
            out; None where no campaign of the month has the customer.
    """

    strategy_id: str
    goal: str
    channel: str
    owner: str
    title: Pair
    trigger: Pair
    action: Pair
    traits: tuple[Trait, ...]
    peak_hours: tuple[int, int] | None
    evidence: tuple[tuple[str, str, str], ...]
    campaign_id: str | None = None
    arm: str | None = None


def read_fitting(session: Session, at: Mapping[str, Any]) -> tuple[Fitting, ...]:
    """
    Args:
        at: ``customer`` and ``month``.
    """
    traits: dict[str, list[Trait]] = {}
    for strategy, name, value, *title in session.rows(_CONDITIONS.format(traits=read_query("strategy_traits")), **at):
        traits.setdefault(strategy, []).append(Trait(name, value, Pair(*title) if title[0] is not None else None))
    found = session.rows(_FITTING, **at, no_type=NO_TYPE, no_band=NO_BAND)
    return tuple(
        Fitting(
            strategy,
            *named,
            *(Pair(*texts[i : i + 2]) for i in (0, 2, 4)),
            traits=tuple(traits.get(strategy, ())),
            peak_hours=None if first is None else (int(first), int(last)),
            evidence=tuple((q["measure"], q["category"], q["direction"]) for q in json.loads(evidence)),
            campaign_id=campaign,
            arm=arm,
        )
        for strategy, *rest, first, last, evidence, campaign, arm in found
        for named, texts in [(rest[:3], rest[3:])]
    )
