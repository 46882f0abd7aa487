"""How a statement looks: lines for a terminal, and one HTML page that opens offline and prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crm_assets.explain.statement_blocks import Block, Page
from crm_assets.receipts.landing import shown

HERE = Path(__file__).parent


def as_text(page: Page) -> str:
    """The page as lines; none holds a control character, whatever the source's names hold."""
    lines = [page.title, page.subtitle, "", *(line for block in page.blocks for line in _block(block)), page.closing]
    return "\n".join(shown(line) for line in lines)


def _block(block: Block) -> Iterator[str]:
    indent = "  " * (block.level - 1)
    yield indent + block.heading
    indent += "  "
    yield from (indent + sentence for sentence in block.lead)
    yield from (indent + line for line in _table([block.header, *block.rows] if block.header else block.rows))
    if block.note:
        yield indent + block.note
    yield ""


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others flush right, as wide as a terminal draws them."""
    cells = [[shown(cell) for cell in row] for row in rows]
    wide = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        right = [" " * (wide[i] - _width(cell)) + cell for i, cell in enumerate(others, 1)]
        yield "  ".join([first + " " * (wide[0] - _width(first)), *right]).rstrip()


def _width(text: str) -> int:
    """Cells of a terminal: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def as_html(page: Page) -> str:
    """The page as one HTML text: no script, nothing fetched, every text escaped."""
    env = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters["shown"] = shown
    css = Markup((HERE / "statement.css").read_text(encoding="utf-8"))
    return env.get_template("statement.html").render(page=page, css=css)
