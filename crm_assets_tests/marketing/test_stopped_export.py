"""From a failed check to the front page: no lists, and why, through the command line on the sample."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import duckdb

from crm_assets_tests.conftest import Shop

MONTH = "2021-04"
AGAIN = ("refresh", "--months", MONTH, "--select", "export_checks,audiences,campaigns,report")


def page(shop: Shop) -> str:
    return (shop.data / "reports" / f"{MONTH}.html").read_text(encoding="utf-8")


def front(shop: Shop) -> str:
    """What the front page says, without marks."""
    part = page(shop).split('id="front"', 1)[1].split("</section>", 1)[0]
    return unescape(re.sub(r"<[^>]+>", " ", part))


def late(shop: Shop, days: int) -> None:
    """As if nobody had bought for so many days more."""
    with duckdb.connect(str(shop.data / "warehouse.duckdb")) as connection:
        connection.execute(f"update rfm_scores set recency_days = recency_days + {days} where month = '{MONTH}-01'")


def test_a_failed_check_stops_the_export_and_the_front_page_says_why(demo_shop: Shop, tmp_path: Path):
    shop = demo_shop.copy(tmp_path / "stopped")
    folder = shop.data / "audiences" / MONTH
    listed = {path.name for path in folder.iterdir()}
    assert "manifest.csv" in listed and len(listed) > 10
    assert "안정성 지수" not in front(shop)
    late(shop, 40)
    said = shop.crm(*AGAIN)
    assert f"checks that failed: {MONTH} export_checks: recency" in said and "the month has no lists" in said
    failed = shop.frame(f"select name, what, psi from export_checks where month = '{MONTH}-01' and not passed")
    assert len(failed) and shop.value(f"select count(*) from audiences where month = '{MONTH}-01'") == 0
    assert not folder.exists()
    kept = list((folder.parent / "superseded").glob(f"{MONTH}-*"))
    assert len(kept) == 1 and {path.name for path in kept[0].iterdir()} == listed
    told = front(shop)
    for row in failed.itertuples():
        assert f"{row.psi:.2f}" in told
    late(shop, -40)
    shop.crm(*AGAIN)  # the month is as it was: the lists are back, the same
    assert {path.name for path in folder.iterdir()} == listed
    assert shop.value(f"select count(*) from audiences where month = '{MONTH}-01'") > 0
