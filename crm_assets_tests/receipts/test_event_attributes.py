"""Attributes of lines: from a mapping to rows under the lines' numbers, by hand; none where there are none."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.receipts.raw_transactions import raw_transactions
from crm_assets.receipts.attributes import attributes_query
from crm_assets.receipts.quarantine import release, write_open_rows
from crm_assets.receipts.sources import FileMapping, read_source
from crm_assets.receipts.staging import stage_lines
from crm_assets.spreadsheet import read_rows, write_rows
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.making import results
from crm_assets_tests.receipts.test_intake import LINE, PDDE, REFERENCE, Shop

NAMES = {"paid": {"column": "pay", "map": {"1": "cash", "2": "card"}}, "till": "till"}
HEADER = [*PDDE, "pay", "till"]
JULY = date(2021, 7, 1)
NAME = "LPOINT_BIG_COMP_02_PDDE.csv"


def with_attributes(shop: Shop, names: dict[str, object]) -> Shop:
    """The shop, its receipts' mapping naming attributes."""
    files = [
        FileMapping.model_validate({**m.model_dump(), "attributes": names}) if m.record_type == "product"
        and m.loads == "transactions" else m
        for m in shop.source.files
    ]  # fmt: skip
    shop.source = shop.source.model_copy(update={"files": tuple(files)})
    return shop


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return with_attributes(Shop(session, tmp_path, "lpoint"), NAMES)


def line(product: str, amount: str, pay: str, till: str, customer: str = "M1") -> list[str]:
    return [customer, *LINE[1:5], product, *LINE[6:8], amount, "1", pay, till]


def told(shop: Shop, month: date = JULY) -> list[tuple]:
    """The month's attributes, with the product of the line that their number leads to."""
    stage_lines(shop.session, shop.staging, month)
    contract = CONTRACTS["event_attributes"]
    made = shop.session.stage(contract, attributes_query(shop.session), month=month)
    assert shop.session.violations(contract, made) == []
    lines = shop.lines(f"{month}")
    rows = shop.session.frame(f"select * from {made} order by customer_id, receipt_id, record_type, line_no, name")
    found = rows.merge(lines, on=["month", "customer_id", "receipt_id", "record_type", "line_no"], validate="m:1")
    assert len(found) == len(rows)
    return list(found[["record_type", "line_no", "product_id", "name", "value"]].itertuples(index=False, name=None))


def test_the_attributes_of_two_lines_of_a_receipt(shop: Shop):
    shop.land(NAME, [line("PD2", "700", "2", " 04 "), line("PD1", "500", "1", "")], HEADER)
    assert told(shop) == [
        ("product", 1, "PD1", "paid", "cash"),
        ("product", 2, "PD2", "paid", "card"),
        ("product", 2, "PD2", "till", "04"),  # an id keeps its zeros; what is empty makes no row
    ]


def test_a_value_that_the_map_does_not_know_makes_no_row_and_hides_no_line(shop: Shop):
    shop.land(NAME, [line("PD1", "500", "7", ""), line("PD1", "500", "8", "")], HEADER)
    assert told(shop) == [] and len(shop.lines("2021-07-01")) == 2


def test_duplicates_once_and_lines_that_differ_in_an_attribute_twice(shop: Shop):
    shop.land(NAME, [line("PD1", "500", "1", "a"), line("PD1", "500", "1", "a"), line("PD1", "500", "1", "b")], HEADER)
    assert shop.ledger()[["loaded", "duplicates"]].to_numpy().tolist() == [[2, 1]]
    assert [row[1:] for row in told(shop) if row[3] == "till"] == [(1, "PD1", "till", "a"), (2, "PD1", "till", "b")]


def test_a_return_has_its_own_numbers(shop: Shop):
    shop.land(NAME, [line("PD1", "500", "1", "a"), line("PD1", "-500", "1", "b")], HEADER)
    assert [row for row in told(shop) if row[3] == "till"] == [
        ("product", 1, "PD1", "till", "a"),
        ("return", 1, "PD1", "till", "b"),
    ]


def test_a_late_file_moves_the_numbers_of_lines_and_attributes_alike(shop: Shop):
    shop.land(NAME, [line("PD2", "700", "2", "04")], HEADER)
    assert [row[1] for row in told(shop)] == [1, 1]
    shop.land(
        "LPOINT_BIG_COMP_02_PDDE_late.csv", [line("PD1", "500", "1", "05"), line("PD2", "700", "2", "04")], HEADER
    )
    assert shop.ledger()[["loaded", "duplicates"]].to_numpy().tolist() == [[1, 0], [1, 1]]
    assert [row[1:] for row in told(shop) if row[3] == "till"] == [(1, "PD1", "till", "05"), (2, "PD2", "till", "04")]


