"""Attributes of leads, as they were delivered, as columns that can be compared: what is empty is empty, what is one
value is written in one way, what is rare is ``other``. And what was done with each column, and why.

No outcome is looked at here but by way of ``leaks``, whose findings are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pandas as pd

from crm_assets.leads.reference import LeadReference, spelling

OTHER, NOT_ANSWERED, WITH = "(other)", "(none)", " / "
MOSTLY = 0.5  # filled
MOST_LEVELS = 40  # a category with more, after the rare ones are merged, is told by its most frequent ones
ROW = (
    "attribute", "origin", "kind", "leads", "filled_share", "distinct_values", "done", "merged_values", "merged_leads",
    "why",
)  # fmt: skip
KEPT, FEW, CONSTANT, LEAKING, RECOMPUTED = "kept", "dropped_missing", "dropped_constant", "left_out", "recomputed"


@dataclass(frozen=True)
class Rules:
    """From which shares on a column is dropped and a value merged (``Settings.lead_…``)."""

    missing_share: float
    rare_share: float


@dataclass(frozen=True)
class Cleaned:
    """Columns by name, an entry per lead: floats, or texts; missing where nothing was answered.

    Attributes:
        unread: number → how many leads have a value of it that is no finite number.
    """

    values: pd.DataFrame
    numbers: frozenset[str]
    derived: frozenset[str]
    unread: Mapping[str, int]

    def with_number(self, name: str, column: pd.Series) -> Cleaned:
        """The same with a further number that is derived from elsewhere."""
        return replace(
            self,
            values=self.values.assign(**{name: column}),
            numbers=self.numbers | {name},
            derived=self.derived | {name},
        )


def wide(lead_ids: pd.Index, attributes: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """A row per lead and a column per attribute, as delivered.

    Args:
        attributes: lead_id, name, value.
        names: of the columns, in their order; one that no lead has is empty.
    """
    found = attributes.pivot(index="lead_id", columns="name", values="value") if len(attributes) else pd.DataFrame()
    return found.reindex(index=lead_ids, columns=names).astype(object)


def cleaned(delivered: pd.DataFrame, reference: LeadReference) -> Cleaned:
    """Numbers as numbers, values written in one way, derived columns made.

    Args:
        delivered: of ``wide``.
    """
    empty = {spelling(text) for text in reference.not_answered}
    made: dict[str, pd.Series] = {}
    unread: dict[str, int] = {}
    for name in delivered:
        column = delivered[name]
        column = column.where(~column.map(lambda v: isinstance(v, str) and spelling(v) in empty))
        if name in reference.empty_means:
            column = column.where(column.notna(), reference.empty_means[name])
        if name in reference.numbers:
            number = pd.to_numeric(column, errors="coerce").astype(float)
            made[name] = number.where(np.isfinite(number))
            unread[name] = int((column.notna() & made[name].isna()).sum())
        else:
            made[name] = one_spelling(column, reference.merges.get(name, {}))
    own = pd.DataFrame(made, index=delivered.index)
    further = {d.name: _derived(own, d) for d in reference.derived}
    numbers = {*reference.numbers} | {d.name for d in reference.derived if d.joined is None}
    together = pd.concat([own, pd.DataFrame(further, index=own.index)], axis=1)
    return Cleaned(together, frozenset(numbers & {*together}), frozenset(further), unread)


def one_spelling(column: pd.Series, merges: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """Values that share their ``spelling`` are one, as most leads have it (first by the alphabet of two);
    and so are those that the reference data merges."""
    counts = column.dropna().value_counts()
    usual: dict[str, str] = {}
    for value in sorted(counts.index, key=lambda v: (-counts[v], v)):
        usual.setdefault(spelling(value), value)
    for canonical, values in merges.items():
        usual |= dict.fromkeys([spelling(v) for v in (canonical, *values)], canonical)
    return column.map({value: usual[spelling(value)] for value in counts.index}).astype(object)


def _derived(own: pd.DataFrame, derived) -> pd.Series:
    parts = [own[name] for name in derived.made_of]
    if derived.equal:
        both = parts[0].notna() & parts[1].notna()
        return (parts[0] == parts[1]).astype(float).where(both)
    if derived.filled:
        return own[list(derived.made_of)].notna().sum(axis=1).astype(float)
    return joined(parts)


def joined(parts: list[pd.Series]) -> pd.Series:
    """What several columns say together; missing where none says anything."""
    texts = [part.where(part.notna(), NOT_ANSWERED).astype("str") for part in parts]
    together = reduce(lambda one, other: one + WITH + other, texts)
    return together.astype(object).where(pd.concat(parts, axis=1).notna().any(axis=1))


def merged(column: pd.Series, rare_share: float) -> pd.Series:
    """A category whose values below a share of the leads, and those beyond the most frequent ones, are ``(other)``;
    what was not answered is ``(none)``."""
    counts = column.value_counts()
    usual = counts[counts >= rare_share * len(column)].head(MOST_LEVELS).index
    return column.where(column.isna() | column.isin(usual), OTHER).where(column.notna(), NOT_ANSWERED).astype("str")


def decided(
    found: Cleaned, reference: LeadReference, rules: Rules, leaks: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is done with each column.

    Args:
        leaks: column → why it is left out.

    Returns:
        Rows of ``lead_columns`` without month, as_of and evidence; and the columns that are kept, by name: floats, or
        texts without a missing one. A delivered rate that is reckoned anew holds whose rate it is.
    """
    rows, kept = [], {}
    joins = {d.name for d in reference.derived if d.joined}
    for name in found.values:
        column, rate_of = found.values[name], reference.win_rates.get(name)
        number = name in found.numbers
        different, filled = column.nunique(), float(column.notna().mean())
        final = column if number else merged(column, rules.rare_share)
        done, why = _what_is_done(column, rules, leaks.get(name))
        if rate_of and leaks.keys() & {*rate_of}:
            done, why = LEAKING, f"a rate of {', '.join(sorted(leaks.keys() & {*rate_of}))}, which is left out"
        elif rate_of:
            done, why = RECOMPUTED, f"made from outcomes: reckoned anew, out of fold, of {', '.join(rate_of)}"
            kept[name] = merged(joined([found.values[of] for of in rate_of]), rules.rare_share)
        elif done == KEPT:
            kept[name] = final
        is_other = final == OTHER if not number else pd.Series(False, index=column.index)
        rows.append(
            {
                "attribute": name,
                "origin": "derived" if name in found.derived else "delivered",
                "kind": "rate" if rate_of else "number" if number else "joined" if name in joins else "category",
                "leads": len(column),
                "filled_share": filled,
                "distinct_values": different,
                "done": done,
                "merged_values": int(column[is_other].nunique()),
                "merged_leads": int(is_other.sum()),
                "why": why + _not_read(found.unread.get(name, 0)),
            }
        )
    return pd.DataFrame(rows, columns=list(ROW)), pd.DataFrame(kept, index=found.values.index)


def _not_read(leads: int) -> str:
    return f"; of {leads:,} leads the value is no number that can be read, and counts as missing" if leads else ""


def _what_is_done(column: pd.Series, rules: Rules, leak: str | None) -> tuple[str, str]:
    filled = float(column.notna().mean())
    if leak is not None:
        return LEAKING, leak
    if not filled:
        return FEW, "no lead has a value"
    if 1 - filled > rules.missing_share:
        return FEW, f"{filled:.1%} of leads have a value, fewer than {1 - rules.missing_share:.1%}"
    commonest = float(column.value_counts(normalize=True).iloc[0])
    # Where half of the leads have none, whether there is a value says something, though all have the same one.
    if filled >= MOSTLY and (commonest == 1 or 1 - commonest < rules.rare_share):
        return CONSTANT, f"{commonest:.1%} of the values are one"
    if filled < 1:
        return KEPT, f"what {1 - filled:.1%} of leads lack is a value of its own"
    return KEPT, "as delivered"
