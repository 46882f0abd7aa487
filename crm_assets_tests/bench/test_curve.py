"""Exponents by hand, and which entries a curve may join."""

from __future__ import annotations

import pytest

from crm_assets.bench.curve import exponent, steps, worst
from crm_assets.bench.results import Results
from crm_assets_tests.bench.entries import entry


@pytest.mark.parametrize(("cost", "slope"), [(10.0, 1.0), (100.0, 2.0), (1.0, 0.0), (31.6227766, 1.5)])
def test_ten_times_the_lines(cost: float, slope: float):
    assert exponent((1e6, 1e7), (1.0, cost)) == pytest.approx(slope)


def test_the_lines_that_there_were_count_not_those_asked_for():
    results = (
        Results({}).with_entry(entry("stages", 1, 1e6, features=2)).with_entry(entry("stages", 10, 8e6, features=16))
    )
    assert steps(results, "stages", "features") == [(1, 10, pytest.approx(1.0))]


def test_the_steepest_step_is_the_worst():
    results = Results({})
    for size, cost in ((1, 1), (10, 10), (100, 1000)):
        results = results.with_entry(entry("stages", size, size * 1e6, rfm=cost))
    assert worst(results, "stages", "rfm") == (10, 100, pytest.approx(2.0))


@pytest.mark.parametrize("about", [{"commit": "other"}, {"machine": {"cores": 64}}])
def test_no_curve_joins_commits_or_machines(about: dict):
    results = Results({}).with_entry(entry("stages", 1, 1e6, rfm=1))
    results = results.with_entry(entry("stages", 10, 1e7, about=about, rfm=100))
    assert worst(results, "stages", "rfm") is None
