"""What an intake brought: the months and tables that it touched, and what a user should notice."""

from __future__ import annotations

from datetime import date

from crm_assets.receipts.intake import Intake
from crm_assets.receipts.withdrawn_months import withdrawn_months
from crm_assets.warehouse import Session

MOST_LINES = 20  # of a kind, told in a run


def touched(session: Session, after: int) -> tuple[list[date], list[str]]:
    """The months whose lines, and the tables whose rows, the deliveries after one changed."""
    months = session.rows(
        """select distinct purchase_month from landed_months
        where landing_no > :after and (added > 0 or withdrawn > 0) order by 1""",
        after=after,
    )
    # What they took the place of may have fed other tables, by another mapping.
    fed = session.rows(
        """select distinct l.feeds from landed_files n
        join landed_files l on l.file_name = n.file_name or l.content_hash = n.content_hash
        where n.landing_no > :after""",
        after=after,
    )
    return [month for (month,) in months], sorted({table for (feeds,) in fed for table in feeds.split(",")})


def first_month_of_leads(session: Session, after: int) -> date | None:
    """The earliest month whose leads the deliveries after one may have changed; None when they changed none."""
    return session.scalar(
        """select min(l.first_month) from landed_files n
        join landed_files l on l.file_name = n.file_name or l.content_hash = n.content_hash
        where n.landing_no > :after and l.staged_table = 'leads'""",
        after=after,
    )


def told(session: Session, intake: Intake, after: int, newest: date) -> list[str]:
    """What a user should notice of an intake: rows put aside, corrections, late receipts, months that wait or are no
    more, what is gone or passed over.

    Args:
        after: the last delivery that was told of.
        newest: first day of the newest month that can be made.
    """
    put_aside = [
        f"{name}: {aside:,} of {rows:,} rows in quarantine; `crm quarantine list` tells why"
        for name, rows, aside in session.rows(
            """select file_name, rows, quarantined from landed_files
            where landing_no > :after and status = 'loaded' and quarantined > 0 order by landing_no""",
            after=after,
        )
    ]
    changed = [
        f"{name}: {change} in {month:%Y-%m}, {added:,} lines added, {withdrawn:,} withdrawn"
        for name, month, added, withdrawn, change in session.rows(
            """select l.file_name, m.purchase_month, m.added, m.withdrawn, case when l.delivered_no < l.landing_no
                then 'read anew' when m.withdrawn > 0 then 'a correction' else 'late receipts' end
            from landed_months m join landed_files l on l.landing_no = m.landing_no
            where m.landing_no > :after and (m.withdrawn > 0 or (m.late and m.added > 0))
            order by m.landing_no, m.purchase_month""",
            after=after,
        )
    ]
    waiting = [
        f"{lines:,} lines of {month:%Y-%m} are loaded and wait: a month is made when it is over"
        for month, lines in session.rows(
            """select m.purchase_month, sum(m.loaded) from landed_months m
            join landed_files l on l.landing_no = m.landing_no
            where l.status = 'loaded' and m.purchase_month > cast(:newest as date)
            group by 1 having sum(m.loaded) > 0 order by 1""",
            newest=newest,
        )
    ]
    named = {
        "no longer in the landing folder, their rows stay": intake.removed,
        "read by an older mapping or policy, and no longer there to be read anew": intake.outdated,
        "folders are not read, move their files into the landing folder itself": intake.folders,
        "no receipts reach these months any more, their tables and reports are removed": [
            f"{month:%Y-%m}" for month in withdrawn_months(session)
        ],
    }
    lists = [f"{what}: {', '.join(names)}" for what, names in named.items() if names]
    return [*_some(put_aside), *_some(changed), *_some(waiting), *lists]


def _some(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES:,} more"]
