"""A warehouse with spend by category, made by the asset of it or put there, for tests of what follows from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd

from crm_assets.months import last_day
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.prediction.feature_shop import insert


def stored(warehouse: Warehouse, month: date, spend: pd.DataFrame, members: pd.Series | None = None) -> None:
    """Put rows of ``category_spend`` into a month, and of ``lifestyle_assignments`` where given.

    Args:
        spend: customer_id, category, amount; share is made where it is not given.
        members: customer_id → lifestyle_id.
    """
    with warehouse.session() as session:
        _store(session, month, spend, members)


def _store(session: Session, month: date, spend: pd.DataFrame, members: pd.Series | None) -> None:
    spend = spend.copy()
    if "share" not in spend:
        spend["share"] = spend["amount"] / spend.groupby("customer_id")["amount"].transform("sum")
    spend["amount"] = [Decimal(f"{max(a, 0.01):.2f}") for a in spend["amount"]]
    days = {"month": month, "as_of": last_day(month)}
    insert(session, "category_spend", spend.assign(receipts=1, **days).to_dict("records"))
    if members is not None:
        rows = [
            {**days, "customer_id": c, "lifestyle_id": i, "lifestyle_name": f"name of {i}", "distance": 0.0}
            for c, i in members.items()
        ]
        insert(session, "lifestyle_assignments", rows)
