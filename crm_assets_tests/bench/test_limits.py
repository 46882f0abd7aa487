"""The verdict: it can fail, it judges what was measured only, and never mixes two runs."""

from __future__ import annotations

import pytest

from crm_assets.bench.limits import LIMITS, Figure, judge
from crm_assets.bench.results import CPU, Results
from crm_assets_tests.bench.entries import entry

SCANNED = {"scan": 1.0, "pandas": 70.0, "polars": 40.0}


def holding(results: Results) -> dict[str, bool]:
    return {verdict.limit.name: verdict.holds for verdict in judge(results)}


def test_nothing_measured_nothing_judged():
    assert holding(Results({})) == {}


@pytest.mark.parametrize(("ours", "holds"), [(9.0, True), (15.0, True), (15.1, False)])
def test_the_raw_scan_is_the_measure(ours: float, holds: bool):
    results = Results({}).with_entry(entry("peers", 10, 1e7, ours=ours, **SCANNED))
    assert holding(results)["RFM and 31 columns: CPU, of the raw scan's"] is holds


@pytest.mark.parametrize(("ours", "pandas", "polars"), [(14.0, True, True), (20.1, False, False), (19.0, True, True)])
def test_a_peer_may_be_too_near(ours: float, pandas: bool, polars: bool):
    found = holding(Results({}).with_entry(entry("peers", 10, 1e7, ours=ours, **SCANNED)))
    assert found["RFM and 31 columns: CPU of pandas, of ours"] is pandas
    assert found["RFM and 31 columns: CPU of Polars, of ours"] is polars


def test_memory_is_the_greatest():
    results = Results({}).with_entry(entry("published", None, 5e6, peak=2.1, published=[1.0]))
    assert list(holding(results).values()) == [True, False]


def test_a_limit_of_a_size_is_not_judged_at_another():
    results = Results({}).with_entry(entry("peers", 1, 1e6, ours=99.0, **SCANNED))
    assert holding(results) == {}


def test_a_figure_without_a_size_is_of_the_largest():
    figure = Figure("increments", ("day",), CPU, ("full",))
    results = Results({}).with_entry(entry("increments", 10, 1e7, day=1, full=20))
    results = results.with_entry(entry("increments", 1, 1e6, day=1, full=2))
    assert figure.reckon(results) == (0.05, "10 M lines")


def test_a_ratio_is_of_one_entry():
    figure = Figure("increments", ("day",), CPU, ("full",))
    results = (
        Results({}).with_entry(entry("increments", 1, 1e6, full=2)).with_entry(entry("increments", 10, 1e7, day=1))
    )
    assert figure.reckon(results) is None


def test_the_steepest_stage_is_named():
    results = Results({}).with_entry(entry("stages", 1, 1e6, rfm=1, features=1))
    results = results.with_entry(entry("stages", 10, 1e7, rfm=10, features=20))
    (verdict,) = judge(results)
    assert (verdict.of, verdict.holds) == ("features, 1 to 10 M lines", False)


def test_the_published_size_is_judged_by_seconds_and_beside_the_bare_engine():
    results = Results({}).with_entry(entry("published", None, 5e6, published=99.0, bare=40.0))
    assert [v.holds for v in judge(results)] == [False, True, True]


def test_every_limit_has_one_bound():
    assert all((limit.most is None) != (limit.least is None) for limit in LIMITS)
