"""Receipts of a small shop in L.POINT's shape, for tests that need many months, files or runs rather than many rows."""

from __future__ import annotations

import csv
import random
from calendar import monthrange
from collections.abc import Iterable, Sequence
from pathlib import Path

PDDE = ["cust", "rct_no", "chnl_dv", "cop_c", "br_c", "pd_c", "de_dt", "de_hr", "buy_am", "buy_ct"]

PRODUCTS = ["pd_c", "pd_nm", "clac_hlv_nm", "clac_mcls_nm"]
CATEGORIES = ("과자", "스킨케어", "여성의류", "주방용품", "채소", "음료", "신발", "완구/아동")


def product_rows() -> list[list[str]]:
    """The articles that ``receipt_rows`` sells, each in one of eight categories."""
    of = [(n, CATEGORIES[n % len(CATEGORIES)]) for n in range(1, 41)]
    return [[f"PD{n:04}", f"상품 {n}", category, f"{category} {n % 3}"] for n, category in of]


def months_between(first: str, last: str) -> list[str]:
    """``2020-01`` … ``2021-12``."""
    (y, m), (y2, m2) = (map(int, text.split("-")) for text in (first, last))
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(12 * y + m - 1, 12 * y2 + m2)]


def receipt_rows(months: Sequence[str], customers: int, seed: int = 7) -> list[list[str]]:
    """Lines of receipts, in order of time, a few of them returns, duplicates and faulty; the same for the same seed."""
    draw, rows, number = random.Random(seed), [], 0
    for month in months:
        year, of_year = int(month[:4]), int(month[5:])
        days = monthrange(year, of_year)[1]
        for _ in range(customers):
            customer = f"M{draw.randrange(customers):05}"
            for _ in range(draw.choice((0, 1, 1, 2))):
                number += 1
                day = f"{year}{of_year:02}{draw.randint(1, days):02}"
                hour, online = str(draw.randint(8, 22)), draw.random() < 0.2
                branch = "" if online else f"A0{draw.randint(1, 3)}0001"
                for _ in range(draw.randint(1, 3)):
                    amount = draw.choice((900, 1_500, 3_200, 12_000, 48_000)) * (-1 if draw.random() < 0.03 else 1)
                    customer_told = "" if draw.random() < 0.02 else customer
                    rows.append(
                        [customer_told, f"{'E' if online else 'A'}{number:011}", "2" if online else "1", "A01", branch,
                         f"PD{draw.randint(1, 40):04}", day, hour, str(amount), str(draw.randint(1, 3))]
                    )  # fmt: skip
                    if draw.random() < 0.02:
                        rows.append(rows[-1])
    return sorted(rows, key=lambda row: (row[6], row[7]))


def land(folder: Path, name: str, rows: Iterable[Sequence[str]], header: Sequence[str] = PDDE) -> Path:
    """Write a file beside, and give it its name when it is whole, as a careful sender does."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{name}.part"
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return beside.rename(folder / name)
