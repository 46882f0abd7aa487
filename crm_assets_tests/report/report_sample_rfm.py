"""Planted tables of the sections on RFM: rfm_groups, rfm_thresholds and the tests of group differences."""

from __future__ import annotations

import pandas as pd

from crm_assets.report import ReportData
from crm_assets.segmentation.group_tests import MEASURES, PROTOCOL
from crm_assets.segmentation.rfm import SCHEMES, read_schemes
from crm_assets_tests.report.report_sample import REFERENCE, sample_month

WEIGHT = 20
RANGES = {  # measure: unit, ranges of the scores 5 to 1, of H and of L
    "recency_days": ("days", [(0, 3), (4, 17), (18, 60), (61, 190), (191, 364)], (0, 41), (42, 364)),
    "frequency": ("receipts", [(61, 812), (22, 60), (9, 21), (2, 8), (1, 1)], (15, 812), (1, 14)),
    "monetary": (
        "currency",
        [(4_120_500, 98_000_000), (1_500_000, 4_120_000), (600_000, 1_499_990), (150_000, 599_000), (900, 149_900)],
        (905_300, 98_000_000),
        (900, 905_200),
    ),
}


def rfm_month(**changes: object) -> ReportData:
    """The default sample with the tables of RFM beside it."""
    data = sample_month()
    tables = {"rfm_groups": groups(), "rfm_thresholds": thresholds()}
    metrics = pd.concat([data.metrics, tests()], ignore_index=True)
    return sample_month(**({"tables": tables, "schemes": read_schemes(REFERENCE), "metrics": metrics} | changes))


def groups() -> pd.DataFrame:
    """Sizes that fall and spend that rises once: the third group of each scheme spends more than the second."""
    rows = []
    for scheme in read_schemes(REFERENCE).values():
        n = len(scheme.groups)
        for place, group in enumerate(scheme.groups, 1):
            customers = 4_000 - 200 * place if place < n else 0
            mean = 9_000_000 / place if place != 3 else 5_500_000
            rows.append(
                {
                    "scheme": scheme.name,
                    "group_name": group.name,
                    "position": place,
                    "customers": customers,
                    "estimated_members": float(WEIGHT * customers),
                    "revenue": customers * mean,
                    "recency_days_mean": 9.5 * place if customers else None,
                    "frequency_mean": 90 / place if customers else None,
                    "monetary_mean": mean if customers else None,
                    "visit_days_mean": 70 / place if customers else None,
                    "surprise_customers": (customers // 10 if place == 2 else 0) if group.promise else None,
                }
            )
    frame = pd.DataFrame(rows)
    for share, column in (("customer_share", "customers"), ("revenue_share", "revenue")):
        frame[share] = frame[column] / frame.groupby("scheme")[column].transform("sum")
    return frame


def thresholds() -> pd.DataFrame:
    rows = []
    for measure, (unit, scores, upper, lower) in RANGES.items():
        levels = [("score", str(5 - i), ends) for i, ends in enumerate(scores)]
        for kind, level, (low, high) in [*levels, ("median", "H", upper), ("median", "L", lower)]:
            row = {"measure": measure, "kind": kind, "level": level, "low": low, "high": high, "unit": unit}
            rows.append(row | {"customers": 5_975})
    return pd.DataFrame(rows)


def tests() -> pd.DataFrame:
    rows = []
    for i, scheme in enumerate(SCHEMES):
        for j, measure in enumerate(MEASURES):
            figures = {"h": 1000.0 * (i + 1) + j, "p": 0.0, "p_adjusted": 0.0123, "epsilon_squared": 0.1 * (j + 1)}
            rows += [
                {"model": scheme, "protocol": PROTOCOL, "slice": measure, "metric": m, "value": v, "base": 29_874}
                for m, v in figures.items()
            ]
    return pd.DataFrame(rows)
