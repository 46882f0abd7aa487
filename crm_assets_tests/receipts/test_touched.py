"""Customers whose lines changed are made anew, the others' rows stay; what comes of it is what all anew would give."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import key
from crm_assets.defs.prediction.feature_table import feature_table
from crm_assets.defs.receipts.calendar import calendar
from crm_assets.defs.receipts.customers import customers
from crm_assets.defs.receipts.raw_transactions import raw_transactions
from crm_assets.defs.receipts.receipts import receipts
from crm_assets.defs.resources import SettingsResource
from crm_assets.defs.segmentation.customer_lifecycles import customer_lifecycles
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import Shop
from crm_assets_tests.small_shop import receipt_rows

MONTHS = ("2021-06-01", "2021-07-01")
READINGS = ("line_readings", "receipt_readings", "feature_readings")
COMPARED = ("raw_transactions", "event_attributes", "receipts", "feature_table", *READINGS)
NAME, DAY = "LPOINT_BIG_COMP_02_PDDE{}.csv", "LPOINT_BIG_COMP_02_PDDE_day{}.csv"
WALLET = ["cust", "rct_no", "cop_c", "chnl_dv", "de_dt", "de_hr", "buy_am"]
PEOPLE = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
ALL, SOME = "all", "whose lines changed"


class Touched(Shop):
    """A shop whose tables are made by their assets."""

    @contextmanager
    def opened(self):
        yield self.session

    def one(self, asset: dg.AssetsDefinition, month: str | None = None, **settings: object) -> str:
        """Make a table; returns whom it was made for."""
        resource = SettingsResource(**{**self.settings.model_dump(), **settings})

        class Opened:
            session = self.opened

        with dg.build_asset_context(partition_key=month) as context:
            *_, done = asset(context, settings=resource, warehouse=Opened())
        return done.metadata.get("customers made anew", "")

    def make(self, **settings: object) -> dict[str, str]:
        """The tables of both months; returns whom each was made for."""
        self.one(calendar)
        self.one(customers)
        made = {}
        for month in MONTHS:
            for asset in (raw_transactions, receipts, customer_lifecycles, feature_table):
                made[f"{asset.key.to_user_string()} {month[5:7]}"] = self.one(asset, month, **settings)
        return {name: told for name, told in made.items() if told}

    def rows(self) -> dict[str, pd.DataFrame]:
        return {
            name: self.session.frame(f"select * from {name} order by {', '.join(key(CONTRACTS[name]))}")
            for name in COMPARED
        }

    def require_as_all_anew(self, **settings: object) -> None:
        """The rows are those that are made when nothing is remembered."""
        partly = self.rows()
        for name in READINGS:
            self.session.execute(f"delete from {name}")
        assert set(self.make(**settings).values()) == {ALL}
        for name, frame in self.rows().items():
            pd.testing.assert_frame_equal(partly[name], frame, obj=name)


def line(customer: str, number: int, day: str, product: str = "PD0001", amount: str = "900") -> list[str]:
    return [customer, f"A{number:011}", "1", "A01", "A010001", product, day, "9", amount, "1"]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Touched:
    """Two months of 60 customers, made."""
    made = Touched(session, tmp_path, "lpoint")
    made.land("LPOINT_BIG_COMP_01_DEMO.csv", [[f"M{n:05}", "여성", "20대", "Z01"] for n in range(60)], PEOPLE)
    made.land(NAME.format(""), receipt_rows(["2021-06", "2021-07"], 60))
    assert set(made.make().values()) == {ALL}
    return made


def test_a_day_is_made_of_its_customers_alone(shop: Touched):
    """A customer who was known, and one who was not; the month before is not touched."""
    before = shop.rows()["feature_table"]
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731"), line("M99999", 900_002, "20210731")])
    made = shop.make()
    told = f"2 {SOME}"
    assert [made[f"{name} 07"] for name in ("raw_transactions", "receipts", "feature_table")] == [told] * 3
    assert shop.session.scalar("select count(*) from feature_table where customer_id = 'M99999'") == 1
    now = shop.rows()["feature_table"]
    of_july = now["month"] == pd.Timestamp(MONTHS[1])
    others = ~now["customer_id"].isin(["M00001", "M99999"])
    kept = before[(before["month"] == pd.Timestamp(MONTHS[1])) & (before["customer_id"] != "M00001")]
    pd.testing.assert_frame_equal(now[of_july & others].reset_index(drop=True), kept.reset_index(drop=True))
    shop.require_as_all_anew()


@pytest.mark.parametrize("table", ["raw_transactions", "receipts", "feature_table"])
def test_a_month_that_was_damaged_is_not_built_upon(shop: Touched, table: str):
    """Rows that are gone come back with the next delivery, though it is not of their customer."""
    shop.session.execute(f"delete from {table} where month = date '{MONTHS[1]}' and customer_id = 'M00002'")
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731")])
    assert shop.make()[f"{table} 07"] == ALL
    shop.require_as_all_anew()


def test_what_a_correction_takes_away_is_gone(shop: Touched):
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731"), line("M99999", 900_002, "20210731")])
    shop.make()
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731", amount="3200")])
    assert shop.make()["feature_table 07"] == f"2 {SOME}"
    assert shop.session.scalar("select count(*) from feature_table where customer_id = 'M99999'") == 0
    shop.require_as_all_anew()
    shop.land(DAY.format(1), [])
    assert shop.make()["receipts 07"] == f"1 {SOME}"
    shop.require_as_all_anew()


def test_a_late_day_reaches_the_months_that_look_back(shop: Touched):
    shop.land(DAY.format(1), [line("M00002", 900_001, "20210605")])
    made = shop.make()
    assert made["feature_table 06"] == made["feature_table 07"] == made["raw_transactions 06"] == f"1 {SOME}"
    assert made["raw_transactions 07"] == ALL  # nothing of it changed, yet it was asked for: somebody mends it
    shop.require_as_all_anew()


def test_the_shop_s_first_payment_by_wallet_touches_everybody(shop: Touched):
    """Who did not use the wallet is known from the first day on which anybody could."""
    paid = ["M00003", "P00000000001", "A01", "1", "20210702", "10", "5000"]
    shop.land("LPOINT_BIG_COMP_06_LPAY.csv", [paid], WALLET)
    made = shop.make()
    assert made["raw_transactions 07"] == f"1 {SOME}" and made["feature_table 07"] == ALL
    shop.require_as_all_anew()
    shop.land("LPOINT_BIG_COMP_06_LPAY_2.csv", [["M00004", "P00000000002", *paid[2:]]], WALLET)
    assert shop.make()["feature_table 07"] == f"1 {SOME}"
    shop.require_as_all_anew()


def test_other_people_or_settings_touch_everybody(shop: Touched):
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731")])
    shop.land("LPOINT_BIG_COMP_01_DEMO.csv", [[f"M{n:05}", "남성", "30대", "Z02"] for n in range(60)], PEOPLE)
    made = shop.make()
    assert made["raw_transactions 07"] == f"1 {SOME}" and made["feature_table 07"] == ALL
    shop.land(DAY.format(2), [line("M00002", 900_002, "20210731")])
    settings = {"count_wallet_as_purchase": True}
    made = shop.make(**settings)
    assert made["raw_transactions 07"] == f"1 {SOME}" and made["receipts 07"] == made["feature_table 07"] == ALL
    shop.require_as_all_anew(**settings)


def test_of_many_customers_all_are_made(shop: Touched):
    rows = [line(f"M{n:05}", 900_000 + n, "20210731") for n in range(30)]
    shop.land(DAY.format(1), rows)
    assert shop.make()["raw_transactions 07"] == ALL
    shop.require_as_all_anew()


def test_receipts_that_are_older_than_their_lines_are_not_taken_for_new(shop: Touched):
    """The lines of a day are loaded, its receipts are not yet, and features are made: they remember nothing of it."""
    shop.land(DAY.format(1), [line("M00001", 900_001, "20210731")])
    shop.one(raw_transactions, MONTHS[1])
    shop.one(feature_table, MONTHS[1])
    assert shop.session.scalar(f"select count(*) from feature_readings where month = date '{MONTHS[1]}'") == 0
    assert shop.make()["feature_table 07"] == ALL
    shop.require_as_all_anew()


def test_deliveries_in_any_order_make_what_all_anew_makes(shop: Touched):
    draw, seen = random.Random(11), set()
    names = [DAY.format(n) for n in range(4)]
    for turn in range(9):
        month = draw.choice(("202106", "202107", "202107"))
        rows = [
            line(f"M{draw.randrange(70):05}", draw.choice((900_000, 900_001, 900_100 + turn)), f"{month}{day:02}")
            for day in draw.sample(range(1, 29), draw.choice((0, 1, 2, 4)))
        ]
        shop.land(draw.choice(names), rows)
        seen |= {told.split()[0] for told in shop.make().values()}
        if turn % 3 == 2:
            shop.require_as_all_anew()
    assert ALL in seen and len(seen) >= 4  # parts of several sizes


@pytest.mark.parametrize("table", READINGS)
def test_what_is_remembered_is_what_was_read(shop: Touched, table: str):
    rows = shop.session.rows(f"select month, purchase_month, reading_hash from {table} order by 1, 2")
    (reading,) = {r for (r,) in shop.session.rows("select reading_hash from landed_files where rows > 60")}
    june, july = date(2021, 6, 1), date(2021, 7, 1)
    expected = (
        [(june, june), (july, june), (july, july)] if table == "feature_readings" else [(june, june), (july, july)]
    )
    assert rows == [(month, purchased, reading) for month, purchased in expected]
