"""Hostile files put together by chance: encodings, line ends, quotes, values, shapes of rows, headers, kinds, names."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from crm_assets_tests.receipts.hostile_corpus import HUGE, SQL
from crm_assets_tests.receipts.test_intake import LINE, PDDE


@dataclass(frozen=True)
class Hostile:
    """A composed file, and what its writer knows of it.

    Attributes:
        sound: customer and receipt of its sound rows.
        records: how many rows it has; None when its lines cannot be told apart for certain.
        must_load: whether nothing of it is a reason to refuse it.
        must_be_refused: whether something of it is.
    """

    name: str
    data: bytes
    sound: frozenset[tuple[str, str]]
    records: int | None
    must_load: bool
    must_be_refused: bool

    def __repr__(self) -> str:
        return f"Hostile({self.name!r}, {self.data[:3_000]!r}, sound={sorted(self.sound)}, records={self.records})"


@dataclass(frozen=True)
class Choice:
    """What a file may be, and what it must not be to be read."""

    usual: Sequence[str]
    refused: Sequence[str]


ENCODING = Choice(["utf-8", "utf-8-sig", "cp949"], ["utf-16", "latin-1"])
HEADER = Choice(["right", "right", "blanks", "SQL beside"], ["twice", "missing", "upper", "none"])
SUFFIX = Choice([".csv", ".csv", ".txt", ".csv.gz"], [".csv.gz cut", ".unknown", ".parquet", ".xlsx"])
STEMS = ["PDDE", 'PDDE\'s "best"', f"{SQL} PDDE", "PDDE[1]", "PDDE*", "PDDE {a,b}?", "한글 PDDE", "PDDE ..", "-rf PDDE"]
STEMS += ["PDDE %s $HOME", f"PDDE {'x' * 200}", "=PDDE", "~PDDE\\..\\"]
STEM = Choice(STEMS, ["receipts", "PDDE\n", "PDDE\x1b[2J", os.fsdecode(b"PDDE \xff"), "PDDE \u202egnp"])
VALUES = [
    "",
    "   ",
    "한글 뷁",
    "NULL",
    "\0",
    "a\0b",
    "\x01\x1b[2J\x7f",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "'",
    SQL,
    '"; --',
]
VALUES += ["1,380", "1,38", "NaN", "inf", "1e400", "-0", "-500", "0x10", "007", "a\nb", 'a "b" c', "\u200b\u202e", "\t"]
VALUES += ["19700101", "2999-12-31", "0000-00-00", "20210230", "infinity", "2021-07-26 25:00", HUGE]
FAULTY = ["sound"] * 3 + ["odd"] * 3 + ["short", "long", "blank"]
MALFORMED = ["text after a quote", "quote within", "unclosed", "unclosed at the end"]


@st.composite
def hostile_files(draw: st.DrawFn) -> Hostile:
    def one_of(some: Sequence[str]) -> str:
        return draw(st.sampled_from(some))

    strange = one_of(["none"] * 4 + ["encoding", "header", "suffix", "stem"])
    choices = {"encoding": ENCODING, "header": HEADER, "suffix": SUFFIX, "stem": STEM}
    is_of = {what: one_of(c.refused if what == strange else c.usual) for what, c in choices.items()}
    possible = draw(st.sampled_from([["sound", "blank"], FAULTY, FAULTY, FAULTY + MALFORMED]))
    shapes = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=12))
    end, quoted = one_of(["\n", "\r\n", "\r", "mixed"]), one_of(["where needed", "all"]) == "all"
    beside = ["beside"] if is_of["header"] in ("SQL beside", "twice") else []
    lines, sound = [], set()
    for number, shape in enumerate(shapes):
        cells = [f"{number:04}", f"R{number:05}", *LINE[2:], *beside]
        if shape == "odd":
            cells[draw(st.integers(0, len(PDDE) - 1))] = one_of(VALUES)
        elif shape == "sound":
            sound.add((cells[0], cells[1]))
        lines.append(_line(shape, cells, quoted))
    if is_of["encoding"] == "latin-1":
        lines.append(_written(["é", *LINE[1:], *beside], quoted))
    if is_of["header"] != "none":
        lines.insert(0, _written(_header(is_of["header"]), quoted))
    content = "".join(one + (one_of(["\n", "\r\n", "\r"]) if end == "mixed" else end) for one in lines)
    data = content.encode(is_of["encoding"], "replace")
    if ".gz" in is_of["suffix"]:
        data = gzip.compress(data, mtime=0)
    told_apart = not set(shapes) & set(MALFORMED)
    return Hostile(
        name=is_of["stem"] + is_of["suffix"].removesuffix(" cut"),
        data=data[:-9] if is_of["suffix"].endswith("cut") else data,
        sound=frozenset(sound),
        records=len(shapes) - shapes.count("blank") if told_apart else None,
        must_load=strange == "none" and told_apart and bool(sound),
        must_be_refused=strange != "none",
    )


def _line(shape: str, cells: list[str], quoted: bool) -> str:
    made = {
        "short": lambda: _written(cells[:3], quoted),
        "long": lambda: _written([*cells, "more"], quoted),
        "blank": lambda: "",
        "text after a quote": lambda: f'"x"{_written(cells, quoted)}',
        "quote within": lambda: _written(cells, False).replace("R", 'R"', 1),
        "unclosed": lambda: f'"{_written(cells, False)}',
        "unclosed at the end": lambda: f'{_written(cells[:-1], quoted)},"1',
    }
    return made.get(shape, lambda: _written(cells, quoted))()


def _written(cells: Sequence[str], quoted: bool) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerow(cells)
    return made.getvalue() if "\n" not in "".join(cells) or quoted else _written(cells, True)


def _header(kind: str) -> list[str]:
    made = {
        "blanks": [f" {name}  " for name in PDDE],
        "SQL beside": [*PDDE, SQL],
        "twice": [*PDDE, "cust"],
        "missing": [name for name in PDDE if name != "de_dt"],
        "upper": [name.upper() for name in PDDE],
    }
    return made.get(kind, PDDE)
