"""Planted tables of the section on customer indices: one of everybody, one by age, one of a model, one of nobody."""

from __future__ import annotations

import pandas as pd

TITLES = {
    "hygiene": ("위생 민감 지수", "Hygiene index"),
    "online": ("온라인 구매 지수", "Online shopping"),
    "dormancy": ("휴면 위험 지수", "Risk of dormancy"),
    "nobody": ("아무도 없는 지수", "Nobody’s"),
}


def index_tables() -> dict[str, pd.DataFrame]:
    definitions = [
        _definition("hygiene", "all", 900, 0.1, 40, 12),
        _definition("online", "20대", 300, 0.45, 20, 30, population="age_band"),
        _definition("online", "30대", 500, 0.25, 10, 5, population="age_band"),
        _definition("dormancy", "all", 800, None, 0, 0, kind="model", score_mean=41.25),
        _definition("nobody", "all", 0, None, 0, 0),
    ]
    labels = [
        _label("hygiene", "minded", "위생 민감형", "Hygiene-minded", 36, 9, at_least=30.0),
        _label("online", "offline", "매장 선호형", "Prefers the shop", 80, 1, at_most=-12.5),
        _label("dormancy", "risk", "휴면 위험(예측)", "At risk (predicted)", 200, 0, at_least=70.0),
        _label("nobody", "no", "없음", "None", 0, 0, at_least=10.0),
    ]
    spread = [("dormancy", 4, 600), ("dormancy", 9, 200), ("hygiene", 0, 810), ("hygiene", 6, 90), ("online", 3, 800)]
    return {
        "index_definitions": pd.DataFrame(definitions),
        "index_labels": pd.DataFrame(labels).astype({"at_least": "float64", "at_most": "float64"}),
        "index_distributions": pd.DataFrame(spread, columns=["index_id", "tenth", "customers"]),
    }


def _definition(name, group, customers, share, above, below, **given) -> dict[str, object]:
    row = {"index_id": name, "population_group": group, "place": list(TITLES).index(name) + 1, "kind": "share",
           "title_ko": TITLES[name][0], "title_en": TITLES[name][1], "population": "all", "customers": customers,
           "population_share": share, "score_mean": None, "evident_above": above, "evident_below": below}  # fmt: skip
    return row | given


def _label(name, label, ko, en, customers, unproven, at_least=None, at_most=None) -> dict[str, object]:
    return {"index_id": name, "label_id": label, "label_ko": ko, "label_en": en, "at_least": at_least,
            "at_most": at_most, "customers": customers, "customers_unproven": unproven}  # fmt: skip
