"""What a page is built of: sections, panels (a chart, its caption, its table), tables and tiles.

Everything here carries both languages. How a block looks is the template's part; what it says is in
the texts; which blocks a report has is in the modules named after its sections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from crm_assets import charts
from crm_assets.charts import LANGUAGES, Chart, Pair, Texts, Words
from crm_assets.months import month_of
from crm_assets.report.data import ReportData
from crm_assets.report.queries import of_table

Cell = str | Pair


@dataclass(frozen=True)
class Strip:
    """A cell that shows shares as a coloured strip: (name, share, colour) and the text read aloud."""

    parts: tuple[tuple[Pair, float, str], ...]
    text: Pair


@dataclass(frozen=True)
class Coloured:
    """A cell that shows a type's name beside its colour."""

    name: Pair
    colour: str


@dataclass(frozen=True)
class Lines:
    """A cell of several short texts, a line each."""

    texts: Sequence[Pair]


@dataclass(frozen=True)
class Source:
    """Where figures come from: the tables and their as_of, and the queries by which anybody reads the same."""

    told: Pair
    queries: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """A table of figures, with the table of the warehouse that it comes from. ``numeric`` columns align right."""

    header: Sequence[Cell]
    rows: Sequence[Sequence[Cell | Strip | Coloured | Lines]]
    numeric: Sequence[bool]
    source: Source
    limit: int = 400


@dataclass(frozen=True)
class Panel:
    """A chart or an open table under a heading. ``figures`` holds a figure per language, or is empty."""

    id: str
    title: Pair
    caption: Pair
    table: Table | None = None
    figures: dict[str, Chart] = field(default_factory=dict)
    wide: bool = False

    @property
    def height(self) -> int:
        return self.figures["ko"].height


@dataclass(frozen=True)
class Claim:
    """A sentence with the evidence it rests on; ``mark`` says of what kind it is, if of a special one."""

    text: Pair
    evidence: Pair
    mark: Pair | None = None


@dataclass(frozen=True)
class Card:
    """A short text with headline figures; ``facts`` are further lines, ``claims`` what speaks for it."""

    title: Pair
    text: Pair
    values: Sequence[tuple[Pair, Pair]]
    facts: Sequence[Pair] = ()
    claims: Sequence[Claim] = ()


@dataclass(frozen=True)
class Profile:
    """A type's card: name and colour, figures, its place among all types, hashtags and sentences. Without sentences the
    ``note`` says why. ``line``: what it is like, in a sentence.
    ``places``: (across, up, colour, whether it is this one), from 0 to 1."""

    name: Pair
    colour: str
    size: Pair | None
    values: Sequence[tuple[Pair, Pair]]
    places: Sequence[tuple[float, float, str, bool]]
    place_text: Pair
    tags: Sequence[Pair] = ()
    claims: Sequence[Claim] = ()
    note: Pair | None = None
    line: Pair | None = None


@dataclass(frozen=True)
class Tile:
    """One figure of the first screen."""

    label: Pair
    value: Pair
    note: Pair | None = None


@dataclass(frozen=True)
class Section:
    """A part of the page. With a ``note`` in place of panels it says why there is nothing to show. ``source``: of
    tiles, cards and profiles; a table has its own. ``wide_cards``: one card a row."""

    id: str
    title: Pair
    lead: Sequence[Pair] = ()
    panels: Sequence[Panel] = ()
    tiles: Sequence[Tile] = ()
    cards: Sequence[Card] = ()
    profiles: Sequence[Profile] = ()
    note: Pair | None = None
    after: Sequence[Pair] = ()
    source: Source | None = None
    wide_cards: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing but a title and a note."""
        return not (self.panels or self.tiles or self.cards or self.profiles)


@dataclass(frozen=True)
class Pen:
    """Writes for both languages at once: ``pen(lambda w: w.figure("share", 0.5))`` is a Pair."""

    texts: Texts
    words: dict[str, Words]
    as_of: date
    queries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: ReportData, texts: Texts) -> Pen:
        def names(frame: pd.DataFrame, key: str) -> dict[str, Pair]:
            return (
                {}
                if frame.empty
                else {
                    str(i): Pair(str(k), str(e)) for i, k, e in zip(frame[key], frame["ko"], frame["en"], strict=True)
                }
            )

        segments, bands = names(data.segments, "segment_id"), names(data.band_order, "name")
        words = {lang: Words(texts, lang, data.currency, segments, bands) for lang in LANGUAGES}
        return cls(texts, words, data.as_of, data.queries)

    def __call__(self, write: Callable[[Words], str]) -> Pair:
        return Pair(*(write(self.words[lang]) for lang in LANGUAGES))

    def draw(self, chart: Callable[[Words], Chart]) -> dict[str, Chart]:
        """The same chart in every language."""
        return {lang: chart(self.words[lang]) for lang in LANGUAGES}

    def text(self, key: str, **values: object) -> Pair:
        return self.texts.pair(key, **values)

    def month(self, month: date) -> Pair:
        """The name of a month; the texts' own, because the locale of the machine must not change a byte."""
        name = self.texts.at("page.months")[month.month - 1]
        return self.text("page.month", year=month.year, number=month.month, name=name)

    def figure(self, unit: str, value: float | None) -> Pair:
        return self(lambda w: w.figure(unit, value))

    def segment(self, segment_id: str) -> Pair:
        return self(lambda w: w.segment(segment_id))

    def label(self, group: str, name: str) -> Pair:
        return self(lambda w: w.label(group, name))

    def receipts(self, count: int) -> Pair:
        """1건 / 1 receipt: a number of receipts within a sentence."""
        return self.label("receipts", str(count))

    def source(self, tables: str, *frames: str, as_of: str | None = None) -> Source:
        """
        Args:
            tables: names of the tables, separated by commas.
            frames: names of the frames whose queries are shown; by default, the month's rows of the tables.
            as_of: of the figures, where it is not the month's.
        """
        names = frames or tables.split(", ")
        queries = [self.queries.get(name) or of_table(name, month_of(self.as_of)) for name in names]
        if not any(queries):  # frames of a sample: nobody read them
            queries = [of_table(name, month_of(self.as_of)) for name in tables.split(", ")]
        told = self.text("page.source", table=tables, as_of=as_of or self.as_of.isoformat())
        return Source(told, [query for query in queries if query])

    def table(
        self,
        source: str,
        header: Sequence[Cell],
        rows: Sequence[Sequence[Cell | Strip]],
        names: int = 1,
        frames: Sequence[str] = (),
    ) -> Table:
        """A table whose first ``names`` columns are names and whose others are numbers. ``source`` and ``frames``: see
        ``source``."""
        return Table(header, rows, [i >= names for i in range(len(header))], self.source(source, *frames))


def joined(texts: Sequence[Pair], separator: str = ", ") -> Pair:
    """Several texts as one, in each language."""
    return Pair(*(separator.join(getattr(t, lang) for t in texts) for lang in LANGUAGES))


def signed(value: float) -> str:
    """+0.81 or −0.20; a dash where there is none."""
    if pd.isna(value):
        return "–"
    return charts.signed(value)


def p_value(value: float) -> str:
    """<0.001, or three decimals; a dash where there is none."""
    if pd.isna(value):
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
