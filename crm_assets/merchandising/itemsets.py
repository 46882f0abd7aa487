"""Which articles are often in a basket together: frequent itemsets of any length, of every type and of everybody.

Level by level (Agrawal and Srikant 1994): a set can be frequent only where all its parts are, so what the baskets hold
of one level is joined with itself, and counted. The engine counts; only what is frequent comes to Python.
``lay_baskets`` comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crm_assets.merchandising.baskets import EVERYBODY_NO, UNTYPED, Segment, number_segments
from crm_assets.warehouse import Session, read_query

Items = tuple[int, ...]
MOST_HELD = 60_000_000  # rows of baskets and the sets they hold, of one level: some 700 MB


class TooManyItemsets(ValueError):
    """So many sets are frequent that they are no finding, and have no room: says where, how many, and the remedy."""


@dataclass(frozen=True)
class Limits:
    """What is frequent, and how much of it.

    Attributes:
        min_support: least share of the segment's baskets; as it is written, 0.07 of 100 baskets are 7.
        min_baskets: least number of baskets, whatever the share.
        most_items: articles of the largest set.
        most_itemsets: of a segment; more are refused.
    """

    min_support: float
    min_baskets: int
    most_items: int
    most_itemsets: int

    def least(self, baskets: int) -> int:
        """The least count that is frequent among so many baskets."""
        return max(-(-exact(self.min_support) * baskets // 1), self.min_baskets)


def exact(number: float) -> Fraction:
    """The number that is written: 0.7 is seven tenths, where the float is a little less."""
    return Fraction(repr(number))


def frequent_itemsets(session: Session, segments: Sequence[Segment], limits: Limits) -> dict[int, dict[Items, int]]:
    """
    Args:
        segments: of ``lay_baskets``.

    Returns:
        Number of the segment → items, ascending → baskets that hold them all. The untyped have none of their own.

    Raises:
        TooManyItemsets: a segment has more than ``limits.most_itemsets``, or their baskets have no room.
    """
    number_segments(session, segments, lambda s: None if s.segment_id == UNTYPED else limits.least(s.baskets))
    found: dict[int, dict[Items, int]] = {s.number: {} for s in segments if s.segment_id != UNTYPED}
    items_of: dict[int, Items] = {0: ()}
    _make(session, "itemset_counted", _SINGLE)
    for level in range(1, limits.most_items + 1):
        _make(session, "itemset_found", read_query("itemset_frequent"), sets_before=len(items_of))
        _require_few(session, found, segments, limits, level)
        rows = session.rows("select set_no, parent, item, segment_no, baskets from itemset_found order by 1, 4")
        for set_no, parent, item, segment_no, baskets in rows:
            items_of.setdefault(set_no, (*items_of[parent], item))
            found[segment_no][items_of[set_no]] = baskets
        everywhere = {set_no for set_no, _, _, segment_no, _ in rows if segment_no == EVERYBODY_NO}
        held = sum(n for set_no, _, _, no, n in rows if no == EVERYBODY_NO or set_no not in everywhere)
        if level == limits.most_items or not rows:
            return found
        if held > MOST_HELD:
            raise TooManyItemsets(
                f"the sets of {level} articles that are frequent are found {held:,} times in the baskets; the most "
                f"that have room are {MOST_HELD:,}. {_REMEDY}"
            )
        if level == 1:
            _make(session, "itemset_baskets", read_query("itemset_first"))
        else:
            _make(session, "itemset_next", read_query("itemset_baskets"))
            session.execute("drop table itemset_baskets")
            session.execute("alter table itemset_next rename to itemset_baskets")
        _make(session, "itemset_counted", read_query("itemset_counts"))
    return found


_SINGLE = "select 0 as parent, item, segment_no, count(*) as baskets from basket_items group by item, segment_no"


_REMEDY = (
    "Raise CRM_RULE_MIN_SUPPORT or CRM_RULE_MIN_BASKETS, or lower CRM_RULE_MAX_ITEMS; the limit is "
    "CRM_RULE_MAX_ITEMSETS."
)


def _require_few(
    session: Session, found: Mapping[int, Mapping[Items, int]], segments: Sequence[Segment], limits: Limits, level: int
) -> None:
    """Before they come to Python: those of the level and of the levels before."""
    new = dict(session.rows("select segment_no, count(*) from itemset_found group by segment_no"))
    for segment in segments:
        sets = len(found.get(segment.number, ())) + new.get(segment.number, 0)
        if sets > limits.most_itemsets:
            raise TooManyItemsets(
                f"segment {segment.segment_id}: {sets:,} sets of up to {level} articles are in "
                f"{limits.least(segment.baskets):,} or more of its {segment.baskets:,} baskets; "
                f"{limits.most_itemsets:,} are the most that are looked into. {_REMEDY}"
            )


def _make(session: Session, table: str, query: str, /, **given: object) -> None:
    session.execute(f"create or replace temp table {table} as {query}", **given)
