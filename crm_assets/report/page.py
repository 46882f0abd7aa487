"""Blocks to one HTML text: the template's filling, the charts' JSON, the policy that forbids every request."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from crm_assets.charts import Pair, Texts
from crm_assets.report.blocks import Coloured, Lines, Pen, Strip
from crm_assets.report.data import ReportData
from crm_assets.report.front import front
from crm_assets.report.pages import pages
from crm_assets.report.search import as_json, searched

HERE = Path(__file__).parent
STYLES = ("report.css", "pages.css", "front.css")


def build_report(data: ReportData, texts: Texts) -> str:
    """The month's report as one self-contained HTML text; the same data give the same bytes."""
    pen = Pen.of(data, texts)
    made, customers = pages(data, pen), searched(data, pen)
    figures = {p.id: p.figures for page in made for s in page.sections for p in s.panels if p.figures}
    scripts = {
        "pages": _file("pages.js"),
        "plotly": get_plotlyjs(),
        "charts": _file("report.js"),
        "search": _file("search.js"),
    }
    month = pen.month(data.month)
    return (
        _environment()
        .get_template("template.html")
        .render(
            text=pen.text,
            pages=made,
            page_ids={page.id for page in made},
            front=front(data, pen),
            customers=None if customers is None else len(customers["customers"]),
            month=month,
            as_of=data.as_of.isoformat(),
            window=None if data.window_start is None else data.window_start.isoformat(),
            source=Pair(data.source["ko"], data.source["en"]),
            title=pen.text("page.title", source=Pair(data.source["ko"], data.source["en"]), month=month),
            css=Markup("\n".join(_file(name) for name in STYLES)),
            policy=policy(scripts.values()),
            scripts={name: Markup(code) for name, code in scripts.items()},
            charts=Markup(charts_json(figures)),
            searched=Markup(as_json(customers)),
        )
    )


def charts_json(figures: dict[str, dict]) -> str:
    """Every chart in every language, safe inside a script element whatever names the files held."""
    plain = {i: {lang: f.to_plotly_json() for lang, f in by_lang.items()} for i, by_lang in figures.items()}
    return as_json(plain)


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
    """Escaped, with dates and ranges (2021-12-31, 4–17일) kept on one line; markup as it is."""
    if isinstance(text, Markup):
        return text
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
