"""Profile cards: who a type is, in figures, and what sets it apart, in sentences that the evidence allows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.charts.style import segment_colour
from crm_assets.report.blocks import Claim, Panel, Pen, Profile, Section, Table, joined, p_value, signed
from crm_assets.report.data import ReportData

TABLE = "segment_claims"
MOST_TAGS, MOST_CLAIMS, OPEN_ROWS = 6, 9, 12
SYMBOLS = {"cliffs_delta": "δ", "cohens_h": "h"}
FIGURES = {  # what a card opens with, beside its size: word and measure of segment_profiles
    "revenue_share": "revenue_share",
    "recency": "recency_days_mean",
    "frequency": "frequency_mean",
    "monetary": "monetary_mean",
}


def cards(data: ReportData, pen: Pen) -> Section:
    """One card per type."""
    title, rows = pen.text("claims.title"), data.table(TABLE)
    if rows.empty or not data.has_types:
        return Section("cards", title, note=pen.text("claims.none"))
    lead = [pen.text("claims.lead", tests=f"{int(rows['p'].notna().sum()):,}")]
    method = [
        pen.text("claims.unit"),
        pen.text("claims.most_rule"),
        pen.text("claims.construction"),
        pen.text("claims.map"),
        *_absent(rows, pen),
    ]
    ids = charts.ordered(rows, pen.words["ko"])
    panels = [_grid(rows[rows["allowed"].astype(bool)], pen)] if rows["allowed"].any() else []
    return Section("cards", title, lead, panels, profiles=[profile(data, rows, s, pen) for s in ids], after=method,
        source=pen.source("segment_profiles, segment_claims"),
    )  # fmt: skip


def _absent(rows: pd.DataFrame, pen: Pen) -> list[Pair]:
    """Measures that the catalogue knows and the month could not test."""
    tested, catalogue = set(rows["measure"]), pen.texts.at("claims.measures")
    names = [
        pen.text(f"claims.measures.{measure}.{'whole' if 'whole' in entry else 'name'}")
        for measure, entry in catalogue.items()
        if measure not in tested
    ]
    if not names:
        return []
    return [pen.text("claims.absent", names=joined(names))]


def profile(data: ReportData, rows: pd.DataFrame, segment: str, pen: Pen) -> Profile:
    """The card of a type.

    Args:
        rows: segment_claims of the month.
    """
    chosen = telling(rows[rows["segment_id"] == segment], pen.texts.at("claims.measures"))
    customers, share = (_figure(data, pen, m, segment) for m in ("customers", "customer_share"))
    return Profile(
        name=pen.segment(segment),
        colour=segment_colour(segment, list(pen.words["ko"].segments)),
        size=pen.text("overview.share_note", customers=customers, share=share),
        values=[(pen.text(f"words.{w}"), _figure(data, pen, m, segment)) for w, m in FIGURES.items()],
        places=_places(data, segment, pen),
        place_text=pen.text("claims.map"),
        tags=[_tag(row, pen) for row in chosen[:MOST_TAGS]],
        claims=[claim(row, pen) for row in chosen[:MOST_CLAIMS]],
        note=None if chosen else pen.text("claims.nothing"),
    )


def telling(rows: pd.DataFrame, catalogue: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The allowed claims of a type, one per group of measures, the strongest first.

    Of categories (ages, hours) one that is above the others says more than one that is below.
    """
    allowed = rows[rows["allowed"].astype(bool)]
    known = allowed[allowed["measure"].isin(list(catalogue))]
    order = known.assign(
        group=known["measure"].map(lambda m: catalogue[m]["group"]),
        second=(known["category"] != "") & (known["direction"] == "below"),
    ).sort_values(["second", "rank"])
    return order.drop_duplicates("group").sort_values("rank").to_dict("records")


def _figure(data: ReportData, pen: Pen, measure: str, segment: str) -> Pair:
    rows = data.measure(measure)
    rows = rows[rows["segment_id"] == segment]
    return pen.figure(str(rows["unit"].iloc[0]), float(rows["value"].iloc[0])) if len(rows) else Pair("–", "–")


def _places(data: ReportData, segment: str, pen: Pen) -> list[tuple[float, float, str, bool]]:
    """Every type by mean receipts and mean spend, on log scales from the least to the most; this one last, on top."""
    known = list(pen.words["ko"].segments)
    across, up = (_scaled(data.measure(measure)) for measure in ("frequency_mean", "monetary_mean"))
    ids = sorted(across.keys() & up.keys(), key=lambda s: (s == segment, s))
    return [(across[s], up[s], segment_colour(s, known), s == segment) for s in ids]


