"""Leads: from a mapped file to a row per lead and its attributes, and to the months of a source of nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.receipts.leads import ids_once, outcomes_known
from crm_assets.receipts.attributes import lead_attributes_query
from crm_assets.receipts.news import first_month_of_leads, touched
from crm_assets.receipts.sources import FileMapping, SourceError, read_source
from crm_assets.receipts.staging import stage_dimension
from crm_assets.receipts.withdrawn_months import last_month, withdrawn_months
from crm_assets.settings import PROJECT_DIR
from crm_assets.warehouse import Session, read_query
from crm_assets_tests.receipts.test_intake import Shop
from crm_assets_tests.receipts.test_ledger import NAME, line

MAPPING = FileMapping.model_validate(
    {
        "match": "leads_*.csv",
        "loads": "leads",
        "columns": {
            "lead_id": {"column": "id", "matches": "L[0-9]+"},
            "created_at": "day",
            "company_id": "company",
            "converted": {"column": "won", "map": {"1": "yes", "0": "no"}},
        },
        "attributes": {"country": "country", "size": {"column": "size", "map": {"L": "large"}}},
    }
)
HEADER = ["id", "day", "company", "won", "country", "size"]


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    """A source of leads alone, from July to December 2021."""
    made = Shop(session, tmp_path, "lpoint")
    history = made.source.history.model_copy(update={"start": date(2021, 7, 1), "end": date(2021, 12, 31)})
    made.source = made.source.model_copy(update={"files": (MAPPING,), "history": history})
    return made


def leads(shop: Shop) -> list[tuple[object, ...]]:
    stage_dimension(shop.session, shop.staging, "leads")
    shop.session.execute(f"create or replace temp table newest_leads as {read_query('newest_leads')}")
    staged = shop.session.stage(CONTRACTS["leads"], read_query("leads"))
    assert shop.session.violations(CONTRACTS["leads"], staged) == []
    return shop.session.rows(f"select lead_id, created_at, company_id, converted from {staged} order by 1")


def attributes(shop: Shop) -> list[tuple[object, ...]]:
    leads(shop)
    staged = shop.session.stage(CONTRACTS["lead_attributes"], lead_attributes_query(shop.session))
    return shop.session.rows(f"select * from {staged} order by 1, 2")


def test_the_newest_delivery_of_a_lead_wins_as_a_whole(shop: Shop):
    shop.land(
        "leads_1.csv", [["L1", "2021-07-05", "c1", "", "India", "L"], ["L2", "20210806", "", "0", "", "S"]], HEADER
    )
    assert leads(shop) == [("L1", date(2021, 7, 5), "c1", None), ("L2", date(2021, 8, 6), None, "no")]
    assert attributes(shop) == [("L1", "country", "India"), ("L1", "size", "large")]
    shop.land("leads_2.csv", [["L1", "2021-07-05", "", "1", "Peru", ""]], HEADER)
    assert leads(shop)[0] == ("L1", date(2021, 7, 5), None, "yes")
    assert attributes(shop) == [("L1", "country", "Peru")]


def test_what_is_no_lead_lies_in_quarantine_with_its_reason(shop: Shop):
    good = ["L1", "2021-07-05", "c1", "1", "India", "L"]
    rows = [good, ["", *good[1:]], ["a,whole,line", *good[1:]], ["L2", "soon", *good[2:]],
            ["L3", "2021-06-30", *good[2:]], ["L4", "2022-01-01", *good[2:]]]  # fmt: skip
    shop.land("leads_1.csv", rows, HEADER)
    assert shop.reasons() == {"no_key": 2, "no_date": 1, "outside_history": 2}
    assert [lead for lead, *_ in leads(shop)] == ["L1"]
    assert shop.ledger()[["rows", "loaded", "quarantined"]].to_numpy().tolist() == [[6, 1, 5]]


def test_a_day_to_come_is_put_aside_by_the_policy(shop: Shop):
    shop.source = shop.source.model_copy(
        update={"history": shop.source.history.model_copy(update={"end": date(2026, 12, 31)})}
    )
    shop.land("leads_1.csv", [["L1", "2026-01-05", "", "", "", ""]], HEADER)  # it lands on the first of the month
    assert shop.reasons() == {"future_date": 1}
    shop.settings = shop.settings.model_copy(update={"future_dates": "load"})
    shop.take_in()
    assert [lead for lead, *_ in leads(shop)] == ["L1"] and shop.reasons() == {}


def test_the_months_of_a_source_of_leads_alone_are_those_of_its_leads(shop: Shop):
    row = ["", "", "", ""]
    shop.land("leads_1.csv", [["L1", "2021-08-05", *row], ["L2", "2021-10-06", *row]], HEADER)
    assert last_month(shop.session) == date(2021, 10, 1)
    assert touched(shop.session, 0) == ([], ["leads"])
    assert first_month_of_leads(shop.session, 0) == date(2021, 8, 1)
    months = shop.ledger()[["first_month", "last_month"]].map(lambda day: f"{day:%Y-%m}").to_numpy().tolist()
    assert months == [["2021-08", "2021-10"]]
    shop.land("leads_2.csv", [["L3", "2021-11-06", *row]], HEADER)
    assert (last_month(shop.session), first_month_of_leads(shop.session, 1)) == (date(2021, 11, 1), date(2021, 11, 1))
    assert first_month_of_leads(shop.session, 2) is None


def test_a_correction_touches_the_months_of_what_it_took_the_place_of_and_may_withdraw_months(shop: Shop):
    row = ["", "", "", ""]
    shop.land("leads_1.csv", [["L1", "2021-08-05", *row], ["L2", "2021-12-06", *row]], HEADER)
    shop.session.execute("insert into receipts (month, receipt_id) values (date '2021-12-01', 'A')")
    shop.land("leads_1.csv", [["L1", "2021-08-05", *row], ["L2", "2021-09-06", *row]], HEADER)
    assert first_month_of_leads(shop.session, 1) == date(2021, 8, 1)
    assert last_month(shop.session) == date(2021, 9, 1)
    assert withdrawn_months(shop.session) == [date(2021, 12, 1)]


def test_a_source_with_receipts_keeps_their_months(session: Session, tmp_path: Path):
    shop = Shop(session, tmp_path, "lpoint")
    shop.source = shop.source.model_copy(update={"files": (*shop.source.files, MAPPING)})
    shop.land(NAME.format(""), [line(1)])
    receipts = last_month(shop.session)
    shop.land("leads_1.csv", [["L1", "2021-12-05", "", "", "", ""]], HEADER)
    assert last_month(shop.session) == receipts == date(2021, 7, 1)
    assert touched(shop.session, 1) == ([], ["leads"])


def test_a_shop_without_leads_has_none(shop: Shop):
    shop.source = read_source(PROJECT_DIR / "data" / "reference", "lpoint")
    shop.land(NAME.format(""), [line(1)])
    assert (leads(shop), attributes(shop), first_month_of_leads(shop.session, 0)) == ([], [], None)


def test_a_mapping_may_not_name_what_cannot_be(tmp_path: Path):
    text = (PROJECT_DIR / "data" / "reference" / "sources" / "xeducation.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "generic.yaml").touch()
    for change, fault in (
        ({'"[0-9a-f-]{36}"': '"["'}, "no regular expression"),
        ({"leads: xeducation": "leads: nobody"}, "there are no leads 'nobody'"),
        ({'"0": "no"': '"0": "perhaps"'}, "converted is one of yes, no, not perhaps"),
    ):
        changed = text
        for old, new in change.items():
            assert old in changed
            changed = changed.replace(old, new)
        (tmp_path / "sources" / "x.yaml").write_text(changed, encoding="utf-8")
        with pytest.raises(SourceError, match=fault):
            read_source(tmp_path, "x")


def test_what_looks_like_a_wrong_mapping_is_warned_of(shop: Shop):
    shop.land("leads_1.csv", [["L1", "2021-07-01", "C1", "Y", "", ""], ["L1", "2021-07-02", "C2", "", "", ""]], HEADER)
    shop.take_in()
    leads(shop)
    twice, open_ = ids_once(shop.session), outcomes_known(shop.session)
    assert not twice.passed and "1 ids stand on several differing rows" in twice.description
    assert not open_.passed and "none of 1 leads has an outcome" in open_.description
    shop.land("leads_2.csv", [["L1", "2021-07-01", "C1", "1", "", ""]], HEADER)
    shop.take_in()
    leads(shop)
    assert outcomes_known(shop.session).passed
