"""Drift of new customers: what is planted is found, chance is no drift, and small shops are not stopped by it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts.feature_sets import SETS, model_columns
from crm_assets.prediction.feature_drift import OF_TIME, RECEIPTS, TYPES, drift, reference, renewed, told
from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.settings import Settings
from crm_assets_tests.report.report_sample import texts

FEATURES = (
    *("purchase_day_mean", "weekday_mode", "purchase_hour_mean", "receipt_amount_mean", "quantity_mean"),
    *("channel_mode", "partner_mode", "gender", "exposure_days"),
)
MODEL = LatentTypeModel(
    booster="",
    classes=("low", "mid", "top"),
    shares={},
    features=FEATURES,
    unavailable=(),
    encoders={"channel_mode": {}, "partner_mode": {}, "gender": {}},
    customers=0,
    rows=0,
    longest_exposure=0,
    seed=1,
)
PARTNERS = [f"A{i:02}" for i in range(30)]
POPULARITY = 1 / np.arange(1, 31) / (1 / np.arange(1, 31)).sum()


def customers(size: int, rng: np.random.Generator) -> pd.DataFrame:
    """New customers of a steady shop: skewed amounts, heaps, rare partners, missing values."""
    return pd.DataFrame(
        {
            "receipts": rng.choice([1, 2, 3], size, p=[0.6, 0.25, 0.15]),
            "purchase_day_mean": rng.integers(1, 29, size).astype(float),
            "weekday_mode": pd.array(rng.integers(0, 7, size), dtype="Int64"),
            "purchase_hour_mean": rng.normal(14, 3, size).round(1),
            "receipt_amount_mean": rng.lognormal(9, 1, size).round(),
            "quantity_mean": np.where(rng.random(size) < 0.1, np.nan, rng.integers(1, 6, size)),
            "channel_mode": np.where(rng.random(size) < 0.2, "online", "offline"),
            "partner_mode": rng.choice(PARTNERS, size, p=POPULARITY),
            "gender": np.where(rng.random(size) < 0.1, None, np.where(rng.random(size) < 0.6, "female", "male")),
        }
    )


def said(size: int, rng: np.random.Generator, weights=(4, 3, 2)) -> np.ndarray:
    return rng.dirichlet(weights, size)


def of_reference(size: int = 1_000) -> tuple[dict, np.random.Generator]:
    rng = np.random.default_rng(5)
    return reference(customers(size, rng), said(size, rng), MODEL), rng


def found(then: dict, rows: pd.DataFrame, shares: np.ndarray) -> pd.DataFrame:
    return drift(then, rows, shares, threshold=0.25).set_index("name")


def test_bins_are_those_of_the_reference_and_survive_json():
    then, rng = of_reference()
    columns = then
    assert set(columns) == set(FEATURES) - {"exposure_days", "purchase_day_mean"} | {RECEIPTS, TYPES}
    assert {"purchase_month_mean", "new_product_share"} < OF_TIME  # and other proxies of the date
    assert set(model_columns(SETS)) > OF_TIME  # a renamed column would not be left out
    assert all(sum(bins["counts"]) == pytest.approx(1_000) for bins in columns.values())
    assert "A00" in columns["partner_mode"]["categories"] and "A29" not in columns["partner_mode"]["categories"]
    assert columns["gender"]["categories"] == ["female", "male"] and columns["gender"]["counts"][-1] > 50
    rows, shares = customers(300, rng), said(300, rng)
    pd.testing.assert_frame_equal(found(json.loads(json.dumps(then)), rows, shares), found(then, rows, shares))


def test_the_index_by_hand():
    """Half a customer more per bin: 30.5, 10.5, and of nobody nothing, against 10.5, 30.5; 41 in all."""
    rows = pd.DataFrame({"receipts": 1, "channel_mode": ["offline"] * 30 + ["online"] * 10})
    model = replace(MODEL, features=("channel_mode",))
    shares = np.full((40, 3), 1 / 3)
    then = reference(rows, shares, model)
    turned = rows.assign(channel_mode=["offline"] * 10 + ["online"] * 30)
    row = found(then, turned, shares).loc["channel_mode"]
    assert row["psi"] == pytest.approx(2 * (20 / 41) * np.log(30.5 / 10.5)) and row["moved"]
    assert row["change"] in ("offline: 75.0% → 25.0%", "online: 25.0% → 75.0%")
    assert found(then, rows, shares)["psi"].abs().max() == pytest.approx(0)


@pytest.mark.parametrize(("then_size", "now_size"), [(60, 40), (1_000, 300)])
def test_months_without_drift_ring_no_alarm(then_size: int, now_size: int):
    """150 months against a reference each: fewer than 1 % move, though most indices of small shops exceed 0.25."""
    rng, alarms, large = np.random.default_rng(3), 0, 0
    for _ in range(150):
        then = reference(customers(then_size, rng), said(then_size, rng), MODEL)
        made = drift(then, customers(now_size, rng), said(now_size, rng), threshold=0.25)
        alarms += bool(made["moved"].any())
        large += bool((made["psi"] > 0.25).any())
    assert alarms / 150 < 0.01
    if then_size == 60:
        assert large / 150 > 0.8


def test_what_is_expected_by_chance_alone():
    """PSI · nm / (n + m) has the mean of χ²: bins − 1."""
    rng, values = np.random.default_rng(4), []
    model = replace(MODEL, features=("receipt_amount_mean", "channel_mode", "gender"))
    for _ in range(200):
        then = reference(customers(1_000, rng), said(1_000, rng), model)
        values.append(found(then, customers(500, rng), said(500, rng))["psi"] * 1_000 * 500 / 1_500)
    mean = pd.DataFrame(values).mean()
    assert mean["receipt_amount_mean"] == pytest.approx(9, rel=0.15)
    assert mean["channel_mode"] == pytest.approx(1, rel=0.3)
    assert mean["gender"] == pytest.approx(2, rel=0.2)


PLANTED = {
    "a till that writes amounts in thousands": (
        "receipt_amount_mean",
        lambda rows: rows.assign(receipt_amount_mean=rows["receipt_amount_mean"] / 1_000),
        "up to",
    ),
    "a new channel": (
        "channel_mode",
        lambda rows: rows.assign(channel_mode=np.where(np.arange(len(rows)) % 5 == 0, "kiosk", rows["channel_mode"])),
        "other: 0.0% → 20.0%",
    ),
    "a partner that vanishes": (
        "partner_mode",
        lambda rows: rows.assign(partner_mode=rows["partner_mode"].replace("A00", "A01")),
        "A00: ",
    ),
    "a column that is no longer delivered": (
        "gender",
        lambda rows: rows.assign(gender=np.where(np.arange(len(rows)) % 2 == 0, None, rows["gender"])),
        "missing: ",
    ),
}


@pytest.mark.parametrize("size", [120, 2_000])
@pytest.mark.parametrize("name", PLANTED)
def test_planted_drift_is_found_and_nothing_else(name: str, size: int):
    then, rng = of_reference()
    column, harm, change = PLANTED[name]
    made = found(then, harm(customers(size, rng)), said(size, rng))
    assert made.index[made["moved"]].tolist() == [column]
    assert made.at[column, "change"].startswith(change)
    assert made.at[column, "psi"] > Settings().scoring_drift_psi or size < 1_000
    assert told(made.reset_index()).startswith(f"{column}, PSI ")


def test_other_shares_of_the_predicted_types_are_found():
    then, rng = of_reference()
    made = found(then, customers(300, rng), said(300, rng, (1, 3, 5)))
    assert made.index[made["moved"]].tolist() == [TYPES]


def test_customers_who_come_again_are_no_drift():
    """A young shop's share of second and third receipts grows: told, but no reason to stop."""
    then, rng = of_reference()
    made = found(then, customers(300, rng).assign(receipts=3), said(300, rng))
    assert made.at[RECEIPTS, "psi"] > 1 and not made["moved"].any()
    assert told(made.reset_index()) == ""


