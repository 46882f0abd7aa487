"""What a customer may be told by: a row of counts and sums becomes measures, each a number, a share or a yes or no.

A share is the customer's own, of its receipts or of its spend; so is the mean amount of a receipt. Recency, frequency
and monetary made the types, and a measure says which of them it follows from: whoever comes often has more days,
categories and channels, and sooner or later a wallet payment. What the tests make of the measures is ``claims``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.warehouse import Session, read_query

CATEGORIES = 10  # the largest major categories; customer_traits.sql has a column for each
_PLACES = """create or replace temp table category_places as
    select category_major, row_number() over (order by sum(amount) desc, category_major) as place
    from customer_spend group by category_major"""
Kind = Literal["number", "share", "flag"]

NUMBERS = {  # column: unit, follows from
    "recency_days": ("days", ()),
    "frequency": ("receipts", ()),
    "visit_days": ("days", ("frequency",)),
    "monetary": ("currency", ()),
    "receipt_amount_own_mean": ("currency", ("frequency", "monetary")),
    "categories_major": ("categories", ("frequency",)),
}
DAYPARTS = {"dawn": (0, 6), "morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24)}
SPANS = {f"{start:02d}-{start + 3:02d}": (start, start + 3) for start in range(6, 22)}  # three hours; 14-17 is S0's
FLAGS = {"gender": (), "age_band": (), "channel_use": ("frequency",), "region": ()}  # every value is a yes or no
MEASURES: Mapping[str, Collection[str] | None] = {  # measure → its categories: none at all, these, or the source's own
    **dict.fromkeys((*NUMBERS, "weekend_share", "online_share", "wallet_user"), ()),
    "daypart_share": tuple(DAYPARTS),
    "hours_share": tuple(SPANS),
    "gender": ("female",),
    **dict.fromkeys(("age_band", "channel_use", "region", "category_share")),
}


@dataclass(frozen=True)
class Measure:
    """One thing that customers differ in.

    Attributes:
        values: one per customer, missing where it is not known.
        follows_from: those of recency_days, frequency and monetary that it goes with by itself.
    """

    name: str
    category: str
    kind: Kind
    unit: str
    values: np.ndarray
    follows_from: tuple[str, ...] = ()


def read_traits(session: Session, snapshot: Snapshot) -> tuple[pd.DataFrame, list[str]]:
    """The clustered customers with their traits, and the names of the largest categories in order."""
    spend = f"create or replace temp table customer_spend as {read_query('customer_spend')}"
    session.execute(spend, **snapshot.parameters)
    session.execute(_PLACES)
    categories = session.rows(
        "select category_major from category_places where place <= :n order by place", n=CATEGORIES
    )
    return session.frame(read_query("customer_traits"), **snapshot.parameters), [name for (name,) in categories]


def measures_of(customers: pd.DataFrame, categories: Sequence[str]) -> Iterator[Measure]:
    """The measures of the rows of ``customer_traits.sql``.

    Args:
        customers: one row per customer.
        categories: names of the major categories in order of their place, at most ten.
    """
    rows = customers.assign(receipt_amount_own_mean=customers["monetary"] / customers["frequency"])
    for name, (unit, follows_from) in NUMBERS.items():
        yield Measure(name, "", "number", unit, rows[name].to_numpy(float), follows_from)
    yield _share("weekend_share", "", rows["weekend_receipts"], rows["receipts"])
    for measure, spans in (("daypart_share", DAYPARTS), ("hours_share", SPANS)):
        for category, (start, end) in spans.items():
            hours = rows[[f"hour_{hour:02d}" for hour in range(start, end)]].sum(axis=1)
            yield _share(measure, category, hours, rows["receipts"])
    yield _share("online_share", "", rows["online_receipts"], rows["channel_receipts"])
    for place, category in enumerate(categories, 1):
        yield _share("category_share", category, rows[f"category_{place:02d}"], rows["category_amount"])
    yield Measure("wallet_user", "", "flag", "share", rows["wallet_user"].to_numpy(float), ("frequency",))
    for column, follows_from in FLAGS.items():
        yield from _flags(column, rows[column], follows_from)


def _share(name: str, category: str, part: pd.Series, whole: pd.Series) -> Measure:
    part, whole = part.to_numpy(float), whole.to_numpy(float)
    share = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    # Returns that are netted can make a category's spend exceed the sum, or fall below 0: no share then.
    return Measure(name, category, "share", "share", np.where((share < 0) | (share > 1), np.nan, share))


def _flags(name: str, column: pd.Series, follows_from: tuple[str, ...]) -> Iterator[Measure]:
    codes, values = pd.factorize(column, sort=True)
    for place, value in enumerate(values):
        if name == "gender" and value != "female":  # the other one says the same
            continue
        flags = np.where(codes < 0, np.nan, (codes == place).astype(float))
        yield Measure(name, str(value), "flag", "share", flags, follows_from)
