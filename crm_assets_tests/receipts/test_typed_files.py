"""Workbooks and Parquet files, whose values have types: numbers, moments, sheets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_assets.receipts.sources import read_source
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.hostile_corpus import RETAIL, SALE
from crm_assets_tests.receipts.test_intake import REFERENCE, Shop

SEOUL = timezone(timedelta(hours=9))


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "online_retail")


def with_mapping(shop: Shop, **changes: object) -> None:
    files = tuple(m.model_copy(update=changes) for m in shop.source.files)
    shop.source = shop.source.model_copy(update={"files": files})


def sale(**cells: object) -> list[object]:
    return list((dict(zip(RETAIL, SALE, strict=True)) | cells).values())


def save_workbook(shop: Shop, **sheets: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(shop.landing / "online_retail.xlsx")


def save_parquet(shop: Shop, rows: list[list[object]]) -> None:
    columns = [pa.array(list(values)) for values in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, RETAIL), shop.landing / "online_retail.parquet")


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("kind", ["workbook", "parquet"])
def test_numbers_are_numbers_whatever_sign_the_shop_s_texts_have(shop: Shop, kind: str, decimal: str):
    with_mapping(shop, decimal=decimal)
    rows = [sale(InvoiceNo="1", Quantity=1.125, UnitPrice=8.0), sale(InvoiceNo="2", Quantity=2.0, UnitPrice=12.375)]
    if kind == "workbook":
        save_workbook(shop, sales=[RETAIL, *rows])
    else:
        save_parquet(shop, rows)
    assert shop.take_in().refused == {}
    lines = shop.lines("2011-07-01")
    assert lines[["quantity", "amount"]].to_numpy().tolist() == [[1.125, 9.0], [2.0, 24.75]]


def test_texts_of_a_workbook_keep_the_shop_s_sign(shop: Shop):
    with_mapping(shop, decimal=",")
    save_workbook(shop, sales=[RETAIL, sale(Quantity="1,5", UnitPrice=8.5)])
    shop.take_in()
    assert shop.lines("2011-07-01")["amount"].tolist() == [12.75]


def test_a_workbook_with_several_filled_sheets_is_refused_until_one_is_named(shop: Shop):
    save_workbook(shop, first=[RETAIL, SALE], second=[RETAIL, SALE, sale(InvoiceNo="2")], empty=[])
    assert "['first', 'second']; name one by `sheet`" in shop.take_in().refused["online_retail.xlsx"]
    with_mapping(shop, sheet="second")
    assert shop.take_in().refused == {}
    assert len(shop.lines("2011-07-01")) == 2


def test_empty_sheets_and_rows_of_a_workbook_are_nothing(shop: Shop):
    nothing = [None] * len(RETAIL)
    save_workbook(shop, empty=[], sales=[RETAIL, nothing, SALE, nothing, [""] * len(RETAIL)])
    assert shop.take_in().refused == {}
    assert shop.ledger()[["rows", "loaded"]].to_numpy().tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("zone", "read"),
    [("UTC", "2011-06-30 23:30"), ("Asia/Seoul", "2011-07-01 08:30"), ("Europe/London", "2011-07-01 00:30")],
)
@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
def test_moments_with_a_zone_are_the_shop_s_local_time(shop: Shop, zone: str, machine: str, read: str):
    """Neither the machine's clock nor the zone that a moment is written in changes the day, or the month, of a line."""
    shop.session.execute(f"set timezone = '{machine}'")
    with_mapping(shop, timezone=zone)
    moment = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
    save_parquet(shop, [sale(InvoiceDate=moment)])
    (shop.landing / "online_retail.csv").write_text(
        "\n".join(
            ",".join(map(str, row))
            for row in (
                RETAIL,
                sale(InvoiceNo="Z", InvoiceDate=moment.isoformat().replace("+00:00", "Z")),
                sale(InvoiceNo="+", InvoiceDate=moment.astimezone(SEOUL).isoformat()),
                sale(InvoiceNo="local", InvoiceDate="2011-07-15 12:00"),
            )
        )
    )
    assert shop.take_in().refused == {}
    found = {
        number: str(at)[:16]
        for month in ("2011-06-01", "2011-07-01")
        for number, at in shop.lines(month)[["receipt_id", "purchased_at"]].to_numpy().tolist()
    }
    assert found == {"1": read, "Z": read, "+": read, "local": "2011-07-15 12:00"}


