"""The model's checks, its inside, and what is expected of new customers, with planted numbers."""

from __future__ import annotations

import json
from datetime import datetime

import pandas as pd

from crm_assets.prediction.calibration import FLOORS
from crm_assets_tests.report.report_sample import TYPES, sample_month

EXAMPLE = "M412637909"
LATER = {  # month of prediction: horizon, macro-F1 of model, majority, prior; the same of first
    "2021-05": ((0.31, 0.15, 0.24), (0.34, 0.15, 0.25)),
    "2021-06": ((0.36, 0.14, 0.25), (0.35, 0.14, 0.26)),
    "2021-07": ((0.24, 0.15, 0.25), (0.38, 0.15, 0.24)),  # a month in which the baseline prior is better
    "2021-08": ((0.41, 0.16, 0.26), (0.40, 0.16, 0.25)),
    "2021-09": ((0.43, 0.15, 0.25), (0.39, 0.15, 0.25)),
}
BINS = [(0.31, 0.33), (0.36, 0.34), (0.40, 0.42), (0.44, 0.43), (0.48, 0.50), (0.53, 0.52), (0.58, 0.61), (0.64, 0.63),
        (0.72, 0.70), (0.84, 0.86)]  # fmt: skip
ABLATION = {
    "as_shipped": (0.40, 0.44, 0.49),
    "with_dates": (0.401, 0.439, 0.492),
    "without_exposure": (0.33, 0.37, 0.42),
    "without_dates_and_exposure": (0.31, 0.35, 0.41),
    "seed_columns": (0.37, 0.41, 0.46),
    "horizon_stated": (0.38, 0.43, 0.48),
}
COMPARED = {"lightgbm": 0.0, "random_forest": -0.03, "catboost": -0.01}
MATTER = {  # by method, most important first
    "cart": ["receipt_amount_mean", "exposure_days", "unit_amount_mean", "quantity_mean", "partner_mode", "age_band",
             "purchase_hour_mean", "channel_mode", "receipt_amount_min", "gender", "weekday_mode"],
    "permutation": ["exposure_days", "receipt_amount_mean", "partner_mode", "age_band", "daypart_mode", "quantity_mean",
                    "partner_type_mode", "wallet_user", "purchase_day_mean", "receipt_type_mode", "channel_use"],
}  # fmt: skip
REASONS = [
    {"column": "receipt_amount_mean", "value": 3140.0, "contribution": 0.4213},
    {"column": "daypart_mode", "value": "evening", "contribution": -0.18},
    {"column": "age_band", "value": None, "contribution": 0.07},
]


def metrics() -> pd.DataFrame:
    """Later months, calibration, abstention and ablation."""
    rows = [*_later(), *_calibration(), *_abstention()]
    for variant, scores in ABLATION.items():
        rows += [(variant, "ablation", str(i), "macro_f1", v, 2_000) for i, v in enumerate(scores, start=1)]
        rows += [(variant, "ablation", str(i), "accuracy", v + 0.1, 2_000) for i, v in enumerate(scores, start=1)]
    return pd.DataFrame(rows, columns=["model", "protocol", "slice", "metric", "value", "base"])


def _later() -> list[tuple]:
    rows = []
    for place, outcome in enumerate(("horizon", "first")):
        parts = {month: (scores[place], 120 + 7 * i) for i, (month, scores) in enumerate(LATER.items())}
        parts |= {"all": ((0.382, 0.151, 0.252), 900), "1": ((0.33, 0.15, 0.25), 410), "2": ((0.38, 0.15, 0.25), 300)}
        parts |= {"3": ((0.42, 0.15, 0.25), 190)}
        for part, (scores, base) in parts.items():
            where = ("later_month", f"{outcome}/{part}")
            for model, score in zip(("latent_type", "majority", "prior", "hindsight"), (*scores, 0.17), strict=True):
                rows += [(model, *where, "macro_f1", score, base), (model, *where, "accuracy", score + 0.12, base)]
                rows += [(model, *where, "accuracy_answered", score + 0.3, int(0.71 * base))]
            rows += [("latent_type", *where, "answered", 0.71, base)]
            if base >= 200:  # fewer make no calibration error
                rows += [("latent_type", *where, "error", 0.031, base)]
    return rows


def _calibration() -> list[tuple]:
    rows = [
        ("latent_type", "calibration", "all", name, v, 9_000) for name, v in (("error", 0.0165), ("error_raw", 0.071))
    ]
    for number, (stated, right) in enumerate(BINS, start=1):
        where = ("latent_type", "calibration", f"bin_{number:02}")
        rows += [(*where, "stated", stated, 900), (*where, "right", right, 900)]
    return rows


