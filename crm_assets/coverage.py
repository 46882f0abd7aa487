"""Whether a table of the month has every customer, and every receipt of them, that another one takes from it; and how
far the shop is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import select_list
from crm_assets.months import Snapshot
from crm_assets.warehouse import OutOfStep, Session, read_query

LIFECYCLES = "customer_lifecycles"


def require_covered(session: Session, snapshot: Snapshot, customers: str, *tables: str) -> None:
    """Customers without a row would leave their figures out in silence.

    Raises:
        OutOfStep: a customer of the month's ``customers`` has no row in one of the tables; names it and the remedy.
    """
    for table in tables:
        missing = session.scalar(
            f"""select count(distinct c.customer_id) from {customers} c
            left join {table} t on t.customer_id = c.customer_id and t.month = :month
            where c.month = :month and t.customer_id is null""",
            month=snapshot.month,
        )
        if missing:
            raise OutOfStep(
                f"{table} of {snapshot.month:%Y-%m} lacks {missing:,} customers of {customers}. Make it first: "
                f"`crm refresh --months {snapshot.month:%Y-%m} --select {table}`.",
            )


def require_counted(session: Session, month: date, parameters: Mapping[str, Any]) -> None:
    """Receipts that ``customer_lifecycles`` has not counted would be left out in silence, or cut as if they were not.

    Args:
        parameters: those of its query.

    Raises:
        OutOfStep: the month's ``customer_lifecycles`` are not what its query gives now; names the remedy.
    """
    stored = f"select {select_list(CONTRACTS[LIFECYCLES])} from {LIFECYCLES} where month = :month"
    now = f"select {select_list(CONTRACTS[LIFECYCLES])} from ({read_query(LIFECYCLES)}) as made"
    differ = f"(({now}) except ({stored})) union all (({stored}) except ({now}))"
    differing = session.scalar(f"select count(distinct customer_id) from ({differ}) as differing", **parameters)
    if differing:
        raise OutOfStep(
            f"{LIFECYCLES} of {month:%Y-%m} are of other receipts or settings than those of now: {differing:,} "
            f"customers differ. Make it first: `crm refresh --months {month:%Y-%m} --select {LIFECYCLES}`."
        )


def known_until(session: Session, month: date, as_of: date) -> int:
    """The last day (``day_number`` of the calendar) whose purchases are known at the end of a month: what a customer
    does in days that nobody delivered is no answer."""
    return int(session.scalar(read_query("known_until"), month=month, as_of=as_of))
