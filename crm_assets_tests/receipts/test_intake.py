"""The intake: encodings, dates, ids, faults and their order, duplicates, and files that are refused."""

from __future__ import annotations

import codecs
import csv
import io
import json
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.receipts.intake import Intake, take_in
from crm_assets.receipts.landing import FileRefused
from crm_assets.receipts.ledger import RunMark
from crm_assets.receipts.sources import read_source
from crm_assets.receipts.staging import stage_dimension, stage_lines
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query

REFERENCE = Settings.read({}).reference
PDDE = ["cust", "rct_no", "chnl_dv", "cop_c", "br_c", "pd_c", "de_dt", "de_hr", "buy_am", "buy_ct"]
LINE = ["M1", "A02199868530", "1", "A02", "A020001", "PD0001", "20210726", "19", "500", "1"]


class Shop:
    """A landing folder and a warehouse without Dagster."""

    def __init__(self, session: Session, root: Path, source: str) -> None:
        self.session, self.settings = session, Settings(data_dir=str(root))
        self.landing, self.staging = self.settings.landing, self.settings.staging
        self.source = read_source(REFERENCE, source)
        self.landing.mkdir()
        self.runs = 0

    def take_in(self) -> Intake:
        """One look at the folder, each a run and a day later than the one before."""
        self.runs += 1
        mark = RunMark(f"run-{self.runs}", datetime(2026, 1, self.runs))
        return take_in(self.session, self.source, self.settings, mark)

    def land(self, name: str, rows: list[list[str]], header: list[str] = PDDE, encoding: str = "utf-8") -> Intake:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *rows])
        (self.landing / name).write_bytes(text.getvalue().encode(encoding))
        return self.take_in()

    def ledger(self) -> pd.DataFrame:
        return self.session.frame("select * from landed_files order by landing_no")

    def reasons(self) -> dict[str, int]:
        return dict(self.session.rows("select reason, count(*) from quarantine group by reason order by reason"))

    def lines(self, month: str) -> pd.DataFrame:
        day = pd.Timestamp(month).date()
        stage_lines(self.session, self.staging, day)
        staged = self.session.stage(CONTRACTS["raw_transactions"], read_query("raw_transactions"), month=day)
        return self.session.frame(f"select * from {staged} order by customer_id, receipt_id, record_type, line_no")

    def dimension(self, table: str) -> pd.DataFrame:
        stage_dimension(self.session, self.staging, table)
        return self.session.frame(f"{read_query(table)} order by 1")


@pytest.fixture
def lpoint(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "lpoint")


@pytest.fixture
def online_retail(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "online_retail")


@pytest.mark.parametrize(("encoding", "named"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp949", "cp949")])
def test_korean_survives_its_encoding(lpoint: Shop, encoding: str, named: str):
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    rows = [["M1", "여성", "20대", "Z01"], ["M2", "남성", "30대", "뷁Z17"]]
    lpoint.land("LPOINT_BIG_COMP_01_DEMO.csv", rows, header, encoding)
    assert lpoint.ledger()["encoding"].tolist() == [named]
    customers = lpoint.dimension("customers").astype(object).to_numpy().tolist()
    assert customers == [["M1", "female", "20대", "Z01"], ["M2", "male", "30대", "뷁Z17"]]


def test_ids_keep_their_zeros_and_dates_their_hours(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE, ["0012", "0007", *LINE[2:6], "20210731", "0", "1,380", "2"]])
    lines = lpoint.lines("2021-07-01").set_index("customer_id")
    assert lines.loc["M1", "receipt_id"] == "A02199868530"
    assert str(lines.loc["M1", "purchased_at"]) == "2021-07-26 19:00:00"
    assert lines.loc["0012", ["receipt_id", "amount", "quantity"]].tolist() == ["0007", 1_380.0, 2.0]
    assert lines.loc["M1", "channel"] == "offline"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20210726", "2021-07-26 00:00"),
        ("2021-07-26", "2021-07-26 00:00"),
        ("2021-07-26 08:26", "2021-07-26 08:26"),
        ("2021-07-26T08:26:01", "2021-07-26 08:26:01"),
        ("2021.07.26", "2021-07-26 00:00"),
        ("2021.07.26 08:26:05", "2021-07-26 08:26:05"),
        ("2021-7-6", "2021-07-06 00:00"),
        ("2021/07/26 08:26", "2021-07-26 08:26"),
        ("2021-07-26 08:26:00.250", "2021-07-26 08:26:00.250"),
        ("7/26/2021 8:26", "2021-07-26 08:26"),  # as UCI's CSV, by `formats`
    ],
)
def test_dates(session: Session, tmp_path: Path, written: str, read: str):
    shop = Shop(session, tmp_path, "online_retail")
    shop.source = read_source(REFERENCE, "online_retail", history_start="2021-01-01", history_end="2021-12-31")
    header = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    shop.land("online_retail.csv", [["1", "A", "a", "2", written, "1.255", "17850.0", "UK"]], header)
    line = shop.lines("2021-07-01").iloc[0]
    assert line["purchased_at"] == pd.Timestamp(read)
    assert line[["customer_id", "amount"]].tolist() == ["17850", 2.51]


