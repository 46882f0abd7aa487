"""Hostile files written by hand, each with what must become of it. How they are landed is ``test_hostile``'s."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from crm_assets_tests.receipts.test_intake import LINE, PDDE

RETAIL = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
SALE = ["1", "A", "a lamp", "2", "2011-07-01", "1.5", "17850", "UK"]
HEADER, GOOD = ",".join(PDDE), ",".join(LINE)
HUGE = "x" * 3_000_000


def line(customer: str = "M2", **cells: str) -> str:
    """A sound line of another customer, some of its cells written otherwise."""
    return ",".join((dict(zip(PDDE, LINE, strict=True)) | {"cust": customer} | cells).values())


def text(*lines: str, header: str = HEADER, end: str = "\n", encoding: str = "utf-8") -> bytes:
    return (end.join([header, *lines]) + end).encode(encoding)


def many(end: str, unclosed_at: int | None = None) -> bytes:
    """More than the 2 MB that the engine takes for one row."""
    lines = [line(f"M{number:08}") for number in range(40_000)]
    if unclosed_at is not None:
        lines[unclosed_at] = f'"{lines[unclosed_at]}'
    return text(*lines, end=end)


def workbook(*rows: Sequence[object], change: Callable[[str, bytes], bytes] = lambda part, content: content) -> bytes:
    """A workbook of one sheet; ``change`` damages its parts."""
    book, saved, changed = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in (RETAIL, *rows):
        book.active.append(row)
    book.save(saved)
    with zipfile.ZipFile(saved) as packed, zipfile.ZipFile(changed, "w") as target:
        for part in packed.namelist():
            target.writestr(part, change(part, packed.read(part)))
    return changed.getvalue()


def far_cell() -> bytes:
    """A workbook of a few kilobytes whose last cell is the last that a sheet has."""
    book, saved = openpyxl.Workbook(), io.BytesIO()
    for row in (RETAIL, SALE):
        book.active.append(row)
    book.active["XFD1048576"] = "x"
    book.save(saved)
    return saved.getvalue()


def said_to_unpack_to(data: bytes, size: int) -> bytes:
    """A workbook whose directory states another size of its first part."""
    at = data.find(b"PK\x01\x02") + 24
    return data[:at] + size.to_bytes(4, "little") + data[at + 4 :]


def without_sheets(part: str, content: bytes) -> bytes:
    if part != "xl/workbook.xml":
        return content
    start, end = content.index(b"<sheets>"), content.index(b"</sheets>") + len(b"</sheets>")
    return content[:start] + b"<sheets/>" + content[end:]


def parquet(columns: Sequence[tuple[str, list[object]]]) -> bytes:
    saved = io.BytesIO()
    pq.write_table(pa.table([pa.array(values) for _, values in columns], [name for name, _ in columns]), saved)
    return saved.getvalue()


def sales(**other: list[object]) -> list[tuple[str, list[object]]]:
    """Two sales of two countries by column, some columns otherwise."""
    columns = {name: [value, value] for name, value in zip(RETAIL, SALE, strict=True)}
    return list((columns | {"Country": ["UK", "FR"]} | other).items())


@dataclass(frozen=True)
class Case:
    """A file, and what must become of it: rows loaded, twice there and put aside, or why it is refused."""

    what: str
    make: Callable[[], bytes]
    name: str = "PDDE.csv"
    loaded: int = 0
    duplicates: int = 0
    aside: dict[str, int] = field(default_factory=dict)
    refused: str = ""
    customers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.what


def put_aside(what: str, reason: str, *lines: str) -> Case:
    """One sound line, and lines that all have the same fault."""
    return Case(what, lambda: text(GOOD, *lines), loaded=1, aside={reason: len(lines)})


def loads(what: str, make: Callable[[], bytes], *customers: str) -> Case:
    """A file of which every row loads: these customers'."""
    return Case(what, make, loaded=len(customers), customers=customers)


def refuses(what: str, make: Callable[[], bytes], why: str, name: str = "PDDE.csv") -> Case:
    return Case(what, make, name, refused=why)


SQL = "x'); drop table receipts; --"
LINES_OF_THREE = (GOOD, line(), line("M3"))
NO_DATES = ("infinity", "-infinity", "0000-00-00", "20210230", "99999999", "now", "today")

