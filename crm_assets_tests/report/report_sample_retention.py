"""Planted tables of the sections on dormancy and on lifestyles."""

from __future__ import annotations

import pandas as pd

from crm_assets.contracts.rfm_scores import GRADES

CANDIDATES = ("model", "served", "p_silent", "frequency", "recency", "interval", "p_alive")
LIFESTYLES = {
    "four_wheels": ("사족보행", 210, 5),
    "thumb_shopper": ("엄지쇼핑족", 340, 2),
    "plain": ("무색무취", 90, 9),
}


def retention_tables() -> dict[str, pd.DataFrame]:
    """Every grade has customers; HHH is judged A, LLL C and served by a rule, HLH has too few."""
    grades = [_grade(g, 100 + 10 * i) for i, g in enumerate(GRADES)]
    whole = _grade("all", sum(g["customers"] for g in grades)) | {"served": "several", "grade": "B", "gain": 0.004}
    return {
        "dormancy_grades": pd.DataFrame([*grades, whole]),
        "dormancy_model": pd.DataFrame([{"status": "trained", "reason": "…", "horizon_days": 60}]),
        "dormancy_evidence": _evidence(),
        "retention_lists": pd.DataFrame(
            [
                {"list": name, "rank": rank, "customer_id": f"{name[0].upper()}{rank}", "probability": 0.8,
                 "value": 1000.0 / rank}
                for name in ("early_churn", "reactivate")
                for rank in range(1, 6)
            ]
        ),
        "mau_effects": pd.DataFrame(
            [
                _component("current", 5_000, None, None, 5_000.0, None),
                _component("new_inflow", 5_000, 0.05, 0.5, 125.0, 0.025),
                _component("reactivated", 2_000, 0.05, 0.5, 50.0, 0.01),
                _component("main_card", 1_000, 0.05, 0.4, 20.0, 0.004),
                _component("total", 5_000, None, None, 5_195.0, 0.039),
            ]
        ),
    }  # fmt: skip


def _grade(name: str, customers: int) -> dict[str, object]:
    share = 0.2 if name.startswith("H") else 0.7
    judged = {"HLH": (None, "model"), "LLL": ("C", "recency")}.get(name, ("A", "model"))
    return {
        "rfm_grade": name, "customers": customers, "expected_dormant": share * customers, "dormant_share": share,
        "p_alive_mean": 0.9, "value_at_risk": 1_000_000.0 * share, "expected_spend": 1_000_000.0, "served": judged[1],
        "grade": judged[0], "gain": None if judged[0] is None else 0.01,
    }  # fmt: skip


def _evidence() -> pd.DataFrame:
    rows = []
    for part, at in (("all", 0.75), ("more_receipts", 0.73), ("one_receipt", 0.59)):
        for place, candidate in enumerate(c for c in CANDIDATES if c != "served"):
            for metric, value, near in (
                ("roc_auc", at - 0.02 * place, 0.01),
                ("pr_auc", 0.7, 0.02),
                ("brier", 0.2 + 0.01 * place, 0.01),
                ("calibration_error", 0.03, None),
            ):
                low, high = (None, None) if near is None else (value - near, value + near)
                rows.append({"slice": part, "candidate": candidate, "metric": metric, "value": value, "low": low,
                             "high": high, "base": 13_041, "months": 4})  # fmt: skip
    return pd.DataFrame(rows).astype({"low": "float64", "high": "float64"})


def _component(name, population, assumed, active, customers, change) -> dict[str, object]:
    return {"component": name, "population": population, "assumed_share": assumed, "active_share": active,
            "active_customers": customers, "change": change}  # fmt: skip


def lifestyle_tables() -> dict[str, pd.DataFrame]:
    """Three lifestyles; the plain one has no signature."""
    sizes = sorted(LIFESTYLES, key=lambda i: -LIFESTYLES[i][1])
    nearest = {"four_wheels": "plain", "thumb_shopper": "plain", "plain": "four_wheels"}
    clusters = [
        {"lifestyle_id": i, "lifestyle_name": LIFESTYLES[i][0], "customers": LIFESTYLES[i][1],
         "share": LIFESTYLES[i][1] / 640, "mean_spend": 1_500_000.0, "rank_by_size": place,
         "rank_by_spend": LIFESTYLES[i][2], "nearest_id": nearest[i], "low_value_share": 0.25,
         "not_present_share": None if i == "plain" else 0.4}
        for place, i in enumerate(sizes, start=1)
    ]  # fmt: skip
    categories = [
        {"lifestyle_id": i, "category": c, "mean_amount": 700_000.0, "spend_share": 0.45,
         "population_spend_share": 0.05, "lift": 9.0, "effect": 0.95, "p_value": 1e-9, "is_signature": i != "plain",
         "rank": 1}
        for i, c in (("four_wheels", "주유"), ("thumb_shopper", "온라인쇼핑"), ("plain", "요식"))
    ]  # fmt: skip
    differences = [
        {"lifestyle_id": a, "other_id": b, "category": c, "effect": 0.8, "in_not_other": told}
        for a, b, c, told in (("four_wheels", "plain", "주유", True), ("plain", "four_wheels", "요식", False),
                              ("thumb_shopper", "plain", "온라인쇼핑", True))
    ]  # fmt: skip
    offers = [{"offer_id": "fuel", "title_ko": "주유 할인 카드", "title_en": "Fuel card"}]
    matched = [{"lifestyle_id": "four_wheels", "rank": 1, "offer_id": "fuel", "customers": 200, "share": 0.95,
                "mean_benefit": 12_345.0}]  # fmt: skip
    return {
        "lifestyle_clusters": pd.DataFrame(clusters),
        "lifestyle_categories": pd.DataFrame(categories),
        "lifestyle_differences": pd.DataFrame(differences),
        "lifestyle_offers": pd.DataFrame(matched),
        "lifestyle_personas": pd.DataFrame(
            [{"lifestyle_id": "four_wheels", "ko": "사족보행", "en": "Four-Wheeled", "line_ko": "차로 다닙니다.",
              "line_en": "Goes by car."}]
        ),
        "offers": pd.DataFrame(offers),
    }  # fmt: skip
