"""A full disk and a folder that may not be written to: a clear error, and what was stored before is as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly
from crm_assets_tests.conftest import Shop
from crm_assets_tests.disk import refresh_on_full_disk, refresh_on_read_only_disk, require_namespaces
from crm_assets_tests.killing import NAME, VARIABLES, differing, tables
from crm_assets_tests.small_shop import land, months_between, receipt_rows

NEW_MONTH = "2021-02-01"
LEDGER = {"landed_files", "landed_months", "quarantine"}  # a file that was read before the disk was full stays read


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A refreshed month, and a large file of the next one landed."""
    require_namespaces()
    made = Shop(tmp_path_factory.mktemp("disk"), VARIABLES)
    rows = receipt_rows(months_between("2021-01", "2021-02"), 260)
    land(made.landing, NAME.format("01"), [row for row in rows if row[6] < "202102"])
    made.crm("refresh")
    land(made.landing, NAME.format("02"), [row for row in rows if row[6] >= "202102"] * 30)
    return made


@pytest.fixture(scope="module")
def undisturbed(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = shop.copy(tmp_path_factory.mktemp("undisturbed"))
    made.crm("refresh")
    return made


def test_a_read_only_folder(shop: Shop):
    before = tables(shop)
    code, said = refresh_on_read_only_disk(shop)
    assert code == 1 and "Traceback" not in said
    assert "cannot be written" in said and "Read-only file system" in said and "mend the folder's rights" in said
    assert differing(tables(shop), before) == []


FREE_BYTES = (40_000, 300_000, 800_000, 1_500_000, 2_200_000, 3_000_000)


@pytest.mark.prove
@pytest.mark.parametrize("free", FREE_BYTES)
def test_a_full_disk(shop: Shop, undisturbed: Shop, tmp_path: Path, free: int):
    """It fills up at another moment for each size; with room again, the next refresh finishes the work."""
    before, left = tables(shop), Shop(tmp_path / "left", shop.variables)
    code, said = refresh_on_full_disk(shop, free, left.data)
    assert code == 1 and "Traceback" not in said, said
    assert "cannot be written" in said and "No space left on device" in said and "Make room" in said, said
    after = tables(left)
    monthly = {name for name, contract in CONTRACTS.items() if is_monthly(contract)}
    stored = {name: rows[rows["month"] < NEW_MONTH] if name in monthly else rows for name, rows in after.items()}
    assert set(differing(stored, before)) <= LEDGER, said
    assert all(len(after[name]) >= len(before[name]) for name in LEDGER)
    shutil.copytree(shop.root / "home", left.root / "home")
    left.crm("refresh")
    assert differing(tables(left), tables(undisturbed)) == []
    print(f"{free:,} bytes free: {said.count('✓')} steps, then full; equal after the next refresh")
