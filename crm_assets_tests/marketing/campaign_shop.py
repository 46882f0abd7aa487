"""A shop with campaigns: their rows by contract, receipts that a test states, outcomes made as Dagster makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.marketing.kpis import spend_of_ended_campaigns
from crm_assets.months import Snapshot, last_day, month_of
from crm_assets.receipts.calendar import calendar_days
from crm_assets.warehouse import Session, Warehouse, read_query
from crm_assets_tests.prediction.feature_shop import insert, line
from crm_assets_tests.rows import row

HISTORY = date(2020, 12, 1)
JANUARY, FEBRUARY, MARCH = date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1)
OPEN_DAYS = [date(2020, 12, 1) + timedelta(days=i) for i in range(121)]  # up to 31 March


def campaign(month: date = JANUARY, strategy: str = "win_back", days: int = 30, **given: object) -> dict[str, object]:
    """A row of campaigns, made at the end of a month."""
    as_of = last_day(month)
    ordinary = {
        "month": month, "as_of": as_of, "campaign_id": f"{month:%Y-%m}-{strategy}", "strategy_id": strategy,
        "kpi": "purchase", "starts_on": as_of + timedelta(days=1), "ends_on": as_of + timedelta(days=days),
        "definition": "everybody", "fitting": 10, "in_other_campaigns": 0, "without_consent": 0, "treatment": 8,
        "control": 2, "consent_unknown": 0, "holdout_share": 0.2, "converted_before": 0.5, "path": "", "sha256": "",
        "holdout_path": "", "holdout_sha256": "",
    }  # fmt: skip
    return row(CONTRACTS["campaigns"], **ordinary | given)


def audience(of: Mapping[str, object], arms: Mapping[str, tuple[str, str]]) -> list[dict[str, object]]:
    """Rows of audiences: customer → (arm, type)."""
    same = {name: of[name] for name in ("month", "as_of", "campaign_id", "strategy_id", "starts_on", "ends_on")}
    return [
        row(
            CONTRACTS["audiences"],
            **same,
            customer_id=customer,
            arm=arm,
            holdout_share=0.2,
            segment_id=segment,
            rfm_band="none",
            channel="sms",
        )
        for customer, (arm, segment) in arms.items()
    ]


def bought(customer: str, day: date, amount: str = "100", **given: object) -> dict[str, object]:
    """A receipt of one line; a number of its own for each day, amount and kind."""
    kind = given.get("record_type", "product")
    at = datetime.combine(day, time(given.pop("hour", 12)))
    return line(customer, f"A{customer}{day:%m%d}{amount}{kind}", at, amount=Decimal(amount), **given)


def open_every_day(last: date = OPEN_DAYS[-1]) -> list[dict[str, object]]:
    """Somebody who is in no campaign buys every day, so that the shop is seen to be open."""
    return [bought("somebody", day) for day in OPEN_DAYS if day <= last]


def stock(session: Session, lines: Iterable[Mapping[str, object]], **tables: list[dict[str, object]]) -> None:
    """The calendar, lines, receipts of every month of theirs, and further tables."""
    days = calendar_days(HISTORY)
    insert(session, "calendar", days[days["date"] < "2022-01-01"].to_dict("records"))
    add_lines(session, lines)
    for table, rows in tables.items():
        insert(session, table, rows)


def add_lines(session: Session, lines: Iterable[Mapping[str, object]]) -> None:
    """Lines, and the receipts of their months made anew."""
    lines = list(lines)
    insert(session, "raw_transactions", lines)
    contract = CONTRACTS["receipts"]
    for month in sorted({month_of(of["month"]) for of in lines}):
        staged = session.stage(contract, read_query("receipts"), month=month, count_wallet_as_purchase=False)
        with session.transaction():
            session.replace(contract, staged, "month = :month", month=month)


def outcomes(session: Session, month: date = MARCH) -> dict[tuple[str, str, str], dict[str, object]]:
    """Campaign without its month, segment and arm → the row, sums as Decimals; the contract must hold."""
    contract = CONTRACTS["campaign_outcomes"]
    of = Snapshot(month, HISTORY, 12)
    spend_of_ended_campaigns(session, of)
    staged = session.stage(contract, read_query("campaign_outcomes"), **of.parameters)
    assert session.violations(contract, staged) == []
    made = session.execute(f"select * from {staged}")
    names = [d[0] for d in made.description]
    rows = [dict(zip(names, values, strict=True)) for values in made.fetchall()]
    return {(r["campaign_id"][8:], r["segment_id"], r["arm"]): r for r in rows}


def shop(warehouse: Warehouse, lines: Iterable[Mapping[str, object]], **tables: list[dict[str, object]]) -> Warehouse:
    with warehouse.session() as session:
        stock(session, lines, **tables)
    return warehouse


def by_hand(lines: list[dict[str, object]], of: Mapping[str, object], members: list[dict[str, object]]) -> pd.DataFrame:
    """Sums of a campaign whose kpi is a purchase, by type and arm, from lines; by loops and Decimals."""
    length = of["ends_on"] - of["starts_on"] + timedelta(days=1)
    rows = []
    for member in members:
        own = [
            (ln["purchased_at"].date(), ln["amount"])
            for ln in lines
            if ln["customer_id"] == member["customer_id"] and ln["record_type"] in ("product", "service")
        ]
        within = [amount for day, amount in own if of["starts_on"] <= day <= of["ends_on"]]
        before = [amount for day, amount in own if of["starts_on"] - length <= day < of["starts_on"]]
        y, x = sum(within, Decimal(0)), sum(before, Decimal(0))
        figures = {"customers": 1, "converted": int(bool(within)), "spend": y, "spend_squares": y * y}
        figures |= {"spend_before": x, "spend_before_squares": x * x, "spend_products": x * y}
        rows += [{"segment_id": s, "arm": member["arm"], **figures} for s in (member["segment_id"], "all")]
    return pd.DataFrame(rows).groupby(["segment_id", "arm"]).agg(lambda values: sum(values))
