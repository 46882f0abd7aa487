"""The command line as a user meets it, above all when something is wrong: what, where, the remedy, nothing lost."""

from __future__ import annotations

import csv
import fcntl
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets_tests.conftest import DEMO_CUSTOMERS, Shop

PDDE = ["cust", "rct_no", "chnl_dv", "cop_c", "br_c", "pd_c", "de_dt", "de_hr", "buy_am", "buy_ct"]


def land(shop: Shop, name: str, rows: list[list[str]], header: list[str] = PDDE) -> None:
    with (shop.landing / name).open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.landing.mkdir(parents=True)
    return made


def test_the_sample_is_made_and_refreshed(demo_shop: Shop):
    assert demo_shop.value("select count(*) from customers") == DEMO_CUSTOMERS
    assert demo_shop.value("select count(distinct month) from report") == 5
    assert demo_shop.value("select count(*) from new_customer_predictions where month = '2021-04-01'") > 0
    assert demo_shop.value("select count(*) from rfm_scores where rfm_band is null") == 0


def test_an_unknown_source(shop: Shop):
    said = shop.crm("refresh", ok=False, CRM_SOURCE="nowhere")
    assert "no source 'nowhere'" in said and "lpoint" in said and "Traceback" not in said


def test_an_empty_landing_folder(shop: Shop):
    said = shop.crm("refresh", ok=False)
    assert "landing holds no file" in said and "crm demo" in said and "Traceback" not in said


def test_a_setting_that_cannot_be_used(shop: Shop):
    said = shop.crm("refresh", ok=False, CRM_K="many")
    assert "CRM_K='many'" in said and "Traceback" not in said


def test_a_month_outside_history(demo_shop: Shop):
    said = demo_shop.crm("refresh", "--months", "2022-05", ok=False)
    assert "2022-05 is outside the history of lpoint, 2020-12 to 2021-12" in said and "Traceback" not in said


def test_a_selection_that_names_nothing(demo_shop: Shop):
    said = demo_shop.crm("refresh", "--months", "2021-01", "--select", "rfm_score", ok=False)
    assert "'rfm_score'" in said and "rfm_scores" in said and "Traceback" not in said


def test_months_without_receipts(shop: Shop):
    """A gap before the last month that landed is an empty month, a month after it an error."""
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20210226", "19", "500", "1"]])
    said = shop.crm("refresh", "--months", "2021-03", ok=False)
    assert "no receipts of 2021-03 have landed yet, the last month with receipts is 2021-02" in said
    said = shop.crm("refresh", "--months", "2021-01:2021-02")
    assert "lifestyle_assignments: no spend has a category: no lifestyles" in said, "what is not made is told"
    assert "dormancy_model: snapshots whose answer is known: 0" in said
    assert shop.frame("select month, customers from (select month, count(*) as customers from rfm_scores group by 1)")[
        "customers"
    ].tolist() == [1]
    assert shop.value("select count(*) from report") == 2
    assert (shop.data / "reports" / "2021-01.html").exists()


def test_a_wrong_file_is_named_and_the_rest_is_loaded(shop: Shop):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]])
    land(shop, "LPOINT_BIG_COMP_03_COP_U.csv", [["M1"]], ["customer"])
    said = shop.crm("refresh", ok=False)
    assert "LPOINT_BIG_COMP_03_COP_U.csv: missing columns cust, rct_no" in said and "Traceback" not in said
    assert shop.value("select count(*) from receipts") == 1
    assert (shop.data / "published.duckdb").exists(), "what could be read is there for readers"
    os.remove(shop.landing / "LPOINT_BIG_COMP_03_COP_U.csv")
    said = shop.crm("refresh")
    assert "everything is up to date" in said


def test_months_that_lack_those_before_them_say_so(shop: Shop):
    line = ["M1", "A1", "1", "A02", "", "P1", "20210226", "19", "500", "1"]
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line, [*line[:6], "20210105", *line[7:]]])
    said = shop.crm("refresh", "--months", "2021-02", "--select", "raw_transactions,receipts,rfm_scores")
    assert "2021-02 looks back on months whose receipts are not loaded (2020-12 to 2021-01)" in said
    assert "the copy for readers waits for 2020-12, 2021-01, 2021-02, missing or out of date" in said


def test_a_plus_means_all_that_follow():
    from crm_assets.definitions import defs
    from crm_assets.refresh import Refresh

    chosen = Refresh(None, defs(), Settings.read({}), 2).selected("rfm_scores+, receipts")
    assert {"receipts", "rfm_scores", "segment_profiles", "lightgbm_model", "new_customer_predictions"} <= set(chosen)
    assert "raw_transactions" not in chosen and "feature_table" not in chosen


