"""Pages, the page per segment, what to do, and the search: what each says, and that nothing is shown twice or empty."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from crm_assets.report import build_report
from crm_assets.report.pages import ALWAYS, ANALYSES, MONTH, pages
from crm_assets.report.queries import of_table
from crm_assets.report.search import searched
from crm_assets.report.segment_pages import segment_pages
from crm_assets.report.todo import todo
from crm_assets.warehouse import WarehouseError, written_out
from crm_assets_tests.report.report_sample import first_month, texts
from crm_assets_tests.report.report_sample_front import HOSTILE, IDS, TYPES
from crm_assets_tests.report.report_sample_whole import first_whole_month, whole_month
from crm_assets_tests.report.shown_pages import FrontPage
from crm_assets_tests.report.shown_sections import pen_of, row, said

ANCHORS = {  # of the one long page that reports once were: links to them are about
    "overview", "types", "cards", "movement", "retention", "lifestyles", "baskets", "recommendations", "indices",
    "bands", "loyalty", "hybrids", "predictions", "profiles", "attributes", "activity", "grades", "model", "quality",
    "intake",
}  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return build_report(whole_month(), texts())


def page_ids(data) -> list[str]:
    return [p.id for p in pages(data, pen_of(data))]


def test_every_page_is_in_the_menu_and_every_anchor_is_in_a_page(page):
    ids = FrontPage.read(page).ids
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert set(ids) >= ANCHORS
    linked = re.findall(r'<a href="#([^"]+)"', page)
    assert set(linked) <= set(ids) and set(page_ids(whole_month())) <= set(linked)
    shown = re.findall(r'<article class="sheet[^>]* id="([^"]+)"', page)
    assert shown == ["front", *page_ids(whole_month()), "customer"]


def test_pages_stand_in_their_order_and_a_type_has_its_own():
    expected = [*(name for name, _ in MONTH), *(f"segment-{t}" for t in TYPES), "segment-none"]
    assert page_ids(whole_month())[: len(expected)] == expected
    assert page_ids(whole_month())[len(expected) :] == [name for name, _ in ANALYSES if name != "enquiries"]
    assert expected[0] == "todo"


def test_a_page_with_nothing_is_left_out_but_one_whose_absence_must_be_told():
    ids = page_ids(first_month())
    assert set(ids) >= ALWAYS - {"outcomes"} and not {"traits", "enquiries"} & set(ids)
    assert not [i for i in ids if i.startswith("segment-")]
    assert "traits" not in page_ids(first_whole_month())


def test_a_types_page_says_who_what_with_what_whom_and_how_judged():
    data = whole_month()
    found = {p.id: p for p in segment_pages(data, pen_of(data))}
    sections = {s.id.removeprefix("segment-corona_averse-"): s for s in found["segment-corona_averse"].sections}
    assert list(sections) == ["who", "trend", "why", "do", "with", "hold", "judge"]
    assert row(sections["who"].panels[0], "predicted for new ones") == ["new", "200", "16.7%"]
    assert [p.figures["ko"].height > 0 for p in sections["trend"].panels] == [True, True]
    assert sections["why"].profiles[0].claims and not sections["who"].profiles[0].claims
    first = sections["do"].cards[0]
    values = {name.en: value.en for name, value in first.values}
    assert values["Customers"] == "163" and values["Window"] == "30 days"
    told = " ".join(fact.en for fact in first.facts)
    assert "from 17:00 to 20:00" in told and "28.4%" in told and "no band 3" in told and "VIP 120" in told
    assert "δ −0.81" in first.claims[0].evidence.en and len(sections["do"].cards) == 3
    assert [p.id.rsplit("-", 1)[1] for p in sections["with"].panels] >= ["articles"]
    assert row(sections["hold"].panels[0], "Bring them back")[1:] == ["4,000", "1,000", "2022-01-30"]
    assert row(sections["judge"].panels[0], "Fuller baskets")[-1] == "₩9,120"
    earlier = said(sections["judge"].panels[1])
    assert earlier[0][-1] == "6.0%p (2.0%p to 10.0%p)" and earlier[2][0] == "gone" and earlier[2][-1] == "–"


def test_customers_without_a_type_have_a_page_that_claims_nothing_of_them():
    data = whole_month()
    untyped = segment_pages(data, pen_of(data))[-1]
    assert untyped.id == "segment-none" and untyped.title.en == "Customers without a type"
    ids = [s.id for s in untyped.sections]
    assert "segment-none-why" not in ids and "segment-none-do" in ids
    assert untyped.sections[0].tiles[0].value.en == "88"


def test_ids_of_types_make_addresses_that_differ():
    data = whole_month()
    names = ["a b", "a/b", "가나"]
    sources = pd.DataFrame({"segment_id": names, "source": "assigned", "lifecycle": "existing", "customers": 5})
    segments = pd.DataFrame({"segment_id": names, "ko": names, "en": names})
    tables = {**data.tables, "segment_sources": sources}
    odd = whole_month(segments=segments, tables=tables)
    ids = [p.id for p in segment_pages(odd, pen_of(odd))]
    assert len(set(ids)) == 3 and all(re.fullmatch(r"segment-[\w-]+", i) for i in ids)


def test_what_to_do_names_files_and_what_must_be_minded():
    data = whole_month()
    shown = todo(data, pen_of(data))
    first, second, third = (" ".join(f.en for f in card.facts) for card in shown.cards)
    assert "data/audiences/2021-12" in shown.lead[0].en
    assert ": 2021-12-bring_back.csv" in first and "bring_back-holdout.csv" in first
    assert (
        "7,000 customers" in first
        and "2.1%p or more" in first
        and "RFM band: At risk, VIP · retention list: Dormant" in first
        and "no consent is known" not in first
    )
    assert "1,500 customers of whom no consent is known" in second
    assert "cannot show a change" in second and "₩9,120 or more" in third
    assert [cells[1] for cells in said(shown.panels[0])] == ["passed"] * 4
    moved = [cells[2] for cells in said(shown.panels[0], "ko")]
    assert moved[0] == "평균 구매 금액: 52000.5 초과: 10.0% → 11.7%" and moved[3] == "가장 작은 구간: 10.0% → 10.2%"


def test_a_stopped_month_says_which_check():
    data = whole_month(stopped=True)
    shown = todo(data, pen_of(data))
    assert shown.cards == () and "a check stopped the lists" in shown.note.en
    assert row(shown.panels[0], "Shares of the types")[0] == "failed"
    assert "Stays away: 34.1% → 52.0%" in row(shown.panels[0], "Shares of the types")[1]


def test_the_search_holds_cards_and_no_markup(page):
    stored = re.search(r'<script type="application/json" id="customers">(.*?)</script>', page, re.S)[1]
    assert "<" not in stored and ">" not in stored
    known = json.loads(stored)
    assert set(known["customers"]) == set(IDS)
    first, second, odd = (known["customers"][i] for i in (IDS[0], IDS[1], HOSTILE))
    assert known["types"]["en"][first[0]] == "Stays away" and first[3:7] == [71, 4_780_000.0, "2021-12-30", 12]
    assert [known["strategies"]["en"][s] for s, _ in first[7]] == ["Bring them back"] and first[7][0][1] == 0
    assert second[7][0][1] == 1, "held out"
    assert [known["articles"][a] for a in first[8]] == ["두부", "=HYPERLINK(1)</script>"]
    assert known["offers"]["en"][first[9]] == "Fuel card" and first[10] == 1689.5
    assert [known["customers"][i][11] for i in IDS] == [0, 0, 0, 1], "who refused messages"
    assert odd[2] is None and odd[1] == "predicted" and known["money"]["ko"] == "{n}원"


def test_no_customers_no_search():
    data = whole_month()
    tables = {**data.tables, "search_customers": data.tables["search_customers"].iloc[:0]}
    none = whole_month(tables=tables)
    assert searched(none, pen_of(none)) is None
    page = build_report(none, texts())
    assert 'role="search"' not in page and 'id="customer"' not in page


def test_the_same_data_make_the_same_bytes(page):
    assert build_report(whole_month(), texts()) == page


def test_queries_are_written_out_and_a_missing_parameter_is_named():
    assert written_out("select :a, ':a' -- :b\n    from t\n    where x = :a", a="it's") == (
        "select 'it''s', ':a' \n  from t\n  where x = 'it''s'"
    )
    with pytest.raises(WarehouseError, match="'b', which was not given"):
        written_out("select :b")
    month = whole_month().month
    assert of_table("products", month) == 'select * from "products" order by "product_id"'
    assert of_table("no_such_table", month) is None
    told = of_table("rfm_scores", month)
    assert told == 'select * from "rfm_scores" where month = date \'2021-12-01\' order by "customer_id"'


def test_without_types_one_page_says_why_and_the_others_are_gone():
    ids = page_ids(replace(whole_month(), cluster_model=pd.DataFrame()))
    assert "compare" in ids and "traits" in ids, "attributes need no types"
