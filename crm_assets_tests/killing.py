"""A refresh that is killed at a random moment, and what the next one makes of it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns, key
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop, comparable
from crm_assets_tests.small_shop import land, months_between, receipt_rows

NAME = "LPOINT_BIG_COMP_02_PDDE_{}.csv"
VARIABLES = {
    "CRM_HISTORY_START": "2021-01-01",
    "CRM_HISTORY_END": "2021-02-28",
    "CRM_MIN_CUSTOMERS_TO_CLUSTER": "50",
    "CRM_MIN_CUSTOMERS_PER_TYPE": "10",
}
MOST_DRAWS = 10


def shop_with_work(root: Path) -> Shop:
    """A refreshed shop of one month, then a correction, late receipts, a copy, a dimension and a new month landed."""
    shop = Shop(root, VARIABLES)
    rows = receipt_rows(months_between("2021-01", "2021-02"), 260)
    by_month = {m: [r for r in rows if r[6].startswith(m)] for m in ("202101", "202102")}
    people = [[f"M{n:05}", ("여성", "남성")[n % 2], f"{n % 6 + 2}0대", f"Z{n % 17 + 1:02}"] for n in range(260)]
    header = ["cust", "ma_fem_dv", "ages", "zon_hlv"]
    land(shop.landing, "LPOINT_BIG_COMP_01_DEMO.csv", people[:200], header)
    land(shop.landing, NAME.format("01"), by_month["202101"][:-60])
    shop.crm("refresh")
    land(shop.landing, "LPOINT_BIG_COMP_01_DEMO_new.csv", people[150:], header)
    land(shop.landing, NAME.format("01"), by_month["202101"][:-90])
    land(shop.landing, NAME.format("01_late"), by_month["202101"][-80:])
    land(shop.landing, NAME.format("01_copy"), by_month["202101"][-80:])
    land(shop.landing, NAME.format("02"), by_month["202102"])
    return shop


def tables(shop: Shop) -> dict[str, pd.DataFrame]:
    """Every table in the order of its key, without what tells one run from another."""
    return {
        name: shop.frame(f"select {comparable(contract)} from {name} order by {', '.join(key(contract))}")
        for name, contract in CONTRACTS.items()
    }


def differing(made: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> list[str]:
    """Names of the tables that are not equal; two without rows are, and columns without values, whatever types a frame
    gives them."""
    return [
        name
        for name in expected
        if not _plain(made[name]).equals(_plain(expected[name])) and not (made[name].empty and expected[name].empty)
    ]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)


def at_work(shop: Shop) -> subprocess.Popen[bytes]:
    """A refresh that has begun to work: its imports are done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_assets.cli", "refresh"],
        env=shop.environment,
        cwd=PROJECT_DIR,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stderr.readline() == b"receipts\n"
    return process


def killed_after(shop: Shop, seconds: float) -> bytes | None:
    """Start a refresh and kill it so long after it began to work. Returns what it had told of its work, None when it
    ended by itself before."""
    process = at_work(shop)
    try:
        process.wait(seconds)
        return None
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return process.stderr.read()
    finally:
        process.stderr.close()


def kill_and_refresh(root: Path, trials: int, seed: int, at_once: int) -> str:
    """Kill ``trials`` refreshes of the same work at random moments; after the next refresh every table must be that of
    an undisturbed one. Returns the figures."""
    base = shop_with_work(root / "base")
    undisturbed = [base.copy(root / f"undisturbed-{n}") for n in range(at_once)]
    with ThreadPoolExecutor(at_once) as pool:
        # Timed beside as many others as the trials have beside them.
        span = max(pool.map(_seconds_of_work, undisturbed))
    expected = tables(undisturbed[0])

    def trial(number: int) -> tuple[int, float, int, list[str]]:
        shop, moment, told = _killed(base, root / f"trial-{number}", span, random.Random(f"{seed} {number}"))
        shop.crm("refresh")
        wrong = differing(tables(shop), expected) + _missing_files(shop)
        shutil.rmtree(shop.root)
        return number, moment, len(told.splitlines()), wrong

    with ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(trial, range(trials)))
    wrong = [f"trial {n}, killed after {moment:.2f} s: {names}" for n, moment, _, names in done if names]
    rows = sum(len(frame) for frame in expected.values())
    steps = len({lines for _, _, lines, _ in done})
    told = (
        f"{trials} refreshes killed in {steps} different steps of {span:.1f} s of work (seed {seed}): "
        f"{trials - len(wrong)} of {trials} equal, {len(expected)} tables, {rows:,} rows"
    )
    assert not wrong, "\n".join([told, *wrong])
    return told


def _killed(base: Shop, root: Path, span: float, draw: random.Random) -> tuple[Shop, float, bytes]:
    """A copy of the shop whose refresh was killed, when, and what it had told. One that ends before its moment, because
    the machine is less busy than when it was timed, is no trial: the moment is drawn anew, from less."""
    for _ in range(MOST_DRAWS):
        shop, moment = base.copy(root), draw.uniform(0, span)
        told = killed_after(shop, moment)
        if told is not None:
            return shop, moment, told
        shutil.rmtree(root)
        span = moment
    raise AssertionError(f"{MOST_DRAWS} refreshes ended before their moments, the last within {span:.1f} s")


def _seconds_of_work(shop: Shop) -> float:
    process = at_work(shop)
    began = time.monotonic()
    process.stderr.read()
    assert process.wait() == 0
    return time.monotonic() - began


def _missing_files(shop: Shop) -> list[str]:
    """Models and reports that a registry names and that are not there."""
    named = [
        path
        for table, contract in CONTRACTS.items()
        if "path" in {c.name for c in columns(contract)}
        for path in shop.frame(f"select path from {table} where path is not null")["path"]
    ]
    return [path for path in named if not (shop.data / path).exists()]
