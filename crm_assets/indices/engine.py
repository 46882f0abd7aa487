"""A file of indices as the temporary tables that the queries join, and the steps from events to rows.

``lay_out`` makes index_described, index_rules, index_values, index_hours, index_models and index_label_ranges;
``count`` index_counts, index_populations, index_outcomes and index_tests; ``answer`` index_model_values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from math import inf
from typing import Any

from crm_assets.contracts.base import identifier, literal
from crm_assets.indices.definitions import EventIndex, Indices, Label, ModelIndex
from crm_assets.indices.evidence import outcome_tests
from crm_assets.months import Snapshot, add_months
from crm_assets.segmentation.naming import Personas, is_loyal
from crm_assets.statistics.evidence import FDR
from crm_assets.warehouse import Session, read_query

PARAMETERS = {"fdr": FDR}
_DESCRIBED = {
    "index_id": "varchar", "place": "bigint", "kind": "varchar", "title_ko": "varchar", "title_en": "varchar",
    "reads": "varchar", "attribute": "varchar", "counted": "varchar", "population": "varchar", "min_events": "bigint",
    "first_month": "date",
}  # fmt: skip
_RULES = {
    "index_id": "varchar", "reads": "varchar", "attribute": "varchar", "daypart_set": "varchar",
    "population": "varchar", "min_events": "bigint", "first_month": "date",
}  # fmt: skip
_RANGES = {
    "index_id": "varchar", "label_id": "varchar", "label": "varchar", "label_ko": "varchar", "label_en": "varchar",
    "at_least": "double", "at_most": "double", "side": "varchar", "lower_end": "double", "upper_end": "double",
}  # fmt: skip


def lay_out(session: Session, indices: Indices, snapshot: Snapshot, language: str) -> None:
    """The definitions as tables. ``language``: of the labels in ``customer_indices``."""
    described = [(i.id, place, *_described(i, snapshot)) for place, i in enumerate(indices.all, start=1)]
    session.reference("index_described", _DESCRIBED, described)
    rules = [
        (i.id, i.reads, i.attribute, i.daypart_set, i.population, i.min_events, first_month(i, snapshot))
        for i in indices.indices
    ]
    session.reference("index_rules", _RULES, rules)
    values = [(i.id, value) for i in indices.indices for value in i.values]
    session.reference("index_values", {"index_id": "varchar", "value": "varchar"}, values)
    hours = [
        (name, hour, part) for name, parts in indices.dayparts.items() for part, own in parts.items() for hour in own
    ]
    session.reference("index_hours", {"daypart_set": "varchar", "hour": "bigint", "part": "varchar"}, hours)
    models = [(i.id, i.scale, i.direction) for i in indices.model_indices]
    session.reference("index_models", {"index_id": "varchar", "scale": "varchar", "direction": "varchar"}, models)
    ranges = [(i.id, *told) for i in indices.all for told in _ranges(i.labels, language)]
    session.reference("index_label_ranges", _RANGES, ranges)


def first_month(index: EventIndex, snapshot: Snapshot) -> date:
    """The first month whose events count: of the window, or later where the index looks back less far."""
    own = add_months(snapshot.month, 1 - index.window_months) if index.window_months else snapshot.window_start
    return max(own, snapshot.window_start)


def _described(index: EventIndex | ModelIndex, snapshot: Snapshot) -> tuple[Any, ...]:
    titles = (index.title["ko"], index.title["en"])
    if isinstance(index, EventIndex):
        counted = (index.attribute, ", ".join(index.values))
        return (
            "share",
            *titles,
            index.reads,
            *counted,
            index.population,
            index.min_events,
            first_month(index, snapshot),
        )
    scale = index.scale if index.direction == "as_is" else f"100 − {index.scale}"
    column = index.column if index.types is None else f"{index.column}, {index.types}"
    return ("model", *titles, index.table, column, scale, "all", None, None)


def _ranges(labels: Iterable[Label], language: str) -> Iterator[tuple[Any, ...]]:
    """Ranges that do not overlap: of several thresholds that are met the farthest gives the label."""
    known = list(labels)
    least = sorted(label.at_least for label in known if label.at_least is not None)
    most = sorted(label.at_most for label in known if label.at_most is not None)
    for label in known:
        if label.at_least is not None:
            ends = ("high", label.at_least, min((t for t in least if t > label.at_least), default=inf))
        else:
            ends = ("low", max((t for t in most if t < label.at_most), default=-inf), label.at_most)
        yield (label.id, getattr(label, language), label.ko, label.en, label.at_least, label.at_most, *ends)


def count(session: Session, parameters: Mapping[str, Any]) -> None:
    """From events to outcomes and their tests; nothing of a single customer comes to Python."""
    for name in ("index_counts", "index_populations", "index_outcomes"):
        session.execute(f"create or replace temp table {name} as {read_query(name)}", **parameters)
    outcomes = session.frame(
        """select index_id, population_group, trials, successes, side, mean_share, standard_error, count(*) as customers
        from index_outcomes
        group by index_id, population_group, trials, successes, side, mean_share, standard_error
        order by index_id, population_group, trials, successes, side"""
    )
    with session.lent("tested_frame", outcome_tests(outcomes)):
        session.execute(
            """create or replace temp table index_tests as select index_id, population_group, trials, successes, side,
            case when isnan(p_value) then null else p_value end as p_value from tested_frame"""
        )


def answer(session: Session, indices: Indices, personas: Personas, month: date) -> None:
    """The models’ answers as they stand in their tables."""
    parts = ["select cast(null as varchar) as index_id, cast(null as varchar) as customer_id, 0.0 as value where false"]
    for index in indices.model_indices:
        value = identifier(index.column) if index.types is None else _of_loyal_types(session, personas, month)
        parts.append(
            f"""select {literal(index.id)}, customer_id, cast({value} as double)
            from {identifier(index.table)} where month = :month and {value} is not null"""
        )
    query = " union all ".join(parts)
    session.execute(f"create or replace temp table index_model_values as {query}", month=month)


def _of_loyal_types(session: Session, personas: Personas, month: date) -> str:
    """The sum of the probabilities of the types that count as loyal; null where none does."""
    stored = "select probabilities from new_customer_predictions where month = :month"
    found = session.rows(
        f"select distinct name from ({session.json_rows(stored, 'probabilities')}) as told", month=month
    )
    loyal = sorted(segment for (segment,) in found if is_loyal(segment, personas))
    texts = (session.json_text("probabilities", segment) for segment in loyal)
    summed = " + ".join(f"coalesce(cast({text} as double), 0)" for text in texts)
    return f"least(1.0, {summed})" if loyal else "cast(null as double)"
