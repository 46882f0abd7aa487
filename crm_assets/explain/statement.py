"""The statement of one customer, read from the tables: facts. How they are worded is ``statement_words``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crm_assets.explain.customer_lookup import CardError, made_month, why_unknown
from crm_assets.months import add_months, last_day, month_of, months_between
from crm_assets.warehouse import Session

SECTIONS = ("income", "spending", "recurring", "benefit", "habits")


@dataclass(frozen=True)
class Line:
    """A row of ``customer_statements``; what a section does not have is None."""

    label: str | None
    partner_id: str | None
    amount: Decimal | None
    receipts: int | None
    share: float | None


@dataclass(frozen=True)
class OfferPart:
    """A row of ``offer_match_parts``: currency a month, receipts a month, shares of the spend."""

    category: str
    monthly_spend: Decimal
    monthly_receipts: Decimal
    rate: Decimal
    per_receipt: Decimal
    before_cap: Decimal
    cap: Decimal | None
    after_cap: Decimal


@dataclass(frozen=True)
class BestOffer:
    """A row of ``offer_matches`` with its title and description by language; currency a month."""

    title: Mapping[str, str]
    description: Mapping[str, str]
    gross_benefit: Decimal
    capped_benefit: Decimal
    monthly_fee: Decimal
    net_benefit: Decimal
    parts: tuple[OfferPart, ...]


@dataclass(frozen=True)
class Statement:
    """What the last months of a customer were like.

    Attributes:
        first, month: first days of the first and the last month that it tells of.
        lines: section → its lines; a section without any is empty.
        known: sections of which the source knows anything, of whatever customer.
        monthly_recurring: what is paid again and again, a month.
        lifestyle: its name; None where the customer or the month has none.
        has_offers: whether the month has a catalogue.
    """

    customer_id: str
    first: date
    month: date
    lines: Mapping[str, Sequence[Line]]
    known: frozenset[str]
    monthly_recurring: Decimal
    lifestyle: str | None
    has_offers: bool
    offers: tuple[BestOffer, ...]

    @property
    def as_of(self) -> date:
        return last_day(self.month)

    @property
    def months(self) -> int:
        return months_between(self.first, self.month) + 1

    def total(self, section: str) -> Decimal:
        return sum((line.amount for line in self.lines[section] if line.amount is not None), Decimal(0))


def read_statement(
    session: Session, customer_id: str, month: date | None, *, months: int, history_start: date
) -> Statement:
    """The statement of a customer.

    Args:
        month: first day of a month that is made; none = the newest.
        months: that a statement looks back on; never before history_start.

    Raises:
        CardError: no month or not that one is made, or the customer is unknown at its end or bought nothing in the
            months; says which month has a statement.
    """
    month = made_month(session, month)
    at = {"customer": customer_id, "month": month}
    rows = session.rows(
        """select section, label, partner_id, amount, receipts, share from customer_statements
        where month = :month and customer_id = :customer order by section, line_no""",
        **at,
    )
    if not rows:
        raise CardError(_why_none(session, at))
    lines: dict[str, list[Line]] = {section: [] for section in SECTIONS}
    for section, *row in rows:
        lines[section].append(Line(*row))
    known = session.rows("select distinct section from customer_statements where month = :month", month=month)
    return Statement(
        customer_id=customer_id,
        first=max(month_of(history_start), add_months(month, 1 - months)),
        month=month,
        lines=lines,
        known=frozenset(section for (section,) in known),
        monthly_recurring=_one(session, "select recurring_amount from payment_habits", at),
        lifestyle=_one(session, "select lifestyle_name from lifestyle_assignments", at),
        has_offers=bool(session.scalar("select count(*) from offers where month = :month", month=month)),
        offers=_offers(session, at),
    )


def _one(session: Session, select: str, at: Mapping[str, Any]) -> Any:
    found = session.rows(f"{select} where month = :month and customer_id = :customer", **at)
    return found[0][0] if found else None


def _why_none(session: Session, at: Mapping[str, Any]) -> str:
    customer, month = at["customer"], at["month"]
    is_known = "select count(*) from customer_types where month = :month and customer_id = :customer"
    if not session.scalar(is_known, **at):
        return why_unknown(session, customer, month)
    last = session.scalar(
        "select max(month) from customer_statements where customer_id = :customer and month < :month", **at
    )
    remedy = f"The last statement is of {last:%Y-%m}: --month {last:%Y-%m}." if last else "It never had a statement."
    return f"{customer} bought nothing in the months up to {month:%Y-%m} that a statement tells of. {remedy}"


def _offers(session: Session, at: Mapping[str, Any]) -> tuple[BestOffer, ...]:
    parts: dict[str, list[OfferPart]] = {}
    for offer_id, *row in session.rows(
        """select offer_id, category, monthly_spend, monthly_receipts, rate, per_receipt, before_cap, cap, after_cap
        from offer_match_parts where month = :month and customer_id = :customer order by offer_id, part""",
        **at,
    ):
        parts.setdefault(offer_id, []).append(OfferPart(*row))
    return tuple(
        BestOffer({"ko": ko, "en": en}, {"ko": told_ko, "en": told_en}, *sums, parts=tuple(parts.get(offer_id, ())))
        for offer_id, ko, en, told_ko, told_en, *sums in session.rows(
            """select m.offer_id, o.title_ko, o.title_en, o.description_ko, o.description_en,
                m.gross_benefit, m.capped_benefit, m.monthly_fee, m.net_benefit
            from offer_matches m
            join offers o on o.month = m.month and o.offer_id = m.offer_id
            where m.month = :month and m.customer_id = :customer order by m.rank""",
            **at,
        )
    )
