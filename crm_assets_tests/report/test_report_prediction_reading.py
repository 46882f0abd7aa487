"""The model and the predictions of a month are read from the warehouse: of the right month, nothing later."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from crm_assets.months import Snapshot
from crm_assets.report.prediction_reading import EXAMPLE, prediction_frames, prediction_tables
from crm_assets.report.queries import Asked
from crm_assets.report.reading import read_counts
from crm_assets.settings import Settings
from crm_assets.warehouse import Session
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import insert

OCTOBER, DECEMBER = date(2021, 10, 1), date(2021, 12, 1)
SNAPSHOT = Snapshot(DECEMBER, date(2021, 1, 1), 12)


def prediction(customer: str, month: date = DECEMBER, **changes: object) -> dict[str, object]:
    said = {"receipts": 1, "segment_id": "pro", "probability": 0.5, "abstained": False, "probabilities": "{}",
            "reasons": "{}", "horizon_days": 90, "min_probability": 0.4}  # fmt: skip
    return {"month": month, "customer_id": customer} | said | changes


def figure(protocol: str, month: date, value: float, part: str = "1") -> dict[str, object]:
    end = date(2021, 12, 31) if month == DECEMBER else date(2021, 10, 31)
    return {"month": month, "as_of": end, "model": "latent_type", "protocol": protocol, "slice": part,
            "metric": "macro_f1", "value": value, "base": 9}  # fmt: skip


@pytest.fixture
def reused() -> pd.DataFrame:
    return pd.DataFrame({"status": ["reused"], "trained_as_of": pd.to_datetime(["2021-10-31"])})


def test_figures_of_the_model_are_of_the_month_that_trained_it_and_later_months_are_todays(session: Session, reused):
    protocols = ("seed", "cold_start", "calibration", "abstention", "ablation")
    insert(session, "model_metrics", [figure(p, OCTOBER, 0.1) for p in protocols])
    insert(session, "model_metrics", [figure(p, DECEMBER, 0.9) for p in protocols])  # a new model that was not used
    insert(session, "model_metrics", [figure("later_month", OCTOBER, 0.2), figure("later_month", DECEMBER, 0.3)])
    found = prediction_frames(Asked(session, SNAPSHOT.parameters), reused)["metrics"]
    assert found.set_index("protocol")["value"].to_dict() == {p: 0.1 for p in protocols} | {"later_month": 0.3}
    none = prediction_frames(Asked(session, SNAPSHOT.parameters), pd.DataFrame())["metrics"]
    assert none.set_index("protocol")["value"].to_dict() == {"later_month": 0.3}


def test_the_history_of_models_ends_with_the_month(session: Session, reused):
    row = {"status": "kept", "reason": "why", "trained_as_of": date(2021, 9, 30), "compared_customers": 5}
    months = [(OCTOBER, date(2021, 10, 31)), (DECEMBER, date(2021, 12, 31)), (date(2022, 1, 1), date(2022, 1, 31))]
    insert(session, "lightgbm_model", [row | {"month": month, "as_of": end} for month, end in months])
    history = prediction_tables(Asked(session, SNAPSHOT.parameters), reused)["model_history"]
    assert [f"{month:%Y-%m}" for month in history["month"]] == ["2021-10", "2021-12"]


def test_comparison_and_importance_are_of_the_month_that_trained(session: Session, reused):
    for month, end, score in ((OCTOBER, date(2021, 10, 31), 0.1), (DECEMBER, date(2021, 12, 31), 0.9)):
        when = {"month": month, "as_of": end}
        insert(session, "model_comparison", [when | {"algorithm": "lightgbm", "protocol": "cold_start", "slice": "1",
                                                     "macro_f1": score}])  # fmt: skip
        insert(session, "feature_importance", [when | {"method": "cart", "model_column": "gender", "rank": 1,
                                                       "importance": score}])  # fmt: skip
    tables = prediction_tables(Asked(session, SNAPSHOT.parameters), reused)
    assert tables["model_comparison"]["macro_f1"].tolist() == [0.1]
    assert tables["feature_importance"]["importance"].tolist() == [0.1]


def test_predictions_are_summed_up_and_their_floor_is_the_stored_one(session: Session, reused):
    rows = [
        prediction("a", probability=0.42, loyalty="high", interest="x", interest_source="own"),
        prediction("b", probability=0.61, loyalty="high", interest="x", interest_source="own"),
        prediction("c", probability=0.39, abstained=True),
        prediction("d", probability=0.2, abstained=True, receipts=2),
        prediction("e", OCTOBER, probability=0.05, min_probability=0.9),
    ]
    insert(session, "new_customer_predictions", rows)
    frames, tables = (
        prediction_frames(Asked(session, SNAPSHOT.parameters), reused),
        prediction_tables(Asked(session, SNAPSHOT.parameters), reused),
    )
    summed = frames["predictions"].set_index("receipts")
    assert summed.loc[1, ["customers", "abstained"]].tolist() == [3, 1] and summed.at[2, "abstained"] == 1
    assert summed.at[1, "probability_mean"] == pytest.approx((0.42 + 0.61 + 0.39) / 3)
    assert frames["sample"]["customer_id"].tolist() == ["a", "b", "c", "d"]
    assert tables["scoring"].iloc[0].tolist() == [90, 0.4]
    expected = tables["expectations"].sort_values("customers")
    assert expected["customers"].tolist() == [2, 2] and set(expected["abstained"]) == {True, False}
    assert tables["example"].empty and "example_receipts" not in tables
    assert read_counts(Asked(session, SNAPSHOT.parameters), Settings())["predicted"] == 2, "on two the model abstained"


def test_the_example_is_read_with_its_receipts_up_to_the_month(session: Session, reused):
    insert(session, "new_customer_predictions", [prediction(EXAMPLE), prediction("other")])
    insert(session, "customers", [{"customer_id": EXAMPLE, "gender": "female", "age_band": "20대"}])
    bought = [(OCTOBER, "early"), (date(2022, 1, 1), "later")]
    insert(session, "receipts", [
        {"month": m, "customer_id": who, "receipt_id": name, "purchased_at": datetime(m.year, m.month, 5, 9),
         "purchase_date": date(m.year, m.month, 5), "record_type": "product", "lines": 3, "amount": Decimal(10)}
        for m, name in bought for who in (EXAMPLE, "other")
    ])  # fmt: skip
    lifecycles.count(session, SNAPSHOT)
    tables = prediction_tables(Asked(session, SNAPSHOT.parameters), reused)
    assert tables["asked"].astype(str).values.tolist() == [["2021-10-05", "90", "2"]]
    assert tables["example"][["customer_id", "gender"]].values.tolist() == [[EXAMPLE, "female"]]
    assert tables["example_receipts"]["receipt_id"].tolist() == ["early"]