def test_mended_rows_bring_their_attributes(shop: Shop, tmp_path: Path):
    shop.land(NAME, [line("PD1", "500", "1", "a"), line("PD2", "x", "2", "b")], HEADER)
    path = tmp_path / "open.csv"
    write_open_rows(shop.session, shop.source, path, None, None)
    header, *rows = read_rows(path)
    rows[0][header.index("buy_am")] = "900"
    write_rows(path, header, rows)
    release(shop.session, shop.source, shop.settings, path, date(2026, 1, 20))
    shop.take_in()
    assert [row[2:] for row in told(shop) if row[1] == 2] == [("PD2", "paid", "card"), ("PD2", "till", "b")]


def test_without_attributes_nothing_is_another(session: Session, tmp_path: Path, shop: Shop):
    plain = read_source(REFERENCE, "lpoint")
    mapping = plain.mapping_of(NAME)
    assert "attributes" not in mapping.model_dump_json(exclude_defaults=True)  # so that no file is read anew
    assert plain.reading_hash("x", mapping, {}) != shop.source.reading_hash("x", shop.source.mapping_of(NAME), {})
    shop.source = plain
    shop.land(NAME, [line("PD1", "500", "1", "a")], HEADER)
    assert told(shop) == []


def test_lines_that_were_staged_before_there_were_attributes_count_on(shop: Shop):
    shop.source = read_source(REFERENCE, "lpoint")
    shop.land(NAME, [LINE, [*LINE[:5], "PD9", *LINE[6:]]])
    (staged,) = (shop.staging / "transactions" / "2021-07").glob("*.parquet")
    old = f"select * exclude attributes from read_parquet('{staged}')"
    duckdb.sql(f"copy (select * from ({old})) to '{staged}.old' (format parquet)")
    Path(f"{staged}.old").rename(staged)
    assert told(shop) == [] and len(shop.lines("2021-07-01")) == 2
    shop.land("LPOINT_BIG_COMP_02_PDDE_2.csv", [LINE, [*LINE[:5], "PD8", *LINE[6:]]])
    assert shop.ledger()[["loaded", "duplicates"]].to_numpy().tolist() == [[2, 0], [1, 1]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loads": "products", "columns": {"product_id": "p"}, "attributes": {"a": "b"}}, "lines of transactions"),
        ({"attributes": {'a"b': "c"}}, "pattern"),
        ({"attributes": {"a": {"column": "c", "formats": []}}}, "formats"),
    ],
)  # fmt: skip
def test_what_a_mapping_may_not_say(change: dict[str, object], said: str):
    good = read_source(REFERENCE, "lpoint").mapping_of(NAME).model_dump()
    with pytest.raises(ValueError, match=said):
        FileMapping.model_validate({**good, **change})


def test_a_file_that_lacks_an_attribute_is_refused(shop: Shop):
    assert "missing column till" in str(shop.land(NAME, [line("PD1", "500", "1", "a")[:-1]], HEADER[:-1]).refused)


def test_the_text_of_a_line_has_sorted_names(shop: Shop):
    shop.land(NAME, [line("PD1", "500", "1", "따'옴\"표")], HEADER)
    stage_lines(shop.session, shop.staging, JULY)
    text = shop.session.scalar("select attributes from delivered_lines")
    assert list(json.loads(text).items()) == [("paid", "cash"), ("till", "따'옴\"표")]
    assert told(shop)[1][4] == "따'옴\"표"


def test_the_asset_writes_lines_and_attributes_together(warehouse: Warehouse, tmp_path: Path):
    with warehouse.session() as session:
        shop = with_attributes(Shop(session, tmp_path, "lpoint"), NAMES)
        shop.land(NAME, [line("PD2", "700", "2", "04"), line("PD1", "500", "1", "")], HEADER)
    *_, done = results(raw_transactions, warehouse, "2021-07-01", data_dir=str(tmp_path))
    assert done.metadata["dagster/row_count"] == 2
    with warehouse.session() as session:
        rows = session.rows("select line_no, name, value from event_attributes order by line_no, name")
    assert rows == [(1, "paid", "cash"), (2, "paid", "card"), (2, "till", "04")]
