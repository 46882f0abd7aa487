"""What a run of the intake tells: rows put aside, months that wait, folders that are passed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_assets.receipts.intake import Intake
from crm_assets.receipts.news import MOST_LINES, told
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import PDDE, Shop
from crm_assets_tests.receipts.test_ledger import NAME, line

NEWEST = date(2021, 12, 1)


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "lpoint")


def test_receipts_of_a_month_that_is_not_over_are_said_to_wait(shop: Shop):
    """They are loaded and in no table of a month: nobody would know why."""
    intake = shop.land(NAME.format(""), [line(1), line(2, "20210803"), line(3, "20210804")])
    assert told(shop.session, intake, 0, date(2021, 7, 1)) == [
        "2 lines of 2021-08 are loaded and wait: a month is made when it is over"
    ]


def test_receipts_of_the_first_month_of_history_wait_too(shop: Shop):
    """No month at all is over yet."""
    intake = shop.land(NAME.format(""), [line(1)])
    assert told(shop.session, intake, 0, date.min) == [
        "1 lines of 2021-07 are loaded and wait: a month is made when it is over"
    ]


def test_much_is_told_in_part_and_how_much_is_left_out(shop: Shop):
    for number in range(MOST_LINES + 3):
        (shop.landing / NAME.format(number)).write_text(
            "\n".join(",".join(row) for row in (PDDE, line(number), line(number, customer="")))
        )
    lines = told(shop.session, shop.take_in(), 0, NEWEST)
    assert len(lines) == MOST_LINES + 1 and lines[-1] == "… and 3 more"
    assert "1 of 2 rows in quarantine" in lines[0]


def test_what_is_gone_or_passed_over_is_named(shop: Shop):
    shop.land(NAME.format(""), [line(1)])
    shop.session.execute("insert into report (month) values (date '2021-09-01')")
    intake = Intake(removed=["a.csv"], folders=["2024"], outdated=["b.csv"])
    assert told(shop.session, intake, 1, NEWEST) == [
        "no longer in the landing folder, their rows stay: a.csv",
        "read by an older mapping or policy, and no longer there to be read anew: b.csv",
        "folders are not read, move their files into the landing folder itself: 2024",
        "no receipts reach these months any more, their tables and reports are removed: 2021-09",
    ]
