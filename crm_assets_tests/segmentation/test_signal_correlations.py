"""``signal_correlations``: as SciPy and scikit-learn have it; a reaction is found where it is, and only there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from scipy.stats import norm, pearsonr
from sklearn.linear_model import LinearRegression, PoissonRegressor
from sklearn.preprocessing import SplineTransformer

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.making import of_snapshot
from crm_assets.segmentation.daily_correlation import (
    MIN_DAYS,
    detrended,
    effective_days,
    pearson,
    signal_correlations,
)
from crm_assets_tests.segmentation.profile_shop import SNAPSHOT

DATES = pd.date_range("2021-01-01", "2021-12-31")
WEEK = np.array([0.95, 0.92, 0.95, 0.97, 1.05, 1.15, 1.05])
LEVELS = {"lapsing": 60, "novice": 47, "master": 83, "pro": 153}  # customers a day in a shop of 3,000
TRIALS = 200


def wave(draw: np.random.Generator) -> np.ndarray:
    """A year of new cases: waves of months, a weekly rhythm, and a tenth of noise."""
    knots = [0, 19, 50, 83, 109, 170, 183, 194, 223, 250, 268, 292, 311, 327, 347, 364]
    cases = [950, 410, 430, 440, 670, 470, 780, 1520, 1930, 1790, 2350, 1420, 2150, 3700, 7000, 4700]
    smooth = np.exp(np.interp(np.arange(365), knots, np.log(cases)))
    rhythm = np.array([0.86, 0.93, 1.10, 1.10, 1.07, 1.03, 0.91])[DATES.day_of_week]
    return np.rint(smooth * rhythm * np.exp(0.1 * draw.standard_normal(365)))


def shop(draw: np.random.Generator, cases: np.ndarray, size: int, reaction: float, shocks: float = 0.0) -> pd.DataFrame:
    """Four types in the rhythm of week, months and holidays. One lapses in summer; by ``reaction`` a doubling of new
    cases takes from its activity. ``shocks``: what else moves a type for days on end, as a share of its activity."""
    day = np.arange(365)
    season = np.array([1.0, 0.98, 0.99, 0.98, 1.03, 0.99, 1.02, 1.01, 1.02, 1.01, 1.0, 1.03])[DATES.month - 1]
    for last, days, boost in ((42, 7, 1.22), (263, 8, 1.25), (124, 3, 1.1), (358, 4, 1.12)):
        season = np.where((day >= last - days) & (day < last), season * boost, season)
    rows = []
    for name, level in LEVELS.items():
        expected = level * size * season * WEEK[DATES.day_of_week]
        if name == "lapsing":
            expected = expected * (0.13 + 0.87 * norm.sf((day - 181) / 38)) * np.exp(-reaction * np.log2(cases / 500))
        lasting = lfilter([1], [1, -0.8], draw.standard_normal(365) * shocks * 0.6)
        counts = draw.poisson(expected * np.exp(lasting))
        rows.append(pd.DataFrame({"segment_id": name, "date": DATES, "active_customers": counts}))
    return pd.concat(rows, ignore_index=True).assign(segment_name=lambda f: f["segment_id"])


def trials(size: int, reaction: float, shocks: float = 0.0, seed: int = 1) -> tuple[float, float, float]:
    """Shares of trials: right (the lapsing type falls), wrong (it rises), and with a claim on another type."""
    draw, right, wrong, elsewhere = np.random.default_rng(seed), 0, 0, 0
    for _ in range(TRIALS):
        cases = wave(draw)
        signals = pd.DataFrame({"date": DATES, "signal": "new_cases", "value": cases})
        found = signal_correlations(shop(draw, cases, size, reaction, shocks), signals).set_index("segment_id")
        said = found.loc[found["allowed"], "direction"]
        right += said.get("lapsing") == "falls"
        wrong += said.get("lapsing") == "rises"
        elsewhere += bool(len(said.drop("lapsing", errors="ignore")))
    return right / TRIALS, wrong / TRIALS, elsewhere / TRIALS


@pytest.mark.parametrize(("size", "least"), [(1, 0.9), (10, 0.99)])
def test_the_planted_reaction_is_found_and_only_there(size: int, least: float) -> None:
    """Must hold 3: right sign, right type, and only there; at the sample's size and at the published one."""
    right, wrong, elsewhere = trials(size, reaction=0.35)
    print(f"{3_000 * size:,} customers: found in {right:.1%}, wrong sign {wrong:.1%}, another type {elsewhere:.1%}")
    assert right >= least and wrong == 0 and elsewhere <= 0.05


@pytest.mark.parametrize(("size", "shocks"), [(1, 0.0), (10, 0.1)])
def test_no_reaction_is_claimed_where_there_is_none(size: int, shocks: float) -> None:
    """A type that lapses while cases rise has a strong plain r by construction; that is no reaction."""
    right, wrong, elsewhere = trials(size, reaction=0.0, shocks=shocks)
    print(
        f"{3_000 * size:,} customers, shocks {shocks}: lapsing type {right + wrong:.1%}, another type {elsewhere:.1%}"
    )
    assert right + wrong + elsewhere <= 0.05
    draw = np.random.default_rng(9)
    cases = wave(draw)
    lapsing = shop(draw, cases, size, 0.0)[lambda f: f["segment_id"] == "lapsing"]["active_customers"]
    assert pearson(lapsing.to_numpy(float), cases).r < -0.5


