"""Planted tables of the sections on RFM beside the groups: rfm_thresholds and the tests of group differences."""

from __future__ import annotations

import pandas as pd

from crm_assets.report import ReportData
from crm_assets.segmentation.group_tests import MEASURES, PROTOCOL
from crm_assets.segmentation.rfm import SCHEMES
from crm_assets_tests.report.report_sample import groups, sample_month

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
    """The default sample with all tables of RFM."""
    data = sample_month()
    tables = {"rfm_groups": groups(), "rfm_thresholds": thresholds()}
    metrics = pd.concat([data.metrics, tests()], ignore_index=True)
    return sample_month(**({"tables": tables, "metrics": metrics} | changes))


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
