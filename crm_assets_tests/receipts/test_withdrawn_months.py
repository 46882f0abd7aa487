"""Months that no receipt leads to any more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly
from crm_assets.defs.pending import FIRST
from crm_assets.defs.receipts.landed_files import landed_files
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.receipts.landing import FileRefused
from crm_assets.receipts.withdrawn_months import drop_withdrawn_months, last_month, withdrawn_months
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import Shop
from crm_assets_tests.receipts.test_ledger import NAME, line
from crm_assets_tests.small_shop import land, receipt_rows

MONTHS = [date(2021, month, 1) for month in (7, 8, 9)]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    """July and, by a mistyped day, September have receipts; all three months have reports and lines of some table."""
    made = Shop(session, tmp_path, "lpoint")
    made.land(NAME.format(""), [line(1), line(2, "20210926")])
    made.settings.reports.mkdir()
    for month in MONTHS:
        session.execute("insert into receipts (month, receipt_id) values (:month, 'A')", month=month)
        session.execute("insert into report (month) values (:month)", month=month)
        (made.settings.reports / f"{month:%Y-%m}.html").touch()
    return made


def stored(shop: Shop) -> list[list]:
    tables = [[m for (m,) in shop.session.rows(f"select month from {t} order by 1")] for t in ("receipts", "report")]
    return [*tables, sorted(path.stem for path in shop.settings.reports.iterdir())]


def drop(shop: Shop) -> list[date]:
    months = withdrawn_months(shop.session)
    drop_withdrawn_months(shop.session, shop.settings.reports)
    return months


def test_a_gap_before_the_last_receipt_stays(shop: Shop):
    assert drop(shop) == []
    assert stored(shop) == [MONTHS, MONTHS, ["2021-07", "2021-08", "2021-09"]]


def test_months_after_the_last_receipt_go_with_their_reports(shop: Shop):
    shop.land(NAME.format(""), [line(1), line(2, "20210726")])
    assert last_month(shop.session) == MONTHS[0]
    assert drop(shop) == MONTHS[1:]
    assert stored(shop) == [MONTHS[:1], MONTHS[:1], ["2021-07"]]
    assert drop(shop) == []


def test_a_shop_whose_only_file_was_withdrawn_has_no_month(shop: Shop):
    shop.land(NAME.format(""), [])
    assert drop(shop) == MONTHS
    assert stored(shop) == [[], [], []]
    monthly = [name for name, contract in CONTRACTS.items() if is_monthly(contract)]
    assert sum(shop.session.scalar(f"select count(*) from {name}") for name in monthly) == 0


def test_reports_that_this_warehouse_knows_no_receipts_for_stay(shop: Shop):
    """The warehouse was lost, and the files were refused or archived: nobody withdrew anything."""
    for table in ("landed_files", "landed_months", "receipts", "report"):
        shop.session.execute(f"delete from {table}")
    assert drop(shop) == []
    assert stored(shop) == [[], [], ["2021-07", "2021-08", "2021-09"]]


def test_an_event_is_recorded_before_the_asset_s_body_goes_on():
    """Upstream's, relied on: tables go only after the intake has said that no receipts reach their months."""
    recorded = []

    @dg.asset
    def intake(context):
        yield dg.MaterializeResult()
        recorded.append(context.instance.get_latest_materialization_event(context.asset_key))

    assert dg.materialize([intake], instance=dg.DagsterInstance.ephemeral()).success
    assert recorded[0] is not None


def test_the_intake_says_so_before_tables_go(tmp_path: Path, instance: dg.DagsterInstance, monkeypatch):
    """Killed in between, months without tables would be taken for made."""
    said = []

    def drop(session, reports):
        said.append(instance.get_latest_materialization_event(landed_files.key))

    monkeypatch.setattr("crm_assets.defs.receipts.landed_files.drop_withdrawn_months", drop)
    land(tmp_path / "landing", NAME.format(""), receipt_rows(["2021-01"], customers=5))
    take_in(tmp_path, instance)
    assert len(said) == 1 and said[0] is not None


def take_in(data: Path, instance: dg.DagsterInstance) -> dg.AssetMaterialization:
    """Read the landing folder as Dagster does; what the event says."""
    settings = SettingsResource(data_dir=str(data))
    resources = {"settings": settings, "warehouse": WarehouseResource(database=str(settings.database))}
    done = dg.materialize([landed_files], instance=instance, resources=resources)
    return done.asset_materializations_for_node("landed_files")[0]


def test_an_intake_says_whether_its_warehouse_is_a_new_one(tmp_path: Path, instance: dg.DagsterInstance):
    """What was made before the first one is in no warehouse any more, gap months too."""
    rows, said = receipt_rows(["2021-01"], customers=5), []
    for part in range(2):
        land(tmp_path / "landing", NAME.format(part), rows[part::2])
        said.append(take_in(tmp_path, instance).metadata[FIRST].value)
    (tmp_path / "warehouse.duckdb").rename(tmp_path / "elsewhere.duckdb")
    said += [take_in(tmp_path, instance).metadata[FIRST].value for _ in range(2)]
    assert said == [True, False, True, False]


def test_a_later_start_of_history_is_refused_and_nothing_is_lost(shop: Shop):
    history = shop.source.history.model_copy(update={"start": date(2021, 8, 1)})
    shop.source = shop.source.model_copy(update={"history": history})
    with pytest.raises(FileRefused, match=r"history starts 2021-08-01, but .* since 2021-07.*set it back"):
        shop.take_in()
    assert len(shop.lines("2021-07-01")) == 1
