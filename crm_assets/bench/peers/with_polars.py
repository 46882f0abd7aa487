"""The same by Polars' lazy frames, written plainly."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from crm_assets.bench.peers.inputs import FEATURES, MODES, NEW_CASES, NEW_DEATHS, RFM, Inputs

RECEIPT = ("month", "customer_id", "receipt_id", "record_type")
USED = (*RECEIPT, "purchased_at", "channel", "partner_id", "quantity", "amount")
SEASONS = {3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer", 8: "summer"}
SEASONS |= {9: "autumn", 10: "autumn", 11: "autumn", 12: "winter", 1: "winter", 2: "winter"}


def measured(folder: Path) -> dict[str, Any]:
    _, features = made(Inputs.read(folder))
    return {"customers": features.height}


def rfm_and_features(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As ``ours``."""
    rfm, features = made(inputs)
    return rfm.sort("customer_id").to_pandas(), features.sort("customer_id").to_pandas()


def made(inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
    """RFM and features, from the files."""
    lines = pl.scan_parquet(inputs.lines)
    receipts = receipts_of(lines).collect()
    wallet = lines.filter(pl.col("record_type") == "wallet").select("customer_id").unique().collect()
    return rfm_of(receipts, inputs), features_of(receipts, wallet, inputs)


def receipts_of(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per purchase."""
    number = pl.col("quantity", "amount").cast(pl.Float64)
    bought = lines.select(USED).filter(pl.col("record_type").is_in(["product", "service"])).with_columns(number)
    quantity = pl.when(pl.col("quantity").count() > 0).then(pl.col("quantity").sum())
    return (
        bought.group_by(RECEIPT)
        .agg(
            pl.col("purchased_at", "channel", "partner_id").min(),
            quantity.alias("quantity"),
            pl.col("amount").sum(),
        )
        .with_columns(pl.col("purchased_at").dt.date().alias("date"))
    )


def rfm_of(receipts: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Recency, frequency, monetary and their tie-safe quintiles, of the window."""

    def score(ranked: pl.Expr) -> pl.Expr:
        return 1 + (5 * (ranked.rank("min").cast(pl.Int64) - 1)) // pl.len()

    in_window = receipts.filter(pl.col("month") >= inputs.window_start)
    last = pl.col("date").max()
    measured = in_window.group_by("customer_id").agg(
        (pl.lit(inputs.as_of) - last).dt.total_days().alias("recency_days"),
        (last - pl.lit(inputs.history_start)).dt.total_days().alias("recency_from_start_days"),
        pl.len().cast(pl.Int64).alias("frequency"),
        pl.col("date").n_unique().alias("visit_days"),
        pl.col("amount").sum().alias("monetary"),
    )
    scored = measured.with_columns(
        score(-pl.col("recency_days")).alias("r_score"),
        score(pl.col("frequency")).alias("f_score"),
        score(pl.col("monetary")).alias("m_score"),
    )
    cell = 100 * pl.col("r_score") + 10 * pl.col("f_score") + pl.col("m_score")
    return scored.with_columns(cell.alias("rfm_score")).select("customer_id", *RFM)


def features_of(receipts: pl.DataFrame, wallet: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The 31 columns of everybody, over whole histories."""
    described = describe(receipts)
    parts = [totals(described), *(most_frequent(described, column, name) for name, column in MODES.items())]
    parts.append(signal_means(receipts, inputs))
    parts.append(pl.read_parquet(inputs.customers, columns=["customer_id", "gender", "age_band"]))
    features, *others = parts
    for part in others:
        features = features.join(part, on="customer_id", how="left")
    paid = pl.col("customer_id").is_in(wallet["customer_id"].implode()).cast(pl.Int64)
    return features.with_columns(
        (paid if wallet.height else pl.lit(None, pl.Int64)).alias("wallet_user")
    ).select("customer_id", *FEATURES)  # fmt: skip


def describe(receipts: pl.DataFrame) -> pl.DataFrame:
    """Receipts with what the columns are made of, numbered within their customer by time."""
    hour, date = pl.col("purchased_at").dt.hour(), pl.col("date").dt
    letter = pl.col("receipt_id").str.extract("([A-Za-z])").str.to_uppercase()
    daypart = pl.when(hour < 6).then(pl.lit("dawn")).when(hour < 12).then(pl.lit("morning"))
    return receipts.sort("customer_id", "purchased_at", "receipt_id", "record_type").with_columns(
        pl.int_range(pl.len()).over("customer_id").alias("n"),
        pl.col("receipt_id").str.len_chars().cast(pl.Int64).alias("id_length"),
        letter.fill_null("number").alias("receipt_type"),
        date.month().cast(pl.Int64).alias("month_of_year"),
        date.month().replace_strict(SEASONS).alias("season"),
        date.day().cast(pl.Int64).alias("day_of_month"),
        (date.weekday().cast(pl.Int64) - 1).alias("weekday"),
        date.year().cast(pl.Int64).alias("year"),
        hour.cast(pl.Int64).alias("hour"),
        daypart.when(hour < 18).then(pl.lit("afternoon")).otherwise(pl.lit("evening")).alias("daypart"),
        pl.when(hour.is_between(9, 18)).then(pl.lit("work")).otherwise(pl.lit("rest")).alias("work_hours"),
        pl.col("partner_id").str.slice(0, 1).alias("partner_type"),
        pl.when(pl.col("quantity") > 0).then(pl.col("amount") / pl.col("quantity")).alias("unit_amount"),
    )


def totals(described: pl.DataFrame) -> pl.DataFrame:
    """The columns that are means, extremes and shares."""
    channel = pl.col("channel")
    return described.group_by("customer_id").agg(
        pl.col("id_length").mean().alias("receipt_id_length_mean"),
        pl.col("id_length").max().alias("receipt_id_length_max"),
        pl.col("month_of_year").mean().alias("purchase_month_mean"),
        pl.col("day_of_month").mean().alias("purchase_day_mean"),
        pl.col("weekday").max().alias("weekday_max"),
        pl.when((pl.col("weekday") >= 5).mean() >= 0.5)
        .then(pl.lit("weekend")).otherwise(pl.lit("weekday")).alias("weekend_preference"),
        pl.col("hour").mean().alias("purchase_hour_mean"),
        pl.col("amount").max().alias("receipt_amount_max"),
        pl.col("amount").min().alias("receipt_amount_min"),
        pl.col("amount").mean().alias("receipt_amount_mean"),
        pl.col("quantity").mean().alias("quantity_mean"),
        pl.col("quantity").max().alias("quantity_max"),
        pl.col("quantity").min().alias("quantity_min"),
        pl.when(channel.min() < channel.max()).then(pl.lit("both")).otherwise(channel.min()).alias("channel_use"),
        pl.col("unit_amount").mean().alias("unit_amount_mean"),
    )  # fmt: skip


def most_frequent(described: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """The value on most receipts; of several the one on the most recent receipt."""
    counted = (
        described.drop_nulls(column).group_by("customer_id", column).agg(pl.len().alias("times"), pl.col("n").max())
    )
    return counted.group_by("customer_id").agg(pl.col(column).sort_by("times", "n").last().alias(name))


def signal_means(receipts: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """The means of the two daily series over a customer's purchase dates; earlier dates take the first value."""
    dates = receipts.select("customer_id", "date").unique()
    stored = pl.read_parquet(inputs.signals).with_columns(pl.col("value").cast(pl.Float64))
    for signal in (NEW_CASES, NEW_DEATHS):
        series = stored.filter(pl.col("signal") == signal).select("date", pl.col("value").alias(signal)).sort("date")
        if series.is_empty():
            dates = dates.with_columns(pl.lit(None, pl.Float64).alias(signal))
            continue
        first, value = series.row(0)
        earlier = pl.DataFrame({"date": pl.date_range(inputs.history_start, first - timedelta(1), eager=True)})
        series = pl.concat([earlier.with_columns(pl.lit(value).alias(signal)), series])
        dates = dates.join(series, on="date", how="left")
    means = [pl.col(signal).mean().alias(f"{signal}_mean") for signal in (NEW_CASES, NEW_DEATHS)]
    return dates.group_by("customer_id").agg(means)
