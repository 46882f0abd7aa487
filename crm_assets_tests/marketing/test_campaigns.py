"""The files of campaigns: as counted, Korean intact, no formula, kept when they change, gone when a check failed."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from crm_assets.defs.marketing.audiences import audiences
from crm_assets.defs.marketing.campaigns import campaigns
from crm_assets.defs.marketing.strategies import strategies
from crm_assets.files import digest_of_file
from crm_assets.marketing.audience_folder import MANIFEST, new_folder
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made
from crm_assets_tests.marketing.audience_shop import KEY, check, customer, fill, receipt
from crm_assets_tests.marketing.strategy_shop import OF_MARCH
from crm_assets_tests.prediction.feature_shop import insert

ARMS = (("treatment", "path", "sha256", "발송 대상"), ("control", "holdout_path", "holdout_sha256", "대조군"))


@pytest.fixture
def shop(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", lock_wait_seconds=0.5)
    fill(warehouse)
    return warehouse


def exported(warehouse: Warehouse, **settings: object) -> pd.DataFrame:
    """The month's campaigns, made after its audiences, indexed by strategy."""
    given = {"data_dir": str(Path(warehouse.database).parent), **settings}
    made(audiences, warehouse, KEY, **given)
    return made(campaigns, warehouse, KEY, **given).set_index("strategy_id")


def folder(warehouse: Warehouse) -> Path:
    return Path(warehouse.database).parent / "audiences" / "2021-03"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_files_table_and_manifest_count_the_same(shop: Warehouse) -> None:
    with shop.session() as session:
        refused = [{**OF_MARCH, "customer_id": customer(n), "sent": 1, "responded": 0, "converted": 0, "consent": "no"}
                   for n in range(0, 40)]  # fmt: skip
        insert(session, "response_rates", refused)
    found, manifest = exported(shop), {r["캠페인"]: r for r in rows_of(folder(shop) / MANIFEST)}
    with shop.session() as session:
        listed = {(c, arm): n for c, arm, n in session.rows(
            "select campaign_id, arm, count(*) from audiences group by campaign_id, arm")}  # fmt: skip
        fitting = dict(session.rows("select strategy_id, count(*) from customer_strategies group by strategy_id"))
    assert list(manifest) == [f"2021-03-{s}" for s in ("first", "second", "third", "fourth")]
    assert set(manifest) == set(found["campaign_id"])
    for strategy, row in found.iterrows():
        told = manifest[row["campaign_id"]]
        for arm, path, sha256, head in ARMS:
            file = Path(shop.database).parent / row[path]
            assert file.is_relative_to(folder(shop)) and digest_of_file(file) == row[sha256]
            assert len(rows_of(file)) == row[arm] == listed[row["campaign_id"], arm] == int(told[head])
        assert row["fitting"] == fitting[strategy] == int(told["조건에 맞는 고객"])
        parts = ("in_other_campaigns", "without_consent", "treatment", "control")
        assert row["fitting"] == sum(row[part] for part in parts) and row["without_consent"] > 0
        assert row["consent_unknown"] == row["treatment"] + row["control"]
    assert sorted(p.name for p in folder(shop).iterdir()) == sorted(
        [MANIFEST, *(f"{s}{end}.csv" for s in found.index for end in ("", ".holdout"))]
    )


def test_a_file_reads_as_its_users_read_it(shop: Warehouse) -> None:
    """UTF-8 with BOM, a row per customer, in Korean, with reasons, offer, articles by name and number."""
    exported(shop)
    path = folder(shop) / "second.csv"
    assert path.read_bytes().startswith("고객번호,구분,발송 채널".encode("utf-8-sig"))
    rows = {r["고객번호"]: r for r in rows_of(path)}
    row = next(r for c, r in rows.items() if int(c[1:]) % 3 == 0)
    assert row["구분"] == "발송" and row["발송 채널"] == "앱 푸시" and row["발송 시각(시)"] == "12"
    assert row["고객 유형"] == "주부9단" and row["대상 이유"].startswith("고객 유형: 주부9단")
    assert (row["맞춤 혜택"], row["혜택의 월 가치"], row["묶음 제안"]) == ("신선식품 쿠폰북", "1250.5", "빵 + 잼")
    assert (row["시작일"], row["종료일"], row["수신 동의"]) == ("2021-04-01", "2021-04-14", "확인 안 됨")
    held = rows_of(folder(shop) / "second.holdout.csv")
    assert held and {r["구분"] for r in held} == {"대조군(발송 금지)"} and not {r["고객번호"] for r in held} & set(rows)
    first = rows_of(folder(shop) / "first.csv")
    named = [r for r in first if r["추천 상품 1"]]
    assert (
        all(r["추천 상품 1"] in (f"상품 {r['추천 상품 1 번호'][1:]}", r["추천 상품 1 번호"]) for r in named) and named
    )
    english = exported(shop, language="en")
    assert len(english) == 4 and rows_of(folder(shop) / "second.csv")[0]["type"] == "Ninth-dan homemaker"


