"""A random shop for the queries that tell types apart: the tables that they read, about one snapshot.

It has whatever ``segment_profiles.sql`` reads, so that no measure is missing from it: its test says so.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.warehouse import Session

SNAPSHOT = Snapshot(month=date(2021, 3, 1), history_start=date(2020, 11, 1), window_months=3)
LOYAL = ["SA", "SD"]
BANDS = ["VIP", "Promising", "At-Risk"]


def random_shop(seed=11, customers=240):  # long: one table after the other
    """Frames of every table that the query reads: months before and after the window, lapsed and new customers too."""
    draw = random.Random(seed)
    receipts, lines, people, scores, types = [], [], [], [], []
    for i in range(customers):
        customer = f"C{i:04d}"
        if i % 13:
            people.append(
                (
                    customer,
                    draw.choice(["female", "male", None]),
                    draw.choice(["20대", "30대", None]),
                    draw.choice(["Z01", "Z02"]) if i % 3 else None,
                )
            )
        channels = draw.choice([["offline"], ["online"], ["offline", "online"]])
        amounts, days = [], set()
        for j in range(draw.randrange(1, 9)):
            day = date(2020, 11, 1) + timedelta(days=draw.randrange(0, 180))
            at = datetime(day.year, day.month, day.day, draw.choice([0, 9, 10, 14, 23]))
            kind = draw.choice(["product", "product", "product", "service"])
            products = [f"P{draw.randrange(13)}" if kind == "product" else None for _ in range(draw.randrange(1, 4))]
            parts = [Decimal(draw.randrange(1, 10**6)) / 100 for _ in products]
            channel, number, month = draw.choice(channels), f"A{i}-{j}", day.replace(day=1)
            place = (channel, f"A0{i * j % 5}", f"B{i % 7}" if channel == "offline" else None)
            goods = (len(products), len(products), sum(parts))
            receipts.append((month, customer, number, at, day, at.hour, kind, "A", *place, *goods))
            for k, (product, amount) in enumerate(zip(products, parts, strict=True), 1):
                lines.append((month, customer, number, k, at, *place, product, 1, amount, kind))
            if SNAPSHOT.window_start <= day <= SNAPSHOT.as_of:
                amounts.append(sum(parts))
                days.add(day)
        if draw.random() < 0.5:
            at = datetime(2020, 11, 1) + timedelta(days=draw.randrange(0, 180))
            month = at.date().replace(day=1)
            lines.append(
                (month, customer, f"8{i:014d}", 1, at, "offline", None, None, None, None, Decimal(5), "wallet")
            )
        if draw.random() < 0.2:
            at = datetime(2021, 2, 3)
            back = ("offline", "A01", "B1", "P1", -1, Decimal(-9999), "return")
            lines.append((date(2021, 2, 1), customer, f"R{i}", 1, at, *back))
        if amounts:
            scores.append(
                (
                    SNAPSHOT.month,
                    SNAPSHOT.as_of,
                    customer,
                    (SNAPSHOT.as_of - max(days)).days,
                    0,
                    len(amounts),
                    len(days),
                    sum(amounts),
                    1,
                    1,
                    1,
                    111,
                    draw.choice(BANDS),
                )
            )
            if len(amounts) > 1:
                kind = draw.choice("AAB") if i % 20 else "C"
                types.append((SNAPSHOT.month, SNAPSHOT.as_of, customer, f"S{kind}", f"persona {kind}", 0.5))
    # Two products of one name are one; one has no name, one no category, one (P12) is in no file.
    products = [
        (f"P{i}", {3: None, 9: "name 8"}.get(i, f"name {i}"), None if i == 11 else f"major {i % 7}", f"middle {i}")
        for i in range(12)
    ]
    return {
        "receipts": pd.DataFrame(receipts, columns=[
            "month", "customer_id", "receipt_id", "purchased_at", "purchase_date", "purchase_hour", "record_type",
            "receipt_type", "channel", "partner_id", "branch_id", "lines", "quantity", "amount"]),
        "raw_transactions": pd.DataFrame(lines, columns=[
            "month", "customer_id", "receipt_id", "line_no", "purchased_at", "channel", "partner_id", "branch_id",
            "product_id", "quantity", "amount", "record_type"]),
        "customers": pd.DataFrame(people, columns=["customer_id", "gender", "age_band", "region"]),
        "products": pd.DataFrame(products, columns=["product_id", "name", "category_major", "category_middle"]),
        "rfm_scores": pd.DataFrame(scores, columns=[
            "month", "as_of", "customer_id", "recency_days", "recency_from_start_days", "frequency", "visit_days",
            "monetary", "r_score", "f_score", "m_score", "rfm_score", "rfm_band"]),
        "cluster_assignments": pd.DataFrame(types, columns=[
            "month", "as_of", "customer_id", "segment_id", "segment_name", "distance"]),
    }  # fmt: skip


def derived(shop):
    """The customer-level tables that the query reads, from the others; interest, levels and churn risk by draw."""
    receipts, lines = in_window(shop["receipts"]), in_window(shop["raw_transactions"])
    used = receipts.groupby("customer_id")["channel"].agg(lambda s: "/".join(sorted(set(s.dropna())))).to_dict()
    payers = set(lines.loc[lines["record_type"] == "wallet", "customer_id"])
    goods = lines[lines["record_type"] == "product"].merge(shop["products"], on="product_id")
    variety = goods.dropna(subset="category_major").groupby("customer_id")["category_major"].nunique()
    people = shop["customers"].set_index("customer_id")
    attributes, risks = [], []
    for customer in shop["rfm_scores"]["customer_id"]:
        draw = random.Random(customer)
        attributes.append({
            "month": SNAPSHOT.month, "as_of": SNAPSHOT.as_of, "customer_id": customer, "is_existing": 1,
            **{c: people[c].get(customer) for c in ("gender", "age_band", "region")},
            "categories_major": variety.get(customer, 0) * draw.choice([1, 8]) if len(variety) else None,
            "channel_use": {"offline/online": "both", "": None}.get(used[customer], used[customer]),
            "wallet_user": int(customer in payers) if payers else None,
            "interest_category": draw.choice(["tea", "books", None]),
            "loyalty": draw.choice(["low", "mid", "high", None]),
            "purchasing_power": draw.choice(["low", "high"]),
        })  # fmt: skip
        risk = draw.choice([None, 0.0, 0.5, 1.0, 3.25, 4.0, 0.01 * draw.randrange(900)])
        risks.append({
            "month": SNAPSHOT.month, "as_of": SNAPSHOT.as_of, "customer_id": customer, "recency_days": 1,
            "purchase_dates": 1, "churn_risk": risk,
        })  # fmt: skip
    return {"attribute_segments": pd.DataFrame(attributes), "churn_risk": pd.DataFrame(risks)}


def insert(session, table, frame):
    session.connection.register("rows", frame)
    names = ", ".join(frame.columns)
    session.connection.execute(f"insert into {table} ({names}) select {names} from rows")
    session.connection.unregister("rows")


def warehouse(shop):
    session = Session(duckdb.connect())
    session.ensure_tables()
    days = pd.DataFrame({"date": pd.date_range("2020-11-01", "2021-05-31")})
    day = days["date"].dt
    insert(session, "calendar", days.assign(
        day_number=(days["date"] - pd.Timestamp("1970-01-01")).dt.days, month=day.to_period("M").dt.start_time,
        year=day.year, month_of_year=day.month, day_of_month=day.day, weekday=day.day_of_week,
        is_weekend=(day.day_of_week >= 5).astype(int), season=day.month.map(season)))  # fmt: skip
    for table, frame in {**derived(shop), **shop}.items():
        if len(frame):
            insert(session, table, frame)
    session.reference("loyal_types", {"segment_id": "varchar"}, [(s,) for s in LOYAL])
    return session


def season(month):
    return {0: "winter", 1: "spring", 2: "summer", 3: "autumn"}[month % 12 // 3]


def in_window(frame):
    return frame[(frame["month"] >= SNAPSHOT.window_start) & (frame["month"] <= SNAPSHOT.month)]
