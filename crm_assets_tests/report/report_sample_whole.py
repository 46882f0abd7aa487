"""The sample month with the tables of every section: what a month's page looks like when nothing is missing."""

from __future__ import annotations

import pandas as pd

from crm_assets.report import ReportData
from crm_assets_tests.report import report_sample_clusters as clusters
from crm_assets_tests.report import report_sample_evidence as evidence
from crm_assets_tests.report.report_sample import plain_shop, sample_month
from crm_assets_tests.report.report_sample_baskets import basket_tables
from crm_assets_tests.report.report_sample_front import front_tables, queries
from crm_assets_tests.report.report_sample_indices import index_tables
from crm_assets_tests.report.report_sample_movement import first_movement_tables, movement_tables
from crm_assets_tests.report.report_sample_prediction import metrics as prediction_metrics
from crm_assets_tests.report.report_sample_prediction import prediction_tables
from crm_assets_tests.report.report_sample_profiles import profile_tables, profiles
from crm_assets_tests.report.report_sample_recommendations import recommendation_tables
from crm_assets_tests.report.report_sample_results import result_tables
from crm_assets_tests.report.report_sample_retention import lifestyle_tables, retention_tables
from crm_assets_tests.report.report_sample_rfm import rfm_month


def whole_month(stopped: bool = False, **changes: object) -> ReportData:
    """Every section has its tables. ``stopped``: a check failed, so that there are no campaigns."""
    rfm = rfm_month()
    tables = {
        **rfm.tables,
        **clusters.tables(),
        **evidence.tables(),
        **profile_tables(),
        **movement_tables(),
        **prediction_tables(),
        **retention_tables(),
        **lifestyle_tables(),
        **recommendation_tables(),
        **result_tables(),
        **index_tables(),
        **basket_tables(),
        **front_tables(stopped),
    }
    metrics = pd.concat([rfm.metrics, clusters.metrics(), prediction_metrics()], ignore_index=True)
    given = {
        "tables": tables,
        "metrics": metrics,
        "profiles": profiles(),
        "queries": queries(),
    }
    return sample_month(**{**given, **changes})


def first_whole_month() -> ReportData:
    """History's first month: bands and first purchases; the tables of the types are there and empty."""
    rfm, nothing = rfm_month(), pd.DataFrame()
    empty = {name: frame.iloc[:0] for name, frame in {**clusters.tables(), **evidence.tables()}.items()}
    return sample_month(
        tables={**rfm.tables, **empty, **first_movement_tables()},
        profiles=nothing,
        cluster_model=nothing,
        metrics=nothing,
        predictions=nothing,
        sample=nothing,
        segments=nothing,
    )


def whole_plain_shop() -> ReportData:
    """A source without gender, age, wallet, categories or series."""
    whole, plain = whole_month(), plain_shop()
    without = {name: whole.tables[name].iloc[:0] for name in ("signal_correlations", "daily_signals")}
    return whole_month(
        profiles=plain.profiles, currency=plain.currency, source=plain.source, tables={**whole.tables, **without}
    )
