"""Encodings that a mapping states: texts that pass for CP949 without it, and what becomes of a byte of none."""

from __future__ import annotations

import codecs
import gzip
from datetime import date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from crm_assets.receipts.intake import take_in
from crm_assets.receipts.landed_text import CHUNK_BYTES, prepare
from crm_assets.receipts.ledger import RunMark
from crm_assets.receipts.quarantine import release, write_open_rows
from crm_assets.receipts.sources import Source
from crm_assets.spreadsheet import read_rows
from crm_assets.warehouse import Session
from crm_assets_tests.receipts.test_intake import LINE, PDDE, Shop, refused

NAME = "LPOINT_BIG_COMP_01_DEMO.csv"
HEADER = "cust,ma_fem_dv,ages,zon_hlv\n"


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Shop:
    return Shop(session, tmp_path, "lpoint")


def stating(source: Source, encoding: str | None, *, of_files: str | None = None) -> Source:
    """The source with an encoding for all files, and one for each of them."""
    text = source.model_dump() | {"encoding": encoding}
    return Source.model_validate(text | {"files": [{**file, "encoding": of_files} for file in text["files"]]})


def regions(shop: Shop, content: bytes) -> list[str]:
    (shop.landing / NAME).write_bytes(content)
    assert shop.take_in().refused == {}
    return shop.dimension("customers")["region"].tolist()


def region(word: str) -> str:
    return f"{HEADER}M1,,,{word}\n"


def test_a_western_text_may_pass_for_korean_where_no_encoding_is_stated(shop: Shop):
    """The reason for the key; Korean retail is at home here, so the guess stays."""
    assert regions(shop, region("Größe").encode("cp1252")) == ["Gr秤e"]
    assert shop.ledger()["encoding"].tolist() == ["cp949"]
    (shop.landing / NAME).write_bytes(region("Käse").encode("cp1252"))
    said = shop.take_in().refused[NAME]
    assert "neither UTF-8 nor CP949" in said and "`encoding: cp1252` beside `match`" in said


def test_what_a_file_was_read_as_is_told_where_it_is_not_utf_8(shop: Shop):
    (shop.landing / NAME).write_bytes(region("Größe").encode("cp1252"))
    (shop.landing / NAME.replace("DEMO", "DEMO_2")).write_bytes(region("Größe").encode())
    told: list[str] = []
    take_in(shop.session, shop.source, shop.settings, RunMark("run", datetime(2026, 1, 1)), told.append)
    assert [line for line in told if " as " in line] == [f"{NAME} is read as cp949"]


@pytest.mark.parametrize("word", ["Größe", "Käse"])
@pytest.mark.parametrize(("encoding", "named"), [("cp1252", "cp1252"), ("latin-1", "iso8859-1"), ("utf-16", "utf-16")])
@pytest.mark.parametrize("place", ["source", "file"])
def test_a_stated_encoding_is_the_one(shop: Shop, word: str, encoding: str, named: str, place: str):
    of = {"source": (encoding, None), "file": ("cp949", encoding)}[place]
    shop.source = stating(shop.source, of[0], of_files=of[1])
    assert regions(shop, region(word).encode(encoding)) == [word]
    assert shop.ledger()["encoding"].tolist() == [named]


def test_the_mark_of_utf_8_goes_before_a_stated_encoding(shop: Shop):
    shop.source = stating(shop.source, "cp1252")
    assert regions(shop, region("Käse").encode("utf-8-sig")) == ["Käse"]
    assert shop.ledger()["encoding"].tolist() == ["utf-8-sig"]


@pytest.mark.parametrize(
    ("encoding", "content", "said"),
    [
        ("cp1252", region("\x81").encode("latin-1"), "not cp1252 throughout: in line 2, .* byte 0x81 in position 5"),
        ("cp949", region("Käse").encode("cp1252"), "not cp949 throughout: in line 2, .* byte 0xe4"),
        ("utf-8", region("Größe").encode("cp1252"), "not utf-8 throughout: in line 2, .* byte 0xf6"),
        ("utf-8", HEADER.encode() + b"M1,,,\xc3", "in line 2, .* unexpected end of data"),
        ("utf-16", region("a").encode("utf-8") * 2, "not utf-16 throughout: in line 1, UTF-16 stream does not start"),
    ],
)
def test_a_byte_of_no_stated_encoding_is_refused_with_place_and_remedy(
    shop: Shop, encoding: str, content: bytes, said: str
):
    shop.source = stating(shop.source, encoding)
    (shop.landing / NAME).write_bytes(content)
    message = refused(shop, NAME)
    assert NAME in message and "correct `encoding` in the mapping file" in message
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(message)


