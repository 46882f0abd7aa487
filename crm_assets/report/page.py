"""Blocks to one HTML text: the template's filling, the charts' JSON, the policy that forbids every request."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from crm_assets.charts import Pair, Texts
from crm_assets.report import (
    activity,
    attributes,
    bands,
    baskets,
    cards,
    clusters,
    customers,
    grades,
    hybrids,
    indices,
    leads,
    lifestyles,
    loyalty,
    movement,
    recommendations,
    results,
    retention,
    types,
)
from crm_assets.report.blocks import Coloured, Lines, Pen, Section, Strip
from crm_assets.report.data import ReportData
from crm_assets.report.model import model
from crm_assets.report.predictions import predictions

HERE = Path(__file__).parent
OF_TYPES = {"cards", "loyalty", "hybrids", "profiles", "activity"}


def build_report(data: ReportData, texts: Texts) -> str:
    """The month's report as one self-contained HTML text; the same data give the same bytes."""
    pen = Pen.of(data, texts)
    sections = _sections(data, pen)
    figures = {p.id: p.figures for s in sections for p in s.panels if p.figures}
    scripts = {"plotly": get_plotlyjs(), "app": _file("report.js")}
    month = pen.month(data.month)
    return (
        _environment()
        .get_template("template.html")
        .render(
            text=pen.text,
            sections=sections,
            month=month,
            as_of=data.as_of.isoformat(),
            window=None if data.window_start is None else data.window_start.isoformat(),
            source=Pair(data.source["ko"], data.source["en"]),
            title=pen.text("page.title", source=Pair(data.source["ko"], data.source["en"]), month=month),
            css=Markup(_file("report.css")),
            policy=policy(scripts.values()),
            scripts={name: Markup(code) for name, code in scripts.items()},
            charts=Markup(charts_json(figures)),
        )
    )


def _sections(data: ReportData, pen: Pen) -> list[Section]:
    made = [
        customers.overview(data, pen),
        types.types(data, pen),
        cards.cards(data, pen),
        movement.movement(data, pen),
        retention.retention(data, pen),
        lifestyles.lifestyles(data, pen),
        baskets.baskets(data, pen),
        recommendations.recommendations(data, pen),
        results.results(data, pen),
        indices.indices(data, pen),
        bands.bands(data, pen),
        loyalty.loyalty(data, pen),
        hybrids.hybrids(data, pen),
        predictions(data, pen),
        leads.leads(data, pen),
        types.profiles(data, pen),
        attributes.attributes(data, pen),
        activity.activity(data, pen),
        grades.grades(data, pen),
        model(data, pen),
        clusters.quality(data, pen),
        customers.intake(data, pen),
    ]
    # Without types one section says why; the others about them would only repeat it.
    return [s for s in made if s is not None and (data.has_types or s.id not in OF_TYPES)]


def charts_json(figures: dict[str, dict]) -> str:
    """Every chart in every language, safe inside a script element whatever names the files held."""
    plain = {i: {lang: f.to_plotly_json() for lang, f in by_lang.items()} for i, by_lang in figures.items()}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=list)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def policy(scripts) -> str:
    """A content security policy: only these very scripts run, and nothing is fetched from anywhere."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    rules = ("style-src 'unsafe-inline'", "img-src data: blob:", "base-uri 'none'", "form-action 'none'")
    return "; ".join(["default-src 'none'", f"script-src {hashes}", *rules])


def both(value: str | Pair) -> Markup:
    """A text in both languages, of which the page shows one; a plain text once."""
    if isinstance(value, Pair) and value.ko == value.en:
        value = value.ko
    if not isinstance(value, Pair):
        return _unbroken(value)
    return Markup('<span lang="ko">{}</span><span lang="en">{}</span>').format(_unbroken(value.ko), _unbroken(value.en))


def _unbroken(text: str) -> Markup:
    """Escaped, with dates and ranges (2021-12-31, 4–17일) kept on one line."""
    return Markup(re.sub(r"\d+(?:[–-]\d+)+\w*", r'<span class="whole">\g<0></span>', str(escape(text))))


def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters["both"] = both
    env.tests["strip"] = lambda value: isinstance(value, Strip)
    env.tests["lines"] = lambda value: isinstance(value, Lines)
    env.tests["coloured"] = lambda value: isinstance(value, Coloured)
    return env


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
