"""The statement of one customer in the words of one language: parts that a text or a page lays out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm_assets.charts import Words
from crm_assets.explain.statement import BestOffer, Line, OfferPart, Statement
from crm_assets.receipts.landing import shown

PARTNER = "partner "  # how category_spend names a service that no product file describes


@dataclass(frozen=True)
class Grid:
    """Rows under a heading: the first cell is a name, the others are figures.

    Attributes:
        shares: of the rows, 0–1, for a bar; empty where a bar would say nothing.
        closing: the last row is the sum of the others.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...] = ()
    closing: bool = False


@dataclass(frozen=True)
class Part:
    """A section: its heading, its grid if it has one, and sentences."""

    id: str
    title: str
    before: tuple[str, ...] = ()
    grid: Grid | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A statement in one language; every text is safe for a terminal, none is escaped for HTML."""

    language: str
    title: str
    about: str
    tiles: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    closing: str


def statement_page(statement: Statement, w: Words) -> Page:
    """A statement in the language of the words."""
    has_income = bool(statement.lines["income"])
    return Page(
        language=w.lang,
        title=w.text("statement.title" if has_income else "statement.title_spending", n=statement.months),
        about=w.text(
            "statement.about", customer=shown(statement.customer_id), first=statement.first, as_of=statement.as_of
        ),
        tiles=tuple(_tiles(statement, w)),
        parts=tuple(_parts(statement, w)),
        closing=w.text("statement.closing", as_of=statement.as_of),
    )


def _tiles(statement: Statement, w: Words) -> Iterator[tuple[str, str]]:
    for section in ("income", "spending", "benefit"):
        if statement.lines[section]:
            yield w.text(f"statement.tiles.{section}"), _money(w, statement.total(section))
    if statement.lines["recurring"]:
        yield w.text("statement.tiles.recurring"), _money(w, statement.monthly_recurring)


def _parts(statement: Statement, w: Words) -> Iterator[Part]:
    for section in ("income", "spending", "recurring", "benefit"):
        if lines := statement.lines[section]:
            total = statement.total(section)
            yield Part(section, _heading(w, section), grid=_amounts(section, lines, total, w), after=_notes(section, w))
        elif section in statement.known or section == "recurring":
            yield Part(section, _heading(w, section), before=(w.text(f"statement.none.{section}"),))
    yield Part("habits", _heading(w, "habits"), before=tuple(_habits(statement.lines["habits"], w)))
    if statement.lifestyle is not None:
        told = w.text("statement.lifestyle", name=shown(statement.lifestyle))
        yield Part("lifestyle", _heading(w, "lifestyle"), before=(told,))
    if statement.offers:
        yield Part("offers", _heading(w, "offers"), before=(w.text("statement.offers_lead"),))
        for rank, offer in enumerate(statement.offers, 1):
            yield _offer(rank, offer, w)
    elif statement.has_offers:
        yield Part("offers", _heading(w, "offers"), before=(w.text("statement.none.offers"),))


def _heading(w: Words, section: str) -> str:
    return w.text(f"statement.headings.{section}")


def _notes(section: str, w: Words) -> tuple[str, ...]:
    return (w.text("statement.recurring_note"),) if section == "recurring" else ()


def _amounts(section: str, lines: Sequence[Line], total: Decimal, w: Words) -> Grid:
    header = tuple(w.text(f"statement.columns.{name}") for name in (section, f"{section}_count", "amount", "share"))
    rows = [
        (_name(line, w), _count(w, line.receipts), _money(w, line.amount), w.figure("share", line.share))
        for line in lines
    ]
    shares = tuple(line.share or 0.0 for line in lines)
    if len(rows) > 1:
        whole = sum(shares) if section == "recurring" else 1.0
        rows.append((w.text("statement.sum"), "", _money(w, total), w.figure("share", whole)))
    return Grid(header, tuple(rows), shares, closing=len(rows) > len(lines))


def _name(line: Line, w: Words) -> str:
    """A category, a kind of income or a payee, as the source writes it."""
    name = None if line.label is None else _category(line.label, w)
    partner = None if line.partner_id is None else w.text("statement.partner", id=shown(line.partner_id))
    return " · ".join(dict.fromkeys(n for n in (name, partner) if n)) or w.text("statement.no_category")


def _category(label: str, w: Words) -> str:
    if label.startswith(PARTNER):
        return w.text("statement.partner", id=shown(label.removeprefix(PARTNER)))
    return shown(label)


def _habits(lines: Sequence[Line], w: Words) -> Iterator[str]:
    for line in lines:
        values = {
            "n": _count(w, line.receipts),
            "share": w.figure("share", line.share),
            "amount": _money(w, line.amount),
        }
        yield w.text(f"statement.habits.{line.label}", **values)


def _offer(rank: int, offer: BestOffer, w: Words) -> Part:
    """The sum worked out: each benefit under its own cap, all under the offer's, less a month of the fee."""
    rows = [(_worked(part, w), _money(w, part.after_cap)) for part in offer.parts]
    if offer.capped_benefit < offer.gross_benefit:
        less = offer.gross_benefit - offer.capped_benefit
        rows.append((w.text("statement.over_cap", cap=_money(w, offer.capped_benefit)), _money(w, -less)))
    if offer.monthly_fee:
        rows.append((w.text("statement.fee"), _money(w, -offer.monthly_fee)))
    rows.append((w.text("statement.net"), _money(w, offer.net_benefit)))
    header = (w.text("statement.columns.worked"), w.text("statement.columns.a_month"))
    return Part(
        "offer",
        w.text("statement.offer", rank=rank, title=shown(offer.title[w.lang]), net=_money(w, offer.net_benefit)),
        before=(shown(offer.description[w.lang]),),
        grid=Grid(header, tuple(rows), closing=True),
    )


def _worked(part: OfferPart, w: Words) -> str:
    factors = []
    if part.rate:
        spend = _money(w, part.monthly_spend)
        factors.append(w.text("statement.of_spend", spend=spend, rate=f"{part.rate * 100:f}".rstrip("0").rstrip(".")))
    if part.per_receipt:
        count = f"{part.monthly_receipts:.1f}"
        factors.append(w.text("statement.of_receipts", n=count, each=_money(w, part.per_receipt)))
    worked = f"{_category(part.category, w)}: {' + '.join(factors)}"
    if part.cap is not None and part.cap < part.before_cap:
        worked += w.text("statement.capped", before=_money(w, part.before_cap), cap=_money(w, part.cap))
    return worked


def _money(w: Words, amount: Decimal | None) -> str:
    return w.figure("currency", None if amount is None else float(amount))


def _count(w: Words, count: int | None) -> str:
    return "" if count is None else w.figure("receipts", int(count))
