"""Time: an output for a month does not change by a byte when later months are poisoned."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly, key
from crm_assets_tests.conftest import Shop, comparable

LAST = "2021-04-01"
POISONED = ("2021-05", "2021-06")
WITHOUT_ROWS = {  # the sample has no messages, lines without attributes, and no leads
    "response_rates", "event_attributes", "lead_columns", "lead_features", "lead_model", "lead_scores", "lead_lift",
}  # fmt: skip
READING = ("raw_transactions", "receipts", "customer_lifecycles", "rfm_scores", "feature_table", "report")
SCORED = {"CRM_SCORING_DRIFT_PSI": "1000"}  # the poison would stop it: here its months must be made
ANEW = {"CRM_LISTS_ANEW": "true"}  # lists of months that others follow are kept otherwise, and would prove nothing


def prints(shop: Shop) -> dict[str, str]:
    """A hash of every month's rows of every monthly table, of every model, every report and every list."""
    made, empty = {}, set()
    for name, contract in CONTRACTS.items():
        if is_monthly(contract):
            order = ", ".join(key(contract))
            rows = shop.frame(f"select {comparable(contract)} from {name} where month <= '{LAST}' order by {order}")
            if rows.empty:
                empty.add(name)
            for month, part in rows.groupby("month"):
                text = part.to_csv(index=False, float_format="%.17g")
                made[f"{name} {month:%Y-%m}"] = hashlib.sha256(text.encode()).hexdigest()
    assert empty <= WITHOUT_ROWS, f"would prove nothing: {sorted(empty - WITHOUT_ROWS)}"
    for folder in ("models", "reports"):
        for path in sorted((shop.data / folder).rglob("*.*")):
            if path.stem[:7] <= LAST[:7]:
                made[str(path.relative_to(shop.data))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted((shop.data / "audiences").rglob("*.csv")):
        if path.parent.name <= LAST[:7]:
            made[str(path.relative_to(shop.data))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return made


def poison(shop: Shop) -> int:
    """Absurd receipts in later months, of customers old and new; returns how many lines."""
    customers = shop.frame("select distinct customer_id from receipts order by 1")["customer_id"].tolist()
    rows = [
        [customer, f"A02{month[2:4]}{month[5:]}{n:05}{turn}", turn + 1, "A06", "A060001", "PD0001",
         f"{month.replace('-', '')}{1 + n % 28:02}", n % 24, 9_000_000 * (1 + n % 7) + n, 1 + n % 90]
        for month in POISONED
        for n, customer in enumerate([*customers, *(f"M9{i:08}" for i in range(500))])
        for turn in (0, 1)
    ]  # fmt: skip
    with (shop.landing / "LPOINT_BIG_COMP_02_PDDE_poison.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["cust", "rct_no", "chnl_dv", "cop_c", "br_c", "pd_c", "de_dt", "de_hr", "buy_am", "buy_ct"])
        writer.writerows(rows)
    return len(rows)


def test_later_months_change_no_byte_of_an_earlier_one(demo_shop: Shop, tmp_path: Path):
    shop = demo_shop.copy(tmp_path / "poisoned")
    before = prints(shop)
    lines = poison(shop)
    shop.crm("refresh", "--months", POISONED[0], **SCORED)
    shop.crm("refresh", "--months", POISONED[-1], "--select", "raw_transactions,receipts")
    assert shop.value("select max(amount) from receipts where month > date '2021-04-30'") > 9_000_000
    shop.crm("refresh", "--months", "2020-12:2021-04", **ANEW)
    after = prints(shop)
    changed = sorted(name for name in before if before[name] != after.get(name))
    print(
        f"{len(before)} tables, models and reports up to {LAST[:7]}, {lines:,} poisoned lines: {len(changed)} changed"
    )
    assert not changed
    assert set(after) == set(before)


def test_the_poison_would_be_seen(demo_shop: Shop, tmp_path: Path):
    """The same poison in a month that is read does change what is made of it."""
    shop = demo_shop.copy(tmp_path / "seen")
    before = prints(shop)
    poison(shop)
    path = shop.landing / "LPOINT_BIG_COMP_02_PDDE_poison.csv"
    path.write_text(path.read_text().replace("202105", "202104"))
    shop.crm("refresh", "--months", "2021-04", "--select", ",".join(READING), **SCORED)
    after = prints(shop)
    changed = {name for name in before if before[name] != after.get(name)}
    assert {"receipts 2021-04", "rfm_scores 2021-04", "feature_table 2021-04", "reports/2021-04.html"} <= changed
    assert not {name for name in changed if "2021-03" in name}