def test_wrong_words_are_refused_before_anything_is_read(shop: Shop):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20210226", "19", "500", "1"]])
    assert "outside the history" in shop.crm("refresh", "--months", "2019-01", ok=False)
    assert "names no monthly table" in shop.crm("refresh", "--select", "rfm_score+", ok=False)
    assert not (shop.data / "warehouse.duckdb").exists()


def test_a_faulty_offers_file_is_named_before_anything_is_read(shop: Shop, tmp_path: Path):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]])
    shutil.copytree(PROJECT_DIR / "data" / "reference", tmp_path / "reference")
    path = tmp_path / "reference" / "offers" / "lpoint.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("rate: 0.05", "rate: 5", 1), encoding="utf-8")
    said = shop.crm("refresh", ok=False, CRM_REFERENCE_DIR=str(tmp_path / "reference"))
    assert re.search(
        r"lpoint\.yaml cannot be used: offers\.\w+\.benefits\.0\.rate: .*Mend it there\.$", said.strip()
    ), said
    assert not (shop.data / "warehouse.duckdb").exists()


def test_a_moved_warehouse_does_not_empty_a_report(shop: Shop):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]])
    shop.crm("refresh")
    html = (shop.data / "reports" / "2020-12.html").read_bytes()
    (shop.data / "warehouse.duckdb").rename(shop.data / "elsewhere.duckdb")
    said = shop.crm("report", "--month", "2020-12", ok=False)
    assert "holds no tables of 2020-12" in said and "crm refresh --months 2020-12" in said
    assert (shop.data / "reports" / "2020-12.html").read_bytes() == html


def test_a_failed_month_stops_those_that_build_on_it(shop: Shop):
    line = ["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line, ["M1", "A2", *line[2:6], "20210105", *line[7:]]])
    (shop.data / "reports").parent.mkdir(parents=True, exist_ok=True)
    (shop.data / "reports").write_text("in the way of a folder")
    said = shop.crm("refresh", ok=False)
    assert "✗ report" in said and "2021-01 and later build on 2020-12 and were left as they are" in said
    assert shop.value("select count(distinct month) from receipts") == 1
    (shop.data / "reports").unlink()
    shop.crm("refresh")
    assert shop.value("select count(distinct month) from report") == 2


def test_a_locked_warehouse_is_named_with_the_remedy(shop: Shop):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]])
    with duckdb.connect(str(shop.data / "warehouse.duckdb")):
        said = shop.crm("refresh", ok=False, CRM_LOCK_WAIT_SECONDS="0")
    assert "is in use by another process" in said and "CRM_LOCK_WAIT_SECONDS" in said


def test_a_report_of_a_month_that_was_never_made_is_refused(shop: Shop):
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20210226", "19", "500", "1"]])
    shop.crm("refresh", "--months", "2021-02", "--select", "raw_transactions,receipts")
    for month, told in {"2019-01": "2019-01 is outside", "2021-1": "one month", "2021-01:2021-02": "one month"}.items():
        said = shop.crm("report", "--month", month, ok=False)
        assert told in said and "--months" not in said
    said = shop.crm("report", "--month", "2021-02", ok=False)
    assert re.search(r"2021-02 lacks .*\brfm_scores\b", said) and "crm refresh --months 2021-02" in said


@pytest.mark.prove
def test_new_receipts_refresh_their_month_and_the_following_ones(demo_shop: Shop, tmp_path: Path):
    shop = demo_shop.copy(tmp_path / "late")
    shop.crm("refresh", "--months", "2021-05:2021-12", "--select", "raw_transactions")  # loaded, the rest is missing
    land(
        shop, "LPOINT_BIG_COMP_02_PDDE_late.csv", [["M_LATE", "A1", "1", "A02", "", "P1", "20210305", "19", "500", "1"]]
    )
    land(
        shop, "LPOINT_BIG_COMP_02_PDDE_late2.csv", [["M_LATE", "A2", "1", "A02", "", "P1", "20210306", "19", "7", "1"]]
    )
    from crm_assets_tests.refreshing import stale_months

    assert stale_months(shop)[:1] == ["2021-05-01"]
    shop.crm("refresh", "--months", "2021-02")
    assert stale_months(shop)[:3] == ["2021-03-01", "2021-04-01", "2021-05-01"], "2021-02 does not see March"
    assert "2021-03 is older than its receipts" in shop.crm("report", "--month", "2021-03")


