"""The card of one customer as lines of text, in one language. The facts are ``customer_card``'s, the words are data.

A sentence that compares types is the report's own: it is there only where ``segment_claims`` allows it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import timedelta

from crm_assets.charts import LANGUAGES, Pair, Texts, Words
from crm_assets.explain.customer_card import Called, CustomerCard, Line, Receipt
from crm_assets.explain.stated_prediction import ENOUGH, Prediction, Quality, Reason, Score
from crm_assets.explain.strategy_text import strategy_lines
from crm_assets.receipts.landing import shown
from crm_assets.report.blocks import Pen
from crm_assets.report.cards import claim, telling
from crm_assets.report.column_words import column_name, column_value
from crm_assets.report.indices import points
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.segmentation.rfm import Scheme

BAR = 20  # characters of a probability of 1
MOST_TRAITS = 5
DIGITS = 3  # of a contribution


def pen_of(card: CustomerCard, texts: Texts, currency: str, personas: Personas, bands: Scheme) -> Pen:
    """A pen that knows the names of the types and of the bands that the card speaks of.

    Raises:
        ValueError: a type that the personas do not know.
    """
    ids = {card.segment_id, _named_type(card), *(card.prediction.probabilities if card.prediction else ())} - {None}
    types = {i: Pair(*(segment_name(i, personas, language) for language in LANGUAGES)) for i in sorted(ids)}
    named = {band.name: Pair(band.ko, band.en) for band in bands.groups}
    return Pen(texts, {lang: Words(texts, lang, currency, types, named) for lang in LANGUAGES}, card.as_of)


def card_text(card: CustomerCard, pen: Pen, language: str) -> str:
    """The card of a customer; no line holds a control character, whatever the source's names hold.

    Args:
        pen: of ``pen_of``.
        language: ``ko`` or ``en``.
    """
    w = pen.words[language]
    parts = [_who(card, w)]
    if card.lifecycle == "new":
        parts.append(_section(w, "purchases", _purchases(card, w)))
    if card.assigned or card.lifecycle != "new":
        parts.append(_section(w, "type", _type(card, pen, w)))
    if card.window and card.lifecycle != "new":
        parts.append(_section(w, "window", _window(card, w)))
    if card.prediction:
        parts += _answered(card, card.prediction, w)
    elif card.lifecycle == "new":
        parts.append([w.text("explain.no_prediction", reason=pen.texts.translated(card.model_reason))])
    if told := _named_type(card):
        parts.append(_section(w, "traits", _traits(card, pen, w), type=w.segment(told)))
    if card.prediction and card.quality:
        parts.append(_section(w, "quality", _quality(card.prediction, card.quality, w), n=card.receipts))
    if card.called:
        parts.append(_section(w, "indices", [_named_by_index(one, w) for one in card.called]))
    if card.strategies:
        lines = list(strategy_lines(card.strategies, card.claims, pen, w))
        parts.append(_section(w, "strategies", [w.text("explain.refused"), *lines] if card.refused else lines))
    parts.append([_last(card, w)])
    return "\n".join(shown(line) for part in parts for line in [*part, ""]).rstrip("\n")


def _section(w: Words, heading: str, lines: Sequence[str], **values: object) -> list[str]:
    return [w.text(f"explain.{heading}", **values), *(f"  {line}" for line in lines)]


def _who(card: CustomerCard, w: Words) -> list[str]:
    groups = {"person": card.gender, "age_band": card.age_band, "region": card.region}
    known = [w.label(group, value) for group, value in groups.items() if value is not None]
    return [
        w.text("explain.title", customer=card.customer_id, as_of=card.as_of),
        w.text(
            "explain.status",
            lifecycle=w.label("lifecycle", card.lifecycle),
            n=f"{card.receipts:,}",
            last=card.last_purchase,
        ),
        " · ".join(known) or w.text("predictions.who_unknown"),
    ]


def _purchases(card: CustomerCard, w: Words) -> Iterator[str]:
    for receipt in card.purchases:
        yield _receipt(receipt, w)
        yield from (f"  {text}" for text in _table([_line(line, receipt, w) for line in receipt.lines]))
        if more := receipt.line_count - len(receipt.lines):
            yield f"  {w.text('explain.more_lines', n=more)}"


def _receipt(receipt: Receipt, w: Words) -> str:
    known = [
        f"{receipt.purchased_at:%Y-%m-%d %H:%M}",
        w.label("channel", receipt.channel) if receipt.channel else "",
        w.text("explain.partner", id=receipt.partner_id) if receipt.partner_id else "",
        w.figure("currency", float(receipt.amount)),
        w.text("explain.receipt", id=receipt.receipt_id),
    ]
    return " · ".join(part for part in known if part)


def _line(line: Line, receipt: Receipt, w: Words) -> tuple[str, str]:
    names = [name for name in (line.category, line.product) if name]
    if not names and receipt.record_type != "product":
        names = [w.label("record_type", receipt.record_type)]
    return " · ".join(names) or w.text("explain.no_name"), w.figure("currency", float(line.amount))


def _answered(card: CustomerCard, said: Prediction, w: Words) -> Iterator[list[str]]:
    day = card.last_purchase + timedelta(days=said.horizon_days)
    asked = [w.text("explain.asked", days=said.horizon_days, day=day)]
    yield _section(w, "question", [*asked, w.text("explain.passed")] if day <= card.as_of else asked)
    yield _section(w, "answer", list(_answer(said, w)))
    yield _section(w, "marks", _marks(said, w))
    yield _section(w, "why", [*_table(_sum(said, w)), w.text("explain.margin_note")])


def _answer(said: Prediction, w: Words) -> Iterator[str]:
    yield w.text("explain.named", type=w.segment(said.segment_id), probability=w.figure("share", said.probability))
    if said.abstained:
        yield w.text("explain.abstains", floor=w.figure("share", said.min_probability))
    ordered = sorted(said.probabilities.items(), key=lambda item: (-item[1], item[0]))
    rows = [(w.segment(s), w.figure("share", p)) for s, p in ordered]
    # Bars come last: some terminals draw their character twice as wide.
    yield from (f"{text}  {'█' * round(BAR * p)}".rstrip() for text, (_, p) in zip(_table(rows), ordered, strict=True))


def _marks(said: Prediction, w: Words) -> list[str]:
    unknown = w.text("columns.unknown")
    interest = unknown
    if said.interest is not None:
        interest = w.text(f"predictions.interest_{said.interest_source}", name=said.interest)
    # Not the tiers that existing customers have: of a type it is known whether it differs from the others, no more.
    levels = {"expected_loyalty": said.loyalty, "expected_power": said.purchasing_power}
    rows = [("interest", interest), *((n, w.label("expected", v) if v else unknown) for n, v in levels.items())]
    return [f"{w.text(f'words.{name}')}: {value}" for name, value in rows]


def _sum(said: Prediction, w: Words) -> list[tuple[str, str]]:
    rows = [(w.text("explain.base"), said.base), *((_reason(r, w), r.contribution) for r in said.reasons)]
    rows = [(text, round(value, DIGITS)) for text, value in rows]
    margin = round(said.margin, DIGITS)
    # What is left of the rounded figures, so that a reader who adds them up comes to the margin.
    rest = round(margin - sum(value for _, value in rows), DIGITS)
    rows += [(w.text("explain.rest"), rest), (w.text("explain.margin"), margin)]
    return [(text, f"{'−' if value < 0 else '+'}{abs(value):.{DIGITS}f}") for text, value in rows]


def _reason(reason: Reason, w: Words) -> str:
    value = column_value(reason.column, reason.value, w)
    return w.text("explain.reason", column=column_name(reason.column, w), value=value)


def _named_type(card: CustomerCard) -> str | None:
    return card.prediction.segment_id if card.prediction else card.segment_id


def _traits(card: CustomerCard, pen: Pen, w: Words) -> Iterator[str]:
    chosen = telling(card.claims, pen.texts.at("claims.measures"))[:MOST_TRAITS]
    if not chosen:
        yield w.text("claims.nothing")
    for row in chosen:
        told = claim(row, pen, "explain.trait")
        text, evidence = getattr(told.text, w.lang), getattr(told.evidence, w.lang)
        yield f"{text}{' †' if told.mark else ''} ({evidence})"
    if any(row["defines_type"] for row in chosen):
        yield w.text("claims.by_construction")


def _quality(said: Prediction, quality: Quality, w: Words) -> Iterator[str]:
    """Of as many receipts: the cross-check and what became of predictions, the baseline beside each."""
    if quality.cross:
        yield w.text("explain.cross", cut=quality.cut, **_score(quality.cross, w))
        if quality.stated:
            right, count = quality.stated
            yield w.text("explain.stated", right=w.figure("share", right), n=f"{count:,}")
    else:
        yield w.text("explain.no_cross")
    if quality.later:
        yield w.text("explain.later", **_score(quality.later, w))
    else:
        yield w.text("explain.no_later", n=quality.later_known, needed=ENOUGH)
    if quality.later_answered and not said.abstained:
        yield w.text("explain.later_answered", **_score(quality.later_answered, w))
    yield w.text("explain.trained", trained=said.trained_as_of)


def _score(score: Score, w: Words) -> dict[str, str]:
    shares = {name: w.figure("share", getattr(score, name)) for name in ("right", "majority", "hindsight")}
    return shares | {"n": f"{score.base:,}"}


def _type(card: CustomerCard, pen: Pen, w: Words) -> Iterator[str]:
    if found := card.assigned:
        month = getattr(pen.month(found.since), w.lang)
        yield w.text("explain.since", type=w.segment(found.segment_id), month=month)
        yield w.text("explain.distance", distance=f"{found.distance:.2f}")
        if found.is_outlier:
            yield w.text("explain.outlier", feature=w.label("feature", str(found.outlier_feature)))
    elif card.carried_from and card.segment_id:
        month = getattr(pen.month(card.carried_from), w.lang)
        yield w.text("explain.carried", type=w.segment(card.segment_id), month=month)
    else:
        yield w.text("explain.untyped")


def _window(card: CustomerCard, w: Words) -> Iterator[str]:
    found = card.window
    for name, unit, value, score in (
        ("recency_days", "days", found.recency_days, found.r_score),
        ("frequency", "receipts", found.frequency, found.f_score),
        ("monetary", "currency", float(found.monetary), found.m_score),
    ):
        yield w.text("explain.scored", feature=w.label("feature", name), value=w.figure(unit, value), score=score)
    yield w.text("explain.grade", band=w.band(found.rfm_band), grade=found.rfm_grade)
    if found.churn_risk is None:
        yield w.text("explain.no_rhythm")
    else:
        usual = w.figure("days", found.interval_days)
        yield w.text("explain.churn", interval=usual, ratio=f"{found.churn_risk:.1f}")
    known = {"loyalty": found.loyalty, "purchasing_power": found.purchasing_power}
    if found.interest_category:
        yield f"{w.text('attributes.facts.interest_category')}: {found.interest_category}"
    yield from (f"{w.text(f'attributes.facts.{n}')}: {w.label(n, v)}" for n, v in known.items() if v)


def _named_by_index(one: Called, w: Words) -> str:
    label, title = (getattr(pair, w.lang) for pair in (one.label, one.title))
    if one.score is not None:
        return w.text("explain.scored_index", label=label, title=title, score=f"{one.score:.0f}")
    shares = {n: w.figure("share", getattr(one, n)) for n in ("share", "population_share")}
    return w.text("explain.index", label=label, title=title, points=points(one.index_pp), **shares)


def _last(card: CustomerCard, w: Words) -> str:
    """What the type rests on, and that nothing later was read."""
    kinds = {"assigned": "found", "carried": "past", "none": "nothing_said"}
    kind = "guess" if card.prediction else kinds[card.source]
    return w.text(f"explain.{kind}", n=card.receipts, as_of=card.as_of)


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns, the second flush right, as wide as a terminal draws them."""
    left, right = (max((_width(row[i]) for row in rows), default=0) for i in (0, 1))
    return [a + " " * (left - _width(a) + 2 + right - _width(b)) + b for a, b in rows]


def _width(text: str) -> int:
    """Cells of a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
