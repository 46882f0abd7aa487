"""The comparison is fair: every way gives the same figures of every customer, and the same rules."""

from __future__ import annotations

from importlib import import_module

import pandas as pd
import pytest

from crm_assets.bench.measuring import measure_program
from crm_assets.bench.parts import Bench
from crm_assets.bench.peers import ours, rules, with_mlxtend
from crm_assets.bench.peers.inputs import FEATURES, RFM, Inputs
from crm_assets.bench.stages import LOADING

CUSTOMERS = 300
ROUNDED = {"unit_amount_mean": 1e-6}  # ours rounds each receipt's to six places, so that sums do not depend on order


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """The lines of a sample, exported as the benchmark does."""
    bench = Bench(tmp_path_factory.mktemp("peers"), CUSTOMERS, 1, print)
    assert bench.lines > 100 * CUSTOMERS
    shop, folder = bench.shop("shop").begin(bench.csv), bench.folder / "lines"
    for stage in LOADING[:-1]:
        measure_program("stage", shop.environment, stage=stage)
    measure_program("export", shop.environment, folder=str(folder))
    return Inputs.read(folder)


@pytest.fixture(scope="module")
def expected(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    rfm, features = ours.rfm_and_features(inputs)
    assert len(features) >= len(rfm) > 0.9 * CUSTOMERS and features["new_cases_mean"].notna().all()
    assert features[["gender", "wallet_user", "quantity_mean"]].notna().any().all()
    return rfm, features


@pytest.mark.parametrize("peer", ["with_pandas", "with_polars"])
def test_a_peer_gives_our_figures(peer: str, inputs: Inputs, expected: tuple[pd.DataFrame, pd.DataFrame]):
    found = import_module(f"crm_assets.bench.peers.{peer}").rfm_and_features(inputs)
    for frame, theirs, names in zip(expected, found, (RFM, FEATURES), strict=True):
        assert list(theirs["customer_id"].astype("str")) == list(frame["customer_id"])
        for name in names:
            assert_same(frame[name], theirs[name], ROUNDED.get(name, 1e-12))


def assert_same(mine: pd.Series, theirs: pd.Series, tolerance: float) -> None:
    if mine.dtype.kind in "fiu":
        pd.testing.assert_series_equal(mine.astype("float64"), theirs.astype("float64"), rtol=tolerance, atol=0)
    else:
        assert [None if pd.isna(v) else v for v in theirs] == [None if pd.isna(v) else v for v in mine], mine.name


def test_mlxtend_gives_our_rules(inputs: Inputs):
    asked = {"support": 0.004, "confidence": 0.02}
    found = rules.found_rules(inputs, **asked)
    assert len(found) > 20 and with_mlxtend.found_rules(inputs, **asked) == found