def test_a_marked_text_that_is_no_utf_8_is_refused_whatever_is_stated(shop: Shop):
    shop.source = stating(shop.source, "cp1252")
    (shop.landing / NAME).write_bytes(codecs.BOM_UTF8 + region("Käse").encode("cp1252"))
    message = refused(shop, NAME)
    assert (
        "not utf-8 throughout: in line 2" in message and "Save it as utf-8" in message and "`encoding`" not in message
    )


@pytest.mark.parametrize("encoding", ["cp-1252-west", "hex", "utf-7", ""])
def test_an_unknown_encoding_is_named_with_the_remedy(shop: Shop, encoding: str):
    for stated in ({"encoding": encoding}, {"encoding": None, "of_files": encoding}):
        with pytest.raises(
            ValidationError, match=rf"no text encoding '{encoding}'; write its name in Python, as cp1252"
        ):
            stating(shop.source, **stated)


def test_a_changed_encoding_reads_the_file_anew(shop: Shop):
    content = region("Größe").encode("cp1252")
    assert regions(shop, content) == ["Gr秤e"]
    plain = shop.source
    for encoding, of_files, read in [("cp1252", None, "Größe"), ("cp1252", "cp437", "Gr÷▀e"), (None, None, "Gr秤e")]:
        shop.source = stating(plain, encoding, of_files=of_files)
        assert shop.take_in().loaded == [NAME]
        assert shop.dimension("customers")["region"].tolist() == [read]
        assert shop.take_in().loaded == []
    shop.source = stating(plain, "cp1252")
    shop.take_in()
    shop.source = stating(plain, "CP1252", of_files="windows-1252")
    assert shop.take_in().loaded == [], "other names of the same"


def test_a_packed_text_and_one_of_several_chunks(tmp_path: Path):
    """Decoded as a stream: letters of two bytes lie across the chunks, and none is lost."""
    text = "a\n" + "뷁é" * (CHUNK_BYTES // 4) + "\n"
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode("utf-16"), compresslevel=1))
    landed = prepare(path, tmp_path / "work", encodings=["utf-16"])
    assert landed.path.read_text(encoding="utf-8") == text and landed.lines == 2


@pytest.mark.parametrize("word", ["Größe", "Käse"])
def test_mended_rows_are_utf_8_and_their_list_is_as_the_shop_saves_it(shop: Shop, tmp_path: Path, word: str):
    """The list comes back from a spreadsheet in the shop's encoding; what lands of it is written by us."""
    shop.source = stating(shop.source, "cp1252")
    shop.land("LPOINT_BIG_COMP_02_PDDE.csv", [LINE, ["", word, *LINE[2:]]], PDDE, "cp1252")
    path = tmp_path / "open.csv"
    write_open_rows(shop.session, shop.source, path, None, None)
    header, row = read_rows(path)
    row[header.index("cust")] = "M9"
    path.write_bytes("".join(";".join(cells) + "\r\n" for cells in (header, row)).encode("cp1252"))
    done = release(shop.session, shop.source, shop.settings, path, date(2026, 1, 20))
    assert word in done.path.read_text(encoding="utf-8")
    assert shop.take_in().refused == {}
    assert shop.lines("2021-07-01").set_index("customer_id").loc["M9", "receipt_id"] == word


@pytest.mark.parametrize(
    ("value", "may_have_blanks"),
    [("Z01", False), ("Z 01", True), ("\tZ01", True), (f"{chr(160)}Z01", True), ("서울", True)],
)
@pytest.mark.parametrize("far", [False, True])
def test_blanks_are_looked_for_where_there_may_be_any(tmp_path: Path, value: str, may_have_blanks: bool, far: bool):
    """In the first piece of a text, and in its last one."""
    path = tmp_path / NAME
    path.write_text(HEADER + "M1,M,20,Z01\n" * (CHUNK_BYTES // 10 if far else 1) + f"M2,M,20,{value}\n", "utf-8")
    assert prepare(path, tmp_path / "work").may_have_blanks is may_have_blanks


@pytest.mark.parametrize("value", [" Z01", "Z01 ", "Z01\t", f"{chr(160)}Z01", f"Z01{chr(0x3000)}", "Z01"])
def test_blanks_around_a_value_are_no_part_of_it(shop: Shop, value: str):
    assert regions(shop, f"{HEADER}M1,M,20,{value}\n".encode()) == ["Z01"]
