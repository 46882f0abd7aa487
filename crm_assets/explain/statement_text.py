"""A statement laid out for a terminal, or as one HTML page that opens offline and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crm_assets.explain.card_text import width
from crm_assets.explain.statement_words import Page

HERE = Path(__file__).parent


def statement_text(page: Page) -> str:
    """Lines of text; figures are flush right, as wide as a terminal draws them."""
    parts = [[page.title, page.about], *_columns([(name, value) for name, value in page.tiles], alone=True)]
    for part in page.parts:
        body = [*part.before]
        if part.grid:
            body += _columns([part.grid.header, *part.grid.rows])
        parts.append([part.title, *(f"  {line}" for line in [*body, *part.after])])
    parts.append([page.closing])
    return "\n".join(line.rstrip() for part in parts for line in [*part, ""]).rstrip("\n")


def _columns(rows: Sequence[tuple[str, ...]], alone: bool = False) -> list:
    wide = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    lines = []
    for row in rows:
        first, *rest = row
        cells = [" " * (w - width(c)) + c for c, w in zip(rest, wide[1:], strict=True)]
        lines.append("  ".join([first + " " * (wide[0] - width(first)), *cells]))
    return [lines] if alone and lines else lines


def statement_html(page: Page) -> str:
    """One page without script, image or request; every text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("statement.html").render(page=page)
