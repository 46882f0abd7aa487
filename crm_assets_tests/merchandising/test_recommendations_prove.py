"""Recommendations of a hundred thousand customers from two thousand articles, within 4 GB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.merchandising.wide_shop import ARTICLES, CUSTOMERS, MONTHS

pytestmark = pytest.mark.prove
MOST_GB = 4.0


def test_a_hundred_thousand_customers_and_two_thousand_articles(tmp_path: Path):
    shop = Shop(tmp_path)
    (tmp_path / "home").mkdir()
    given = [f"{n}={v}" for n, v in shop.environment.items() if n.startswith(("CRM_", "DAGSTER_"))]
    words = [sys.executable, "-m", "crm_assets_tests.merchandising.wide_shop", *given]
    done = subprocess.run(words, env=shop.environment, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    measured = json.loads(done.stdout.splitlines()[-1])
    print(f"\n{CUSTOMERS:,} customers, {ARTICLES:,} articles, {measured['rows']:,} purchases by month")
    for name, seconds in measured["seconds"].items():
        print(f"{seconds:>7.1f} s  {name}")
    print(f"{sum(measured['seconds'].values()):>7.1f} s  together, peak {measured['peak']:.2f} GB")
    evidence = shop.frame(
        f"""select recommender, hit_rate, recall_at_10, map_at_10 from recommender_evidence
        where month = date '{MONTHS[1]}' and slice = 'all' order by map_at_10 desc"""
    )
    print(evidence.round(3).to_string(index=False))
    assert evidence["recommender"].iloc[0] not in ("popularity", "popularity_recent", "cluster")  # groups were planted
    assert shop.value(f"select count(*) from recommendations where month = date '{MONTHS[1]}'") == 10 * CUSTOMERS
    assert measured["peak"] < MOST_GB
