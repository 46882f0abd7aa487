"""Online Retail as frames, made with pandas alone, so that tests of the models do not lean on the project's SQL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import model_columns

SEASONS = dict(
    zip(range(1, 13), 2 * ["winter"] + 3 * ["spring"] + 3 * ["summer"] + 3 * ["autumn"] + ["winter"], strict=True)
)


def online_retail_receipts(real_data: Path) -> pd.DataFrame:
    """One row per receipt: customer_id, receipt_id, at, amount, quantity; by customer and time."""
    lines = pd.read_parquet(real_data / "online_retail.parquet").drop_duplicates()
    lines = lines[lines["CustomerID"].notna() & ~lines["InvoiceNo"].str.startswith("C") & (lines["UnitPrice"] > 0)]
    lines = lines.assign(line_amount=(lines["Quantity"] * lines["UnitPrice"]).round(2))
    receipts = lines.groupby(["CustomerID", "InvoiceNo"]).agg(
        at=("InvoiceDate", "min"), amount=("line_amount", "sum"), quantity=("Quantity", "sum")
    )
    receipts = receipts.reset_index(names=["customer_id", "receipt_id"])
    return receipts.sort_values(["customer_id", "at", "receipt_id"], ignore_index=True)


def rfm(receipts: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """customer_id, recency_days, frequency, monetary over all history up to as_of."""
    known = receipts[receipts["at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    made = known.groupby("customer_id").agg(
        last=("at", "max"), frequency=("receipt_id", "nunique"), monetary=("amount", "sum")
    )
    made["recency_days"] = (pd.Timestamp(as_of) - made["last"].dt.normalize()).dt.days
    return made.reset_index()[["customer_id", "recency_days", "frequency", "monetary"]]


def feature_rows(receipts: pd.DataFrame, cutoff: str, as_of: str) -> pd.DataFrame:
    """Rows of the feature table for one cut-off: the model columns that Online Retail has, the others null."""
    receipts = receipts[receipts["at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]
    rows = receipts.assign(n=receipts.groupby("customer_id").cumcount() + 1)
    if cutoff != "as_of":
        rows = rows[rows["n"] <= int(cutoff)]
    at = rows["at"].dt
    rows = rows.assign(
        month=at.month, day=at.day, weekday=at.day_of_week, year=at.year, hour=at.hour, season=at.month.map(SEASONS)
    )
    rows["daypart"] = np.array(["dawn", "morning", "afternoon", "evening"])[rows["hour"] // 6]
    rows["work"] = np.where(rows["hour"].between(9, 18), "work", "rest")
    rows["weekend"] = (rows["weekday"] >= 5).astype(float)
    rows["unit"] = rows["amount"] / rows["quantity"]
    groups = rows.groupby("customer_id")
    made = pd.DataFrame(
        {
            "cutoff_at": groups["at"].max(),
            "receipts": groups.size(),
            "receipt_id_length_mean": 6.0,
            "receipt_id_length_max": 6.0,
            "receipt_type_mode": "number",
            "purchase_month_mode": _mode(rows, "month"),
            "purchase_month_mean": groups["month"].mean(),
            "purchase_season_mode": _mode(rows, "season"),
            "purchase_day_mean": groups["day"].mean(),
            "weekday_mode": _mode(rows, "weekday"),
            "weekday_max": groups["weekday"].max(),
            "weekend_preference": np.where(groups["weekend"].mean() >= 0.5, "weekend", "weekday"),
            "purchase_year_mode": _mode(rows, "year"),
            "purchase_hour_mean": groups["hour"].mean(),
            "purchase_hour_mode": _mode(rows, "hour"),
            "daypart_mode": _mode(rows, "daypart"),
            "work_hours_mode": _mode(rows, "work"),
            "receipt_amount_max": groups["amount"].max(),
            "receipt_amount_min": groups["amount"].min(),
            "quantity_mean": groups["quantity"].mean(),
            "quantity_max": groups["quantity"].max(),
            "quantity_min": groups["quantity"].min(),
            "receipt_amount_mean": groups["amount"].mean(),
            "unit_amount_mean": groups["unit"].mean(),
        }
    ).assign(cutoff=cutoff, as_of=pd.Timestamp(as_of))
    names = ["as_of", "customer_id", "cutoff", "cutoff_at", "receipts", *model_columns()]
    return made.reset_index().reindex(columns=names)


def _mode(rows: pd.DataFrame, name: str) -> pd.Series:
    """The most frequent value per customer, of equals the most recent."""
    counts = rows.groupby(["customer_id", name])["n"].agg(["size", "max"]).reset_index()
    return counts.sort_values(["customer_id", "size", "max"]).groupby("customer_id")[name].last()