def test_a_handful_or_nobody_is_never_beyond_chance():
    then, rng = of_reference()
    few = customers(8, rng)
    made = found(then, few, said(8, rng))
    assert made["psi"].max() > 0.25 and not made["moved"].any()
    nobody = customers(0, rng)
    assert not found(then, nobody, np.empty((0, 3)))["moved"].any()
    of_nobody = reference(nobody, np.empty((0, 3)), MODEL)
    assert not found(of_nobody, customers(500, rng), said(500, rng))["moved"].any()


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_new_training_follows_only_what_its_rows_show(share: float):
    """A new channel: where existing customers came by it too, today is the new normal. Where none did, a model trained
    today knows nothing of it, and the column is still moved; all other columns are renewed."""
    then, rng = of_reference()
    today, shares = customers(400, rng), said(400, rng)
    today["channel_mode"] = np.where(rng.random(400) < 0.25, "kiosk", today["channel_mode"])
    training = customers(2_000, rng)
    training["channel_mode"] = np.where(rng.random(2_000) < share, "kiosk", training["channel_mode"])
    moved = drift(then, today, shares, threshold=0.25).query("moved")["name"].tolist()
    assert moved == ["channel_mode"]
    made = renewed(then, training, today, MODEL, shares, moved, threshold=0.25)
    still = found(made, today, shares)
    assert still.at["channel_mode", "moved"] == (share == 0)
    assert still.drop(index="channel_mode")["psi"].max() == pytest.approx(0)
    mended = found(made, customers(400, rng), said(400, rng))  # the source writes what it always wrote
    assert mended.at["channel_mode", "moved"] == (share > 0)
    assert renewed(then, training, today, MODEL, shares, [], threshold=0.25) == reference(today, shares, MODEL)