def _abstention() -> list[tuple]:
    rows = []
    for floor in FLOORS:
        answered = 1.0 if floor <= 0.3 else max(0.0, round(1 - (floor - 0.3) / 0.65, 4))
        where = ("latent_type", "abstention", f"{floor:.2f}")
        rows.append((*where, "answered", answered, 9_000))
        if answered:
            rows.append((*where, "accuracy", round(0.53 + 0.4 * (1 - answered), 4), int(9_000 * answered)))
    return rows


def model_comparison() -> pd.DataFrame:
    rows = []
    for algorithm, less in COMPARED.items():
        for protocol, part, score in (("cold_start", "1", 0.40), ("cold_start", "2", 0.44), ("cold_start", "3", 0.49),
                                      ("seed", "full", 0.59)):  # fmt: skip
            figures = {"macro_f1": score + less, "accuracy": score + less + 0.15, "base": 2_000, "training_rows": 4_000}
            times = {"fit_seconds": 1.25, "peak_mb": 98.7, "fingerprint": "0" * 64}
            rows.append({"algorithm": algorithm, "protocol": protocol, "slice": part, **figures, **times})
    return pd.DataFrame(rows)


def feature_importance() -> pd.DataFrame:
    top = [set(columns[:10]) for columns in MATTER.values()]
    both = top[0] & top[1]
    rows = [
        {"method": method, "model_column": column, "flags": "P", "importance": 0.24 / rank, "rank": rank,
         "spread": 0.004 if method == "permutation" else None, "in_both": column in both}
        for method, columns in MATTER.items()
        for rank, column in enumerate(columns, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def expectations() -> pd.DataFrame:
    """Two types with evidence, one without; of the last, the model is never sure."""
    names = ["segment_id", "abstained", "interest", "interest_source", "loyalty", "purchasing_power", "customers"]
    first, second, third, fourth = TYPES
    rows = [
        (first, False, "채소", "own", "low", "low", 300),
        (first, False, "과자", "own", "low", "low", 100),
        (first, False, "음료", "type", "low", "low", 20),
        (first, True, "과자", "own", None, None, 160),
        (second, False, "유제품", "own", "mid", "mid", 250),
        (second, True, None, None, None, None, 70),
        (third, False, None, None, "high", "high", 40),
        (fourth, True, "주류", "own", None, None, 30),
    ]
    return pd.DataFrame(rows, columns=names)


def example(**changes: object) -> pd.DataFrame:
    given = dict(zip(TYPES, (0.62, 0.2, 0.1, 0.08), strict=True))
    row = {
        "customer_id": EXAMPLE, "receipts": 1, "segment_id": "corona_averse", "probability": 0.62, "abstained": False,
        "probabilities": json.dumps(given), "margin": 0.9, "horizon_days": 90, "interest": "주방잡화",
        "reasons": json.dumps({"base": 0.5, "rest": 0.1, "top": REASONS}),
        "interest_source": "own", "loyalty": "low", "purchasing_power": "mid", "gender": "female", "age_band": "20대",
        "region": None,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def example_receipts() -> pd.DataFrame:
    row = {"purchased_at": datetime(2021, 7, 26, 19), "receipt_id": "A02199868530", "partner_id": "A02", "lines": 3}
    return pd.DataFrame([row | {"amount": 3_140.0}])


def model_history() -> pd.DataFrame:
    """Which model each month used: one of June, another of July, which attempts in September and October left in use;
    December trains."""
    columns = ["month", "status", "reason", "trained_as_of", "challenger_macro_f1", "incumbent_macro_f1",
               "compared_customers"]  # fmt: skip
    reasons = {
        "2021-09": "the model is 2 months old: difference in macro-F1 -0.032 (80 % interval -0.05 to +0.01), …",
        "2021-10": "the last attempt is 1 month old, retrain_every_months is 1: too few customers new since then",
    }
    figures = {"2021-09": (0.401, 0.433, 1_539), "2021-10": (0.5, None, 6_000)}
    used = {"2021-05": "2021-05-31", "2021-06": "2021-05-31", "2021-12": "2021-12-31"}
    rows = [
        (pd.Timestamp(f"{month}-01"), "kept" if month in reasons else "reused", reasons.get(month, ""),
         pd.Timestamp(used.get(month, "2021-07-31")), *figures.get(month, (None, None, 0)))
        for month in [f"2021-{number:02}" for number in range(5, 13)]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def scoring() -> pd.DataFrame:
    return pd.DataFrame([{"horizon_days": 90, "min_probability": 0.4}])


def prediction_tables() -> dict[str, pd.DataFrame]:
    return {
        "model_comparison": model_comparison(),
        "feature_importance": feature_importance(),
        "expectations": expectations(),
        "model_history": model_history(),
        "scoring": scoring(),
        "example": example(),
        "example_receipts": example_receipts(),
    }


def judged_month(**changes: object):
    """The sample month, its model and predictions with all their tables."""
    sample = sample_month()
    given = {
        "tables": prediction_tables(),
        "metrics": pd.concat([sample.metrics, metrics()], ignore_index=True),
    }
    return sample_month(**{**given, **changes})
