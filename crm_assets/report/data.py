"""What a report is made from. The caller reads these small frames from the warehouse; nothing here does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from crm_assets.segmentation.rfm import Scheme

COLUMNS: dict[str, tuple[str, ...]] = {
    "band_order": ("name", "ko", "en"),
    "segments": ("segment_id", "ko", "en"),
    "profiles": ("segment_id", "measure", "category", "value", "unit", "base"),
    "cluster_model": ("fitted_as_of", "k", "scaling", "reason", "drift_psi", "customers", "silhouette"),
    "metrics": ("model", "protocol", "slice", "metric", "value", "base"),
    "model": ("status", "reason", "trained_as_of", "customers", "rows", "features", "unavailable"),
    "predictions": ("segment_id", "receipts", "customers", "abstained", "probability_mean"),
    "sample": ("customer_id", "receipts", "segment_id", "probability", "abstained", "probabilities", "reasons"),
}


@dataclass(frozen=True)
class ReportData:
    """One month, ready to be shown. Frames may be empty (``pd.DataFrame()``) and may carry further columns.

    Args:
        month: first day of the month; as_of: its last day; window_start: first day that RFM looks back to;
            history_start: first day of history.
        source: title of the source by language, ``{"ko": …, "en": …}`` (``title`` of the mapping file).
        currency: code of the currency, KRW, GBP, …
        new_customer_max_receipts: the setting; a customer with at most as many receipts is new.
        band_order: name, ko, en; best first (data/reference/rfm/rfm_band.yaml).
        segments: segment_id, ko, en; every type, in the stable order that gives each its colour. is_loyal (whether
            its customers count as loyal), where the section on loyalty is to name them.
        profiles: rows of segment_profiles: segment_id (``all`` = everybody), measure, category (empty for a
            single figure), value, unit, base. Known measures and their charts: ``panels`` of the texts.
        cluster_model: one row of cluster_models, or none.
        metrics: rows of model_metrics: model, protocol, slice, metric, value, base. ``k_scan``: slice = K,
            metrics inertia, silhouette, smallest_share; slice K/place by size, metrics silhouette, size_share.
            ``snapshot``: slice = segment_id, metrics silhouette, customers, outliers, silhouette_p00 … p100.
            ``stability``: slice = segment_id, metric jaccard; slice month_before or refit, metrics adjusted_rand,
            matched_share. ``seed``: slice ``full`` or 1, 2, 3 = the same model on first receipts. ``cold_start``: slice
            1, 2, 3. ``calibration``: slice all or bin_01 …; ``abstention``: slice = floor; ``ablation``: slice 1, 2, 3.
            These are of the month that trained the model in use (as_of = trained_as_of). ``later_month``: slice
            first/2021-03, horizon/all, …; the month's own.
        model: one row of lightgbm_model, or none.
        predictions: new_customer_predictions summed up: segment_id, receipts, customers, abstained (customers),
            probability_mean.
        sample: at most 200 of them: customer_id, receipts, segment_id, probability, abstained, probabilities
            (JSON, segment_id → probability), reasons (JSON).
        counts: customers (in the window), existing, new, lapsed, clustered, predicted (with a type, not abstained on),
            to_type (who qualifies for a type); receipts, lines and
            revenue of the month; rows_landed, rows_loaded, rows_duplicate, rows_quarantined. A missing key
            leaves its figure out.
        tables: further small frames by name, read when a section asks for them (``reading.TablesOfMonth``): the month's
            rows of a table, as stored; of ``reading.OF_THE_FIT`` those of the month that fitted the types;
            ``cluster_outliers``, the farthest of cluster_assignments; ``lifestyle_personas``: lifestyle_id, ko, en,
            line_ko, line_en; ``attribute_sample``, some of
            attribute_segments; ``daily_signals``, those of the window; those of ``prediction_reading``.
        queries: by name of a frame of ``tables``, or of a field, the query that it was read with, literals and all; a
            table that has none here is read as ``queries.of_table`` says.
        schemes: bands, grades and types of RFM with their names and descriptions, by column of rfm_scores.
        min_customers_to_cluster: the setting; fewer make no types.

    Raises:
        ValueError: a frame that has rows lacks a column; names both.
    """

    month: date
    as_of: date
    source: Mapping[str, str]
    currency: str
    new_customer_max_receipts: int
    band_order: pd.DataFrame
    segments: pd.DataFrame
    profiles: pd.DataFrame
    cluster_model: pd.DataFrame
    metrics: pd.DataFrame
    model: pd.DataFrame
    predictions: pd.DataFrame
    sample: pd.DataFrame
    counts: Mapping[str, float] = field(default_factory=dict)
    window_start: date | None = None
    history_start: date | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    min_customers_to_cluster: int | None = None
    queries: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, wanted in COLUMNS.items():
            frame = getattr(self, name)
            missing = [c for c in wanted if c not in frame.columns]
            if len(frame) and missing:
                raise ValueError(f"ReportData.{name} lacks {', '.join(missing)}; it needs {', '.join(wanted)}")

    def measured(self, protocol: str, metric: str | None = None) -> pd.DataFrame:
        """The metrics of a protocol, of one metric if named."""
        if self.metrics.empty:
            return pd.DataFrame(columns=list(COLUMNS["metrics"]))
        chosen = self.metrics["protocol"] == protocol
        return self.metrics[chosen if metric is None else chosen & (self.metrics["metric"] == metric)]

    def measure(self, name: str) -> pd.DataFrame:
        """The profile rows of a measure, without rows that have no figure."""
        if self.profiles.empty:
            return pd.DataFrame(columns=list(COLUMNS["profiles"]))
        rows = self.profiles[self.profiles["measure"] == name]
        return rows[rows["value"].notna()]

    def table(self, name: str) -> pd.DataFrame:
        """The month's rows of a table, in the order of its key.

        Raises:
            KeyError: there is no such table.
        """
        return self.tables[name]

    def count(self, name: str) -> float | None:
        value = self.counts.get(name)
        return None if value is None or pd.isna(value) else float(value)

    @property
    def window_is_full(self) -> bool:
        """Whether history goes back beyond the window, so that customers can have left it."""
        return self.history_start is None or self.window_start is None or self.window_start > self.history_start

    @property
    def days_of_history(self) -> int | None:
        return None if self.history_start is None else (self.as_of - self.history_start).days + 1

    @property
    def has_new_among_types(self) -> bool:
        """Whether new customers were clustered too (``cluster_population`` is all)."""
        return (self.count("clustered") or 0) > (self.count("existing") or 0)

    @property
    def has_types(self) -> bool:
        return not self.cluster_model.empty

    @property
    def has_model(self) -> bool:
        return not self.model.empty and str(self.model.iloc[0]["status"]) != "none"

    @property
    def horizon_days(self) -> int | None:
        """Days after the last known receipt that the month's predictions ask about; None without predictions."""
        days = self._asked("horizon_days")
        return None if days is None else int(days)

    @property
    def min_probability(self) -> float | None:
        """The probability below which the month's predictions abstain; None without predictions."""
        return self._asked("min_probability")

    def _asked(self, name: str) -> float | None:
        asked = self.table("scoring")
        return None if asked.empty or pd.isna(asked[name].iloc[0]) else float(asked[name].iloc[0])

    def has_passed(self, last: date, days: int) -> bool:
        """Whether the day that a prediction asks about is over at the end of the month."""
        return asked_day(last, days) <= self.as_of


def asked_day(last: date, days: int) -> date:
    """The day that a prediction asks about: so many days after the last receipt (a day or a time)."""
    return (pd.Timestamp(last) + timedelta(days=days)).date()
