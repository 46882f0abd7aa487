"""Customers, conditions and profiles put into the tables that strategies read, for tests of who is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from crm_assets.months import last_day
from crm_assets.warehouse import Session
from crm_assets_tests.prediction.feature_shop import insert

MARCH = date(2021, 3, 1)
KEY = "2021-03-01"
OF_MARCH = {"month": MARCH, "as_of": last_day(MARCH)}
TABLES = {  # trait → table and column that tell it
    "segment_id": ("customer_types", "segment_id"),
    "lifecycle": ("customer_types", "lifecycle"),
    "rfm_band": ("rfm_scores", "rfm_band"),
    "rfm_grade": ("rfm_scores", "rfm_grade"),
    "list": ("retention_lists", "list"),
    "lifestyle_id": ("lifestyle_assignments", "lifestyle_id"),
    "offer_id": ("offer_matches", "offer_id"),
    "gender": ("customers", "gender"),
    "age_band": ("customers", "age_band"),
    "channel_use": ("attribute_segments", "channel_use"),
    "wallet_user": ("attribute_segments", "wallet_user"),
    "loyalty": ("attribute_segments", "loyalty"),
    "purchasing_power": ("attribute_segments", "purchasing_power"),
}


def customers(session: Session, people: Mapping[str, Mapping[str, str]]) -> None:
    """customer → trait → value; what is not given is unknown, and a table that tells nothing of a customer has no row.
    Everybody is in customer_types."""
    found: dict[str, list[dict[str, object]]] = {table: [] for table, _ in TABLES.values()}
    for customer, traits in people.items():
        told: dict[str, dict[str, object]] = {"customer_types": {"lifecycle": "existing"}}
        for trait, value in traits.items():
            table, column = TABLES[trait]
            told.setdefault(table, {})[column] = int(value) if trait == "wallet_user" else value
        for table, values in told.items():
            found[table].append({"customer_id": customer, **values})
    columns = {t: {c for table, c in TABLES.values() if table == t} for t in found}
    for table, rows in found.items():
        of_month = {} if table == "customers" else OF_MARCH
        ranked = {"rank": 1} if table == "offer_matches" else {}
        insert(session, table, [{**dict.fromkeys(columns[table]), **of_month, **ranked, **row} for row in rows])


def strategies(session: Session, catalogue: Iterable[Mapping[str, object]]) -> None:
    """Rows of strategies and strategy_conditions, in the order given.

    Args:
        catalogue: id, when (trait → values), goal (default visit), at_peak_hours (default no), evidence (triples).
    """
    for place, given in enumerate(catalogue, 1):
        own = {**OF_MARCH, "strategy_id": given["id"]}
        peak = bool(given.get("at_peak_hours", False))
        insert(
            session, "strategies", [{**own, "place": place, "goal": given.get("goal", "visit"), "at_peak_hours": peak}]
        )
        conditions = [{**own, "trait": t, "value": v} for t, values in given["when"].items() for v in values]
        insert(session, "strategy_conditions", conditions)
        names = ("measure", "category", "direction")
        evidence = [{**own, **dict(zip(names, e, strict=True))} for e in given.get("evidence", ())]
        insert(session, "strategy_evidence", evidence)


def hours(session: Session, segment: str, receipts: Mapping[int, int]) -> None:
    """Receipts of a type by hour of the day, as segment_profiles tells them: shares of all."""
    base = sum(receipts.values())
    rows = [
        {**OF_MARCH, "segment_id": segment, "segment_name": segment, "measure": "purchase_hour",
         "category": f"{hour:02d}", "value": n / base, "unit": "share", "base": base}
        for hour, n in receipts.items()
    ]  # fmt: skip
    insert(session, "segment_profiles", rows)
