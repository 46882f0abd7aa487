"""The facts of a customer's statement: its last months in lines, its lifestyle, the offers that bring it most.

Rows of the tables as they are; how they are worded is ``statement_blocks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crm_assets.contracts.customer_statements import SECTIONS
from crm_assets.explain.customer_lookup import CardError, made_month, why_unknown
from crm_assets.months import last_day, months_between
from crm_assets.warehouse import Session


@dataclass(frozen=True)
class Line:
    """A row of ``customer_statements``."""

    label: str
    amount: Decimal | None
    receipts: int | None
    share: float | None


@dataclass(frozen=True)
class Payee:
    """A row of ``recurring_payments``; ``label`` as the statement's line has it."""

    label: str
    partner_id: str | None
    amount: Decimal
    payments: int
    months: int
    last_paid_on: date
    told_by: str


@dataclass(frozen=True)
class Part:
    """A row of ``offer_match_parts``."""

    category: str
    monthly_spend: Decimal
    monthly_receipts: Decimal
    rate: Decimal
    per_receipt: Decimal
    before_cap: Decimal
    cap: Decimal | None
    after_cap: Decimal


@dataclass(frozen=True)
class MatchedOffer:
    """A row of ``offer_matches`` with the words of ``offers``, and its sum worked out."""

    offer_id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    gross_benefit: Decimal
    capped_benefit: Decimal
    monthly_fee: Decimal
    net_benefit: Decimal
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Statement:
    """A customer's months from ``first_month`` to ``month``.

    Attributes:
        lines: by section, in their order; a section without lines is empty.
        lifestyle: id and name in the language of the tables; None where there are no lifestyles.
        offers: best first.
    """

    customer_id: str
    first_month: date
    month: date
    lines: Mapping[str, tuple[Line, ...]]
    payees: tuple[Payee, ...]
    lifestyle: tuple[str, str] | None
    offers: tuple[MatchedOffer, ...]

    @property
    def as_of(self) -> date:
        return last_day(self.month)

    @property
    def months(self) -> int:
        return months_between(self.first_month, self.month) + 1

    def total(self, section: str) -> Decimal:
        return sum((line.amount for line in self.lines[section] if line.amount is not None), Decimal(0))

    def habit(self, label: str) -> Line | None:
        return next((line for line in self.lines["habits"] if line.label == label), None)


def read_statement(session: Session, customer_id: str, month: date | None = None) -> Statement:
    """The statement of a customer.

    Args:
        month: first day of a month that is made; none = the newest.

    Raises:
        CardError: no month or not that one is made, the customer is unknown at its end, or bought nothing in them.
    """
    month = made_month(session, month)
    at = {"customer": customer_id, "month": month}
    lines: dict[str, list[Line]] = {section: [] for section in SECTIONS}
    for section, *line in session.rows(
        """select section, label, amount, receipts, share from customer_statements
        where month = :month and customer_id = :customer order by section, line_no""",
        **at,
    ):
        lines[section].append(Line(*line))
    if not any(lines.values()):
        raise CardError(_why_none(session, customer_id, month))
    return Statement(
        customer_id=customer_id,
        first_month=_first_month(session, month),
        month=month,
        lines={section: tuple(found) for section, found in lines.items()},
        payees=_payees(session, at),
        lifestyle=_lifestyle(session, at),
        offers=_offers(session, at),
    )


def _first_month(session: Session, month: date) -> date | None:
    """Of the months that the statements of a month tell of; none where it has no statements."""
    return session.scalar("select min(first_month) from customer_statements where month = :month", month=month)


def _why_none(session: Session, customer_id: str, month: date) -> str:
    at = {"customer": customer_id, "month": month}
    if not session.scalar("select count(*) from customer_types where customer_id = :customer and month = :month", **at):
        return why_unknown(session, customer_id, month)
    first = _first_month(session, month)
    if first is None:
        return (
            f"{month:%Y-%m} has no statements in {session.database}: nobody's purchases have a category "
            f"(CRM_LIFESTYLE_CATEGORY), or the month is not made: `crm refresh --months {month:%Y-%m}`."
        )
    last = session.scalar("select max(month) from customer_statements where customer_id = :customer", **at)
    instead = "" if last is None else f" The last month with a statement of it: --month {last:%Y-%m}."
    return f"{customer_id} bought nothing that has a category from {first:%Y-%m} to {month:%Y-%m}.{instead}"


def _payees(session: Session, at: Mapping[str, Any]) -> tuple[Payee, ...]:
    return tuple(
        Payee(*row)
        for row in session.rows(
            """select s.label, r.partner_id, r.amount, r.payments, r.months, r.last_paid_on, r.told_by
            from recurring_payments r
            join customer_statements s on s.month = r.month and s.customer_id = r.customer_id
                and s.section = 'recurring' and s.line_no = r.payee_no
            where r.month = :month and r.customer_id = :customer order by r.payee_no""",
            **at,
        )
    )


def _lifestyle(session: Session, at: Mapping[str, Any]) -> tuple[str, str] | None:
    found = session.rows(
        """select lifestyle_id, lifestyle_name from lifestyle_assignments
        where month = :month and customer_id = :customer""",
        **at,
    )
    return found[0] if found else None


def _offers(session: Session, at: Mapping[str, Any]) -> tuple[MatchedOffer, ...]:
    parts: dict[str, list[Part]] = {}
    for offer_id, *part in session.rows(
        """select offer_id, category, monthly_spend, monthly_receipts, rate, per_receipt, before_cap, cap, after_cap
        from offer_match_parts where month = :month and customer_id = :customer order by offer_id, part""",
        **at,
    ):
        parts.setdefault(offer_id, []).append(Part(*part))
    return tuple(
        MatchedOffer(
            offer_id, {"ko": title_ko, "en": title_en}, {"ko": ko, "en": en}, *sums, tuple(parts.get(offer_id, ()))
        )
        for offer_id, title_ko, title_en, ko, en, *sums in session.rows(
            """select m.offer_id, o.title_ko, o.title_en, o.description_ko, o.description_en, m.gross_benefit,
                m.capped_benefit, m.monthly_fee, m.net_benefit
            from offer_matches m join offers o on o.month = m.month and o.offer_id = m.offer_id
            where m.month = :month and m.customer_id = :customer order by m.rank""",
            **at,
        )
    )
