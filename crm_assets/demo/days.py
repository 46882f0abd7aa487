"""The days of the period: dates, the wave of infections, and how busy each day is for each type.

Here: what depends on the day alone. Not here: who buys on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from crm_assets.demo.draws import SIGNALS, generator
from crm_assets.demo.vocabulary import Vocabulary


@dataclass(frozen=True)
class Signals:
    """The daily series of new cases and deaths."""

    dates: list[date]
    cases: np.ndarray
    deaths: np.ndarray


@dataclass(frozen=True)
class Days:
    """The period, day by day; `cumulative_weight` is types x (days + 1)."""

    dates: list[date]
    yyyymmdd: np.ndarray
    yymmdd: np.ndarray
    cumulative_weight: np.ndarray

    def __len__(self) -> int:
        return len(self.dates)


def make_signals(vocabulary: Vocabulary, seed: int) -> Signals:
    """A wave through the knots of population.yaml with a weekly rhythm; deaths follow with a lag."""
    parameters = vocabulary.signals
    knots = parameters["cases"]
    first, last = min(knots), max(knots)
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    at = [(day - first).days for day in knots]
    wave = np.exp(np.interp(np.arange(len(dates)), at, np.log(list(knots.values()))))
    rng = generator(seed, SIGNALS)
    rhythm = np.array(parameters["weekdays"])[[day.weekday() for day in dates]]
    cases = np.rint(wave * rhythm * np.exp(parameters["noise"] * rng.standard_normal(len(dates))))
    lag = parameters["death_lag_days"]
    infected = np.concatenate([np.full(lag, wave[0]), wave])[: len(wave)]
    deaths = rng.poisson(infected * parameters["death_rate"])
    return Signals(dates, cases.astype(np.int64), deaths.astype(np.int64))


def make_days(vocabulary: Vocabulary, signals: Signals) -> Days:
    """The period with the weight of each day for each type: months, holidays, weekdays, trend, infections."""
    population = vocabulary.population
    start, end = population["period"]["start"], population["period"]["end"]
    dates = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    season = np.array([population["months"][day.month - 1] for day in dates])
    for holiday in population["holidays"]:
        ahead = np.array([(holiday["date"] - day).days for day in dates])
        season = np.where((ahead >= 1) & (ahead <= holiday["days"]), season * holiday["boost"], season)
    known = dict(zip(signals.dates, signals.cases, strict=True))
    # Days before the series starts take its first value, as those who read it later do.
    doublings = np.log2([known.get(day, signals.cases[0]) for day in dates])
    weekday = np.array([day.weekday() for day in dates])
    year = np.arange(len(dates)) / len(dates)
    rows = [
        season * np.array(t["weekdays"])[weekday] * np.exp(t["trend"] * year - t["cases"] * doublings)
        for t in vocabulary.types.values()
    ]
    cumulative = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    yyyymmdd = np.array([int(day.strftime("%Y%m%d")) for day in dates])
    return Days(dates, yyyymmdd, yyyymmdd % 1_000_000, cumulative)