def test_the_first_fault_counts_and_no_row_is_lost(lpoint: Shop):
    """Each row has one more fault than the next; the ledger counts it under the first of the list."""
    rows = [
        ["", "", "1", "A02", "", "P", "2021-13-40", "19", "x", ""],
        ["", "", "1", "A02", "", "P", "19700101", "19", "x", ""],
        ["", "", "1", "A02", "", "P", "20210726", "19", "x", ""],
        ["M1", " ", "1", "A02", "", "P", "20210726", "19", "x", ""],
        ["M1", "R", "1", "A02", "", "P", "20210726", "19", "x", "1"],
        ["M1", "R", "1", "A02", "", "P", "20210726", "19", "0", "1"],
        ["M1", "R", "1", "A02", "", "P", "20210726", "19", "5", "0"],
        ["M1", "R", "1", "A02", "", "P", "20210726", "24", "5", "1"],
        LINE,
        LINE,
    ]
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", rows)
    assert lpoint.reasons() == {
        "no_date": 2, "outside_history": 1, "no_customer": 1, "no_receipt": 1,
        "bad_amount": 1, "zero_amount": 1, "bad_quantity": 1,
    }  # fmt: skip
    ledger = lpoint.ledger().iloc[0]
    assert ledger[["rows", "loaded", "duplicates", "quarantined"]].tolist() == [10, 1, 1, 8]
    kept = json.loads(lpoint.session.scalar("select content from quarantine where row_no = 4"))
    assert kept == {name: value or None for name, value in zip(PDDE, rows[3], strict=True)}


def test_numbers_and_days_out_of_all_bounds_are_faults_not_crashes(online_retail: Shop):
    header = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    row = ["1", "A", "a", "2", "2011-07-01", "1.5", "1", "UK"]
    rows = [
        row,
        [*row[:3], "999999999999", *row[4:5], "999999999999", *row[6:]],
        [*row[:4], "-infinity", *row[5:]],
        [*row[:4], "2999-01-01", *row[5:]],
        [*row[:5], "NaN", *row[6:]],
    ]
    online_retail.land("online_retail.csv", rows, header)
    assert online_retail.reasons() == {"bad_amount": 2, "no_date": 1, "outside_history": 1}
    assert online_retail.ledger()["loaded"].tolist() == [1]


def test_unreadable_rows_are_kept_as_they_stood(lpoint: Shop):
    text = ",".join(PDDE) + "\n" + ",".join(LINE) + "\nM2,too,short\n" + ",".join([*LINE, "one", "too", "many"]) + "\n"
    (lpoint.landing / "LPOINT_BIG_COMP_02_PDDE.csv").write_text(text)
    lpoint.take_in()
    assert lpoint.reasons() == {"unreadable": 2}
    assert lpoint.ledger()[["rows", "loaded", "quarantined"]].iloc[0].tolist() == [3, 1, 2]
    assert "M2,too,short" in lpoint.session.scalar("select min(content) from quarantine where row_no = 3")