def test_no_cell_starts_a_formula(shop: Warehouse) -> None:
    with shop.session() as session:
        session.execute("update products set name = '=HYPERLINK(\"http://x\")' where product_id = 'P1'")
        session.execute("update bundle_proposals set antecedent_names = '@빵', consequent_names = '-1+2'")
        session.execute("update offers set title_ko = '+신선'")
        for table in ("audiences", "customer_strategies", "customer_types", "rfm_scores", "offer_matches"):
            session.execute(f"update {table} set customer_id = '=C' || customer_id where customer_id = 'C0006'")
    exported(shop)
    cells = [cell for path in folder(shop).iterdir() for r in rows_of(path) for cell in r.values()]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells) and any(cell.startswith("'@빵") for cell in cells)
    assert "'=CC0006" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_what_was_there_is_kept_and_what_is_the_same_is_left(shop: Warehouse) -> None:
    exported(shop)
    before = {p.name: (digest_of_file(p), p.stat().st_ino) for p in folder(shop).iterdir()}
    exported(shop)
    assert {p.name: (digest_of_file(p), p.stat().st_ino) for p in folder(shop).iterdir()} == before
    exported(shop, holdout_share=0.4)
    kept = list((folder(shop).parent / "superseded").iterdir())
    assert len(kept) == 1 and {p.name: digest_of_file(p) for p in kept[0].iterdir()} == {
        n: d for n, (d, _) in before.items()
    }
    with shop.session() as session:
        check(session, {"recency": False})
    assert exported(shop).empty
    assert not folder(shop).exists() and len(list((folder(shop).parent / "superseded").iterdir())) == 2


def test_a_failure_while_files_are_written_leaves_those_that_were_there(tmp_path: Path) -> None:
    place = tmp_path / "2021-03"
    with new_folder(place) as beside:
        (beside / MANIFEST).write_text("old")
    with pytest.raises(OSError, match="full"), new_folder(place) as beside:
        (beside / MANIFEST).write_text("new")
        raise OSError("full")
    assert (place / MANIFEST).read_text() == "old"
    with new_folder(place) as beside:
        assert not list(beside.iterdir())
        (beside / MANIFEST).write_text("newer")
    assert (place / MANIFEST).read_text() == "newer"


def test_a_list_of_other_rows_than_are_counted_is_refused(shop: Warehouse) -> None:
    """A customer who is gone from what the reasons are read of."""
    given = {"data_dir": str(Path(shop.database).parent)}
    exported(shop)
    with shop.session() as session:
        session.execute("delete from customer_types where customer_id = 'C0001'")
        session.execute("delete from rfm_scores where customer_id = 'C0001'")
        session.execute("delete from offer_matches where customer_id = 'C0001'")
    with pytest.raises(ValueError, match="rows, but 2021-03-"):
        made(campaigns, shop, KEY, **given)
    assert (folder(shop) / MANIFEST).exists()


def test_a_window_that_is_longer_than_history_counts_what_there_is(shop: Warehouse) -> None:
    """45 days before the end of a first January lie before the calendar, which begins with the year."""
    with shop.session() as session:
        session.execute("delete from calendar where date between date '2020-12-28' and date '2021-03-19'")
    found = exported(shop)
    assert (found["treatment"] + found["control"]).min() > 0 and (found["converted_before"] == 0).all()


def test_what_the_audience_did_before_follows_the_kpi(shop: Warehouse) -> None:
    """first: 30 days up to March 31, so from March 2; second: spend, 14 days; third: online only, 45 days."""
    with shop.session() as session:
        insert(session, "receipts", [
            receipt(0, date(2021, 3, 2), "100"), receipt(5, date(2021, 3, 1), "1000"),
            receipt(0, date(2021, 3, 31), "50"),
            receipt(2, date(2021, 3, 18), "70"), receipt(4, date(2021, 3, 17), "9000"),
            receipt(1, date(2021, 3, 5), "10", "online"), receipt(3, date(2021, 3, 5), "10"),
            receipt(7, date(2021, 2, 15), "10", "online"), receipt(9, date(2021, 2, 14), "10", "online"),
        ])  # fmt: skip
        insert(session, "raw_transactions", [
            {"month": date(2021, 3, 1), "customer_id": customer(n), "receipt_id": f"W{n}", "line_no": 1,
             "purchased_at": pd.Timestamp(day), "amount": Decimal(5), "record_type": kind}
            for n, day, kind in ((1, "2021-03-25 10:00", "wallet"), (3, "2021-03-24 23:59", "wallet"),
                                 (7, "2021-03-31 23:59", "wallet"), (9, "2021-03-30", "product"))
        ])  # fmt: skip
    found = exported(shop)
    size = found["treatment"] + found["control"]
    did = (found["converted_before"] * size).round(9)
    assert did.to_dict() == {"first": 1, "second": 1, "third": 2, "fourth": 2}
    assert (found["spend_before"] * size).round(6).loc[["first", "second"]].tolist() == [150, 70]
    known = found["detectable"].dropna()
    assert len(known) and ((known > 0) & (known < 1)).all()
    assert found.loc[found["control"] < 8, "detectable"].isna().all()  # no test would be made
    assert found["detectable_spend"].isna().all()  # all by one customer or two


