"""File names: what is a correction, a copy, or the same file by another name."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pytest

from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import LINE, PDDE, Shop
from crm_assets_tests.receipts.test_ledger import assert_sound, line

NAME = "LPOINT_BIG_COMP_02_PDDE{}.csv"
SEOUL = {form: unicodedata.normalize(form, NAME.format("_서울")) for form in ("NFC", "NFD")}


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "lpoint")


def amounts(shop: Shop) -> list[float]:
    return sorted(shop.lines("2021-07-01")["amount"])


def sold(amount: str) -> list[list[str]]:
    return [[*LINE[:8], amount, "1"]]


def test_a_correction_by_a_name_that_a_mac_wrote_takes_the_place_of_the_one_before(shop: Shop):
    shop.land(SEOUL["NFD"], sold("500"))
    (shop.landing / SEOUL["NFD"]).unlink()
    shop.land(SEOUL["NFC"], sold("777"))
    assert amounts(shop) == [777.0]
    assert shop.ledger()["file_name"].unique().tolist() == [SEOUL["NFC"]]
    assert_sound(shop)


def test_one_name_written_in_two_ways_is_refused_once(shop: Shop):
    shop.land(SEOUL["NFC"], sold("500"))
    refused = shop.land(SEOUL["NFD"], sold("777")).refused
    assert list(refused) == [SEOUL["NFC"]] and "two files" in refused[SEOUL["NFC"]] and len(amounts(shop)) == 1
    (shop.landing / SEOUL["NFD"]).unlink()
    assert shop.take_in().refused == {}


def test_columns_that_a_mac_wrote_are_known(shop: Shop):
    header = ["국가", "구분", "일자", "누적확진(명)", "신규확진(명)"]
    header += ["인구확진률(%)", "인구(명)", "누적사망(명)", "신규사망(명)", "사망률(%)"]
    row = ["대한민국", "일간", "2021-01-01", "62593", "824", "0.12", "51815810", "942", "25", "1.50"]
    assert shop.land("INSFILER_daily.csv", [row], [unicodedata.normalize("NFD", n) for n in header]).refused == {}
    assert sorted(shop.dimension("daily_signals")["value"]) == [25.0, 824.0]


def test_a_file_renamed_to_what_another_mapping_reads_counts_once(shop: Shop):
    """Receipts that had landed by the name of affiliate services, whose columns are some of theirs."""
    header, row = [*PDDE, "vst_dt"], [*LINE, "20210726"]
    shop.land("LPOINT_BIG_COMP_03_COP_U_07.csv", [row], header)
    assert shop.lines("2021-07-01")["record_type"].tolist() == ["service"]
    (shop.landing / "LPOINT_BIG_COMP_03_COP_U_07.csv").rename(shop.landing / NAME.format("_07"))
    shop.take_in()
    assert shop.lines("2021-07-01")["record_type"].tolist() == ["product"]
    assert shop.ledger()["status"].tolist() == ["superseded", "loaded"]
    assert_sound(shop)


def test_a_correction_of_a_file_that_was_packed_meanwhile_takes_its_place(shop: Shop):
    def pack(amount: str) -> None:
        text = "\n".join(",".join(row) for row in [PDDE, *sold(amount)]) + "\n"
        (shop.landing / NAME.format(".gz").replace(".gz.csv", ".csv.gz")).write_bytes(gzip.compress(text.encode()))
        shop.take_in()

    shop.land(NAME.format(""), sold("500"))
    pack("500")
    assert amounts(shop) == [500.0], "both lie there: a copy"
    (shop.landing / NAME.format("")).unlink()
    shop.take_in()
    pack("900")
    assert amounts(shop) == [900.0]
    assert shop.take_in().loaded == []
    assert_sound(shop)


def test_folders_are_named_because_nothing_in_them_is_read(shop: Shop):
    (shop.landing / "2024").mkdir()
    (shop.landing / ".hidden").mkdir()
    assert shop.land(NAME.format(""), [line(1)]).folders == ["2024"]


def pack(shop: Shop, name: str) -> None:
    packed = shop.landing / f"{name}.gz"
    packed.write_bytes(gzip.compress((shop.landing / name).read_bytes()))
    (shop.landing / name).unlink()


def test_packing_a_file_is_renaming_it(shop: Shop):
    """Its content is the same: it keeps its place among the deliveries."""
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    for name, age in (("z", "20대"), ("a", "30대")):
        shop.land(f"LPOINT_BIG_COMP_01_DEMO_{name}.csv", [["M1", "여성", age, "Z01"]], header)
    pack(shop, "LPOINT_BIG_COMP_01_DEMO_z.csv")
    shop.take_in()
    assert shop.dimension("customers")["age_band"].tolist() == ["30대"]
    assert shop.ledger().query("status == 'loaded'")["delivered_no"].tolist() == [2, 1]


def test_the_same_content_for_another_table_withdraws_nothing(shop: Shop):
    """The first file was archived long ago."""
    demo, lines = shop.source.files[0], shop.source.files[1]
    columns = {"customer_id": lines.columns["customer_id"]}
    both = demo.model_copy(update={"match": "k_*", "columns": columns})
    shop.source = shop.source.model_copy(update={"files": (both, lines.model_copy(update={"match": "s_*"}))})
    shop.land("s_1.csv", [line(1)])
    (shop.landing / "s_1.csv").unlink()
    shop.take_in()
    shop.land("k_1.csv", [line(1)])
    assert len(amounts(shop)) == 1
    assert shop.ledger()["status"].tolist() == ["loaded", "loaded"]
