"""Writes L.POINT's sample as files, chunk by chunk in constant memory.

Here: file names, number formats, columns. Not here: how any value is drawn, nor how files are written (``output``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from crm_assets.demo.baskets import draw_duplicates, draw_lines, draw_returns
from crm_assets.demo.days import Days, Signals, make_days, make_signals
from crm_assets.demo.draws import CUSTOMERS, generator
from crm_assets.demo.output import DemoSummary, Files, Shape, require_size, writable, write_json, written_together
from crm_assets.demo.people import People, draw_people
from crm_assets.demo.visits import Visits, draw_service_amounts, draw_service_days, draw_visits, draw_wallet
from crm_assets.demo.vocabulary import Vocabulary, read_vocabulary

CHUNK_CUSTOMERS = 5_000
# Receipt numbers: the n-th serial of a table is FIRST + n * STEP modulo a billion. Each chunk owns NUMBERS_PER_CHUNK
# of the n, whatever the chunks before it used, so that chunks do not depend on one another.
FIRST_RECEIPT, RECEIPT_STEP, NUMBERS, NUMBERS_PER_CHUNK = 199_868_530, 754_877_669, 1_000_000_000, 4_900_000

HEADERS = {
    "LPOINT_BIG_COMP_01_DEMO.csv": ["cust", "ma_fem_dv", "ages", "zon_hlv"],
    "LPOINT_BIG_COMP_02_PDDE.csv": ["cust", "rct_no", "chnl_dv", "cop_c", "br_c", "pd_c", "de_dt", "de_hr", "buy_am",
                                    "buy_ct"],
    "LPOINT_BIG_COMP_03_COP_U.csv": ["cust", "rct_no", "cop_c", "br_c", "chnl_dv", "de_dt", "vst_dt", "de_hr",
                                     "buy_am"],
    "LPOINT_BIG_COMP_04_PD_CLAC.csv": ["pd_c", "pd_nm", "clac_hlv_nm", "clac_mcls_nm"],
    "LPOINT_BIG_COMP_05_BR.csv": ["br_c", "cop_c", "zon_hlv", "zon_mcls"],
    "LPOINT_BIG_COMP_06_LPAY.csv": ["cust", "rct_no", "cop_c", "chnl_dv", "de_dt", "de_hr", "buy_am"],
    "INSFILER_COVID19_DAILY.csv": ["국가", "구분", "일자", "누적확진(명)", "신규확진(명)", "인구확진률(%)", "인구(명)",
                                   "누적사망(명)", "신규사망(명)", "사망률(%)"],
}  # fmt: skip
PEOPLE, PRODUCT_LINES, SERVICES, PRODUCTS, BRANCHES, WALLET, DAILY = HEADERS
TRUTH_HEADERS = {
    "customers.csv": ["cust", "latent_type"],
    "bundles.csv": ["bundle", "pd_c", "pd_nm", "partners", "rate"],
}

CUSTOMER = "'M' || lpad(number::varchar, 9, '0') as cust"
LETTER = "case channel when 1 then 'A' else 'E' end"
SERIAL = "lpad(serial::varchar, 9, '0')"
QUERIES = {
    PRODUCT_LINES: f"""select {CUSTOMER}, {LETTER} || substr(partner::varchar, 2, 2) || {SERIAL} as rct_no, channel,
        partner, branch, product, date, hour, amount, quantity from rows""",
    SERVICES: f"""select {CUSTOMER}, lpad(yymmdd::varchar, 6, '0') || lpad(hour::varchar, 2, '0') || {LETTER}
        || {SERIAL} as rct_no, partner, branch, channel, date, visit_date, hour, amount from rows""",
    WALLET: f"""select {CUSTOMER}, lpad(yymmdd::varchar, 6, '0') || {SERIAL} as rct_no, partner, channel, date, hour,
        amount from rows""",
}


SHAPE = Shape(HEADERS, TRUTH_HEADERS, QUERIES)


def write_demo(
    landing_dir: Path,
    truth_dir: Path,
    vocabulary_dir: Path,
    *,
    customers: int = 3_000,
    seed: int = 20_211_231,
    progress: Callable[[str], None] = lambda line: None,
) -> DemoSummary:
    """Writes the sample data set; the same customers and seed give the same bytes on any machine."""
    require_size(customers, seed)
    vocabulary = read_vocabulary(vocabulary_dir)
    signals = make_signals(vocabulary, seed)
    days = make_days(vocabulary, signals)
    landing, truth = writable(landing_dir), writable(truth_dir)
    paths = {name: landing / name for name in HEADERS} | {name: truth / name for name in TRUTH_HEADERS}
    with written_together(paths, SHAPE) as files:
        _write_dimensions(files, vocabulary, signals)
        for chunk, first in enumerate(range(0, customers, CHUNK_CUSTOMERS)):
            size = min(CHUNK_CUSTOMERS, customers - first)
            _write_chunk(files, vocabulary, days, chunk, first, size, generator(seed, CUSTOMERS, chunk))
            progress(f"demo: {first + size:,} of {customers:,} customers")
    # Last, so that it speaks only of files that are complete.
    write_json(truth / "parameters.json", {"seed": seed, "customers": customers})
    return DemoSummary(customers, seed, {path: files.rows[name] for name, path in paths.items()})


# Tables


def _write_dimensions(files: Files, vocabulary: Vocabulary, signals: Signals) -> None:
    products, branches = vocabulary.products, vocabulary.branches
    files.append(PRODUCTS, zip(products.codes, products.names, products.majors, products.middles, strict=True))
    files.append(BRANCHES, zip(branches.codes, branches.partners, branches.regions, branches.districts, strict=True))
    files.append(DAILY, _daily_rows(vocabulary.signals, signals))
    types = list(vocabulary.types)
    for bundle in vocabulary.bundles:
        rate = " ".join(f"{name}={value:g}" for name, value in zip(types, bundle["rate"], strict=True))
        for item in bundle["items"]:
            partners = " ".join(bundle["partners"])
            files.append("bundles.csv", [[bundle["name"], products.codes[item], products.names[item], partners, rate]])


def _daily_rows(parameters: dict, signals: Signals) -> Iterator[list]:
    cases = parameters["before"]["cases"] + np.cumsum(signals.cases)
    deaths = parameters["before"]["deaths"] + np.cumsum(signals.deaths)
    for n, day in enumerate(signals.dates):
        yield [
            parameters["country"], parameters["scope"], day.isoformat(), cases[n], signals.cases[n],
            f"{100 * cases[n] / parameters['population']:.3f}", parameters["population"], deaths[n], signals.deaths[n],
            f"{100 * deaths[n] / cases[n]:.2f}",
        ]  # fmt: skip


def _write_chunk(files, vocabulary, days, chunk: int, first: int, size: int, rng) -> None:
    """The customers `first` to `first + size` with everything they bought."""
    people = draw_people(vocabulary, days, first, size, rng)
    if first == 0:
        people.receipts[0] = 0  # her one receipt is the worked example's
        _write_worked_example(files, vocabulary, days)
    _write_people(files, vocabulary, people, example=vocabulary.worked_example if first == 0 else None)
    visits = draw_visits(vocabulary, days, people, rng)
    amount = np.zeros(len(visits), dtype=np.int64)
    retail, services = visits.take(~visits.is_service), visits.take(visits.is_service)
    lines = draw_lines(vocabulary, people, retail, rng)
    amount[~visits.is_service] = np.bincount(lines.receipt, lines.amount, minlength=len(retail)).astype(np.int64)
    amount[visits.is_service] = draw_service_amounts(vocabulary, people, services, rng)
    _write_lines(files, vocabulary, days, people, retail, lines, chunk, rng)
    frame = _receipt_columns(vocabulary, days, people, services, chunk)
    ahead = np.minimum(services.day + draw_service_days(vocabulary, services, rng), len(days) - 1)
    frame["visit_date"] = days.yyyymmdd[ahead]
    frame["amount"] = amount[visits.is_service]
    files.append_query(SERVICES, frame)
    wallet, wallet_amount = draw_wallet(vocabulary, people, visits, amount, rng)
    frame = _receipt_columns(vocabulary, days, people, wallet, chunk)
    frame["amount"] = wallet_amount
    files.append_query(WALLET, frame)


def _write_people(files, vocabulary, people: People, example: dict | None) -> None:
    """Customers and their true types; the first one is the worked example's, where one is given."""
    genders, ages = np.array(["남성", "여성"]), list(next(iter(vocabulary.types.values()))["ages"])
    regions, types = list(vocabulary.regions), list(vocabulary.types)
    ids = [f"M{number:09d}" for number in people.number]
    columns = [ids, genders[people.is_woman.astype(int)].tolist(), [ages[n] for n in people.age],
               [regions[n] for n in people.region]]  # fmt: skip
    rows = list(zip(*columns, strict=True))
    truth = list(zip(ids, [types[n] for n in people.type], strict=True))
    if example:
        rows[0] = (example["customer"], example["gender"], example["age_band"], rows[0][3])
        truth[0] = (example["customer"], example["latent_type"])
    files.append(PEOPLE, rows)
    files.append("customers.csv", truth)


