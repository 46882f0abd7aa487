"""The features of a first purchase by plain Python alone, for tests to compare with."""

from __future__ import annotations

from itertools import pairwise
from math import log
from statistics import mean

from crm_assets_tests.prediction.feature_shop import KEPT, SNAPSHOT
from crm_assets_tests.prediction.test_feature_table import mode


def receipts_of(lines):
    """Receipts with their lines, in the order of feature_table."""
    found = {}
    for row in lines:
        if row["record_type"] in ("product", "service") and row["month"] <= SNAPSHOT.month:
            found.setdefault((row["month"], row["customer_id"], row["receipt_id"], row["record_type"]), []).append(row)
    receipts = [
        {
            "customer": customer,
            "at": min(row["purchased_at"] for row in rows),
            "day": min(row["purchased_at"] for row in rows).date(),
            "amount": sum(row["amount"] for row in rows),
            "lines": sorted(rows, key=lambda row: row["line_no"]) if kind == "product" else [],
            "order": (min(row["purchased_at"] for row in rows), number, kind),
        }
        for (_, customer, number, kind), rows in found.items()
    ]
    return sorted(receipts, key=lambda receipt: receipt["order"])


def log_price(row):
    return log(float(row["amount"]) / row["quantity"]) if row["quantity"] and row["amount"] > 0 else None


def known_mean(values):
    values = [v for v in values if v is not None]
    return mean(values) if values else None


def expected_row(own, shop, categories):  # long: one formula a column
    """One row of the table, from a customer's kept receipts and all receipts of the shop."""
    first_day = min((r["day"] for r in shop if any(row["product_id"] for row in r["lines"])), default=None)

    def before(receipt):
        return [r for r in shop if r["day"] < receipt["day"]]

    def price_levels(receipt):
        levels = []
        for row in receipt["lines"]:
            usual = known_mean(
                log_price(o) for r in before(receipt) for o in r["lines"] if o["product_id"] == row["product_id"]
            )
            known = row["product_id"] and usual is not None and log_price(row) is not None
            levels += [log_price(row) - usual] if known else []
        return levels

    def share(rows, holds):
        rows = [row for row in rows if row["product_id"]]
        return mean([float(holds(row)) for row in rows]) if rows else None

    def is_new(receipt, row):
        first = min(r["day"] for r in shop for o in r["lines"] if o["product_id"] == row["product_id"])
        return (receipt["day"] - first).days <= 30

    def repeats(receipt):
        seen = {row["product_id"] for r in own[: own.index(receipt)] for row in r["lines"]}
        held = []
        for row in receipt["lines"]:
            held += [(row["product_id"], row["product_id"] in seen)] if row["product_id"] else []
            seen.add(row["product_id"])
        return mean([float(again) for _, again in held]) if held else None

    def top_share(receipt):
        amounts = [max(float(row["amount"]), 0.0) for row in receipt["lines"]]
        return max(amounts) / sum(amounts) if sum(amounts) > 0 else None

    def level(receipt):
        earlier = [float(r["amount"]) for r in before(receipt)]
        return log(max(float(receipt["amount"]), 0.01)) - log(max(mean(earlier), 0.01)) if earlier else None

    gaps = [(b["day"] - a["day"]).days for a, b in pairwise(own)]
    levels = [value for receipt in own for value in price_levels(receipt)]
    bought = [row["product_id"] for receipt in own for row in receipt["lines"] if row["product_id"]]
    amounts = [log(1 + max(float(receipt["amount"]), 0)) for receipt in own]
    return {
        "days_between_mean": known_mean(gaps),
        "days_between_first": gaps[0] if gaps else None,
        "days_between_last": gaps[-1] if gaps else None,
        "days_between_trend": log(1 + gaps[-1]) - log(1 + mean(gaps)) if gaps else None,
        "price_level_mean": known_mean(known_mean(price_levels(r)) for r in own),
        "price_level_last": known_mean(price_levels(own[-1])),
        "price_level_max": max(levels, default=None),
        "deal_share": known_mean(float(v < -0.05) for v in levels),
        "new_product_share": known_mean(
            share(r["lines"], lambda row, r=r: is_new(r, row)) if (r["day"] - first_day).days >= 31 else None
            for r in own
        ),
        "repeat_share_mean": known_mean(repeats(r) for r in own),
        "repeat_share_last": repeats(own[-1]),
        "distinct_product_share": len(set(bought)) / len(bought) if bought else None,
        "top_line_share": known_mean(top_share(r) for r in own),
        "amount_trend": amounts[-1] - amounts[0],
        "amount_level_mean": known_mean(level(r) for r in own),
        "category_mode": mode([categories.get(row["product_id"]) for r in own for row in r["lines"]]),
    }


def expected(lines, products):
    shop, made = receipts_of(lines), {}
    for customer in {receipt["customer"] for receipt in shop}:
        own = [receipt for receipt in shop if receipt["customer"] == customer]
        for cutoff in ("1", "2", "3") if len(own) > 3 else ("as_of",):
            made[customer, cutoff] = expected_row(own[: KEPT[cutoff]], shop, dict(products))
    return made
