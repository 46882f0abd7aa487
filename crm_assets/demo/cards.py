"""Writes the card sample as files, chunk by chunk: payments, members, merchant types, incomes, and the planted truth.

Here: file names, number formats, columns. Not here: how any value is drawn, nor how files are written (``output``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from crm_assets.demo.card_holders import NEVER, Cards, Holders, draw_holders, read_cards
from crm_assets.demo.card_payments import Payments, draw_duplicates, draw_incomes, draw_payments
from crm_assets.demo.draws import CARDS, generator
from crm_assets.demo.output import DemoSummary, Files, Shape, require_size, writable, write_json, written_together

CHUNK_CUSTOMERS = 5_000
# The n-th payment's number is FIRST + n * STEP modulo a billion; each chunk owns NUMBERS_PER_CHUNK of the n.
FIRST_PAYMENT, PAYMENT_STEP, NUMBERS, NUMBERS_PER_CHUNK = 314_159_265, 754_877_669, 1_000_000_000, 4_900_000

HEADERS = {
    "CARD_TRANSACTIONS.csv": ["cust", "tx_no", "tx_dt", "tx_hr", "chnl", "mct", "mct_tp", "amt", "present", "auto",
                              "benefit"],
    "CARD_MEMBERS.csv": ["cust", "gender", "ages", "region"],
    "CARD_MERCHANT_TYPES.csv": ["mct_tp", "name", "category"],
    "CARD_INCOMES.csv": ["cust", "in_dt", "kind", "amt"],
}  # fmt: skip
TRANSACTIONS, MEMBERS, MERCHANT_TYPES, INCOMES = HEADERS
TRUTH_HEADERS = {"customers.csv": ["cust", "lifestyle", "dormant_from"]}
QUERIES = {
    TRANSACTIONS: """select 'C' || lpad(number::varchar, 9, '0') as cust, 'T' || lpad(serial::varchar, 9, '0') as tx_no,
        date, hour, channel, 'K' || lpad(category::varchar, 2, '0') || lpad(merchant::varchar, 2, '0') as mct,
        'MT' || lpad(category::varchar, 2, '0') as mct_tp, amount, case when present then 'Y' else 'N' end as present,
        case when auto then 'Y' else 'N' end as auto, nullif(benefit, 0) as benefit from rows"""
}
SHAPE = Shape(HEADERS, TRUTH_HEADERS, QUERIES)


def write_cards(
    landing_dir: Path,
    truth_dir: Path,
    vocabulary_dir: Path,
    *,
    customers: int = 3_000,
    seed: int = 20_211_231,
    progress: Callable[[str], None] = lambda line: None,
) -> DemoSummary:
    """Writes the card sample; the same customers and seed give the same bytes on any machine.

    Raises:
        ValueError: a number of customers or a seed that cannot be, or parameters that contradict each other.
        OSError: a folder that cannot be written.
    """
    require_size(customers, seed)
    cards = read_cards(vocabulary_dir)
    landing, truth = writable(landing_dir), writable(truth_dir)
    paths = {name: landing / name for name in HEADERS} | {name: truth / name for name in TRUTH_HEADERS}
    with written_together(paths, SHAPE) as files:
        files.append(MERCHANT_TYPES, [[f"MT{n:02}", name, name] for n, name in enumerate(cards.categories, 1)])
        for chunk, first in enumerate(range(0, customers, CHUNK_CUSTOMERS)):
            size = min(CHUNK_CUSTOMERS, customers - first)
            _write_chunk(files, cards, chunk, first, size, generator(seed, CARDS, chunk))
            progress(f"demo: {first + size:,} of {customers:,} customers")
    # Last, so that it speaks only of files that are complete.
    write_json(truth / "parameters.json", {"sample": "card", "seed": seed, "customers": customers})
    return DemoSummary(customers, seed, {path: files.rows[name] for name, path in paths.items()})


def _write_chunk(files: Files, cards: Cards, chunk: int, first: int, size: int, rng: np.random.Generator) -> None:
    """The customers `first` to `first + size` with everything they paid and received."""
    holders = draw_holders(cards, first, size, rng)
    _write_people(files, cards, holders)
    ids = _ids(holders)
    files.append(
        INCOMES,
        [[ids[n], f"{cards.dates[day]:%Y%m%d}", kind, won] for n, day, kind, won in draw_incomes(cards, holders, rng)],
    )
    payments = draw_payments(cards, holders, rng)
    frame = _columns(cards, holders, payments, chunk)
    twice = draw_duplicates(cards, len(payments), rng)
    files.append_query(TRANSACTIONS, frame.iloc[twice].reset_index(drop=True))


def _ids(holders: Holders) -> list[str]:
    return [f"C{number:09d}" for number in holders.number]


def _write_people(files: Files, cards: Cards, holders: Holders) -> None:
    """Members, and the truth about them."""
    genders, lifestyles = cards.parameters["genders"], list(cards.lifestyles)
    ages = [list(kind["ages"]) for kind in cards.lifestyles.values()]
    regions = [region["name"] for region in cards.regions.values()]
    ids, rows, truth = _ids(holders), [], []
    for n, cust in enumerate(ids):
        lifestyle, silent = int(holders.lifestyle[n]), int(holders.silent_day[n])
        rows.append(
            [cust, genders[int(holders.is_woman[n])], ages[lifestyle][holders.age[n]], regions[holders.region[n]]]
        )
        day = "" if silent == NEVER else (cards.dates[0] + timedelta(days=silent)).isoformat()
        truth.append([cust, lifestyles[lifestyle], day])
    files.append(MEMBERS, rows)
    files.append("customers.csv", truth)


def _columns(cards: Cards, holders: Holders, payments: Payments, chunk: int) -> pd.DataFrame:
    count = 1 + chunk * NUMBERS_PER_CHUNK + np.arange(len(payments), dtype=np.int64)
    yyyymmdd = np.array([int(f"{day:%Y%m%d}") for day in cards.dates])
    return pd.DataFrame(
        {
            "number": holders.number[payments.customer],
            "serial": (FIRST_PAYMENT + count * PAYMENT_STEP) % NUMBERS,
            "date": yyyymmdd[payments.day],
            "hour": payments.hour,
            "channel": 2 - payments.is_present.astype(np.int64),
            "category": payments.category + 1,
            "merchant": payments.merchant + 1,
            "amount": payments.amount,
            "present": payments.is_present,
            "auto": payments.is_auto,
            "benefit": payments.benefit,
        }
    )
