"""Scale: scores, types, their comparison and profiles of a million customers within 4 GB, beside scikit-learn's bare
cost. A further table is a further name in ``million.TABLES``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.million import TABLES, fill

pytestmark = pytest.mark.prove
CUSTOMERS, MOST_GB = 1_000_000, 4.0


def measured(shop: Shop, part: str) -> dict:
    """What ``million`` tells of a part of itself, in a process of its own."""
    words = [sys.executable, "-m", "crm_assets_tests.million", part]
    done = subprocess.run(words, env=shop.environment, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_a_million_customers(tmp_path: Path):
    shop = Shop(tmp_path)
    (tmp_path / "home").mkdir()
    settings = Settings(data_dir=str(shop.data))
    with Warehouse(settings.database, memory_limit=settings.memory_limit).session() as session:
        receipts = fill(session, CUSTOMERS, settings)
    ours, theirs = measured(shop, "tables"), measured(shop, "bare")
    print(f"{CUSTOMERS:,} customers, {receipts:,} receipts")
    for name, seconds in {**ours["seconds"], **theirs["seconds"]}.items():
        print(f"{seconds:>7.1f} s  {name}")
    (bare,) = theirs["seconds"].values()
    print(f"types / scikit-learn alone {ours['seconds']['cluster_assignments'] / bare:.1f}; peak {ours['peak']:.2f} GB")
    counts = {name: shop.value(f"select count(*) from {name}") for name in TABLES}
    print(counts)
    assert receipts > 8_000_000 and counts["rfm_scores"] == CUSTOMERS
    assert counts["cluster_assignments"] > 600_000 and counts["cluster_comparison"] == 8
    assert counts["segment_profiles"] > 100
    assert ours["peak"] < MOST_GB