def _scaled(rows: pd.DataFrame) -> dict[str, float]:
    rows = rows[(rows["segment_id"] != "all") & (rows["value"] > 0)]
    logs = {s: math.log(v) for s, v in zip(rows["segment_id"], rows["value"].astype(float), strict=True)}
    low, high = min(logs.values(), default=0.0), max(logs.values(), default=0.0)
    return {s: (v - low) / (high - low) if high > low else 0.5 for s, v in logs.items()}


def _tag(row: Mapping[str, Any], pen: Pen) -> Pair:
    return pen.text(f"claims.measures.{row['measure']}.{row['direction']}.tag", name=_category(row, pen))


def claim(row: Mapping[str, Any], pen: Pen, evidence_text: str = "claims.evidence") -> Claim:
    """The sentence of an allowed claim, with its evidence, in as many figures as the text takes up."""
    at = f"claims.measures.{row['measure']}"
    how = "most" if row.get("is_extreme") else "more"
    subject = pen.text(f"{at}.subject", name=_category(row, pen))
    word = pen.text(f"{at}.{row['direction']}.{how}")
    evidence = pen.text(
        evidence_text,
        value=pen.figure(row["unit"], float(row["value"])),
        others=pen.figure(row["unit"], float(row["value_others"])),
        symbol=SYMBOLS[row["effect_kind"]],
        effect=signed(row["effect"]),
        p=p_value(row["p_adjusted"]),
    )
    mark = pen.text("claims.by_construction") if row.get("defines_type") else None
    return Claim(pen.text(f"claims.{how}", subject=subject, word=word), evidence, mark)


def _category(row: Mapping[str, Any], pen: Pen) -> Pair:
    return _label(str(row["measure"]), str(row["category"]), pen)


def _label(measure: str, category: str, pen: Pen) -> Pair:
    """A category's word within a sentence, which may differ from its word in a legend."""
    special = f"claims_{measure}"
    return pen.label(special if category in pen.texts.order(special) else measure, category)


def _named(measure: str, category: str, pen: Pen) -> Pair:
    known = pen.texts.at("claims.measures")
    label = _label(measure, category, pen)
    if measure not in known:
        return Pair(f"{measure} {label.ko}".strip(), f"{measure} {label.en}".strip())
    return pen.text(f"claims.measures.{measure}.name", name=label)


def _grid(allowed: pd.DataFrame, pen: Pen) -> Panel:
    """All allowed claims at a glance, and in figures below."""
    keys = _in_order({(str(m), str(c)) for m, c in zip(allowed["measure"], allowed["category"], strict=True)}, pen)

    def chart(w):
        names = {k: getattr(_named(*k, pen), w.lang) for k in keys}
        return charts.claim_grid(allowed, w, names)

    caption = pen.text("claims.grid_caption")
    return Panel("cards-grid", pen.text("claims.grid"), caption, _table(allowed, pen), pen.draw(chart), wide=True)


def _in_order(keys: set[tuple[str, str]], pen: Pen) -> list[tuple[str, str]]:
    """By the catalogue, then by the known order of the categories, then by name."""

    def place(key: tuple[str, str]) -> tuple:
        known, categories = list(pen.texts.at("claims.measures")), pen.texts.order(key[0])
        measure = known.index(key[0]) if key[0] in known else len(known)
        return measure, categories.index(key[1]) if key[1] in categories else len(categories), key

    return sorted(keys, key=place)


def _table(allowed: pd.DataFrame, pen: Pen) -> Table:
    words = ("type", "measure", "direction", "value", "others", "effect", "effect_size", "p_adjusted", "customers_n")
    rows = [
        [
            pen.segment(row["segment_id"]),
            _named(str(row["measure"]), str(row["category"]), pen),
            pen.text(f"claims.{row['direction']}"),
            pen.figure(row["unit"], float(row["value"])),
            pen.figure(row["unit"], float(row["value_others"])),
            f"{SYMBOLS[row['effect_kind']]} {signed(row['effect'])}",
            pen.label("effect_size", str(row["effect_size"])),
            p_value(row["p_adjusted"]),
            f"{int(row['n']):,}",
        ]
        for s in charts.ordered(allowed, pen.words["ko"])
        for row in allowed[allowed["segment_id"] == s].sort_values("rank").to_dict("records")
    ]
    return replace(pen.table(TABLE, [pen.text(f"words.{w}") for w in words], rows, names=3), limit=OPEN_ROWS * 4)
