"""The stages of the pipeline: which there are, in what order they are measured, and the work of each.

Lines and receipts are those of every month of history. What follows is a snapshot of the last month, in a warehouse
where the last two months are made, so that every stage finds what it reads; the types are fitted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crm_assets.bench.measuring import cpu_seconds
from crm_assets.contracts import CONTRACTS
from crm_assets.receipts.staging import LINES

if TYPE_CHECKING:
    from crm_assets.bench.bodies import Bodies

RAW, RECEIPTS, REPORT = "raw_transactions", "receipts", "report"
LOADING = ("intake", "dimensions", RAW, RECEIPTS)  # each once, from the landed files on
TWO_MONTHS = "two_months"  # every table of the last two months, their reports included
VALIDATION, SCAN = "validation", "scan"  # beside loading: the gate of the lines; the limit
OF_A_MONTH = {  # stage → its tables; in this order, because new types would be out of step with what is made of the old
    REPORT: (REPORT,),
    "migrations": ("segment_migration",),
    "profiles": ("segment_profiles",),
    "features": ("feature_table",),
    "rfm": ("customer_lifecycles", "rfm_scores"),
    "types": ("cluster_assignments",),
}
FROM_MONTH_TO_MONTH = ("segment_migration", "customer_moves")  # refused where the month before is not made
SETTINGS_OF = {"types": {"refit": True}}
STAGES = (*LOADING, VALIDATION, SCAN, TWO_MONTHS, *OF_A_MONTH)
WHOLE = (*LOADING, TWO_MONTHS)  # from landed files to the reports
FROM_CSV, FROM_PARQUET = "whole", "whole from Parquet"
SHOWN = ("intake", RAW, VALIDATION, RECEIPTS, "rfm", "types", "features", "profiles", "migrations", REPORT)

SCAN_OF_LINES = """select count(*), sum(n), sum(amount), max(last) from (
    select customer_id, count(*) as n, sum(amount) as amount, max(purchased_at) as last
    from {lines} group by customer_id)"""


def work_of(stage: str) -> Callable[[Bodies], dict[str, Any]]:
    """What a stage does; it returns what it has to tell."""
    works: dict[str, Callable[[Bodies], Any]] = {
        "intake": lambda bodies: bodies.take_in(),
        "dimensions": lambda bodies: bodies.make_dimensions(),
        RAW: lambda bodies: bodies.make(RAW, bodies.project.months),
        RECEIPTS: lambda bodies: bodies.make(RECEIPTS, bodies.project.months),
        VALIDATION: validate_lines,
        SCAN: scan_lines,
        TWO_MONTHS: two_months,
    }
    return lambda bodies: works.get(stage, lambda b: of_a_month(b, stage))(bodies) or {}


def whole(bodies: Bodies) -> dict[str, Any]:
    """From landed files to the reports of two months, in one process; tells the CPU seconds of each part."""
    took: dict[str, float] = {}
    for stage in WHOLE:
        with clocked(took, stage):
            work_of(stage)(bodies)
    return {"cpu_of": took}


def two_months(bodies: Bodies) -> dict[str, Any]:
    """Every table of the month before the last one, then of the last; tells the CPU seconds of the last one's."""
    before, last = bodies.project.months[-2:]
    every_table(bodies, before, first=True)
    return {"cpu_of": every_table(bodies, last)}


def every_table(bodies: Bodies, month: str, *, first: bool = False) -> dict[str, float]:
    """All tables of a month but its lines and receipts; returns the CPU seconds of each.

    Args:
        first: the month before is not made, so nothing compares with it.
    """
    left = {RAW, RECEIPTS, *(FROM_MONTH_TO_MONTH if first else ())}
    took: dict[str, float] = {}
    for name in (name for name in bodies.project.tables if name not in left):
        with clocked(took, name):
            bodies.make(name, [month])
    return took


def of_a_month(bodies: Bodies, stage: str) -> None:
    for name in OF_A_MONTH[stage]:
        bodies.make(name, bodies.project.months[-1:], **SETTINGS_OF.get(stage, {}))


def validate_lines(bodies: Bodies) -> None:
    """The contract's rules over the lines, month by month as the gate looks at them.

    Raises:
        ValueError: lines break the contract.
    """
    with bodies.session() as session:
        for month in bodies.project.months:
            lines = f"(select * from {RAW} where month = date '{month}') as lines"
            if found := session.violations(CONTRACTS[RAW], lines):
                raise ValueError(f"{LINES} of {month}: {'; '.join(map(str, found))}")


def scan_lines(bodies: Bodies) -> dict[str, Any]:
    """Every line once, grouped by customer: no way that looks at the lines is below it."""
    with bodies.session() as session:
        customers, lines, *_ = session.rows(SCAN_OF_LINES.format(lines=RAW))[0]
    return {"customers": int(customers), "lines": int(lines)}


@contextmanager
def clocked(took: dict[str, float], name: str) -> Iterator[None]:
    """Keeps the CPU seconds of what is done within, under a name."""
    began = cpu_seconds()
    yield
    took[name] = round(cpu_seconds() - began, 3)
