"""Which customer and which month are meant; why there is none, and which there are instead."""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import date

from crm_assets.contracts.base import literal
from crm_assets.months import add_months
from crm_assets.warehouse import Session

LONGEST_ID = 40  # characters of an id for which one that resembles it is sought
NEAR = 3  # such ids, at most


class CardError(ValueError):
    """A card that there is not: says why and the remedy."""


def made_month(session: Session, month: date | None) -> date:
    """The month, if it is made; of none the newest.

    Raises:
        CardError: it is not, or there is none; names those that are.
    """
    months = [m for (m,) in session.rows("select distinct month from customer_types order by month")]
    if not months:
        raise CardError(f"{session.database} holds no month yet. Run `crm refresh` first.")
    if month is None:
        return months[-1]
    if month not in months:
        raise CardError(
            f"{month:%Y-%m} is not in {session.database}, which holds {_spans(months)}. `crm refresh` makes what is "
            "missing."
        )
    return month


def _spans(months: Sequence[date]) -> str:
    """``2020-12 to 2021-03, 2021-05``: sorted months, those that follow each other as one."""
    spans: list[list[date]] = []
    for month in months:
        if spans and month == add_months(spans[-1][-1], 1):
            spans[-1].append(month)
        else:
            spans.append([month])
    return ", ".join(f"{s[0]:%Y-%m}" + (f" to {s[-1]:%Y-%m}" if len(s) > 1 else "") for s in spans)


def why_unknown(session: Session, customer_id: str, month: date) -> str:
    """Why there is no such customer at the end of the month: it came later, or the id is another."""
    first = session.scalar("select min(month) from customer_types where customer_id = :customer", customer=customer_id)
    if first is not None:
        return f"{customer_id} has no receipt up to {month:%Y-%m}, but from {first:%Y-%m} on: --month {first:%Y-%m}."
    near = _near(session, customer_id, month)
    return (
        f"no customer {customer_id!r} has a receipt up to {month:%Y-%m}"
        + (f"; did you mean {' or '.join(near)}? " if near else ". ")
        + f"Ids are in the table customer_types of {session.database}."
    )


def _near(session: Session, customer_id: str, month: date) -> list[str]:
    """Known ids that are one slip of the finger away: a character wrong, missing, doubled, or two changed over."""
    if not 0 < len(customer_id) <= LONGEST_ID:
        return []
    parts = [(customer_id[:i], customer_id[i:]) for i in range(len(customer_id) + 1)]
    letters = string.digits + string.ascii_uppercase
    tried = {customer_id.strip(), customer_id.upper()}
    for a, b in parts:
        tried |= {a + b[1:], a + b[1:2] + b[:1] + b[2:]}
        tried |= {a + letter + rest for letter in letters for rest in (b, b[1:])}
    listed = ", ".join(literal(text) for text in sorted(tried))
    found = session.rows(
        f"select customer_id from customer_types where month = :month and customer_id in ({listed}) "
        f"order by customer_id limit {NEAR}",
        month=month,
    )
    return [customer for (customer,) in found]
