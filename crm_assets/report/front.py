"""The front page: what changed this month and what to do, in one screen. Every number on it is told with its query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_assets.charts import Pair
from crm_assets.report.blocks import Pen
from crm_assets.report.data import ReportData
from crm_assets.report.told import Teller

SHOWN = 8  # campaigns and results in the first screen; all are on their pages
QUERIES = {
    "alarms": ("front_failed", "front_not_scored"),
    "tiles": (
        "front_customers", "front_revenue", "front_new", "front_first", "front_rest", "front_lapsed", "front_moved",
        "front_reached",
    ),
    "changes": (
        "front_type_size", "front_type_revenue", "front_flow", "front_by_model", "front_conversion", "front_leaving",
    ),
    "campaigns": ("front_campaigns", "front_reached"),
    "results": ("front_results", "front_judged"),
}  # fmt: skip


@dataclass(frozen=True)
class Alarm:
    """A box that must not be overlooked: what did not happen, and the lines that say why."""

    title: Pair
    lead: Pair
    lines: Sequence[Pair]


@dataclass(frozen=True)
class Fact:
    """A figure with its change and a note; all of them markup."""

    label: Pair
    value: Pair
    change: Pair | None = None
    note: Pair | None = None


@dataclass(frozen=True)
class Entry:
    """A campaign of the month, or a result: its name, a headline, and facts as (word, figure)."""

    title: Pair
    facts: Sequence[tuple[Pair, Pair]]
    headline: Pair | None = None


@dataclass(frozen=True)
class Front:
    alarms: Sequence[Alarm]
    tiles: Sequence[Fact]
    changes: Sequence[Pair]
    campaigns: Sequence[Entry]
    no_campaigns: Pair | None
    first_of: Pair | None
    results: Sequence[Entry]
    results_of: Pair | None
    sources: dict[str, list[tuple[str, str, Pair]]]


def front(data: ReportData, pen: Pen) -> Front:
    """What the front page shows; parts of which the month knows nothing are left out."""
    tell = Teller(data, pen)
    failed = tell.rows("front_failed") > 0
    campaigns = [_campaign(tell, row) for row in range(min(tell.rows("front_campaigns"), SHOWN))]
    return Front(
        alarms=[a for a in (_failed(tell), _not_scored(tell)) if a],
        tiles=_tiles(tell, data),
        changes=_changes(tell),
        campaigns=campaigns,
        no_campaigns=None if campaigns else pen.text("front.stopped" if failed else "front.no_campaigns"),
        first_of=_first_of(tell, "front_campaigns", "front_reached", "front.first_of"),
        results=[_result(tell, row) for row in range(min(tell.rows("front_results"), SHOWN))],
        results_of=_first_of(tell, "front_results", "front_judged", "front.results_of"),
        sources={part: tell.sources(*queries) for part, queries in QUERIES.items()},
    )


def _first_of(tell: Teller, shown: str, counted: str, text: str) -> Pair | None:
    """How many campaigns there are, where the page does not show all."""
    if tell.rows(shown) <= SHOWN:
        return None
    return tell.say(text, campaigns=tell.figure(counted, "campaigns", "count"))


def _failed(tell: Teller) -> Alarm | None:
    """No lists: which check stopped them, and what moved."""
    lines = []
    for row in range(tell.rows("front_failed")):
        known = {"check": tell.figure("front_failed", "name", "check", row)}
        known["threshold"] = tell.figure("front_failed", "threshold", "index", row)
        if tell.value("front_failed", "psi", row) is None or tell.value("front_failed", "what", row) is None:
            lines.append(tell.say("front.failed_unknown", **known))
            continue
        known["psi"] = tell.figure("front_failed", "psi", "index", row)
        known["what"] = tell.figure("front_failed", "what", "reason", row)
        lines.append(tell.say("front.failed_line", **known))
    if not lines:
        return None
    return Alarm(tell.pen.text("front.failed_title"), tell.pen.text("front.failed_lead"), lines)


def _not_scored(tell: Teller) -> Alarm | None:
    """New customers without a prediction, because they are not like those the model was made to score."""
    rows = tell.rows("front_not_scored")
    if not rows:
        return None
    lines = []
    for row in range(rows):
        known = {
            "column": tell.figure("front_not_scored", "name", "column", row),
            "psi": tell.figure("front_not_scored", "psi", "index", row),
        }
        if tell.value("front_not_scored", "change", row) is None:
            lines.append(tell.say("front.not_scored_plain", **known))
        else:
            change = tell.figure("front_not_scored", "change", "reason", row)
            lines.append(tell.say("front.not_scored_line", change=change, **known))
    customers = tell.figure("front_not_scored", "customers", "customers")
    return Alarm(tell.pen.text("front.not_scored_title"), tell.say("front.not_scored_lead", customers=customers), lines)


def _tiles(tell: Teller, data: ReportData) -> list[Fact]:
    text = tell.pen.text
    tiles = [
        _compared(tell, "front_customers", "customers", 1),
        _compared(tell, "front_revenue", "money", 1),
        _compared(tell, "front_new", "customers", 1, _note(tell, "first", "front_first", "firsts")),
        _compared(tell, "front_rest", "customers", -1, _note(tell, "rest", "front_lapsed", "now")),
    ]
    if data.has_types and (tell.value("front_moved", "up") or tell.value("front_moved", "down")):
        moved = {side: tell.figure("front_moved", side, "customers") for side in ("up", "down")}
        tiles.append(Fact(text("front.moved"), tell.say("front.moved_value", **moved), note=text("front.moved_note")))
    if tell.value("front_reached", "campaigns"):
        sent = {arm: tell.figure("front_reached", arm, "count") for arm in ("treatment", "control")}
        note = tell.say("front.reached_note", **sent)
        tiles.append(Fact(text("front.reached"), tell.figure("front_reached", "customers", "customers"), note=note))
    return [tile for tile in tiles if tile]


def _note(tell: Teller, name: str, query: str, column: str) -> Pair | None:
    if tell.value(query, column) is None:
        return None
    return tell.say(f"front.{name}_note", customers=tell.figure(query, column, "customers"))


def _compared(tell: Teller, query: str, unit: str, good: int, note: Pair | None = None) -> Fact | None:
    """A figure against that of the month before, if there was one."""
    if tell.value(query, "now") is None:
        return None
    change = None
    if tell.value(query, "change") is not None:
        change = tell.say(
            "front.against",
            change=tell.figure(query, "change", "change", good=good),
            before=tell.figure(query, "before", unit),
        )
    return Fact(tell.pen.text(query.replace("_", ".", 1)), tell.figure(query, "now", unit), change, note)


def _changes(tell: Teller) -> list[Pair]:
    """Sentences, each a plain count of the month and of the one before."""
    said = []
    if tell.rows("front_type_size"):
        said.append(_grown(tell, "front_type_size", "customers", "difference"))
    if tell.rows("front_type_revenue"):
        said.append(_grown(tell, "front_type_revenue", "money", "change"))
    if tell.rows("front_flow"):
        known = {side: tell.figure("front_flow", f"{side}_state", "segment") for side in ("from", "to")}
        said.append(tell.say("front.flow", customers=tell.figure("front_flow", "customers", "customers"), **known))
    if tell.value("front_by_model", "moved"):
        said.append(tell.say("front.by_model", customers=tell.figure("front_by_model", "moved", "customers")))
    if tell.value("front_conversion", "moved"):
        units = {"customers": "customers", "moved": "customers", "moved_share": "share"}
        said.append(
            tell.say("front.conversion", **{c: tell.figure("front_conversion", c, unit) for c, unit in units.items()})
        )
    if tell.value("front_leaving", "lapsed") or tell.value("front_leaving", "returned"):
        known = {c: tell.figure("front_leaving", c, "customers") for c in ("lapsed", "returned")}
        said.append(tell.say("front.leaving", **known))
    return said


def _grown(tell: Teller, query: str, unit: str, change: str) -> Pair:
    known = {column: tell.figure(query, column, unit) for column in ("before", "now")}
    known["difference"] = tell.figure(query, change, change, good=1)
    return tell.say(query.replace("_", ".", 1), segment=tell.figure(query, "segment_id", "segment"), **known)


def _campaign(tell: Teller, row: int) -> Entry:
    units = {"kpi": "kpi", "channel": "channel", "audience": "customers", "control": "customers", "ends_on": "day"}
    facts = [
        (tell.pen.text(f"front.campaign.{column}"), tell.figure("front_campaigns", column, unit, row))
        for column, unit in {**units, "path": "file"}.items()
    ]
    return Entry(tell.figure("front_campaigns", "title_{lang}", "text", row), facts)


def _result(tell: Teller, row: int) -> Entry:
    """The verdict, and the difference with its interval where one was measured."""
    query = "front_results"
    named = "title_{lang}" if tell.value(query, "title_ko", row) is not None else "strategy_id"
    facts = [
        (tell.pen.text(f"front.campaign.{c}"), tell.figure(query, c, u, row))
        for c, u in {"kpi": "kpi", "treatment": "customers", "control": "customers"}.items()
    ]
    if tell.value(query, "difference_low", row) is not None:
        unit = "points" if tell.value(query, "metric", row) == "conversion" else "difference_money"
        known = {"difference": "difference", "least": "difference_low", "most": "difference_high"}
        told = {name: tell.figure(query, column, unit, row) for name, column in known.items()}
        facts.append((tell.pen.text("front.difference"), tell.say("front.interval", **told)))
    verdict = tell.figure(query, "verdict", "verdict", row)
    return Entry(tell.figure(query, named, "text", row), facts, verdict)
