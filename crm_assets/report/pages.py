"""Which pages the report has, and which sections each holds, in the order of the menu.

A page is in the menu when it has something to show, or when its absence must be told (``ALWAYS``). A new section goes
into one of these lists; its id is an anchor that stays, whatever page holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_assets.charts import Pair
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
    segment_pages,
    todo,
    types,
)
from crm_assets.report.blocks import Pen, Section
from crm_assets.report.data import ReportData
from crm_assets.report.model import model
from crm_assets.report.predictions import predictions

FRONT = "front"
OF_TYPES = {"cards", "loyalty", "hybrids", "profiles", "activity"}
ALWAYS = {
    "todo",
    "outcomes",
    "compare",
    "ranks",
    "moves",
    "newcomers",
}  # without types or a model a reader must learn why
Make = Callable[[ReportData, Pen], Section | None]

# Page, its sections.
MONTH: list[tuple[str, list[Make]]] = [
    ("todo", [todo.todo]),
    ("outcomes", [results.results]),
]
ANALYSES: list[tuple[str, list[Make]]] = [
    (
        "compare",
        [types.types, cards.cards, loyalty.loyalty, hybrids.hybrids],
    ),
    ("traits", [types.profiles, attributes.attributes, activity.activity]),
    ("ranks", [customers.overview, bands.bands, grades.grades]),
    ("moves", [movement.movement, retention.retention]),
    ("living", [lifestyles.lifestyles]),
    ("goods", [baskets.baskets, recommendations.recommendations]),
    ("habits", [indices.indices]),
    ("newcomers", [predictions]),
    ("enquiries", [leads.leads]),
    ("method", [model, clusters.quality, customers.intake]),
]  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A part of the report that is seen at a time. ``group``: where in the menu; ``colour``: of a type."""

    id: str
    title: Pair
    group: str
    sections: Sequence[Section]
    colour: str | None = None

    @property
    def is_single(self) -> bool:
        """Whether its only section says what the page is, so that one heading is enough."""
        return len(self.sections) == 1


def pages(data: ReportData, pen: Pen) -> list[Page]:
    """Every page but the front."""
    made = [
        *(_page(data, pen, name, makers, "month") for name, makers in MONTH),
        *(Page(p.id, p.title, "segments", p.sections, p.colour) for p in segment_pages.segment_pages(data, pen)),
        *(_page(data, pen, name, makers, "analyses") for name, makers in ANALYSES),
    ]
    return [p for p in made if p.sections and (p.id in ALWAYS or not all(s.is_empty for s in p.sections))]


def _page(data: ReportData, pen: Pen, name: str, makers: Sequence[Make], group: str) -> Page:
    # Without types one section says why; the others about them would only repeat it.
    sections = [s for s in (make(data, pen) for make in makers) if s and (data.has_types or s.id not in OF_TYPES)]
    return Page(name, pen.text(f"pages.{name}"), group, sections)
