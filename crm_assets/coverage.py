"""Whether a table of the month has every customer, and every receipt of them, that another one takes from it; and how
far the shop is known."""

from __future__ import annotations

from datetime import date

from crm_assets.months import Snapshot
from crm_assets.warehouse import OutOfStep, Session, read_query


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


def require_counted(session: Session, snapshot: Snapshot) -> None:
    """Receipts that ``customer_lifecycles`` has not counted would be left out in silence, or cut as if they were not.

    Raises:
        OutOfStep: the month's ``customer_lifecycles`` counts more or fewer receipts than there are; names the remedy.
    """
    counted, receipts = session.rows(
        """select
            (select coalesce(sum(receipts), 0) from customer_lifecycles where month = :month),
            (select count(*) from receipts where month <= :month)""",
        month=snapshot.month,
    )[0]
    if counted != receipts:
        raise OutOfStep(
            f"customer_lifecycles of {snapshot.month:%Y-%m} counts {counted:,} receipts, receipts has {receipts:,}. "
            f"Make it first: `crm refresh --months {snapshot.month:%Y-%m} --select customer_lifecycles`."
        )


def known_until(session: Session, month: date, as_of: date) -> int:
    """The last day (``day_number`` of the calendar) whose purchases are known at the end of a month: what a customer
    does in days that nobody delivered is no answer."""
    return int(session.scalar(read_query("known_until"), month=month, as_of=as_of))
