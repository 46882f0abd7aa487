"""A plausible month with planted numbers, for the tests of the charts and of the report. No warehouse, no draws."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import replace
from datetime import date

import pandas as pd
import yaml

from crm_assets.report import ReportData, Texts
from crm_assets.segmentation.rfm import read_schemes
from crm_assets.settings import PROJECT_DIR

REFERENCE = PROJECT_DIR / "data" / "reference"
TEXTS = REFERENCE / "texts"
WEIGHT = 20

TYPES = {  # ko, en, customers, recency, receipts, spend, visit days, wallet share, categories, online only, both
    "corona_averse": ("코로나 싫어", "Stays away", 11_184, 142.3, 8.1, 1_204_511, 7.2, 0.171, 9.4, 0.08, 0.11),
    "novice": ("초보주부", "Newcomer", 7_896, 21.7, 17.9, 3_120_887, 14.6, 0.204, 15.2, 0.07, 0.19),
    "master": ("롯데고수", "Grand master", 2_237, 9.4, 171.2, 21_880_452, 118.0, 0.552, 33.8, 0.005, 0.78),
    "pro": ("주부9단", "Seasoned", 5_000, 12.8, 152.6, 8_977_310, 109.3, 0.607, 29.1, 0.003, 0.62),
}
AGES = {
    "corona_averse": [0.255, 0.25, 0.245, 0.17, 0.06, 0.02],
    "novice": [0.075, 0.265, 0.31, 0.225, 0.095, 0.03],
    "master": [0.025, 0.24, 0.47, 0.20, 0.055, 0.01],
    "pro": [0.03, 0.26, 0.50, 0.16, 0.04, 0.01],
}
PEAKS = {"corona_averse": 20, "novice": 18, "master": 15.5, "pro": 14}
CATEGORIES = [
    "채소",
    "과일",
    "축산물",
    "유제품",
    "냉동식품",
    "음료",
    "과자",
    "여성의류",
    "스킨케어",
    "건강식품",
    "생활잡화",
    "주류",
]


def texts() -> Texts:
    return Texts.read(TEXTS)


def sample_month(**changes: object) -> ReportData:
    """December 2021 of an invented shop; ``changes`` replace whole fields. A table not in ``tables`` has no rows."""
    order = pd.DataFrame(yaml.safe_load((REFERENCE / "rfm" / "rfm_band.yaml").read_text(encoding="utf-8")))[
        ["name", "ko", "en"]
    ]
    data = ReportData(
        month=date(2021, 12, 1),
        as_of=date(2021, 12, 31),
        window_start=date(2021, 1, 1),
        currency="KRW",
        new_customer_max_receipts=3,
        source={"ko": "L.POINT 유통 데이터", "en": "L.POINT retail data"},
        band_order=order,
        segments=pd.DataFrame([{"segment_id": s, "ko": t[0], "en": t[1]} for s, t in TYPES.items()]),
        profiles=_profiles(order),
        cluster_model=_cluster_model(),
        metrics=_metrics(),
        model=_model(),
        predictions=_predictions(),
        sample=_sample(),
        tables={"rfm_groups": groups()},
        schemes=read_schemes(REFERENCE),
        counts={
            "customers": 29_874,
            "existing": 26_317,
            "new": 3_557,
            "lapsed": 412,
            "clustered": 26_317,
            "predicted": 3_557,
            "receipts": 101_234,
            "lines": 350_118,
            "revenue": 12_345_678_900,
            "rows_landed": 4_521_003,
            "rows_loaded": 4_141_200,
            "rows_duplicate": 226_050,
            "rows_quarantined": 153_753,
        },
    )
    tables = changes.get("tables", data.tables)
    return replace(data, **{**changes, "tables": defaultdict(pd.DataFrame, tables)})


def first_month() -> ReportData:
    """A month with too little history: bands, but no types and no model."""
    nothing = pd.DataFrame()
    none = _model().assign(
        status="none",
        reason="the month has no types, so there is nothing to learn",
        trained_as_of=None,
    )
    return sample_month(
        month=date(2021, 1, 1),
        as_of=date(2021, 1, 31),
        profiles=nothing,
        cluster_model=nothing,
        metrics=nothing,
        model=none,
        predictions=nothing,
        sample=nothing,
        segments=nothing,
        counts={
            "customers": 9_120,
            "existing": 142,
            "to_type": 142,
            "new": 8_978,
            "predicted": 0,
            "lapsed": 0,
            "revenue": 812_000_000,
            "receipts": 40_100,
        },
        min_customers_to_cluster=200,
    )


def plain_shop() -> ReportData:
    """A source without gender, age, wallet or categories, in pounds (Online Retail)."""
    profiles = _profiles(sample_month().band_order)
    absent = {
        "gender",
        "age_band",
        "wallet_user_share",
        "monetary_mean_wallet_users",
        "monetary_mean_wallet_non_users",
        "categories_major_mean",
        "category_major_top",
    }
    return sample_month(
        profiles=profiles[~profiles["measure"].isin(absent)],
        currency="GBP",
        source={"ko": "Online Retail", "en": "Online Retail"},
    )


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


def _rows(segment: str, measure: str, values: dict[str, float], unit: str, base: int) -> list[dict]:
    name = TYPES[segment][0] if segment in TYPES else "전체"
    return [
        {
            "segment_id": segment,
            "segment_name": name,
            "measure": measure,
            "category": c,
            "value": v,
            "unit": unit,
            "base": base,
        }
        for c, v in values.items()
    ]


def _normal(weights: list[float]) -> list[float]:
    return [w / sum(weights) for w in weights]


def _profiles(order: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict] = []
    for segment, (_, _, n, recency, receipts, spend, visits, wallet, categories, online, both) in TYPES.items():
        figures = {
            "customers": (n, "customers"),
            "revenue": (n * spend, "currency"),
            "recency_days_mean": (recency, "days"),
            "frequency_mean": (receipts, "receipts"),
            "monetary_mean": (spend, "currency"),
            "visit_days_mean": (visits, "days"),
            "receipt_amount_pooled_mean": (spend / receipts, "currency"),
            "wallet_user_share": (wallet, "share"),
            "categories_major_mean": (categories, "categories"),
        }
        for measure, (value, unit) in figures.items():
            rows += _rows(segment, measure, {"": value}, unit, n)
        place = list(TYPES).index(segment)
        favourites = CATEGORIES[place : place + 5]
        hours = _normal([math.exp(-(((h - PEAKS[segment]) / 3.2) ** 2)) + 0.04 for h in range(24)])
        spread = {
            "age_band": dict(zip(["20대", "30대", "40대", "50대", "60대", "70대"], AGES[segment], strict=True)),
            "gender": {"female": 0.60 + 0.05 * place, "male": 0.40 - 0.05 * place},
            "purchase_hour": {f"{h:02d}": v for h, v in enumerate(hours)},
            "weekday": dict(
                zip(
                    "0123456",
                    _normal([0.94, 0.93, 0.94, 0.96, 1.02 + place / 20, 1.13, 1.08 - place / 15]),
                    strict=True,
                )
            ),
            "season": dict(
                zip(
                    ["spring", "summer", "autumn", "winter"],
                    _normal([1.2 - place / 10, 1.1, 1, 0.7 + place / 8]),
                    strict=True,
                )
            ),
            "channel_use": {"offline": 1 - online - both, "both": both, "online": online},
            "category_major_top": dict(zip(favourites, (0.19, 0.14, 0.11, 0.08, 0.06), strict=True)),
            "rfm_band": dict(
                zip(order["name"], _normal([math.exp(-abs(i - 7 + 2.3 * place) / 2) for i in range(10)]), strict=True)
            ),
        }
        for measure, values in spread.items():
            rows += _rows(segment, measure, values, "share", n)
        rows += _rows(
            segment, "monetary_mean_wallet_users", {"": spend * (1.3 if segment != "master" else 0.92)}, "currency", n
        )
        rows += _rows(segment, "monetary_mean_wallet_non_users", {"": spend * 0.9}, "currency", n)
    return pd.DataFrame(rows + _everybody(rows))


def _everybody(rows: list[dict]) -> list[dict]:
    frame = pd.DataFrame(rows)
    total = sum(t[2] for t in TYPES.values())
    made: list[dict] = []
    for (measure, category, unit), group in frame.groupby(["measure", "category", "unit"], sort=False):
        value = (
            group["value"].sum()
            if measure in ("customers", "revenue")
            else (group["value"] * group["base"]).sum() / total
        )
        made += _rows("all", measure, {category: value}, unit, total)
    return made


def _cluster_model() -> pd.DataFrame:
    reason = "reused: PSI 0.03, not above 0.25. elbow of inertia at K=5 (smallest share 0.0121); "
    reason += "lowered to K=4 (smallest share 0.0850), minimum 0.02 reached"
    return pd.DataFrame(
        [
            {
                "month": date(2021, 12, 1),
                "as_of": date(2021, 12, 31),
                "fitted_as_of": date(2021, 12, 31),
                "k": 4,
                "scaling": "log",
                "reason": reason,
                "drift_psi": 0.0312,
                "customers": 26_317,
                "silhouette": 0.379,
                "path": "models/clusters-2021-12.json",
                "sha256": "0" * 64,
            }
        ]
    )


def _metrics() -> pd.DataFrame:
    rows = []

    def add(model: str, protocol: str, part: str, metric: str, value: float, base: int) -> None:
        rows.append(
            {"model": model, "protocol": protocol, "slice": part, "metric": metric, "value": value, "base": base}
        )

    for k in range(2, 11):
        add("clusters", "k_scan", str(k), "inertia", 79_000 / k**0.9, 26_317)
        add("clusters", "k_scan", str(k), "silhouette", 0.44 - 0.015 * k - (0.01 if k == 3 else 0), 10_000)
        add("clusters", "k_scan", str(k), "smallest_share", 0.34 / k**1.4, 26_317)
    for (segment, facts), value in zip(TYPES.items(), (0.41, 0.33, 0.29, 0.40), strict=True):
        add("clusters", "snapshot", segment, "silhouette", value, 4_000)
        add("clusters", "snapshot", segment, "customers", facts[2], facts[2])
    figures = {
        ("seed", "full"): (0.59, 0.72, 0.15, 0.25),
        ("seed", "1"): (0.20, 0.44, 0.15, 0.25),
        ("seed", "2"): (0.23, 0.46, 0.15, 0.25),
        ("seed", "3"): (0.28, 0.48, 0.15, 0.25),
        ("cold_start", "1"): (0.39, 0.51, 0.15, 0.25),
        ("cold_start", "2"): (0.43, 0.54, 0.15, 0.25),
        ("cold_start", "3"): (0.47, 0.57, 0.15, 0.25),
    }
    for (protocol, part), (f1, accuracy, majority, prior) in figures.items():
        add("latent_type", protocol, part, "macro_f1", f1, 5_264)
        add("latent_type", protocol, part, "accuracy", accuracy, 5_264)
        add("majority", protocol, part, "macro_f1", majority, 5_264)
        add("prior", protocol, part, "macro_f1", prior, 5_264)
    return pd.DataFrame(rows)


def _model() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "month": date(2021, 12, 1),
                "as_of": date(2021, 12, 31),
                "status": "trained",
                "reason": "the model is 3 months old, retrain_every_months is 3",
                "trained_as_of": date(2021, 12, 31),
                "customers": 26_317,
                "rows": 78_951,
                "features": ",".join([*(f"feature_{i}" for i in range(29)), "exposure_days"]),
                "unavailable": "new_cases_mean,new_deaths_mean",
                "path": "models/latent-2021-12.txt",
                "sha256": "0" * 64,
            }
        ]
    )


def _predictions() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "segment_id": s,
                "receipts": r,
                "customers": 540 - 110 * i - 60 * r,
                "abstained": 90 - 20 * i,
                "probability_mean": 0.42 + 0.05 * r - 0.02 * i,
            }
            for i, s in enumerate(TYPES)
            for r in (1, 2, 3)
        ]
    )


def _reasons(i: int) -> list[dict]:
    return [
        {"column": "receipt_amount_mean", "value": 12_400.0 + 913 * i, "contribution": 0.62 - 0.03 * i},
        {"column": "partner_mode", "value": f"A0{i % 6 + 1}", "contribution": 0.21},
        {"column": "weekday_mode", "value": float(i % 7), "contribution": -0.12},
    ]


def _sample() -> pd.DataFrame:
    rows = []
    for i in range(40):
        weights = _normal([1 + (i * (j + 2)) % 5 for j in range(4)])
        best = max(range(4), key=lambda j: weights[j])
        given = {s: round(w, 4) for s, w in zip(TYPES, weights, strict=True)}
        rows.append(
            {
                "customer_id": f"M{412_637_909 + i * 7919}",
                "receipts": i % 3 + 1,
                "segment_id": list(TYPES)[best],
                "probability": weights[best],
                "abstained": weights[best] < 0.4,
                "probabilities": json.dumps(given),
                "reasons": json.dumps({"base": 0.2, "rest": -0.1, "top": _reasons(i)}),
            }
        )
    return pd.DataFrame(rows)