def test_a_model_without_reference_is_refused():
    with pytest.raises(ValueError, match="train it anew"):
        drift({}, customers(5, np.random.default_rng(1)), np.full((5, 3), 1 / 3), threshold=0.25)


@pytest.mark.parametrize(
    ("column", "bins", "now", "korean"),
    [
        ("quantity_mean", {"edges": [1.5, 1_500.0], "counts": [0, 60, 60, 0]}, 1.0, "1.5 이하"),
        ("quantity_mean", {"edges": [1.5, 1_500.0], "counts": [60, 0, 60, 0]}, 9.0, "1.5 초과 1,500 이하"),
        ("quantity_mean", {"edges": [1.5, 1_500.0], "counts": [60, 60, 0, 0]}, 9e9, "1,500 초과"),
        ("quantity_mean", {"edges": [1.5, 1_500.0], "counts": [60, 60, 60, 0]}, np.nan, "값 없음"),
        ("quantity_mean", {"edges": [], "counts": [0, 120]}, 5.0, "모든 수"),
        ("partner_mode", {"categories": ["A01", "A02"], "counts": [60, 60, 0, 0]}, "Z9", "그 밖"),
        ("partner_mode", {"categories": ["A01"], "counts": [0, 120, 0]}, "A01", "A01"),
    ],
)
def test_what_has_moved_is_said_in_korean_too(column: str, bins: dict, now: float | str, korean: str):
    """The registry states it as the reason of a training, and the report's Korean page shows that."""
    moved = told(drift({column: bins}, pd.DataFrame({column: [now] * 120}), np.empty((120, 0)), threshold=0.25))
    page = texts().translated(f"drift of {moved}, but the month has no types").ko
    assert page.startswith(f"신규 고객이 달라짐, {column}, PSI ") and f" ({korean}: " in page
    assert page.endswith(" → 100.0%), 다만 이 달에는 유형이 없음")
