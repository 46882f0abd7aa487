"""The whole refresh on Spark gives what DuckDB gives: every table row for row, every file byte for byte."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import duckdb
import numpy as np
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import ReadingsTable
from crm_assets.warehouse import SparkWarehouse
from crm_assets_tests.conftest import QUICKLY, SHORT_SHELF, SOON_DORMANT, Shop
from crm_assets_tests.engines.spark_shop import differences, exact, need_spark

pytestmark = pytest.mark.prove


def refreshed(root: Path, variables: dict[str, str], landing: Path, *words: str) -> tuple[Shop, float]:
    """A shop of these files, refreshed; and the seconds that took."""
    shop = Shop(root, variables)
    shutil.copytree(landing, shop.landing)
    began = time.monotonic()
    shop.crm("refresh", *words)
    return shop, time.monotonic() - began


def tables(shop: Shop) -> duckdb.DuckDBPyConnection:
    """The tables of a shop, to be read."""
    if shop.variables.get("CRM_ENGINE") != "spark":
        return duckdb.connect(str(shop.data / "warehouse.duckdb"), read_only=True)
    copy = shop.root / "copy.duckdb"
    with SparkWarehouse(shop.data / "spark").session() as session:
        session.write_copy(copy)
    return duckdb.connect(str(copy), read_only=True)


def files(shop: Shop) -> dict[str, str]:
    """Models, reports and lists, by the hash of their bytes."""
    found = [p for folder in ("models", "reports", "audiences") for p in (shop.data / folder).rglob("*") if p.is_file()]
    return {str(p.relative_to(shop.data)): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def compared(on_duckdb: Shop, on_spark: Shop) -> tuple[int, int, float]:
    """Tables with rows, rows, and the largest relative difference of a DOUBLE; every table is the same."""
    ours, theirs, found, rows, widest, held = tables(on_spark), tables(on_duckdb), {}, 0, 0.0, 0
    for name, contract in CONTRACTS.items():
        if issubclass(contract, ReadingsTable):  # Spark remembers none
            continue
        made, expected = (c.execute(f"select {exact(contract)} from {name}").df() for c in (ours, theirs))
        if told := differences(contract, made, expected):
            found[name] = told
        rows, held = rows + len(expected), held + bool(len(expected))
        for column in expected.columns[expected.dtypes == "float64"]:
            both = [np.sort(frame[column].to_numpy()) for frame in (made, expected)]
            apart = np.abs(both[0] - both[1]) / np.maximum(np.abs(both[1]), 1e-300)
            widest = max(widest, float(np.nanmax(apart, initial=0)))
    assert found == {}
    return held, rows, widest


def prove(variables: dict[str, str], landing: Path, tmp_path: Path, *words: str) -> tuple[Shop, Shop]:
    on_duckdb, first = refreshed(tmp_path / "duckdb", variables, landing, *words)
    on_spark, second = refreshed(tmp_path / "spark", variables | {"CRM_ENGINE": "spark"}, landing, *words)
    held, rows, widest = compared(on_duckdb, on_spark)
    same, made = files(on_duckdb), files(on_spark)
    print(
        f"{held} tables, {rows:,} rows the same, a DOUBLE at most {widest:.1e} apart; {len(same)} files, of which "
        f"{sum(made.get(n) == h for n, h in same.items())} byte for byte; DuckDB {first:.0f} s, Spark {second:.0f} s"
    )
    assert made == same
    return on_duckdb, on_spark


def test_the_sample(tmp_path: Path):
    need_spark()
    sample = Shop(tmp_path / "sample")
    sample.crm("demo", "--customers", "400")
    shops = prove(QUICKLY | SOON_DORMANT, sample.landing, tmp_path, "--months", "2020-12:2021-01")
    customer = shops[0].value("select min(customer_id) from customer_types where month = '2021-01-01'")
    for words in (["explain", customer], ["statement", customer], ["quarantine", "list"]):
        told = [shop.crm(*words).splitlines()[-20:] for shop in shops]
        assert told[0] == told[1], words
    report = shops[1].data / "reports" / "2021-01.html"
    before = report.read_bytes()
    shops[1].crm("report", "--month", "2021-01")
    assert report.read_bytes() == before


def test_online_retail(real_data: Path, tmp_path: Path):
    need_spark()
    landing = tmp_path / "landing"
    landing.mkdir()
    shutil.copy(real_data / "online_retail.parquet", landing)
    variables = {"CRM_SOURCE": "online_retail", **QUICKLY, **SHORT_SHELF}
    on_duckdb, on_spark = prove(variables, landing, tmp_path, "--months", "2010-12:2011-01")
    assert (on_spark.data / "published.duckdb").exists()
    with duckdb.connect(str(on_spark.data / "published.duckdb"), read_only=True) as published:
        rows = published.execute("select count(*) from raw_transactions").fetchall()[0][0]
    assert rows == on_duckdb.value("select count(*) from raw_transactions")