def test_returns_are_told_by_the_mapping(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE, [*LINE[:8], "-500", "-1"]])
    assert lpoint.lines("2021-07-01")["record_type"].tolist() == ["product", "return"]


def test_the_same_content_twice_is_loaded_once(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE])
    lpoint.land("LPOINT_BIG_COMP_02_PDDE_copy.csv", [LINE, LINE, ["", *LINE[1:]]])
    copy = lpoint.land("LPOINT_BIG_COMP_02_PDDE_copy2.csv", [LINE, LINE, ["", *LINE[1:]]])
    assert copy.known == ["LPOINT_BIG_COMP_02_PDDE.csv", "LPOINT_BIG_COMP_02_PDDE_copy.csv"]
    assert lpoint.ledger()[["rows", "loaded", "duplicates", "quarantined"]].to_numpy().tolist() == [
        [1, 1, 0, 0],
        [3, 0, 2, 1],
        [3, 0, 3, 0],
    ]
    assert len(lpoint.lines("2021-07-01")) == 1


def test_cutting_receipts_into_other_files_changes_nothing(session: Session, tmp_path: Path):
    lines = [[*LINE[:5], f"PD{n:04}", *LINE[6:8], str(100 * n), "1"] for n in range(1, 7)] + [LINE]
    whole = Shop(session, tmp_path, "lpoint")
    whole.land("LPOINT_BIG_COMP_02_PDDE.csv", lines)
    expected = whole.lines("2021-07-01")
    (tmp_path / "parts").mkdir()
    session.execute("delete from landed_files")
    parts = Shop(session, tmp_path / "parts", "lpoint")
    for name, some in (("_b", lines[3:] + lines[:1]), ("_a", list(reversed(lines[:4])))):
        parts.land(f"LPOINT_BIG_COMP_02_PDDE{name}.csv", some)
    pd.testing.assert_frame_equal(parts.lines("2021-07-01"), expected)
    ledger = parts.ledger()
    assert ledger["loaded"].sum() == len(expected)
    assert (ledger["rows"] == ledger["loaded"] + ledger["duplicates"] + ledger["quarantined"]).all()


def test_lines_that_differ_in_an_unmapped_column_are_two(online_retail: Shop):
    header = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    row = ["1", "A", "a lamp", "2", "2011-07-01 10:00", "1.5", "17850", "UK"]
    online_retail.land("online_retail.csv", [row, [*row[:2], "a lamp, green", *row[3:]], row], header)
    assert online_retail.ledger()[["loaded", "duplicates"]].iloc[0].tolist() == [2, 1]
    assert online_retail.lines("2011-07-01")["line_no"].tolist() == [1, 2]


def test_csv_xlsx_and_parquet_give_the_same_lines(session: Session, tmp_path: Path):
    frame = pd.DataFrame(
        {
            "InvoiceNo": ["536365", "C536366", "536367"],
            "StockCode": ["85123A", "71053", "22752"],
            "Description": ["WHITE HEART", "LANTERN", None],
            "Quantity": [6, -1, 2],
            "InvoiceDate": pd.to_datetime(["2010-12-01 08:26", "2010-12-01 08:28", "2010-12-02 09:00"]),
            "UnitPrice": [2.55, 3.0, 7.65],
            "CustomerID": ["17850.0", "17850.0", "13047.0"],
            "Country": ["United Kingdom"] * 3,
        }
    )
    writers = {
        "csv": lambda path: frame.to_csv(path, index=False),
        "parquet": lambda path: frame.to_parquet(path),
        "xlsx": lambda path: frame.assign(CustomerID=frame["CustomerID"].astype(float)).to_excel(path, index=False),
    }
    made = {}
    for kind, write in writers.items():
        session.execute("delete from landed_files")
        (tmp_path / kind).mkdir()
        shop = Shop(session, tmp_path / kind, "online_retail")
        write(shop.landing / f"online_retail.{kind}")
        assert shop.take_in().refused == {}
        assert shop.ledger()["encoding"].tolist() == [{"csv": "utf-8"}.get(kind, kind)]
        made[kind] = shop.lines("2010-12-01")
    pd.testing.assert_frame_equal(made["csv"], made["parquet"])
    pd.testing.assert_frame_equal(made["csv"], made["xlsx"])
    assert made["csv"]["customer_id"].tolist() == ["13047", "17850", "17850"]
    assert made["csv"]["record_type"].tolist() == ["product", "product", "return"]