CASES = [
    loads("utf-8 with mark", lambda: text(GOOD, line("김"), encoding="utf-8-sig"), "M1", "김"),
    loads("cp949", lambda: text(GOOD, line("뷁"), encoding="cp949"), "M1", "뷁"),
    refuses("utf-16", lambda: text(GOOD, encoding="utf-16"), "neither UTF-8 nor CP949"),
    refuses("utf-16 without mark", lambda: text(GOOD, encoding="utf-16-le"), "missing columns cust"),
    refuses("latin-1", lambda: text(GOOD, line("é"), encoding="latin-1"), "neither UTF-8 nor CP949"),
    refuses("utf-8 mark twice", lambda: text(GOOD, header=f"\ufeff\ufeff{HEADER}", encoding="utf-8"), "missing column"),
    refuses("bytes of no encoding", lambda: text(GOOD) + b"\xff\xfe\xff", "neither UTF-8 nor CP949"),
    loads("lines end in \\n", lambda: text(*LINES_OF_THREE), "M1", "M2", "M3"),
    loads("lines end in \\r\\n", lambda: text(*LINES_OF_THREE, end="\r\n"), "M1", "M2", "M3"),
    loads("lines end in \\r", lambda: text(*LINES_OF_THREE, end="\r"), "M1", "M2", "M3"),
    loads("no line end at the end", lambda: text(*LINES_OF_THREE)[:-1], "M1", "M2", "M3"),
    loads(
        "lines end in all ways",
        lambda: f"{HEADER}\r\n{GOOD}\n{line()}\r{line('M3')}".encode(),
        *("M1", "M2", "M3"),
    ),
    loads("blank lines between", lambda: text("", GOOD, "", "", line(), ""), "M1", "M2"),
    loads("quoted line end", lambda: text(GOOD, line('"M\n2"')), "M\n2", "M1"),
    loads("quoted \\r\\n in a file of \\r\\n", lambda: text(GOOD, line('"M\r\n2"'), end="\r\n"), "M\r\n2", "M1"),
    loads("quoted delimiter, doubled quote", lambda: text(GOOD, line('"a,""b"""')), "M1", 'a,"b"'),
    loads("quote within a value", lambda: text(GOOD, line('M"2')), 'M"2', "M1"),
    refuses("cut off within a row", lambda: text(*LINES_OF_THREE)[:-20], "ends within a row.*cut off"),
    refuses(
        "cut off within a row after a line end in a cell",
        lambda: text(GOOD, line('"M\n2"'), line("M3"))[:-20],
        "ends within a row.*cut off",
    ),
    refuses("cut off within a quote", lambda: text(GOOD, line('"M2"')) + b'"M3,', "cut off|quote"),
    Case("DOS end of file", lambda: text(GOOD) + b"\x1a", loaded=1, aside={"unreadable": 1}),
    Case("a last word", lambda: text(GOOD) + b"(1 rows affected)", loaded=1, aside={"unreadable": 1}),
    Case("a last row with a cell more", lambda: text(GOOD) + f"{line()},1".encode(), loaded=1, aside={"unreadable": 1}),
    put_aside("text after a closing quote", "unreadable", line('"M"2')),
    put_aside("too few and too many cells", "unreadable", "M2,R", f"{line()},and,more", '""'),
    refuses("unclosed quote in the first row", lambda: text(f'"{line()}', GOOD), "quote that opens in line 2 "),
    refuses("unclosed quote in the middle", lambda: text(GOOD, f'"{line()}', GOOD), "quote that opens in line 3 "),
    refuses(
        "unclosed quote in the middle, \\r\\n", lambda: text(GOOD, f'"{line()}', GOOD, end="\r\n"), "opens in line"
    ),
    refuses("unclosed quote in the middle, \\r", lambda: text(GOOD, f'"{line()}', GOOD, end="\r"), "quote|told apart"),
    put_aside("unclosed quote in the last row", "unreadable", f'"{line()}'),
    refuses("unclosed quote in the header", lambda: text(GOOD, header=f'{HEADER},"more'), "header|quote"),
    refuses("unclosed quote early in much", lambda: many("\n", 10), "quote that opens in line 12 "),
    refuses("unclosed quote amid much", lambda: many("\n", 20_000), "quote that opens in line 20,002 "),
    refuses("unclosed quote late in much", lambda: many("\r\n", 39_990), "quote that opens in line 39,992 "),
    refuses("unclosed quote late in much, \\r", lambda: many("\r", 39_990), "quote|told apart"),
    loads(
        "NUL and control characters",
        lambda: text(GOOD, line("M\0\x01\x1b[2J2"), line("\0")),
        "\0",
        "M\0\x01\x1b[2J2",
        "M1",
    ),
    put_aside("a line of NUL", "unreadable", "\0\0\0"),
    refuses("only NUL", lambda: b"\0" * 100, "missing column"),
    Case("huge field first", lambda: text(line(HUGE), GOOD), loaded=1, aside={"unreadable": 1}, customers=("M1",)),
    Case("huge field last", lambda: text(GOOD, line(f'"{HUGE}"')), loaded=1, aside={"unreadable": 1}),
    refuses("huge header", lambda: text(GOOD, header=HUGE + HEADER), "header|missing column"),
    refuses(
        "many columns, none right", lambda: text(GOOD, header=",".join(f"column_{n}" for n in range(9_000))), "cust"
    ),
    refuses("escape sequence in the header", lambda: text(GOOD, header=f"\x1b[2J{HEADER}"), "missing column cust"),
    refuses("header with a name twice", lambda: text(f"{GOOD},1", header=f"{HEADER},cust"), "repeated names"),
    refuses("header with a name twice but for case", lambda: text(f"{GOOD},1", header=f"{HEADER},CUST"), "repeated"),
    refuses("header in other case", lambda: text(GOOD, header=HEADER.upper()), "missing columns cust, "),
    refuses(
        "header without a column", lambda: text(GOOD, header=HEADER.replace("buy_am,", "")), "missing column buy_am"
    ),
    refuses("header with an empty name", lambda: text(f"{GOOD},1", header=f"{HEADER},"), "empty or repeated"),
    refuses("no header", lambda: text(line(), header=GOOD), "the header"),
    loads("header with blanks", lambda: text(GOOD, header=f" {HEADER.replace(',', ' , ')} "), "M1"),
    loads("SQL in the header", lambda: text(f"{GOOD},1", header=f"{HEADER},{SQL}"), "M1"),
    Case("header only", lambda: text()),
    Case("header and blank lines", lambda: text("", "", "")),
    refuses("empty", lambda: b"", "is empty"),
    refuses("only blank lines", lambda: b"\n\n\n", "header|missing column"),
    refuses("only the mark of utf-8", lambda: b"\xef\xbb\xbf", "no header line"),
    put_aside("1970 and 2999", "outside_history", *(line(de_dt=day) for day in ("19700101", "2999-12-31", "epoch"))),
    put_aside("days that are none", "no_date", *(line(de_dt=day) for day in NO_DATES), line(de_hr="24")),
    put_aside("formulas for numbers", "bad_amount", line(buy_am="=1+1"), line(buy_am="=cmd|' /C calc'!A0")),
    put_aside(
        "numbers out of bounds", "bad_amount", *(line(buy_am=n) for n in ("1e400", "NaN", "inf", "-inf", "0x10"))
    ),
    put_aside("nothing sold", "zero_amount", line(buy_am="-0"), line(buy_am="1e-9")),
    put_aside("thousands where none are", "bad_amount", line(buy_am='"1,38"'), line(buy_am="1 000")),
    put_aside("blanks for a customer", "no_customer", line(""), line("   ")),
    loads(
        "formulas for customers",
        lambda: text(line("=cmd|' /C calc'!A0"), line("@x"), line("'+1")),
        *("'+1", "=cmd|' /C calc'!A0", "@x"),
    ),
    loads("SQL in values", lambda: text(GOOD, line(SQL, rct_no=SQL)), "M1", SQL),
    Case("SQL in the name", lambda: text(GOOD), "PDDE'); drop table receipts; --.csv", loaded=1, customers=("M1",)),
    loads("tabs around ids", lambda: text(GOOD, line("M1\t", rct_no="A2"), line("\tM1 ", rct_no="A3")), *["M1"] * 3),
    loads("ids with zeros before them", lambda: text(GOOD, line("007"), line("07"), line("7")), "007", "07", "7", "M1"),
    Case("the same line twice", lambda: text(GOOD, GOOD), loaded=1, duplicates=1),
    Case(
        "lines that differ in two columns beside",
        lambda: text(f"{GOOD},a\x1fb,c", f"{GOOD},a,b\x1fc", header=f"{HEADER},one,two"),
        loaded=2,
    ),
    Case(
        "lines that differ in the last digit of a long number beside",
        lambda: text(f"{GOOD},12345678901234567890", f"{GOOD},12345678901234567891", header=f"{HEADER},approval"),
        loaded=2,
    ),
    Case("gzip", lambda: gzip.compress(text(GOOD)), "PDDE.csv.gz", loaded=1, customers=("M1",)),
    refuses("truncated gzip", lambda: gzip.compress(text(GOOD))[:-9], "cannot be unpacked.*whole", "PDDE.csv.gz"),
    refuses("garbage after gzip", lambda: gzip.compress(text(GOOD)) + b"more", "cannot be unpacked", "PDDE.csv.gz"),
    refuses("no gzip", lambda: text(GOOD), "cannot be unpacked", "PDDE.csv.gz"),
    refuses("gzip of nothing", lambda: gzip.compress(b""), "is empty", "PDDE.csv.gz"),
    refuses("gzip by the name of text", lambda: gzip.compress(text(GOOD)), "neither UTF-8", "PDDE.csv"),
    refuses("text by the name of Parquet", lambda: text(GOOD), "cannot be read", "PDDE.parquet"),
    refuses("text by the name of a workbook", lambda: text(GOOD), "cannot be read as a workbook", "PDDE.xlsx"),
    refuses("an unknown kind", lambda: text(GOOD), "kind '.exe' are not read", "PDDE.exe"),
    refuses("a name that no mapping knows", lambda: text(GOOD), "knows no file of this name", "receipts.csv"),
    refuses(
        "a name as of mended rows",
        lambda: text(GOOD),
        "missing columns crm_content_hash, crm_row_no",
        "PDDE.csv.mended-0123456789ab.csv",
    ),
]

