"""A year of receipts in one file, in 365, shuffled, twice, and late: every table is the same."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import ReadingsTable, is_monthly
from crm_assets_tests.conftest import Shop
from crm_assets_tests.killing import NAME, VARIABLES, differing, tables
from crm_assets_tests.small_shop import PRODUCTS, land, months_between, product_rows, receipt_rows

pytestmark = pytest.mark.prove

Rows = list[list[str]]
# The small shop has neither messages nor a daily series nor attributes of lines.
WITHOUT_ROWS = {
    "response_rates", "signal_correlations", "event_attributes",
    "lead_columns", "lead_features", "lead_model", "lead_scores", "lead_lift",
}  # fmt: skip
YEAR = {**VARIABLES, "CRM_HISTORY_END": "2021-12-31", "CRM_LIFESTYLE_K": "5"}


def subscriptions(months: list[str]) -> Rows:
    """Twenty customers who pay the same every month."""
    return [
        [f"M{n:05}", f"A9{month.replace('-', '')}{n:05}", "1", "A01", "A010001", "PD0040",
         f"{month.replace('-', '')}05", "9", "3200", "1"]
        for month in months
        for n in range(20)
    ]  # fmt: skip


# What comes late changes no list that has been sent, but for this setting: here every table is compared.
ANEW = {"CRM_LISTS_ANEW": "true"}


def ways(rows: Rows) -> dict[str, list[list[Rows]]]:
    """Way → what lands before each refresh → files."""
    days = sorted({row[6] for row in rows})
    shuffled = random.Random(5).sample(rows, len(rows))
    return {
        "one": [[rows]],
        "daily": [[[row for row in rows if row[6] == day] for day in days]],
        "shuffled": [[shuffled[: len(rows) // 3], shuffled[len(rows) // 3 :]]],
        "twice": [[rows], [shuffled]],
        "late": [[[r for r in rows if r[6] >= "20210601"]], [[r for r in rows if r[6] < "20210601"]]],
    }


def test_order_and_cutting_change_no_table(tmp_path: Path):
    months = months_between("2021-01", "2021-12")
    rows = sorted(receipt_rows(months, 260) + subscriptions(months), key=lambda row: (row[6], row[7]))
    monthly = {name for name, contract in CONTRACTS.items() if is_monthly(contract)} | {"calendar"}
    monthly -= {name for name, contract in CONTRACTS.items() if issubclass(contract, ReadingsTable)}  # they name files

    def refreshed(way: str, deliveries: list[list[Rows]]) -> tuple[str, int, dict]:
        shop, number = Shop(tmp_path / way, YEAR | ANEW), 0
        land(shop.landing, "LPOINT_BIG_COMP_04_PD_CLAC.csv", product_rows(), PRODUCTS)
        for files in deliveries:
            for file in files:
                number += 1
                land(shop.landing, NAME.format(f"{number:03}"), file)
            shop.crm("refresh")
        return way, number, {name: frame for name, frame in tables(shop).items() if name in monthly}

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda item: refreshed(*item), ways(rows).items()))
    expected = made[0][2]
    assert {name for name, frame in expected.items() if frame.empty} <= WITHOUT_ROWS
    for way, files, found in made:
        wrong = differing(found, expected)
        told = f"{len(found) - len(wrong)} of {len(found)} tables equal, {sum(map(len, found.values())):,} rows"
        print(f"{way}: {files} files, {told}")
        assert not wrong, (way, wrong)
