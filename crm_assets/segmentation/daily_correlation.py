"""Daily activity of types against an external daily series: the plain correlation, and one without trend and weekdays.

Two series that both move over the year correlate, whatever they have to do with each other; so do two series with a
weekly rhythm. What is left when both are taken out is what a reaction to the series must show in. Here: figures from
two short frames. What they let anybody say is the callers' business.

Sources: McCullagh and Nelder 1989 (log-linear counts, Pearson residuals), Pyper and Peterman 1998 (effective n, after
Bartlett 1935 and Quenouille 1947), Fisher 1921 (interval of r), Benjamini and Hochberg 1995.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from crm_assets.statistics.evidence import FDR, benjamini_hochberg

KNOT_DAYS = 28  # the trend bends once in four weeks: what moves more slowly is trend
MIN_ACTIVE = 5.0  # customers a day by the trend: on quieter days a count says nothing of a reaction
MIN_DAYS = 84  # twelve weeks: fewer leave too little beside trend and weekdays
MAX_LAG = 28
CLAIM_R = 0.2  # four per cent of what moves from day to day: below, a significant r is still no reaction to speak of
_STEPS, _TOLERANCE = 50, 1e-10
_COLUMNS = [
    *("segment_id", "segment_name", "signal", "days", "r", "p", "low", "high"),
    *(f"detrended_{name}" for name in ("days", "days_effective", "r", "p", "low", "high")),
]


@dataclass(frozen=True)
class Correlation:
    """A correlation with what is needed to judge it; everything but ``n`` is missing (NaN) where there is none.

    n: days; n_effective: independent days that they are worth; low, high: the 95 % interval.
    """

    n: int
    n_effective: float
    r: float
    p: float
    low: float
    high: float


def signal_correlations(activity: pd.DataFrame, signals: pd.DataFrame) -> pd.DataFrame:
    """Every type against every series, on the days that both have.

    Args:
        activity: segment_id, segment_name, date, active_customers; every day of the window, with its zeros.
        signals: date, signal, value.

    Returns:
        One row per type and series with a day in common, sorted: segment_id, segment_name, signal; days, r, p, low,
        high (plain); detrended_days, detrended_days_effective, detrended_r, detrended_p, detrended_low,
        detrended_high; p_adjusted (of detrended_p, over all rows); direction (falls or rises with the series);
        allowed: p_adjusted below ``FDR`` and detrended_r at least ``CLAIM_R`` either way.
    """
    rows = []
    both = activity.merge(signals, on="date").sort_values(["segment_id", "signal", "date"])
    for (segment, name, signal), days in both.groupby(["segment_id", "segment_name", "signal"], sort=True):
        counts, series = days["active_customers"].to_numpy(float), days["value"].to_numpy(float)
        plain, freed = pearson(counts, series), detrended(counts, series, pd.DatetimeIndex(days["date"]))
        rows.append((segment, name, signal, *_figures(plain), *_figures(freed, effective=True)))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    adjusted = benjamini_hochberg(frame["detrended_p"].astype(float))
    r = frame["detrended_r"].astype(float)
    return frame.assign(
        p_adjusted=adjusted,
        direction=np.where(r.isna(), None, np.where(r < 0, "falls", "rises")),
        allowed=(adjusted < FDR) & (r.abs() >= CLAIM_R),
    )


def pearson(x: np.ndarray, y: np.ndarray, fitted: int = 0, n_effective: float | None = None) -> Correlation:
    """Pearson's r; its two-sided p by t = r·√(f / (1 − r²)), f = n − fitted − 2; its 95 % interval by Fisher's z,
    atanh r ± 1.96 / √(n − fitted − 3).

    Args:
        fitted: parameters that were fitted before and used up as many days.
        n_effective: days to count with in place of all.
    """
    days = float(len(x)) if n_effective is None else n_effective
    free = days - fitted - 2
    if free <= 1 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Correlation(len(x), days, *[np.nan] * 4)
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))
    with np.errstate(divide="ignore"):
        p = 2 * scipy.stats.t.sf(abs(r) * np.sqrt(free / np.float64(1 - r**2)), free)
        low, high = np.tanh(np.arctanh(r) + scipy.stats.norm.ppf([0.025, 0.975]) / np.sqrt(free - 1))
    return Correlation(len(x), days, r, float(p), float(low), float(high))


def effective_days(x: np.ndarray, y: np.ndarray, max_lag: int = MAX_LAG) -> float:
    """n ÷ (1 + 2 Σ (1 − k/n) ρx(k) ρy(k)) over the lags k, at most n: neighbouring days repeat each other."""
    n, lags = len(x), np.arange(1, min(max_lag, len(x) - 2) + 1)
    product = _autocorrelation(x, lags) * _autocorrelation(y, lags)
    return n / max(1.0, 1 + 2 * float(((1 - lags / n) * product).sum()))


def detrended(counts: np.ndarray, signal: np.ndarray, dates: pd.DatetimeIndex) -> Correlation:
    """The correlation of what trend and weekdays leave over, on a scale on which a reaction multiplies.

    Counts are Poisson around a smooth trend (cubic splines, a knot every ``KNOT_DAYS``) times the weekday; their
    Pearson residual is (y − μ)/√μ. The signal's logarithm (the signal itself where it falls below 0) is freed of the
    same trend and weekdays by least squares with weights μ, and weighed by √μ: so a quiet day counts for as little as
    it tells, and the residuals of all days vary alike.

    Args:
        counts: (n,) customers who bought.
        signal: (n,) the external series.
        dates: (n,) the days, ascending.
    """
    day = (dates - dates[0]).days.to_numpy(float)
    weekday = dates.day_of_week.to_numpy()
    kept = np.ones(len(day), dtype=bool)
    if len(day) >= MIN_DAYS:
        kept = _trend(counts, _design(day, weekday)) >= MIN_ACTIVE
    if kept.sum() < MIN_DAYS or np.ptp(signal[kept]) == 0:
        return Correlation(int(kept.sum()), *[np.nan] * 5)
    counts, design = counts[kept], _design(day[kept], weekday[kept])
    series = np.log1p(signal[kept]) if signal.min() >= 0 else signal[kept]
    expected = _trend(counts, design)
    root = np.sqrt(expected)
    weighed = design * root[:, None]
    rest = series * root - weighed @ np.linalg.lstsq(weighed, series * root, rcond=None)[0]
    activity = (counts - expected) / root
    return pearson(activity, rest, int(np.linalg.matrix_rank(design)), effective_days(activity, rest))


def _design(day: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Cubic B-splines over the days, which sum to 1, and the weekdays but one."""
    first, last = day.min(), day.max()
    inner = np.linspace(first, last, max(2, round((last - first) / KNOT_DAYS) + 1))
    knots = np.concatenate([[first] * 3, inner, [last] * 3])
    splines = scipy.interpolate.BSpline.design_matrix(day, knots, 3).toarray()
    dummies = (weekday[:, None] == np.unique(weekday)[None, 1:]).astype(float)
    return np.hstack([splines, dummies])


def _trend(counts: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Expected counts of a log-linear Poisson model, by iteratively reweighted least squares."""
    expected, deviance = counts + 0.5, np.inf
    for _ in range(_STEPS):
        root = np.sqrt(expected)
        target = (np.log(expected) + (counts - expected) / expected) * root
        coefficients = np.linalg.lstsq(design * root[:, None], target, rcond=None)[0]
        expected = np.exp(np.clip(design @ coefficients, -20, 20))
        now = float((expected - counts * np.log(expected)).sum())
        if abs(deviance - now) <= _TOLERANCE * (abs(now) + 1):
            break
        deviance = now
    return expected


def _figures(found: Correlation, effective: bool = False) -> tuple[float | int, ...]:
    days = (found.n, found.n_effective) if effective else (found.n,)
    return (*days, found.r, found.p, found.low, found.high)


def _autocorrelation(x: np.ndarray, lags: np.ndarray) -> np.ndarray:
    x = x - x.mean()
    return np.array([x[k:] @ x[:-k] for k in lags]) / (x @ x)