def test_leads_that_can_be_called_have_a_file(shop: Warehouse) -> None:
    reasons = '{"base": 0, "top": [{"column": "=cmd", "value": "a", "contribution": 1.0}], "rest": 0}'
    with shop.session() as session:
        insert(session, "lead_scores", [
            {**OF_MARCH, "lead_id": f"L{n}", "rank": n, "lead_index": 90.5 - n, "created_at": date(2021, 3, n),
             "within_capacity": n < 3, "reasons": reasons}
            for n in (3, 1, 2)
        ])  # fmt: skip
    exported(shop)
    rows = rows_of(folder(shop) / "leads.csv")
    assert [(r["순위"], r["문의 번호"], r["영업기회전환지수"], r["이유"]) for r in rows] == [
        ("1", "L1", "89.5000", "'=cmd: a"), ("2", "L2", "88.5000", "'=cmd: a")
    ]  # fmt: skip


def test_lists_of_a_month_that_a_later_one_follows_are_kept(shop: Warehouse) -> None:
    """They have been sent: neither a share, nor a failed check, nor another catalogue changes what is judged."""
    before = exported(shop)
    files = {p.name: digest_of_file(p) for p in folder(shop).iterdir()}
    with shop.session() as session:
        arms = session.rows("select campaign_id, customer_id, arm from audiences order by all")
        later = {"month": date(2021, 4, 1), "as_of": date(2021, 4, 30)}
        insert(session, "export_checks", [{**later, "name": "recency", "passed": True, "threshold": 0.25}])
        session.execute("update export_checks set passed = false where month = date '2021-03-01'")
        session.execute(
            """insert into strategies
            select date '2021-04-01', date '2021-04-30', * exclude (month, as_of) from strategies"""
        )
    after = exported(shop, holdout_share=0.5)
    pd.testing.assert_frame_equal(after, before)
    assert {p.name: digest_of_file(p) for p in folder(shop).iterdir()} == files
    with shop.session() as session:
        assert session.rows("select campaign_id, customer_id, arm from audiences order by all") == arms
    made(strategies, shop, KEY)
    with shop.session() as session:
        kept = session.rows("select strategy_id from strategies where month = date '2021-03-01' order by place")
        conditions = session.scalar("select count(*) from strategy_conditions")
    assert [s for (s,) in kept] == ["first", "second", "third", "fourth"] and conditions > 3  # not the file's
    assert exported(shop, lists_anew=True).empty  # the check stops them
    with shop.session() as session:
        session.execute("update export_checks set passed = true")
    anew = exported(shop, holdout_share=0.5, lists_anew=True)
    assert (anew["holdout_share"] == 0.5).all() and anew["control"].sum() > before["control"].sum()


def test_the_share_is_that_of_the_draw(shop: Warehouse) -> None:
    """Of campaigns that are made again alone, after the setting changed: the arms are those of the audiences."""
    given = {"data_dir": str(Path(shop.database).parent)}
    exported(shop, holdout_share=0.3)
    alone = made(campaigns, shop, KEY, holdout_share=0.5, **given)
    assert (alone["holdout_share"] == 0.3).all()


def test_no_list_that_was_there_is_ever_deleted(tmp_path: Path) -> None:
    """Three lists of leads beside one manifest, and a folder that somebody made within."""
    place = tmp_path / "2021-03"
    for leads in ("one", "two", "three"):
        with new_folder(place) as beside:
            (beside / MANIFEST).write_text("the same")
            (beside / "leads.csv").write_text(leads)
        (place / "notes").mkdir()
        (place / "notes" / "mine.txt").write_text("call back")
    kept = {(p / "leads.csv").read_text() for p in (tmp_path / "superseded").iterdir()}
    assert kept == {"one", "two"} and (place / "leads.csv").read_text() == "three"
