"""Eight customers and five months of predictions, types and receipts, whose outcomes are told by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.months import Snapshot, last_day
from crm_assets.warehouse import Session, read_query
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import calendar_rows, insert

JANUARY, FEBRUARY, MARCH, APRIL, MAY = MONTHS = [date(2021, month, 1) for month in range(1, 6)]
HORIZON = 45  # of the last days of January, February, March: 17 March, 14 April, 15 May

# customer: receipts; type predicted; type assigned, each of January to May (- = none)
CUSTOMERS = {
    "quick": ([1, 1, 2, 0, 0], "AB---", "--ABB"),  # named A, then B; A in its first month, B from the next one on
    "slow": ([1, 0, 0, 2, 1], "CCCC-", "----C"),
    "never": ([2, 0, 0, 0, 0], "AAAAA", "-----"),
    "no types yet": ([1, 3, 0, 0, 0], "A----", "---AA"),  # existing in February, which has no types
    "lapses": ([1, 3, 0, 0, 0], "A----", "-A---"),  # has a type in February and none in March, the horizon
    "comes back": ([4, 0, 0, 4, 0], "---B-", "A---B"),  # was existing at once: its type of January is the first
    "no model": ([1, 0, 0, 4, 0], "A----", "---BB"),  # nobody was predicted in February and March
    "all": ([2, 0, 0, 2, 0], "ABB--", "CCCAB"),  # cluster_population=all: has a type while it is new
}
# month: customer, outcome, month of the prediction, named, true
BY_HAND = {
    JANUARY: set(),
    FEBRUARY: {("lapses", "first", JANUARY, "A", "A")},
    MARCH: {
        ("quick", "first", JANUARY, "A", "A"),
        ("quick", "first", FEBRUARY, "B", "A"),
        ("quick", "horizon", JANUARY, "A", "A"),
    },
    APRIL: {
        ("quick", "horizon", FEBRUARY, "B", "B"),
        ("all", "horizon", FEBRUARY, "B", "A"),
        ("no types yet", "first", JANUARY, "A", "A"),
        ("no model", "first", JANUARY, "A", "B"),
        ("all", "first", JANUARY, "A", "A"),
        ("all", "first", FEBRUARY, "B", "A"),
        ("all", "first", MARCH, "B", "A"),
    },
    MAY: {
        ("slow", "first", JANUARY, "C", "C"),
        ("slow", "first", FEBRUARY, "C", "C"),
        ("slow", "first", MARCH, "C", "C"),
        ("slow", "first", APRIL, "C", "C"),
        ("slow", "horizon", MARCH, "C", "C"),
        ("all", "horizon", MARCH, "B", "B"),
    },
}


def probability(customer: str, month: date) -> float:
    return round(0.3 + len(customer) / 100 + month.month / 20, 6)


def fill(session: Session, months: list[date] = MONTHS, customers: dict[str, tuple] = CUSTOMERS) -> None:
    """What the query reads of these months, but for the calendar."""
    rows = {"receipts": [], "new_customer_predictions": [], "cluster_assignments": []}
    for customer, (counts, named, true) in customers.items():
        for month in months:
            place, key = MONTHS.index(month), {"month": month, "customer_id": customer}
            of_snapshot = {**key, "as_of": last_day(month)}
            rows["receipts"] += [
                {**key, "receipt_id": f"{customer}-{place}-{n}", "purchase_date": month} for n in range(counts[place])
            ]
            if named[place] != "-":
                stated = probability(customer, month)
                given = {"receipts": sum(counts[: place + 1]), "segment_id": named[place], "probability": stated}
                asked = {"abstained": stated < 0.4, "trained_as_of": last_day(month), "horizon_days": HORIZON}
                rows["new_customer_predictions"].append({**of_snapshot, **given, **asked})
            if true[place] != "-":
                rows["cluster_assignments"].append({**of_snapshot, "segment_id": true[place]})
    for table, made in rows.items():
        insert(session, table, made)
    for month in months:
        lifecycles.count(session, Snapshot(month, JANUARY, 12))


def days(session: Session) -> None:
    insert(session, "calendar", calendar_rows(date(2020, 12, 1), date(2021, 12, 31)))


def outcomes(session: Session, month: date, since: date | None = None) -> pd.DataFrame:
    """The rows from a month (by default the same) to a month, held against the contract."""
    staged = session.stage(
        CONTRACTS["prediction_outcomes"],
        read_query("prediction_outcomes"),
        month=month,
        since=since or month,
    )
    assert session.violations(CONTRACTS["prediction_outcomes"], staged) == []
    return session.frame(f"select * from {staged} order by all")
