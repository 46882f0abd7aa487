"""The same by pandas, as somebody writes it who knows it: ids as categories, no loop over rows, no function a group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from crm_assets.bench.peers.inputs import FEATURES, MODES, NEW_CASES, NEW_DEATHS, RFM, Inputs

RECEIPT = ["month", "customer_id", "receipt_id", "record_type"]
CODES = ["customer_id", "record_type", "channel", "partner_id"]
USED = [*RECEIPT, "purchased_at", "channel", "partner_id", "quantity", "amount"]
SEASONS = np.array(["winter"] * 3 + ["spring"] * 3 + ["summer"] * 3 + ["autumn"] * 3 + ["winter"])  # by month, 0 unused


def measured(folder: Path) -> dict[str, Any]:
    _, features = rfm_and_features(Inputs.read(folder))
    return {"customers": len(features)}


def rfm_and_features(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As ``ours``."""
    lines = read_lines(inputs.lines)
    receipts = receipts_of(lines)
    wallet = lines.loc[lines["record_type"] == "wallet", "customer_id"].unique()
    del lines
    return rfm_of(receipts, inputs), features_of(receipts, wallet, inputs)


def read_lines(file: Path) -> pd.DataFrame:
    """The columns that are used; codes as categories in the order of their texts, decimals as doubles."""
    table = pq.read_table(file, columns=USED, read_dictionary=CODES)
    for name in ("quantity", "amount"):
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.float64()))
    lines = table.to_pandas(split_blocks=True, self_destruct=True)
    for name in CODES:
        lines[name] = lines[name].cat.reorder_categories(sorted(lines[name].cat.categories), ordered=True)
    lines["month"] = pd.to_datetime(lines["month"])
    return lines


