"""Lists that have gone out stay as they were: of a month that a later one follows, somebody has sent them.

What is judged later must be what was sent. So strategies, audiences and campaigns of such a month are kept when it is
made again, for late receipts for instance, whatever has changed since; ``lists_anew`` makes them anew.
"""

from __future__ import annotations

from crm_assets.months import Snapshot
from crm_assets.settings import Settings
from crm_assets.warehouse import Session


def are_kept(session: Session, snapshot: Snapshot, settings: Settings, table: str, every_month: str) -> bool:
    """Whether the month has rows of the table, and a later month has been made.

    Args:
        every_month: a table that has rows of every month that was made.
    """
    own, later = session.rows(
        f"""select
            (select count(*) from {table} where month = :month),
            (select count(*) from {every_month} where month > :month)""",
        month=snapshot.month,
    )[0]
    return bool(own and later and not settings.lists_anew)


def kept_rows(table: str) -> str:
    """A query of the rows that the month has."""
    return f"select * from {table} where month = :month"
