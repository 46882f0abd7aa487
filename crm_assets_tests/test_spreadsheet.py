"""Cells on their way to a spreadsheet and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.spreadsheet import plain_cell, read_rows, safe_cell, write_rows

HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t1", "\r=1", "'quoted", "''", "＝1", "%0A", "|x"]
WITHIN = {"a;=1": "a;'=1", "a;'b": "a;''b", "a\t-1": "a\t'-1", ";;@": ";;'@", "\t=1": "'\t'=1", "=a;=b": "'=a;'=b"}
HARMLESS = ["a;b", "", "-500", "+82", "-1,234.5", "우유", "a=b", "1-2", " =1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_computed(text: str):
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize(("text", "written"), WITHIN.items())
def test_no_cell_is_computed_where_a_semicolon_or_tab_separates_cells(text: str, written: str):
    assert safe_cell(text) == written and plain_cell(written) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_cells_stay_as_they_are(text: str):
    assert safe_cell(text) == text == plain_cell(text)


def test_a_file_comes_back_as_it_was(tmp_path: Path):
    rows = [[text, "여성", 'a "b"\nc'] for text in (*HOSTILE, *WITHIN, *HARMLESS)]
    path = tmp_path / "rows.csv"
    assert write_rows(path, ["=a", "b", "c"], rows) == len(rows)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(read_rows(path)) == [["=a", "b", "c"], *rows]
