"""Planted claims and daily series for the tests of the profile cards and of the activity. No warehouse, no draws."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pandas as pd

from crm_assets_tests.report.report_sample import TYPES

MONTH = {"month": date(2021, 12, 1), "as_of": date(2021, 12, 31)}
# type, measure, category, unit, value, of the others, effect, kind, size, adjusted p, made the types, allowed, most
CLAIMS = [
    ("corona_averse", "recency_days", "", "days", 142.3, 15.2, 0.97, "cliffs_delta", "large", 0.0, True, True, True),
    ("corona_averse", "age_band", "20대", "share", 0.255, 0.06, 0.51, "cohens_h", "medium", 1e-9, False, True, False),
    ("corona_averse", "age_band", "40대", "share", 0.245, 0.40, -0.52, "cohens_h", "medium", 1e-9, False, True, False),
    ("corona_averse", "wallet_user", "", "share", 0.19, 0.2, -0.03, "cohens_h", "negligible", 0.4, False, False, False),
    ("novice", "weekend_share", "", "share", 0.31, 0.3, 0.02, "cohens_h", "negligible", 0.2, False, False, False),
    ("master", "monetary", "", "currency", 21.9e6, 3.1e6, 0.94, "cliffs_delta", "large", 0.0, True, True, True),
    ("master", "hours_share", "14-17", "share", 0.4, 0.25, 0.33, "cohens_h", "small", 0.0004, False, True, False),
    ("pro", "visit_days", "", "days", 109.3, 21.4, 0.72, "cliffs_delta", "large", 0.012, False, True, False),
    ("pro", "new_measure", "", "share", 0.4, 0.1, 0.7, "cohens_h", "medium", 0.001, False, True, False),
]


def claims() -> pd.DataFrame:
    """Rows of ``segment_claims``; novice has nothing that is allowed; new_measure has no words."""
    names = [
        *("segment_id", "measure", "category", "unit", "value", "value_others", "effect", "effect_kind"),
        *("effect_size", "p_adjusted", "defines_type", "allowed", "is_extreme"),
    ]
    frame = pd.DataFrame(CLAIMS, columns=names).assign(**MONTH)
    frame["direction"] = ["above" if e > 0 else "below" for e in frame["effect"]]
    frame["p"], frame["n"], frame["n_others"] = (
        frame["p_adjusted"],
        frame["segment_id"].map({s: t[2] for s, t in TYPES.items()}),
        9_000,
    )
    frame["rank"] = frame.groupby("segment_id")["effect"].transform(lambda e: e.abs().rank(ascending=False)).astype(int)
    return frame.assign(segment_name=frame["segment_id"])


def activity() -> pd.DataFrame:
    """Rows of ``daily_activity``: a rhythm of seven days, one type that comes to an end."""
    days = [date(2021, 1, 1) + timedelta(days=i) for i in range(365)]
    rows = []
    for place, segment in enumerate(TYPES):
        for i, day in enumerate(days):
            level = (40 + 30 * place) * (1 + 0.2 * math.sin(i * 2 * math.pi / 7))
            fading = 1 / (1 + math.exp((i - 200) / 20)) if segment == "corona_averse" else 1
            rows.append({"segment_id": segment, "date": day, "active_customers": round(level * fading)})
    frame = pd.DataFrame(rows)
    everybody = frame.groupby("date", as_index=False)["active_customers"].sum().assign(segment_id="all")
    return pd.concat([frame, everybody]).assign(**MONTH, segment_name="")


def signals() -> pd.DataFrame:
    """Rows of ``daily_signals`` on the days of the window."""
    days = [date(2021, 1, 1) + timedelta(days=i) for i in range(365)]
    return pd.DataFrame([{"date": d, "signal": "new_cases", "value": 500.0 + i * 10} for i, d in enumerate(days)])


def correlations() -> pd.DataFrame:
    """Rows of ``signal_correlations``: one reaction, one that is no more than a trend, one that is not known."""
    rows = [
        ("corona_averse", -0.678, 0.0, -0.73, -0.62, -0.41, 1e-9, -0.51, -0.30, 1e-8, "falls", True),
        ("novice", -0.201, 0.0001, -0.30, -0.10, -0.02, 0.71, -0.13, 0.09, 0.8, "falls", False),
        ("master", -0.006, 0.91, -0.11, 0.10, 0.05, 0.35, -0.06, 0.16, 0.7, "rises", False),
        ("pro", -0.339, 0.0, -0.43, -0.24, math.nan, math.nan, math.nan, math.nan, math.nan, None, False),
    ]
    names = [
        *("segment_id", "r", "p", "low", "high", "detrended_r", "detrended_p", "detrended_low", "detrended_high"),
        *("p_adjusted", "direction", "allowed"),
    ]
    frame = pd.DataFrame(rows, columns=names).assign(signal="new_cases", days=365, detrended_days=240, **MONTH)
    frame["detrended_days_effective"] = frame["detrended_r"].where(frame["detrended_r"].isna(), 212.4)
    return frame


def tables(**changes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All four, by name; ``changes`` replace."""
    made = {
        "segment_claims": claims(),
        "daily_activity": activity(),
        "daily_signals": signals(),
        "signal_correlations": correlations(),
    }
    return {**made, **changes}
