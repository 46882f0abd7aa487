"""A built report as a reader meets it: of the front page every figure, every query and what is beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "input", "img", "hr"}


@dataclass
class Figure:
    """A ``data`` element: its attributes, the text, the language that it is shown in (None: in both)."""

    attributes: dict[str, str]
    lang: str | None
    text: str = ""


@dataclass
class FrontPage(HTMLParser):
    """Reads the front page of a report."""

    figures: list[Figure] = field(default_factory=list)
    queries: dict[str, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)  # texts that are no figure, no query and no source
    ids: list[str] = field(default_factory=list)  # of the whole report

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, dict[str, str]]] = []

    @classmethod
    def read(cls, page: str) -> FrontPage:
        made = cls()
        made.feed(page)
        assert made._open == [], f"elements left open: {made._open}"
        return made

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag in VOID or tag in ("circle",):
            return
        self._open.append((tag, attributes))
        if tag == "data":
            self.figures.append(Figure(attributes, self._language()))
        if tag == "code" and "data-name" in attributes:
            self.queries[attributes["data-name"]] = ""
        if self._within("p", "source") and tag == "p" and self._on_front():
            self.sources.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        name, _ = self._open.pop()
        assert name == tag, f"<{name}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        if not self._on_front():
            return
        tag, attributes = self._open[-1]
        if tag == "data":
            self.figures[-1].text += data
        elif tag == "code":
            self.queries[attributes["data-name"]] += data
        elif self._within("p", "source"):
            self.sources[-1] += data
        else:
            self.beside.append(data)

    def _on_front(self) -> bool:
        return any(tag == "article" and attributes.get("id") == "front" for tag, attributes in self._open)

    def _within(self, tag: str, name: str) -> bool:
        return any(t == tag and name in a.get("class", "").split() for t, a in self._open)

    def _language(self) -> str | None:
        return next((a["lang"] for t, a in reversed(self._open) if t == "span" and "lang" in a), None)
