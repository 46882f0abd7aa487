"""Baskets laid out in the engine, by number, for rules to be found in and tested on: what is in them, whose they are.

Which rules there are is in ``itemsets`` and ``rules``. Only counts come to Python, never a basket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm_assets.warehouse import Session, read_query

EVERYBODY, EVERYBODY_NO = "all", 0
UNTYPED = ""  # baskets of customers without a type: with everybody's, and with no type's


@dataclass(frozen=True)
class Baskets:
    """Which baskets are looked at.

    Attributes:
        unit: ``receipt``, or ``customer``: all that a customer bought in these months is one basket.
        first_month, last_month: the months, by their first days.
        types_month: the month whose ``customer_types`` say whose a basket is.
        articles: regular expression of the products that count; '' = all.
    """

    unit: str
    first_month: date
    last_month: date
    types_month: date
    articles: str


@dataclass(frozen=True)
class Segment:
    """The baskets of a type, of everybody (``EVERYBODY``), or of those without a type (``UNTYPED``)."""

    segment_id: str
    number: int
    baskets: int


def lay_baskets(session: Session, of: Baskets, least: Callable[[int], int] | None = None) -> list[Segment]:
    """Makes the temporary tables ``basket_holds`` (basket, customer_id, segment_id), ``basket_articles`` (item,
    product_id), ``basket_segments`` and ``basket_items`` (basket, segment_no, item: no row twice).

    Args:
        least: of how many baskets of a segment an article must be in, by their number: one that is on fewer lines than
            any segment asks for is left out of ``basket_items``; none = all are laid out.

    Returns:
        Everybody, then the types and the untyped by their ids; those that have baskets.
    """
    given: dict[str, Any] = {
        "unit": of.unit,
        "first_month": of.first_month,
        "month": of.last_month,
        "types_month": of.types_month,
        "articles": of.articles,
    }
    _make_of_lines(session, "basket_articles", **given)
    names = session.rows(_TYPES, types_month=of.types_month)
    of_types = [Segment(name, number, 0) for number, (name,) in enumerate([(UNTYPED,), *names], start=1)]
    number_segments(session, of_types, lambda segment: None)
    _make_of_lines(session, "basket_holds", **given)
    segments = _segments(session)
    number_segments(session, segments, lambda segment: None)
    asked = [least(s.baskets) for s in segments if s.segment_id != UNTYPED] if least else []
    _make_of_lines(session, "basket_items", least_lines=min(asked, default=1), **given)
    return segments


def number_segments(session: Session, segments: Sequence[Segment], least: Callable[[Segment], int | None]) -> None:
    """``basket_segments``: the number of every segment, and the least count of what is frequent in it (null = nothing
    is)."""
    rows = [(s.segment_id, s.number, s.baskets, least(s)) for s in segments]
    types = {"segment_id": "varchar", "segment_no": "integer", "baskets": "bigint", "min_baskets": "bigint"}
    session.reference("basket_segments", types, rows)


_TYPES = """select distinct segment_id from customer_types
    where month = :types_month and segment_id is not null order by segment_id"""


def _segments(session: Session) -> list[Segment]:
    counted = session.rows(
        "select segment_id, segment_no, count(*) from basket_holds group by segment_id, segment_no order by segment_no"
    )
    own = [Segment(name, number, n) for name, number, n in counted]
    return [Segment(EVERYBODY, EVERYBODY_NO, sum(s.baskets for s in own)), *own] if own else []


def _make(session: Session, table: str, /, **given: Any) -> None:
    session.execute(f"create or replace temp table {table} as {read_query(table)}", **given)


def _make_of_lines(session: Session, table: str, /, **given: Any) -> None:
    """A temporary table of a query that reads basket_lines."""
    lines, query = read_query("basket_lines"), read_query(table)
    session.execute(f"create or replace temp table {table} as with basket_lines as ({lines}) {query}", **given)


def hit_by_rules(session: Session, rules_month: date, last_rank: int) -> None:
    """Makes the temporary table ``rule_hits``: which baskets laid out hold the sides of a month's rules, of the best of
    each segment: it has a row per rule, side and basket, too many where all rules are asked."""
    _make(session, "rule_hits", rules_month=rules_month, last_rank=last_rank)