@pytest.mark.parametrize(
    ("written", "formats", "read"),
    [
        ("2021-10-10T13:55:36+09:00", (), "13:55"),
        ("2021-10-10 13:55:36Z", (), "13:55"),
        ("2021-10-10 13:55:36 +09:00", (), "13:55"),
        ("2021.10.10 13:55:36Z", ("%Y.%m.%d %H:%M:%SZ",), "13:55"),
        ("10.10.2021 13:55:36+02:00", ("%d.%m.%Y %H:%M:%S%z",), "11:55"),
    ],
)
def test_without_a_timezone_moments_are_as_written_or_as_the_format_says(shop: Shop, written, formats, read):
    shop.source = read_source(REFERENCE, "online_retail", history_start="2021-01-01", history_end="2021-12-31")
    columns = shop.source.files[0].columns
    moment = columns["purchased_at"].model_copy(update={"formats": formats})
    with_mapping(shop, columns={**columns, "purchased_at": moment})
    text = "\n".join(",".join(map(str, row)) for row in (RETAIL, sale(InvoiceDate=written)))
    (shop.landing / "online_retail.csv").write_text(text + "\n")
    assert shop.take_in().refused == {}
    assert str(shop.lines("2021-10-01")["purchased_at"][0])[11:16] == read


def test_ids_of_a_parquet_file_are_no_decimal_numbers(shop: Shop):
    """Floats, because one of them is missing: 17850.0 is an id and 3.0 a number, also where texts have commas."""
    with_mapping(shop, decimal=",")
    save_parquet(
        shop,
        [sale(CustomerID=17850.0, Quantity=3.0, UnitPrice=1.5), sale(CustomerID=None, Quantity=1.0, UnitPrice=2.0)],
    )
    assert shop.take_in().refused == {}
    assert shop.lines("2011-07-01")[["customer_id", "amount"]].to_numpy().tolist() == [["17850", 4.5]]
    (shop.landing / "online_retail.csv").write_text(
        "\n".join(";".join(row) for row in (RETAIL, sale(CustomerID="17850", Quantity="3", UnitPrice="1,5"))) + "\n"
    )
    with_mapping(shop, delimiter=";")
    shop.take_in()
    assert len(shop.lines("2011-07-01")) == 1, "the same line, whichever file it comes in"


def test_the_noise_of_floating_numbers_makes_no_other_line(shop: Shop):
    columns = {**shop.source.files[0].columns}
    columns["amount"] = columns["quantity"]
    with_mapping(shop, columns=columns)
    save_workbook(shop, sales=[RETAIL, sale(Quantity=12.3 * 3), sale(Quantity=36.9)])
    shop.take_in()
    assert shop.ledger()[["rows", "loaded", "duplicates"]].to_numpy().tolist() == [[2, 1, 1]]


def test_digits_that_the_amount_does_not_keep_tell_lines_apart(shop: Shop):
    columns = {**shop.source.files[0].columns}
    columns["amount"] = columns["quantity"]
    with_mapping(shop, columns=columns)
    quantities = ("1.00001", "1.00002", "1.0", "1.00000")
    text = "\n".join(",".join(map(str, row)) for row in (RETAIL, *(sale(Quantity=q) for q in quantities)))
    (shop.landing / "online_retail.csv").write_text(text + "\n")
    shop.take_in()
    assert shop.ledger()[["rows", "loaded", "duplicates"]].to_numpy().tolist() == [[4, 3, 1]]