def _write_lines(files, vocabulary, days, people, retail, lines, chunk, rng) -> None:
    """Purchases, then the returns of the chunk, with duplicates sprinkled over both."""
    returns, return_lines = draw_returns(vocabulary, len(days), retail, lines, rng)
    both = Visits(**{name: np.concatenate([values, getattr(returns, name)]) for name, values in vars(retail).items()})
    receipts = _receipt_columns(vocabulary, days, people, both, chunk)
    position = np.concatenate([lines.receipt, len(retail) + return_lines.receipt])
    repeated = draw_duplicates(vocabulary, len(position), rng)
    frame = receipts.iloc[position[repeated]].reset_index(drop=True)
    product = np.concatenate([lines.product, return_lines.product])[repeated]
    frame["product"] = pd.Categorical.from_codes(product, vocabulary.products.codes)
    frame["quantity"] = np.concatenate([lines.quantity, return_lines.quantity])[repeated]
    frame["amount"] = np.concatenate([lines.amount, return_lines.amount])[repeated]
    files.append_query(PRODUCT_LINES, frame)


def _receipt_columns(vocabulary, days: Days, people: People, visits: Visits, chunk: int) -> pd.DataFrame:
    """The columns that every table's rows share, one row per receipt."""
    count = 1 + chunk * NUMBERS_PER_CHUNK + np.arange(len(visits), dtype=np.int64)
    return pd.DataFrame(
        {
            "number": people.number[visits.customer],
            "serial": (FIRST_RECEIPT + count * RECEIPT_STEP) % NUMBERS,
            "channel": 1 + visits.is_online.astype(np.int64),
            "partner": pd.Categorical.from_codes(visits.partner, vocabulary.partners),
            "branch": pd.Categorical.from_codes(visits.branch, vocabulary.branches.codes),
            "date": days.yyyymmdd[visits.day],
            "yymmdd": days.yymmdd[visits.day],
            "hour": visits.hour,
        }
    )


def _write_worked_example(files, vocabulary: Vocabulary, days: Days) -> None:
    example, products = vocabulary.worked_example, vocabulary.products
    partner = example["partner"]
    row = list(vocabulary.retail).index(partner)
    branch = vocabulary.branches.codes[int(vocabulary.branches.first[row, 0])]
    for line in example["lines"]:
        product = products.codes[products.middles.index(line["middle"])]
        files.append(
            PRODUCT_LINES,
            [[example["customer"], example["receipt"], example["channel"], partner, branch, product, example["date"],
              example["hour"], line["amount"], 1]],
        )  # fmt: skip
