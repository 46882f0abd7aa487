"""What is measured on: L.POINT's tables at a size, as CSV and as Parquet, and cut as deliveries of a month and a day.
Lines scale with customers."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import duckdb

from crm_assets.contracts.base import literal
from crm_assets.demo import write_demo
from crm_assets.settings import Settings

PUBLISHED_CUSTOMERS = 29_874  # of L.POINT's published data
LINES_OF_A_CUSTOMER = 166  # rows of the three tables of lines, in the mean
OF_LINES = ("LPOINT_BIG_COMP_02_PDDE", "LPOINT_BIG_COMP_03_COP_U", "LPOINT_BIG_COMP_06_LPAY")
CUT = ("before", "month", "day")
LAST_MONTH, LAST_DAY = "20211201", "20211231"  # of the sample's history


def customers_for(millions: float) -> int:
    """How many customers have about as many million lines."""
    return max(1, round(millions * 1e6 / LINES_OF_A_CUSTOMER))


def write_csv(folder: str, customers: int) -> dict[str, int]:
    """The sample's files in a folder; tells how many lines they hold, duplicates and faulty ones among them."""
    csv = Path(folder)
    csv.mkdir(parents=True)
    write_demo(csv, csv.with_name("truth"), Settings.read({}).reference / "demo", customers=customers)
    counts = (duckdb.execute(f"select count(*) from ({_read(file)})").fetchall()[0][0] for file in _of_lines(csv))
    return {"lines": sum(counts)}


def write_parquet(csv: str, folder: str) -> None:
    """The lines as Parquet, every column a text as it stands there, and the other files as they are."""
    Path(folder).mkdir(parents=True)
    for file in sorted(Path(csv).glob("*.csv")):
        if file.name.startswith(OF_LINES):
            _copy(_read(file), Path(folder) / file.with_suffix(".parquet").name, "format parquet")
        else:
            os.link(file, Path(folder) / file.name)


def parquet_reference(folder: Path) -> Path:
    """Reference data whose mapping takes the sample's Parquet files; returns the folder."""
    shutil.copytree(Settings.read({}).reference, folder, dirs_exist_ok=True)
    mapping = folder / "sources" / "lpoint.yaml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(re.sub(rf'({"|".join(OF_LINES)})\*\.csv"', r'\1*.parquet"', text), encoding="utf-8")
    return folder


def cut(csv: str, folder: str) -> None:
    """The files in three deliveries, each a folder (``CUT``): all but the last month, that month but its last day, that
    day."""
    days = (f"< '{LAST_MONTH}'", f"between '{LAST_MONTH}' and '{int(LAST_DAY) - 1}'", f"= '{LAST_DAY}'")
    for name, condition in zip(CUT, days, strict=True):
        (Path(folder) / name).mkdir(parents=True)
        for file in _of_lines(Path(csv)):
            rows = f"{_read(file)} where de_dt {condition}"
            _copy(rows, Path(folder) / name / f"{file.stem}_{name}.csv", "format csv, header")
    for file in sorted({*Path(csv).glob("*.csv")} - {*_of_lines(Path(csv))}):
        os.link(file, Path(folder) / CUT[0] / file.name)


def _of_lines(csv: Path) -> list[Path]:
    return sorted(file for file in csv.glob("*.csv") if file.name.startswith(OF_LINES))


def _read(file: Path) -> str:
    return f"select * from read_csv({literal(str(file))}, all_varchar = true, header = true)"


def _copy(rows: str, file: Path, how: str) -> None:
    duckdb.execute(f"copy ({rows}) to {literal(str(file))} ({how})")