def receipts_of(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per purchase."""
    bought = lines[lines["record_type"].isin(["product", "service"])]
    grouped = bought.groupby(RECEIPT, observed=True, sort=False)
    receipts = grouped[["purchased_at", "channel", "partner_id"]].min()
    receipts["quantity"] = grouped["quantity"].sum(min_count=1)
    receipts["amount"] = grouped["amount"].sum()
    receipts = receipts.reset_index()
    receipts["date"] = receipts["purchased_at"].dt.normalize()
    return receipts


def rfm_of(receipts: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Recency, frequency, monetary and their tie-safe quintiles, of the window."""
    in_window = receipts[receipts["month"] >= pd.Timestamp(inputs.window_start)]
    grouped = in_window.groupby("customer_id", observed=True)
    last = grouped["date"].max()
    rfm = pd.DataFrame(
        {
            "recency_days": (pd.Timestamp(inputs.as_of) - last).dt.days,
            "recency_from_start_days": (last - pd.Timestamp(inputs.history_start)).dt.days,
            "frequency": grouped.size(),
            "visit_days": grouped["date"].nunique(),
            "monetary": grouped["amount"].sum(),
        }
    )
    for name, values in {"r": -rfm["recency_days"], "f": rfm["frequency"], "m": rfm["monetary"]}.items():
        rfm[f"{name}_score"] = 1 + (5 * (values.rank(method="min").astype("int64") - 1)) // len(rfm)
    rfm["rfm_score"] = 100 * rfm["r_score"] + 10 * rfm["f_score"] + rfm["m_score"]
    return rfm.reset_index()[["customer_id", *RFM]]


def features_of(receipts: pd.DataFrame, wallet: pd.Categorical, inputs: Inputs) -> pd.DataFrame:
    """The 31 columns of everybody, over whole histories."""
    described = describe(receipts)
    features = totals(described)
    for name, column in MODES.items():
        features[name] = most_frequent(described, column)
    for signal, means in signal_means(receipts, inputs).items():
        features[f"{signal}_mean"] = means
    features["wallet_user"] = features.index.isin(wallet).astype("int64") if len(wallet) else np.nan
    people = pd.read_parquet(inputs.customers, columns=["customer_id", "gender", "age_band"]).set_index("customer_id")
    features.index = features.index.astype("str")
    return features.join(people).reset_index()[["customer_id", *FEATURES]]


def describe(receipts: pd.DataFrame) -> pd.DataFrame:
    """Receipts with what the columns are made of, numbered within their customer by time."""
    described = receipts.sort_values(["customer_id", "purchased_at", "receipt_id", "record_type"], ignore_index=True)
    described["n"] = described.groupby("customer_id", observed=True).cumcount()
    dates, hour = described["date"].dt, described["purchased_at"].dt.hour.astype("int64")
    letter = described["receipt_id"].str.extract("([A-Za-z])", expand=False).str.upper()
    described["id_length"] = described["receipt_id"].str.len()
    described["receipt_type"] = letter.fillna("number").astype("category")
    described["month_of_year"], described["year"] = dates.month.astype("int64"), dates.year.astype("int64")
    described["season"] = pd.Categorical(SEASONS[described["month_of_year"]])
    described["day_of_month"], described["weekday"] = dates.day, dates.day_of_week.astype("int64")
    described["weekend"] = described["weekday"] >= 5
    described["hour"] = hour
    dayparts = ["dawn", "morning", "afternoon", "evening"]
    described["daypart"] = pd.cut(hour, [-1, 5, 11, 17, 23], labels=dayparts)
    described["work_hours"] = pd.Categorical(np.where(hour.between(9, 18), "work", "rest"))
    partners = described["partner_id"].cat
    described["partner_type"] = described["partner_id"].map({code: code[:1] for code in partners.categories})
    described["partner_type"] = described["partner_type"].astype("category")
    described["unit_amount"] = (described["amount"] / described["quantity"]).where(described["quantity"] > 0)
    return described


def totals(described: pd.DataFrame) -> pd.DataFrame:
    """The columns that are means, extremes and shares; by customer."""
    grouped = described.groupby("customer_id", observed=True)
    features = grouped.agg(
        receipt_id_length_mean=("id_length", "mean"),
        receipt_id_length_max=("id_length", "max"),
        purchase_month_mean=("month_of_year", "mean"),
        purchase_day_mean=("day_of_month", "mean"),
        weekday_max=("weekday", "max"),
        purchase_hour_mean=("hour", "mean"),
        receipt_amount_max=("amount", "max"),
        receipt_amount_min=("amount", "min"),
        receipt_amount_mean=("amount", "mean"),
        quantity_mean=("quantity", "mean"),
        quantity_max=("quantity", "max"),
        quantity_min=("quantity", "min"),
        unit_amount_mean=("unit_amount", "mean"),
        weekend=("weekend", "mean"),
        channel_first=("channel", "min"),
        channel_last=("channel", "max"),
    )
    features["weekend_preference"] = np.where(features["weekend"] >= 0.5, "weekend", "weekday")
    first = features["channel_first"].astype("str")
    features["channel_use"] = first.where(~(features["channel_first"] < features["channel_last"]), "both")
    return features


def most_frequent(described: pd.DataFrame, column: str) -> pd.Series:
    """The value on most receipts, by customer; of several the one on the most recent receipt."""
    counted = described.groupby(["customer_id", column], observed=True, sort=False)["n"].agg(["size", "max"])
    counted = counted.reset_index(level=column).sort_values(["size", "max"])
    return counted[column].groupby(level="customer_id", observed=True).last()


def signal_means(receipts: pd.DataFrame, inputs: Inputs) -> dict[str, pd.Series]:
    """The means of the two daily series over a customer's purchase dates; earlier dates take the first value."""
    dates = receipts[["customer_id", "date"]].drop_duplicates()
    stored = pd.read_parquet(inputs.signals)
    found = {}
    for signal in (NEW_CASES, NEW_DEATHS):
        of_signal = stored[stored["signal"] == signal]
        series = pd.Series(of_signal["value"].astype("float64").array, pd.to_datetime(of_signal["date"])).sort_index()
        values = dates["date"].map(series)
        if len(series):
            values = values.mask(dates["date"] < series.index[0], series.iloc[0])
        found[signal] = values.groupby(dates["customer_id"], observed=True).mean()
    return found