def test_the_plain_correlation_equals_scipy() -> None:
    draw = np.random.default_rng(2)
    x, y = draw.normal(size=200), draw.normal(size=200)
    y += 0.3 * x
    found, expected = pearson(x, y), pearsonr(x, y)
    interval = expected.confidence_interval(0.95)
    assert (found.n, found.r, found.p) == (200, pytest.approx(expected.statistic), pytest.approx(expected.pvalue))
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert np.isnan(pearson(x, np.ones(200)).r) and np.isnan(pearson(x[:3], y[:3]).r)
    assert pearson(x, 2 * x).p == pytest.approx(0) and pearson(x, 2 * x).high == pytest.approx(1)


def test_the_detrended_one_equals_scikit_learn() -> None:
    """Splines, Poisson and weighted least squares of another library, in the same order."""
    draw = np.random.default_rng(4)
    cases = wave(draw)
    counts = draw.poisson(50 * WEEK[DATES.day_of_week] * np.exp(-0.4 * np.log2(cases / 500))).astype(float)
    knots = np.linspace(0, 364, 14)[:, None]
    splines = SplineTransformer(degree=3, knots=knots, include_bias=False).fit_transform(np.arange(365.0)[:, None])
    design = np.hstack([splines, np.eye(7)[DATES.day_of_week][:, 1:]])
    fitted = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(design, counts)
    expected = fitted.predict(design)
    logged = np.log1p(cases)
    line = LinearRegression().fit(design, logged, sample_weight=expected).predict(design)
    r = np.corrcoef((counts - expected) / np.sqrt(expected), np.sqrt(expected) * (logged - line))[0, 1]
    found = detrended(counts, cases, DATES)
    assert found.r == pytest.approx(r, abs=1e-6) and found.r < -0.3 and found.n == 365


def test_repeating_neighbours_are_worth_fewer_days() -> None:
    """Two independent AR(1) series: (1 − ρ²) / (1 + ρ²) of the days (Bartlett)."""
    draw = np.random.default_rng(6)
    noise, series = draw.standard_normal((2, 20_000)), np.zeros((2, 20_000))
    for i in range(1, 20_000):
        series[:, i] = 0.7 * series[:, i - 1] + noise[:, i]
    assert effective_days(*series) / 20_000 == pytest.approx((1 - 0.49) / (1 + 0.49), rel=0.1)
    assert effective_days(*noise) / 20_000 == pytest.approx(1, abs=0.05)


def test_quiet_days_and_short_windows_are_left_out() -> None:
    draw = np.random.default_rng(8)
    cases = wave(draw)
    quiet = draw.poisson(np.where(np.arange(365) < 200, 40, 0.5)).astype(float)
    found = detrended(quiet, cases, DATES)
    assert 180 <= found.n <= 230 and np.isfinite(found.r)
    assert np.isnan(detrended(draw.poisson(1.0, 365).astype(float), cases, DATES).r)
    short = slice(0, MIN_DAYS - 1)
    assert np.isnan(detrended(draw.poisson(40, 365)[short].astype(float), cases[short], DATES[short]).r)
    assert np.isnan(detrended(draw.poisson(40, 365).astype(float), np.ones(365), DATES).r)


def test_a_series_that_falls_below_zero_is_no_logarithm() -> None:
    """Temperatures, for instance."""
    draw = np.random.default_rng(12)
    cold = draw.normal(0, 8, 365)
    counts = draw.poisson(100 * np.exp(-0.02 * cold)).astype(float)
    assert detrended(counts, cold, DATES).r < -0.6


def test_rows_keep_the_contract(session) -> None:
    draw = np.random.default_rng(3)
    cases = wave(draw)
    signals = pd.concat(
        [
            pd.DataFrame({"date": DATES, "signal": "new_cases", "value": cases}),
            pd.DataFrame({"date": DATES[300:], "signal": "short", "value": cases[300:]}),
            pd.DataFrame({"date": DATES, "signal": "still", "value": 1.0}),
            pd.DataFrame({"date": DATES + pd.Timedelta(days=900), "signal": "later", "value": cases}),
        ]
    )
    found = signal_correlations(shop(draw, cases, 1, 0.35), signals)
    assert sorted(set(found["signal"])) == ["new_cases", "short", "still"] and len(found) == 12
    contract = CONTRACTS["signal_correlations"]
    assert session.violations(contract, session.stage_frame(contract, of_snapshot(found, SNAPSHOT))) == []
    by = found.set_index(["signal", "segment_id"])
    assert by.loc["still", "r"].isna().all() and by.loc["short", "detrended_r"].isna().all()
    assert by.loc["short", "r"].notna().all() and not by.loc["short", "allowed"].any()
    assert by.loc[("new_cases", "lapsing"), "allowed"] and by.loc[("new_cases", "lapsing"), "direction"] == "falls"


def test_no_signals_make_no_rows(session) -> None:
    nothing = pd.DataFrame({"date": pd.Series(dtype="datetime64[us]"), "signal": pd.Series(dtype="str"), "value": 0.0})
    draw = np.random.default_rng(3)
    found = signal_correlations(shop(draw, wave(draw), 1, 0.0), nothing)
    contract = CONTRACTS["signal_correlations"]
    assert (
        found.empty and session.violations(contract, session.stage_frame(contract, of_snapshot(found, SNAPSHOT))) == []
    )