def refused(shop: Shop, name: str) -> str:
    result = shop.take_in()
    assert list(result.refused) == [name]
    assert not shop.session.rows("select * from landed_files where file_name = :name", name=name)
    return result.refused[name]


def test_a_missing_column_is_named_with_the_file_and_the_remedy(lpoint: Shop):
    name = "LPOINT_BIG_COMP_02_PDDE.csv"
    lpoint.land("LPOINT_BIG_COMP_02_PDDE_good.csv", [LINE])
    lpoint.land(name, [LINE[1:]], ["customer_no", *PDDE[2:]])
    said = refused(lpoint, name)
    assert name in said and "missing columns cust, rct_no" in said and "lpoint.yaml" in said
    assert len(lpoint.ledger()) == 1, "what was stored before stays"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("LPOINT_BIG_COMP_02_PDDE.csv", b"", "is empty"),
        ("LPOINT_BIG_COMP_02_PDDE.csv", b"\x81\x00\xff\xfe\xff", "neither UTF-8 nor CP949"),
        ("LPOINT_BIG_COMP_02_PDDE.csv", b"cust,cust,rct_no\n", "repeated names"),
        ("receipts_july.csv", b"a,b\n1,2\n", "knows no file of this name"),
        ("LPOINT_BIG_COMP_02_PDDE.csv", ",".join(PDDE).encode() + b"\nM1,R,1,A,,P,July,19,5,1\n", "none of its 1 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(lpoint: Shop, name: str, content: bytes, said: str):
    (lpoint.landing / name).write_bytes(content)
    message = refused(lpoint, name)
    assert name in message and said in message


@pytest.mark.parametrize("content", [b"no workbook", codecs.BOM_UTF8])
def test_a_broken_workbook_is_refused(online_retail: Shop, content: bytes):
    (online_retail.landing / "Online Retail.xlsx").write_bytes(content)
    assert "cannot be read as a workbook" in refused(online_retail, "Online Retail.xlsx")


def test_a_broken_parquet_file_is_refused(online_retail: Shop):
    (online_retail.landing / "online_retail.parquet").write_bytes(b"PAR1 and no more")
    assert "cannot be read" in refused(online_retail, "online_retail.parquet")


def test_a_workbook_with_another_sheet_first(online_retail: Shop):
    book = openpyxl.Workbook()
    book.active.append(["InvoiceNo", "StockCode"])
    book.save(online_retail.landing / "Online Retail.xlsx")
    assert "Quantity" in refused(online_retail, "Online Retail.xlsx")


def test_an_empty_landing_folder_names_the_remedy(lpoint: Shop):
    with pytest.raises(FileRefused, match=r"holds no file.*crm demo"):
        lpoint.take_in()


def test_another_source_in_the_same_warehouse_is_refused(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE])
    lpoint.source = read_source(REFERENCE, "online_retail")
    with pytest.raises(FileRefused, match=r"receipts of the source \['lpoint'\].*CRM_DATA_DIR"):
        lpoint.take_in()


def test_values_of_a_file_are_never_sql(lpoint: Shop):
    trick = "x'); drop table receipts; --"
    lpoint.land("LPOINT_BIG_COMP_02_PDDE'); drop table receipts;--.csv", [[trick, trick, *LINE[2:]]])
    assert lpoint.lines("2021-07-01")["customer_id"].tolist() == [trick]
    assert lpoint.session.scalar("select count(*) from receipts") == 0


