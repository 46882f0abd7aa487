"""Policies: what becomes of returns, of amounts of 0 and below, of dates to come, and of what no file describes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.receipts.landed_files import rows_accounted
from crm_assets.defs.receipts.raw_transactions import lines_complete, policies
from crm_assets.receipts.staging import stage_lines
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.receipts.test_intake import LINE, Shop

NAME = "LPOINT_BIG_COMP_02_PDDE.csv"


def shop_of(session: Session, root: Path, **settings: str) -> Shop:
    made = Shop(session, root, "lpoint")
    made.settings = Settings(data_dir=str(root), **settings)
    return made


def without_returns(shop: Shop) -> None:
    """The mapping calls nothing a return, so that the policy decides."""
    files = tuple(m.model_copy(update={"returns": None}) for m in shop.source.files)
    shop.source = shop.source.model_copy(update={"files": files})


def staged(shop: Shop, month: str = "2021-07-01") -> str:
    day = date.fromisoformat(month)
    stage_lines(shop.session, shop.staging, day)
    return shop.session.stage(CONTRACTS["raw_transactions"], read_query("raw_transactions"), month=day)


@pytest.mark.parametrize(
    ("policy", "types", "reasons"),
    [("quarantine", ["product"], {"negative_amount": 1}), ("return", ["product", "return"], {})],
)
def test_negative_amounts(session: Session, tmp_path: Path, policy: str, types: list[str], reasons: dict[str, int]):
    shop = shop_of(session, tmp_path, negative_amounts=policy)
    without_returns(shop)
    shop.land(NAME, [LINE, [*LINE[:8], "-500", "1"]])
    assert shop.lines("2021-07-01")["record_type"].tolist() == types
    assert shop.reasons() == reasons


@pytest.mark.parametrize(
    ("policy", "amounts", "reasons"), [("quarantine", [500.0], {"zero_amount": 1}), ("load", [0.0, 500.0], {})]
)
def test_zero_amounts(session: Session, tmp_path: Path, policy: str, amounts: list[float], reasons: dict[str, int]):
    shop = shop_of(session, tmp_path, zero_amounts=policy)
    shop.land(NAME, [LINE, [*LINE[:8], "0", "1"]])
    assert sorted(shop.lines("2021-07-01")["amount"]) == amounts
    assert shop.reasons() == reasons


@pytest.mark.parametrize(
    ("policy", "days", "reasons"), [("quarantine", [1, 2], {"future_date": 2}), ("load", [1, 2, 3, 4], {})]
)
def test_dates_to_come(session: Session, tmp_path: Path, policy: str, days: list[int], reasons: dict[str, int]):
    """The file lands on 2026-01-01; the day after is still today somewhere."""
    shop = shop_of(session, tmp_path, future_dates=policy)
    history = shop.source.history.model_copy(update={"end": None})
    shop.source = shop.source.model_copy(update={"history": history})
    shop.land(NAME, [[*LINE[:6], f"202601{day:02}", *LINE[7:]] for day in (1, 2, 3, 4)])
    assert shop.lines("2026-01-01")["purchased_at"].dt.day.tolist() == days
    assert shop.reasons() == reasons
    assert shop.take_in().loaded == [], "a later look does not read the file anew"


@pytest.mark.parametrize("policy", ["load", "refuse"])
def test_what_no_file_describes(session: Session, tmp_path: Path, policy: str):
    named = {"unknown_products": policy, "unknown_branches": policy, "unknown_customers": policy}
    shop = shop_of(session, tmp_path, **named)
    shop.land(NAME, [LINE, ["M2", "A2", "2", "A02", "", "PD0002", *LINE[6:]]])
    rows = staged(shop)
    nothing_described = policies(session, rows, shop.settings)
    assert nothing_described.passed and set(values(nothing_described).values()) == {0}
    session.execute("insert into customers (customer_id) values ('M1')")
    session.execute("insert into products (product_id) values ('PD0002')")
    session.execute("insert into branches (branch_id, partner_id) values ('B9', 'A02')")
    check = policies(session, rows, shop.settings)
    assert values(check) == {
        "returns, policy apart": 0,
        "zero_amounts, policy quarantine": 0,
        f"unknown_products, policy {policy}": 1,
        f"unknown_branches, policy {policy}": 1,
        f"unknown_customers, policy {policy}": 1,
    }
    assert check.passed is (policy == "load")
    if policy == "refuse":
        assert "1 lines are of unknown products, and CRM_UNKNOWN_PRODUCTS is refuse. Deliver" in check.description


def test_returns_are_counted_in_the_check(session: Session, tmp_path: Path):
    shop = shop_of(session, tmp_path)
    shop.land(NAME, [LINE, [*LINE[:8], "-500", "-1"]])
    assert values(policies(session, staged(shop), shop.settings))["returns, policy apart"] == 1


def test_a_month_that_lacks_lines_of_the_ledger_is_seen(session: Session, tmp_path: Path):
    shop = shop_of(session, tmp_path)
    shop.land(NAME, [LINE, ["M2", *LINE[1:]]])
    rows = staged(shop)
    month = session.scalar(f"select min(month) from {rows}")
    assert lines_complete(session, rows, month).passed
    session.execute(f"delete from {rows} where customer_id = 'M2'")
    gap = lines_complete(session, rows, month)
    assert not gap.passed and "hold 1 lines, the ledger counts 2" in gap.description


def test_rows_that_are_not_accounted_for_are_seen(session: Session, tmp_path: Path):
    shop = shop_of(session, tmp_path)
    shop.land(NAME, [LINE, ["", *LINE[1:]]])
    assert rows_accounted(session, shop.settings).passed
    session.execute("delete from quarantine")
    assert not rows_accounted(session, shop.settings).passed
    session.execute("update landed_files set quarantined = 0")
    check = rows_accounted(session, shop.settings)
    assert not check.passed and check.metadata["which"].text == NAME


def values(check) -> dict[str, int]:
    return {name: entry.value for name, entry in check.metadata.items()}


def test_a_wallet_refund_is_no_return_of_goods(session: Session, tmp_path: Path):
    """Else netting returns would take it from a monetary that holds no wallet payment."""
    shop = shop_of(session, tmp_path)
    header = ["cust", "rct_no", "cop_c", "chnl_dv", "de_dt", "de_hr", "buy_am"]
    rows = [["M1", "210726000000001", "L00", "1", "20210726", "19", amount] for amount in ("500", "-400")]
    shop.land("LPOINT_BIG_COMP_06_LPAY.csv", rows, header)
    assert shop.lines("2021-07-01")["record_type"].tolist() == ["wallet", "wallet"] and shop.reasons() == {}
