"""A shop of two hundred customers whose strategies are known, ready for campaigns: for tests of audiences and files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from crm_assets.contracts.export_checks import CHECKS
from crm_assets.defs.marketing.customer_strategies import customer_strategies
from crm_assets.defs.marketing.strategy_choices import strategy_choices
from crm_assets.receipts.calendar import calendar_days
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.marketing import strategy_shop
from crm_assets_tests.marketing.strategy_shop import KEY, MARCH, OF_MARCH
from crm_assets_tests.prediction.feature_shop import insert

CUSTOMERS = 200
STRATEGIES = [  # in order of preference; window_days and what they bring are put in below
    {"id": "first", "goal": "retain", "when": {"rfm_band": ["VIP"]}},
    {"id": "second", "goal": "retain", "when": {"segment_id": ["pro"]}, "at_peak_hours": True},
    {"id": "third", "goal": "online", "when": {"segment_id": ["pro", "novice"]}},
    {"id": "fourth", "goal": "offer", "when": {"lifecycle": ["existing"]}},
]
MORE = {  # strategy → what its row says beside
    "first": ("kakao", "crm", "purchase", 30, "recommendations"),
    "second": ("push", "crm", "spend", 14, "offer bundle"),
    "third": ("app", "online", "online_purchase", 45, None),
    "fourth": ("email", "marketing", "wallet_payment", 7, "recommendations offer"),
}


def customer(number: int) -> str:
    return f"C{number:04}"


def people(count: int = CUSTOMERS) -> dict[str, dict[str, str]]:
    """Half of type pro, half novice; every fifth a VIP."""
    return {
        customer(n): {
            "segment_id": ("pro", "novice")[n % 2],
            "lifecycle": "existing",
            "rfm_band": "VIP" if n % 5 == 0 else "Promising",
            **({"offer_id": "fresh"} if n % 3 == 0 else {}),
        }
        for n in range(count)
    }


def fill(warehouse: Warehouse, count: int = CUSTOMERS, passed: Mapping[str, bool] | None = None) -> None:
    """Customers, their strategies, articles, an offer, a bundle and the checks, all but the two tables under test."""
    with warehouse.session() as session:
        session.ensure_tables()
        strategy_shop.customers(session, people(count))
        strategy_shop.strategies(session, STRATEGIES)
        _describe_strategies(session)
        with session.transaction():
            insert(session, "calendar", calendar_days(date(2020, 1, 1)).to_dict("records"))
        strategy_shop.hours(session, "pro", {11: 5, 12: 9, 13: 9, 14: 8, 20: 1})
        insert(session, "recommendations", [
            {**OF_MARCH, "customer_id": customer(n), "rank": rank, "product_id": f"P{(n + rank) % 7}"}
            for n in range(count) if n % 4 for rank in range(1, 6)
        ])  # fmt: skip
        insert(session, "products", [{"product_id": f"P{n}", "name": f"상품 {n}"} for n in range(5)])
        insert(session, "bundle_proposals", [
            {**OF_MARCH, "segment_id": "all", "rank": 1, "antecedent_names": "빵", "consequent_names": "잼"},
            {**OF_MARCH, "segment_id": "all", "rank": 2, "antecedent_names": "x", "consequent_names": "y"},
        ])  # fmt: skip
        insert(
            session, "offers", [{**OF_MARCH, "offer_id": "fresh", "title_ko": "신선식품 쿠폰북", "title_en": "Fresh"}]
        )
        session.execute("update offer_matches set net_benefit = 1250.5000")
        check(session, passed or {})
    for table in (customer_strategies, strategy_choices):
        made(table, warehouse, KEY, source="lpoint")


def check(session: Session, passed: Mapping[str, bool]) -> None:
    """The checks of the month, passed unless told otherwise."""
    session.execute("delete from export_checks")
    insert(session, "export_checks", [
        {**OF_MARCH, "name": name, "passed": passed.get(name, True), "threshold": 0.25} for name in CHECKS
    ])  # fmt: skip


def _describe_strategies(session: Session) -> None:
    for strategy, (channel, owner, kpi, days, brings) in MORE.items():
        session.execute(
            """update strategies set channel = :channel, owner = :owner, kpi = :kpi, window_days = :days,
            brings = :brings, origin = 'own', title_ko = :ko, title_en = :en, trigger_ko = '때',
            trigger_en = 'when', action_ko = '일',
            action_en = 'do' where strategy_id = :strategy""",
            strategy=strategy, channel=channel, owner=owner, kpi=kpi, days=days, brings=brings,
            ko=f"{strategy} 캠페인", en=f"{strategy} campaign",
        )  # fmt: skip


def receipt(number: int, day: date, amount: str, channel: str = "offline") -> dict[str, object]:
    """A receipt of a customer, for what audiences did before."""
    return {
        "month": day.replace(day=1), "customer_id": customer(number), "receipt_id": f"R{number}-{day}-{amount}",
        "purchase_date": day, "purchased_at": datetime(day.year, day.month, day.day, 12), "purchase_hour": 12,
        "amount": Decimal(amount), "channel": channel, "lines": 1,
    }  # fmt: skip


__all__ = ["CUSTOMERS", "KEY", "MARCH", "check", "customer", "fill", "people", "receipt"]
