"""Scores whose answer is known by now, from the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_assets.coverage import known_until
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query


def known_scores(
    session: Session, parameters: Mapping[str, Any], settings: Settings, table: str, names: Mapping[str, str]
) -> pd.DataFrame:
    """A row per customer and month: month, customer_id, rfm_grade, receipts (in the window), dormant (0, 1) and scores.

    The newest ``dormancy_evidence_months`` with a score and a known answer; of each month at most
    ``max_evaluation_customers``, the same customers in every month: those whose hash comes first.

    Args:
        table: that holds the scores of month and customer.
        names: of the scores → the table's columns.
    """
    known = known_until(session, parameters["month"], parameters["as_of"])
    answers = f"create or replace temp table known_answers as {read_query('dormancy_answers')}"
    session.execute(answers, **parameters, known_until=known)
    columns = ", ".join(f"s.{column} as {name}" for name, column in names.items())
    return session.frame(
        f"""with months as (
            select month from (select distinct month from {table}) s
            where month in (select distinct month from known_answers) order by month desc limit :most_months
        ),
        placed as (
            select a.*, row_number() over (
                partition by a.month order by md5(a.customer_id), a.customer_id
            ) as place
            from known_answers a join months m on m.month = a.month
        )
        select p.month, p.customer_id, f.rfm_grade, f.frequency as receipts, p.dormant, {columns}
        from placed p
        join dormancy_features f on f.month = p.month and f.customer_id = p.customer_id
        join {table} s on s.month = p.month and s.customer_id = p.customer_id
        where p.place <= :most_customers order by p.month, p.customer_id""",
        most_months=settings.dormancy_evidence_months,
        most_customers=settings.max_evaluation_customers,
    )
