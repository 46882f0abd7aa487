"""A monthly table moves in with four files and moves out again: contract, query, asset and test, and no line elsewhere.

The four files are in ``new_table``. They are put into a copy of the project, beside a warehouse that was made without
them: the rules that hold for every table hold for it, a refresh makes it alone, and without them all is as it was.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.small_shop import land, months_between, receipt_rows

FOUR = {
    "contract.py": "crm_assets/contracts/weekday_sales.py",
    "query.sql": "crm_assets/sql/weekday_sales.sql",
    "asset.py": "crm_assets/defs/receipts/weekday_sales.py",
    "test.py": "crm_assets_tests/receipts/test_weekday_sales.py",
}
RULES = ["test_definitions.py", "test_floors.py", "test_contracts.py", "test_data_dictionary.py"]
OWN = ["receipts/test_weekday_sales.py", "test_reads.py::test_every_table_is_written_by_an_asset"]
PARTS = ["crm_assets", "crm_assets_tests", "data/reference", "docs", "dagster_home/dagster.yaml"]
SINGLE = ["pyproject.toml", "Makefile", "README.md", "workspace.yaml"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    root = tmp_path / "project"
    for part in [*PARTS, *SINGLE]:
        source, copy = PROJECT_DIR / part, root / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    return root


def run(project: Path, words: Sequence[str], shop: Shop | None = None) -> str:
    """A module of the copy, as a user would run it; it must succeed."""
    environment = {**(os.environ if shop is None else shop.environment), "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, "-m", *words], env=environment, cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def steps(printed: str) -> list[str]:
    """The tables that a refresh says it made."""
    return [line.split()[1] for line in printed.splitlines() if line.strip().startswith("✓")]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two months of a small shop, refreshed without the table."""
    shop = Shop(tmp_path / "shop")
    land(shop.landing, "LPOINT_BIG_COMP_02_PDDE.csv", receipt_rows(months_between("2020-12", "2021-01"), customers=60))
    shop.crm("refresh")
    return shop


def test_a_monthly_table_moves_in_and_out_with_four_files(project: Path, shop: Shop):
    for name, place in FOUR.items():
        assert not (project / place).exists()
        shutil.copy(PROJECT_DIR / "crm_assets_tests" / "new_table" / name, project / place)
    run(project, ["pytest", "-q", "-p", "no:cacheprovider", *(f"crm_assets_tests/{test}" for test in (*RULES, *OWN))])
    assert "weekday_sales" in run(project, ["crm_assets.cli", "tables"])
    printed = run(project, ["crm_assets.cli", "refresh"], shop)
    assert steps(printed) == ["landed_files", "weekday_sales", "weekday_sales", "published"], "and nothing else anew"
    made = shop.frame("select month, sum(receipts) as receipts from weekday_sales group by month order by month")
    expected = shop.frame("select month, count(*) as receipts from receipts group by month order by month")
    assert made["receipts"].tolist() == expected["receipts"].tolist() and len(made) == 2
    for place in FOUR.values():
        (project / place).unlink()
    assert steps(run(project, ["crm_assets.cli", "refresh", "--months", "2021-01"], shop)).count("receipts") == 1
    assert "weekday_sales" not in run(project, ["crm_assets.cli", "tables"])
