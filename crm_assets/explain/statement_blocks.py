"""A customer's statement in words of one language: headings, small tables, notes. Looks are ``statement_page``'s."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm_assets.charts import Words
from crm_assets.explain.customer_statement import Line, MatchedOffer, Part, Statement
from crm_assets.lifestyle.personas import Lifestyles

PARTNER = "partner "  # of a category that is a partner, as category_spend writes it
OTHER = "other"  # of benefits without a category


@dataclass(frozen=True)
class Block:
    """A part of the page.

    Attributes:
        level: 1 = a section, 2 = within the section before.
        lead: sentences under the heading.
        rows: the first cell is a name, the others stand right; none = no table.
        sums: how many of the last rows are sums.
        words: number of the column, the first being 0, that holds words and may take several lines on a narrow screen.
    """

    heading: str
    level: int = 1
    lead: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sums: int = 0
    words: int = 0
    note: str = ""


@dataclass(frozen=True)
class Page:
    """A whole statement."""

    lang: str
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    closing: str


def statement_page(facts: Statement, w: Words, lifestyles: Lifestyles) -> Page:
    """The statement's words.

    Args:
        w: words of the language, with the currency of the source.
        lifestyles: personas, whose names and lines are in both languages.
    """
    kind = ("_one" if facts.months == 1 else "") + ("" if facts.lines["income"] else "_no_income")
    blocks = (
        _summary(facts, w),
        _income(facts, w),
        _spending(facts, w),
        _recurring(facts, w),
        _benefits(facts, w),
        _habits(facts, w),
        _lifestyle(facts, w, lifestyles),
        *_offers(facts, w),
    )
    return Page(
        lang=w.lang,
        title=_say(w, f"title{kind}", months=facts.months),
        subtitle=_say(w, "subtitle", customer=facts.customer_id, first=facts.first_month, as_of=facts.as_of),
        blocks=blocks,
        closing=_say(w, "closing", as_of=facts.as_of),
    )


def _say(w: Words, key: str, **values: object) -> str:
    return w.text(f"statement.{key}", **values)


def _money(w: Words, amount: Decimal) -> str:
    return w.figure("currency", float(amount))


def _category(w: Words, label: str) -> str:
    if label.startswith(PARTNER):
        return _say(w, "partner", id=label.removeprefix(PARTNER))
    return _say(w, "other") if label == OTHER else label


def _summary(facts: Statement, w: Words) -> Block:
    spent = facts.total("spending")
    rows = [("went_out", spent)]
    if facts.lines["income"]:
        came = facts.total("income")
        rows = [("came_in", came), *rows, ("left", came - spent)]
    rows += [("recurring_month", facts.total("recurring"))] if facts.payees else []
    rows += [("got_back", facts.total("benefit"))] if facts.lines["benefit"] else []
    return Block(
        _say(w, "summary"),
        rows=tuple((_say(w, name), _money(w, amount)) for name, amount in rows),
        note=_say(w, "left_note") if facts.lines["income"] else "",
    )


def _income(facts: Statement, w: Words) -> Block:
    if not facts.lines["income"]:
        return Block(_say(w, "income"), lead=(_say(w, "no_income"),))
    header = (_say(w, "kind"), _say(w, "times"), _say(w, "amount"), _say(w, "share"))
    return _listed(facts, w, "income", header)


def _spending(facts: Statement, w: Words) -> Block:
    header = (_say(w, "category"), _say(w, "receipts"), _say(w, "amount"), _say(w, "share"))
    return _listed(facts, w, "spending", header, _say(w, "spending_note"))


def _benefits(facts: Statement, w: Words) -> Block:
    if not facts.lines["benefit"]:
        return Block(_say(w, "benefit"), lead=(_say(w, "no_benefit"),))
    header = (_say(w, "category"), _say(w, "receipts"), _say(w, "amount"), _say(w, "share"))
    return _listed(facts, w, "benefit", header)


def _listed(facts: Statement, w: Words, section: str, header: tuple[str, ...], note: str = "") -> Block:
    rows = [_row(line, w, section) for line in facts.lines[section]]
    total = (_say(w, "total"), "", _money(w, facts.total(section)), "")
    return Block(_say(w, section), header=header, rows=(*rows, total), sums=1, note=note)


def _row(line: Line, w: Words, section: str) -> tuple[str, ...]:
    name = line.label if section == "income" else _category(w, line.label)
    return name, w.figure("receipts", line.receipts), _money(w, line.amount), w.figure("share", line.share)


def _recurring(facts: Statement, w: Words) -> Block:
    if not facts.payees:
        return Block(_say(w, "recurring"), lead=(_say(w, "no_recurring"),))
    rows = []
    for payee in facts.payees:
        name = _category(w, payee.label)
        if payee.partner_id is not None and not payee.label.startswith(PARTNER):
            name = f"{name} · {payee.partner_id}"
        times = w.figure("receipts", payee.payments)
        rows.append((name, _money(w, payee.amount), times, str(payee.last_paid_on), _say(w, payee.told_by)))
    names = ("payee", "a_month", "times", "last_paid", "told_by")
    total = (_say(w, "total"), _money(w, facts.total("recurring")), "", "", "")
    return Block(
        _say(w, "recurring"),
        header=tuple(_say(w, name) for name in names),
        rows=(*rows, total),
        sums=1,
        words=4,
        note=_say(w, "recurring_note"),
    )


def _habits(facts: Statement, w: Words) -> Block:
    told, receipts, low = [], facts.habit("receipts"), facts.habit("low_value")
    if receipts and low:
        told.append(
            _say(
                w,
                "low_value",
                n=w.figure("receipts", receipts.receipts),
                limit=_money(w, low.amount),
                small=w.figure("receipts", low.receipts),
                share=w.figure("share", low.share),
            )
        )
    if found := facts.habit("not_present"):
        said = {"n": w.figure("receipts", found.receipts), "share": w.figure("share", found.share)}
        told.append(_say(w, "not_present", **said))
    return Block(_say(w, "habits"), lead=tuple(told))


def _lifestyle(facts: Statement, w: Words, lifestyles: Lifestyles) -> Block:
    heading = _say(w, "lifestyle")
    if facts.lifestyle is None:
        return Block(heading, lead=(_say(w, "no_lifestyle"),))
    lifestyle_id, name = facts.lifestyle
    persona = lifestyles.by_id.get(lifestyle_id)
    if persona is None:
        return Block(heading, lead=(name,))
    return Block(heading, lead=(persona.name[w.lang] if persona.name else name, persona.line[w.lang]))


def _offers(facts: Statement, w: Words) -> Iterator[Block]:
    said = "offers_note" if facts.offers else "no_offers"
    yield Block(_say(w, "offers"), lead=(_say(w, said),))
    header = (_say(w, "category"), _say(w, "worked"), _say(w, "a_month_benefit"))
    for rank, offer in enumerate(facts.offers, 1):
        parts, sums = [_part(part, w) for part in offer.parts], _sums(offer, w)
        yield Block(
            _say(w, "offer", rank=rank, title=offer.title[w.lang]),
            level=2,
            lead=(offer.description[w.lang],),
            header=header,
            rows=(*parts, *sums),
            sums=len(sums),
            words=1,
        )


def _part(part: Part, w: Words) -> tuple[str, ...]:
    terms = []
    if part.rate:
        terms.append(_say(w, "by_rate", spend=_money(w, part.monthly_spend), rate=f"{float(part.rate) * 100:.4g}%"))
    if part.per_receipt:
        times = w.figure("receipts", float(part.monthly_receipts))
        terms.append(_say(w, "by_receipt", receipts=times, each=_money(w, part.per_receipt)))
    worked = " + ".join(terms)
    if part.cap is not None and part.after_cap < part.before_cap:
        worked = _say(w, "at_most", worked=worked, cap=_money(w, part.cap))
    return _categories(w, part.category), worked, _money(w, part.after_cap)


def _categories(w: Words, text: str) -> str:
    """The categories of a benefit, of which offer_match_parts names the first and counts the others (``a +7``)."""
    several = re.fullmatch(r"(.*) \+(\d+)", text)
    if several is None:
        return _category(w, text)
    return _say(w, "and_more", first=_category(w, several[1]), n=several[2])


def _sums(offer: MatchedOffer, w: Words) -> Sequence[tuple[str, ...]]:
    rows = [("sum_of_parts", offer.gross_benefit)] if len(offer.parts) > 1 else []
    if offer.capped_benefit < offer.gross_benefit:
        rows.append(("monthly_cap", offer.capped_benefit))
    if offer.monthly_fee:
        rows.append(("fee", -offer.monthly_fee))
    rows.append(("net", offer.net_benefit))
    return [(_say(w, name), "", _money(w, amount)) for name, amount in rows]