def test_quarantined_rows_are_mended_and_released(shop: Shop):
    line = ["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line, ["", "A2", *line[2:]], ["", "A3", *line[2:]]])
    assert "does not exist yet. Run `crm refresh` first" in shop.crm("quarantine", "list", ok=False)
    shop.crm("refresh", "--months", "2020-12", "--select", "raw_transactions,receipts")
    assert "           2  no_customer     LPOINT_BIG_COMP_02_PDDE.csv" in shop.crm("quarantine", "list")
    rows = shop.root / "rows.csv"
    assert "2 rows in" in shop.crm("quarantine", "list", "--reason", "no_customer", "--to", str(rows))
    assert "no row of" in shop.crm("quarantine", "release", str(rows), ok=False)
    header, first, second = read_rows(rows)
    first[header.index("cust")] = "M2"
    write_rows(rows, header, [first, second])
    said = shop.crm("quarantine", "release", str(rows))
    assert "faulty still, left in quarantine: 1 no_customer" in said and "1 mended rows in" in said
    shop.crm("refresh")
    assert shop.frame("select customer_id from receipts order by 1")["customer_id"].tolist() == ["M1", "M2"]
    assert "           1  in quarantine" in shop.crm("quarantine", "list")
    with duckdb.connect(str(shop.data / "published.duckdb"), read_only=True) as published:
        assert published.execute("select lines, deliveries from published").fetchall() == [(2, 2)]


def test_a_correction_restates_its_months_and_says_so(shop: Shop):
    line = ["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]
    other = ["M1", "A2", *line[2:6], "20210105", *line[7:]]
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line, other])
    shop.crm("refresh")
    said = shop.crm("refresh")
    assert "everything is up to date" in said and "published" not in said
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line, [*other[:8], "700", "1"]])
    said = shop.crm("refresh")
    assert "a correction in 2021-01, 1 lines added, 1 withdrawn" in said
    assert "\n2020-12\n" not in said and "\n2021-01\n" in said, "December did not change"
    assert shop.frame("select amount from receipts order by month")["amount"].tolist() == [500.0, 700.0]
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [line])
    said = shop.crm("refresh")
    assert "no receipts reach these months any more, their tables and reports are removed: 2021-01" in said
    assert shop.frame("select month from raw_transactions")["month"].dt.month.tolist() == [12]
    assert [path.name for path in (shop.data / "reports").iterdir()] == ["2020-12.html"]
    assert "2020-12.html" in shop.crm("report")
    (shop.landing / "LPOINT_BIG_COMP_02_PDDE.csv").unlink()
    assert "no longer in the landing folder, their rows stay: LPOINT_BIG_COMP_02_PDDE.csv" in shop.crm("refresh")


def test_a_missing_libgomp_is_named_with_its_remedy(shop: Shop, tmp_path: Path):
    """LightGBM's import fails as it does on a machine without the library."""
    fake = tmp_path / "fake" / "lightgbm"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text(
        "raise OSError('libgomp.so.1: cannot open shared object file: No such file or directory')"
    )
    land(shop, "LPOINT_BIG_COMP_02_PDDE.csv", [["M1", "A1", "1", "A02", "", "P1", "20201228", "19", "500", "1"]])
    said = shop.crm("refresh", ok=False, PYTHONPATH=str(fake.parent))
    assert "✓ landed_files" in said and "raw_transactions" not in said, "before the first table of a month"
    assert "apt-get install libgomp1" in said and "Traceback" not in said


def test_a_month_that_is_not_over_is_named_so(monkeypatch: pytest.MonkeyPatch):
    from crm_assets import refresh

    monkeypatch.setattr(refresh, "MONTHS", dg.MonthlyPartitionsDefinition("2020-12-01", end_date="2021-08-01"))
    work = refresh.Refresh(None, None, Settings.read({}), 2)
    assert work.months(date(2021, 6, 1), date(2021, 7, 1)) == ["2021-06-01", "2021-07-01"]
    with pytest.raises(ValueError, match=r"2021-08 is not over yet.*The last one is 2021-07"):
        work.months(date(2021, 6, 1), date(2021, 8, 1))
    with pytest.raises(ValueError, match="2022-01 is outside the history of lpoint"):
        work.months(date(2021, 6, 1), date(2022, 1, 1))


def test_a_fresh_home_is_opened_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two at once both made its database, and one of them died of it."""
    from crm_assets.refresh import Refresh

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text((PROJECT_DIR / "dagster_home" / "dagster.yaml").read_text())
    with ThreadPoolExecutor(1) as pool, (tmp_path / ".opening").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        opened = pool.submit(Refresh.open)
        with pytest.raises(TimeoutError):
            opened.result(timeout=3)
        assert not (tmp_path / "history").exists()
        fcntl.flock(other, fcntl.LOCK_UN)
        opened.result(timeout=60)
    assert (tmp_path / "history").exists()
