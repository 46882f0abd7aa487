"""Memory: twenty million lines are loaded in less than 4 GB."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop

pytestmark = pytest.mark.prove
CUSTOMERS, LINES, MOST_GB = 121_000, 20_000_000, 4.0


def test_twenty_million_lines(tmp_path: Path):
    """From CSV files to the lines and receipts of every month, in one process, whose peak is what the system says."""
    shop = Shop(tmp_path)
    shop.crm("demo", "--customers", str(CUSTOMERS))
    began = time.monotonic()
    words = ["refresh", "--select", "raw_transactions,receipts", "--months", "2020-12:2021-12"]
    process = subprocess.Popen([sys.executable, "-m", "crm_assets.cli", *words], env=shop.environment, cwd=PROJECT_DIR)
    _, status, usage = os.wait4(process.pid, 0)
    seconds, peak = time.monotonic() - began, usage.ru_maxrss / 1e6
    assert os.waitstatus_to_exitcode(status) == 0
    loaded = shop.value("select sum(loaded) from landed_files where status = 'loaded' and last_month is not null")
    read = shop.value("select sum(rows) from landed_files where staged_table = 'transactions'")
    print(f"{read:,.0f} rows, {loaded:,.0f} lines loaded in {seconds:.0f} s, peak {peak:.2f} GB")
    assert read >= LINES and loaded == shop.value("select count(*) from raw_transactions")
    assert peak < MOST_GB