WORKBOOK, PARQUET = "online_retail.xlsx", "online_retail.parquet"
RETAIL_CASES = [
    Case("workbook", lambda: workbook(SALE), WORKBOOK, loaded=1, customers=("17850",)),
    Case(
        "workbook with formulas",
        lambda: workbook(SALE, [*SALE[:5], "=3*2", *SALE[6:]]),
        WORKBOOK,
        loaded=1,
        aside={"bad_amount": 1},
    ),
    Case(
        "workbook with \\r in a cell",
        lambda: workbook(SALE, ["Z", *SALE[1:6], "q", "UK"], change=lambda _, c: c.replace(b">q<", b">a_x000D_b<")),
        WORKBOOK,
        loaded=2,
    ),
    refuses("workbook cut off", lambda: workbook(SALE)[:2_000], "cannot be read as a workbook", WORKBOOK),
    refuses("workbook without sheets", lambda: workbook(SALE, change=without_sheets), "sheet", WORKBOOK),
    refuses(
        "workbook with half a sheet",
        lambda: workbook(SALE, change=lambda part, c: c[: len(c) // 2] if "sheet1" in part else c),
        "cannot be read as a workbook",
        WORKBOOK,
    ),
    refuses("workbook that unpacks to 3 GB", lambda: said_to_unpack_to(workbook(SALE), 3 << 30), "too much", WORKBOOK),
    Case(
        "Parquet with nested columns",
        lambda: parquet(sales(Description=[{"a": 1, "b": [1]}, {"a": 2, "b": []}])),
        PARQUET,
        loaded=2,
    ),
    Case(
        "Parquet with other types",
        lambda: parquet(sales(Quantity=[1, 2], CustomerID=[17850.0, None])),
        PARQUET,
        loaded=1,
        aside={"no_customer": 1},
    ),
    Case("Parquet without rows", lambda: parquet([(name, pa.array([], pa.string())) for name in RETAIL]), PARQUET),
    refuses("Parquet with a column twice", lambda: parquet([*sales(), ("InvoiceNo", ["8", "9"])]), "repeated", PARQUET),
    refuses("Parquet cut off", lambda: parquet(sales())[:-6], "cannot be read", PARQUET),
    refuses("Parquet without a column", lambda: parquet(sales()[1:]), "missing column InvoiceNo", PARQUET),
]
