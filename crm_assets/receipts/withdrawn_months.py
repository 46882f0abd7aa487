"""Months that no receipt leads to any more: a correction took the last ones away, of a year that was mistyped perhaps.
Of a source that holds leads and no receipts the months are those in which the leads came in.

Their tables and reports go, so that nobody reads them. Months without receipts before the last one stay: they are gaps.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import identifier, is_monthly
from crm_assets.warehouse import Session

_KNOWN = """select greatest(
    (select max(purchase_month) from landed_months),
    (select max(last_month) from landed_files where staged_table = 'leads')
)"""


def last_month(session: Session) -> date | None:
    """The latest month with lines in a delivery that counts, without any the latest with leads; None when there is
    none."""
    return session.scalar(
        """select coalesce(
            (
                select max(m.purchase_month) from landed_months m join landed_files l on l.landing_no = m.landing_no
                where l.status = 'loaded' and m.lines > 0
            ),
            (select max(last_month) from landed_files where status = 'loaded' and staged_table = 'leads')
        )"""
    )


def withdrawn_months(session: Session) -> list[date]:
    """The months after the last one with lines that have tables, in order."""
    stored = " union ".join(f"select month from {table} where month > :last" for table in _monthly_tables())
    last = last_month(session) or date.min
    return [month for (month,) in session.rows(f"select month from ({stored}) order by month", last=last)]


def drop_withdrawn_months(session: Session, reports: Path) -> None:
    """Remove the tables and reports of the months after the last one with lines. A report that this warehouse knows no
    receipts for, of one that was lost for instance, stays.

    Args:
        reports: the folder of the reports, named after their months.
    """
    last = last_month(session) or date.min
    known = session.scalar(_KNOWN) or date.min
    if withdrawn_months(session):
        with session.transaction():
            for table in _monthly_tables():
                session.execute(f"delete from {table} where month > :last", last=last)
    for report in reports.glob("????-??.html"):
        if last.isoformat()[:7] < report.stem <= known.isoformat()[:7]:
            report.unlink()


def _monthly_tables() -> list[str]:
    return [identifier(name) for name, contract in CONTRACTS.items() if is_monthly(contract)]
