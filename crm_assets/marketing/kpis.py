"""What customers did in a period, by the kpi that their campaign is judged by: one reading of a kpi, for the time
before a campaign and for its window.
"""

from __future__ import annotations

from crm_assets.coverage import known_until
from crm_assets.months import Snapshot, last_day
from crm_assets.warehouse import Session, read_query

BEFORE, WINDOW = "before", "window"
_OF_AUDIENCES = """select a.campaign_id, s.kpi, a.customer_id, :before as period,
        -- Days before the calendar's first year are before history too.
        coalesce(f.date, :history_start) as from_on, :as_of as to_on
    from audiences a
    join strategies s on s.strategy_id = a.strategy_id and s.month = :month
    join calendar l on l.date = :as_of
    left join calendar f on f.day_number = l.day_number - s.window_days + 1
    where a.month = :month"""
_OF_ENDED = """select e.campaign_id, e.kpi, a.customer_id, :before as period, e.before_on as from_on,
        e.before_ends_on as to_on
    from ended_campaigns e join audiences a on a.month = e.month and a.campaign_id = e.campaign_id
    union all
    select e.campaign_id, e.kpi, a.customer_id, :window, e.starts_on, e.ends_on
    from ended_campaigns e join audiences a on a.month = e.month and a.campaign_id = e.campaign_id"""


def spend_before_campaigns(session: Session, snapshot: Snapshot) -> None:
    """Make ``period_spend`` of the month's audiences: the last window_days up to as_of."""
    _period_spend(session, snapshot, _OF_AUDIENCES)


def spend_of_ended_campaigns(session: Session, snapshot: Snapshot) -> None:
    """Make ``ended_campaigns``, and ``period_spend`` of their audiences: the window and as many days before it."""
    session.execute(
        f"create or replace temp table ended_campaigns as {read_query('ended_campaigns')}",
        known_before=known_until(session, snapshot.month_before, last_day(snapshot.month_before)),
        known_until=known_until(session, snapshot.month, snapshot.as_of),
        **snapshot.parameters,
    )
    _period_spend(session, snapshot, _OF_ENDED)


def _period_spend(session: Session, snapshot: Snapshot, periods: str) -> None:
    given = {**snapshot.parameters, "before": BEFORE, "window": WINDOW}
    session.execute(f"create or replace temp table periods as {periods}", **given)
    session.execute(f"create or replace temp table period_spend as {read_query('period_spend')}", **given)