def test_a_dimension_delivered_later_wins(lpoint: Shop):
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    lpoint.land("LPOINT_BIG_COMP_01_DEMO.csv", [["M1", "여성", "20대", "Z01"], ["M2", "여성", "30대", "Z01"]], header)
    lpoint.land("LPOINT_BIG_COMP_01_DEMO_mended.csv", [["M1", "여성", "30대", "Z02"]], header)
    customers = lpoint.dimension("customers").set_index("customer_id")
    assert customers.loc["M1", ["age_band", "region"]].tolist() == ["30대", "Z02"]
    assert customers.loc["M2", "age_band"] == "30대"


def test_daily_signals_are_read_by_the_mapping(lpoint: Shop):
    header = ["국가", "구분", "일자", "누적확진(명)", "신규확진(명)"]
    header += ["인구확진률(%)", "인구(명)", "누적사망(명)", "신규사망(명)", "사망률(%)"]
    row = ["대한민국", "일간", "2021-01-01", "62593", "824", "0.12", "51815810", "942", "25", "1.50"]
    lpoint.land("INSFILER_daily.csv", [row], header, "cp949")
    signals = lpoint.dimension("daily_signals").set_index("signal")["value"].to_dict()
    assert signals == {"new_cases": 824.0, "new_deaths": 25.0}
    assert lpoint.ledger()[["rows", "loaded"]].iloc[0].tolist() == [1, 1]


def test_a_mended_mapping_reads_the_file_anew(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE, [*LINE[:2], "3", *LINE[3:]]])
    assert lpoint.lines("2021-07-01")["channel"].isna().tolist().count(True) == 1
    mapping = lpoint.source.files[1]
    channel = mapping.columns["channel"].model_copy(update={"map": {"1": "offline", "3": "online"}})
    mended = mapping.model_copy(update={"columns": {**mapping.columns, "channel": channel}})
    lpoint.source = lpoint.source.model_copy(update={"files": (mended,)})
    assert lpoint.take_in().loaded == ["LPOINT_BIG_COMP_02_PDDE.csv"]
    assert sorted(lpoint.lines("2021-07-01")["channel"]) == ["offline", "online"]
    assert lpoint.ledger()["status"].tolist() == ["superseded", "loaded"]
    assert lpoint.take_in().loaded == []


def test_values_that_a_map_does_not_know_tell_lines_apart(lpoint: Shop):
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [[*LINE[:2], code, *LINE[3:]] for code in ("7", "8", "7")])
    assert lpoint.ledger()[["loaded", "duplicates"]].iloc[0].tolist() == [2, 1]


def test_a_quote_that_never_closes_is_refused_not_swallowed(lpoint: Shop):
    name = "LPOINT_BIG_COMP_02_PDDE.csv"
    lines = [",".join(PDDE), ",".join(LINE), '"M2' + ",".join(LINE[1:]), *[",".join(LINE)] * 5]
    (lpoint.landing / name).write_text("\n".join(lines) + "\n")
    assert "a quote that opens in line 3" in refused(lpoint, name)


@pytest.mark.parametrize(
    ("decimal", "written", "read"),
    [
        (".", "1,234.5", 1_234.5),
        (".", "1,234,567", 1_234_567.0),
        (".", "3,99", None),
        (",", "3,99", 3.99),
        (",", "1.234,56", 1_234.56),
        (",", "1234", 1_234.0),
    ],
)
def test_commas_are_thousands_or_decimals_as_the_mapping_says(lpoint: Shop, decimal: str, written: str, read):
    mapping = lpoint.source.files[1].model_copy(update={"decimal": decimal})
    lpoint.source = lpoint.source.model_copy(update={"files": (mapping,)})
    lpoint.land("LPOINT_BIG_COMP_02_PDDE.csv", [[*LINE[:8], written, "1"], [*LINE[:8], "5", "1"]])
    amounts = lpoint.lines("2021-07-01")["amount"].tolist()
    assert sorted(amounts) == ([5.0] if read is None else sorted([5.0, read]))
