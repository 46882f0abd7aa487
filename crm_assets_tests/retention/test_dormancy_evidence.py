"""The evidence: figures beside scikit-learn's, intervals that hold, and who is served."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from crm_assets.contracts.dormancy_evidence import DormancyEvidence
from crm_assets.contracts.rfm_scores import GRADES
from crm_assets.months import Snapshot
from crm_assets.retention.dormancy_evidence import calibration_error, choices, evidence
from crm_assets.retention.dormancy_known import known_scores
from crm_assets.settings import Settings
from crm_assets_tests.prediction.feature_shop import insert, warehouse
from crm_assets_tests.retention.dormancy_shop import START, add, every_day, feature_row, on
from crm_assets_tests.rows import frame_of

RULES = ["frequency", "recency"]


def drawn(size=600, months=3, seed=1, noise=1.0):
    """Customers over months, with ties in the scores; ``model`` knows the odds, ``recency`` part of them."""
    rng = np.random.default_rng(seed)
    parts = []
    for month in range(months):
        odds = rng.normal(0.3 * month, 1.2, size)
        parts.append(
            pd.DataFrame(
                {
                    "month": pd.Timestamp(2021, 1 + month, 1),
                    "customer_id": [f"C{i:04}" for i in range(size)],
                    "rfm_grade": np.where(np.arange(size) % 5 == 0, "LLL", "HHH"),
                    "receipts": 1 + np.arange(size) % 3,
                    "dormant": (rng.random(size) < 1 / (1 + np.exp(-odds))).astype(int),
                    "model": 1 / (1 + np.exp(-odds)),
                    "recency": np.round(1 / (1 + np.exp(-(odds + rng.normal(0, noise, size)))), 1).clip(0.05, 0.95),
                    "frequency": 0.5,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def figure(found, slice_, candidate, metric):
    rows = found[(found["slice"] == slice_) & (found["candidate"] == candidate) & (found["metric"] == metric)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_figures_equal_scikit_learns_month_by_month():
    known = drawn()
    found = evidence(known, ["model", *RULES], model="model", least=20, seed=42)
    for slice_, rows in {"all": known, "one_receipt": known[known["receipts"] == 1],
                         "LLL": known[known["rfm_grade"] == "LLL"]}.items():  # fmt: skip
        for candidate in ("model", "recency", "frequency"):
            months = [m for _, m in rows.groupby("month")]
            sizes = [len(m) for m in months]
            auc = np.average([roc_auc_score(m["dormant"], m[candidate]) for m in months], weights=sizes)
            precision = np.average([average_precision_score(m["dormant"], m[candidate]) for m in months], weights=sizes)
            assert figure(found, slice_, candidate, "roc_auc")["value"] == pytest.approx(auc, abs=1e-6)
            assert figure(found, slice_, candidate, "pr_auc")["value"] == pytest.approx(precision, abs=1e-6)
            brier = brier_score_loss(rows["dormant"], rows[candidate])
            assert figure(found, slice_, candidate, "brier")["value"] == pytest.approx(brier, abs=1e-6)
    gain = figure(found, "all", "recency", "gain")["value"]
    assert gain == pytest.approx(
        figure(found, "all", "recency", "brier")["value"] - figure(found, "all", "model", "brier")["value"], abs=1e-6
    )
    frame_of(DormancyEvidence, found.assign(month=pd.Timestamp("2021-06-01"), as_of=pd.Timestamp("2021-06-30"))
             .to_dict("records"))  # fmt: skip


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Drawn 60 times: the mean over the draws is the truth; about 95 % of the intervals hold it."""
    found = [
        figure(evidence(drawn(200, 2, seed), ["model", "recency"], model="model", least=5, seed=9), "all", "model", m)
        for seed in range(60)
        for m in ("roc_auc",)
    ]
    truth = np.mean([f["value"] for f in found])
    held = np.mean([f["low"] <= truth <= f["high"] for f in found])
    assert 0.85 <= held <= 1.0, held


def test_a_customers_months_stand_together():
    """Twenty copies of every customer's month tell no more than one: the interval stays as wide."""
    once = drawn(150, 1)
    copies = [once.assign(month=pd.Timestamp(2000 + i, 1, 1)) for i in range(20)]
    few = figure(evidence(once, ["model"], model="model", least=5, seed=3), "all", "model", "brier")
    many = figure(evidence(pd.concat(copies), ["model"], model="model", least=5, seed=3), "all", "model", "brier")
    assert many["high"] - many["low"] == pytest.approx(few["high"] - few["low"], rel=1e-4)


def test_slices_with_too_few_and_candidates_without_values_are_left_out():
    known = drawn(100, 1)
    known.loc[known["rfm_grade"] == "LLL", "frequency"] = np.nan
    found = evidence(known, ["model", *RULES], model="model", least=5, seed=1)
    assert "frequency" not in set(found[found["slice"] == "LLL"]["candidate"])
    assert "frequency" not in set(found[found["slice"] == "all"]["candidate"])
    assert "LLL" not in set(evidence(known, ["model"], model="model", least=15, seed=1)["slice"])
    assert evidence(known.iloc[:0], ["model"], model="model", least=5, seed=1).empty


def test_months_that_lack_a_rule_are_left_out_for_all():
    """Candidates are compared on the same customers: of three months the first has no scores of ``recency``."""
    known = drawn()
    known.loc[known["month"] == known["month"].min(), "recency"] = np.nan
    late = known[known["month"] > known["month"].min()]
    found = evidence(known, ["model", *RULES], model="model", least=20, seed=42)
    pd.testing.assert_frame_equal(found, evidence(late, ["model", *RULES], model="model", least=20, seed=42))
    assert (found["months"] == 2).all() and "recency" in set(found["candidate"])


def test_a_customer_of_many_months_counts_once_for_the_least():
    once = drawn(40, 1)
    often = pd.concat([once.assign(month=pd.Timestamp(2021, m, 1)) for m in range(1, 7)])
    least = int(min(once["dormant"].sum(), (1 - once["dormant"]).sum()))
    for rows in (once, often):
        assert "all" in set(evidence(rows, ["model"], model="model", least=least, seed=1)["slice"])
        assert "all" not in set(evidence(rows, ["model"], model="model", least=least + 1, seed=1)["slice"])


def test_the_calibration_error_by_hand():
    scores = np.array([0.1] * 10 + [0.9] * 10)
    dormant = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1] + [1] * 9 + [0])
    assert calibration_error(scores, dormant) == pytest.approx(0.18, abs=0.1)
    assert calibration_error(np.full(10, 0.5), np.ones(10)) == 0.5


def test_a_rule_is_served_where_the_model_does_not_win():
    known = drawn(800, 3)
    worse = known["rfm_grade"] == "LLL"
    # Among LLL the model says the opposite of what it knows: there the rule is better.
    known.loc[worse, "model"] = 1 - known.loc[worse, "model"]
    found = evidence(known, ["model", *RULES], model="model", least=20, seed=42)
    chosen = choices(found, RULES, GRADES, model="model").set_index("slice")
    assert (chosen.loc["HHH", "served"], chosen.loc["HHH", "grade"]) == ("model", "A")
    assert chosen.loc["HHH", "gain_low"] > 0
    assert (chosen.loc["LLL", "served"], chosen.loc["LLL", "grade"]) == (chosen.loc["LLL", "best_rule"], "C")
    assert chosen.loc["LHL", "served"] == chosen.loc["all", "served"] and pd.isna(chosen.loc["LHL", "grade"])
    assert list(chosen.index) == ["all", *GRADES]


def test_no_evidence_serves_the_model_without_a_grade():
    chosen = choices(
        evidence(drawn().iloc[:0], ["model"], model="model", least=5, seed=1), RULES, GRADES, model="model"
    )
    assert set(chosen["served"]) == {"model"} and chosen["grade"].isna().all() and (chosen["base"] == 0).all()


def test_only_scores_whose_answer_is_known_are_judged():
    session = warehouse(every_day("2020-12-01", "2021-03-31") + on("a", "2021-01-10") + on("b", "2021-03-20"))
    add(session, "dormancy_features", [feature_row(c, m) for m in ("2020-12", "2021-01", "2021-02") for c in "ab"])
    scores = [
        {"month": f"{m}-01", "as_of": f"{m}-28", "customer_id": c, "model": 0.5}
        for m in ("2020-12", "2021-01", "2021-02")
        for c in "ab"
    ]
    insert(session, "dormancy_scores", scores)
    settings = Settings(dormancy_horizon_days=30)
    parameters = {**Snapshot(pd.Timestamp("2021-03-01").date(), START, 12).parameters, **settings.parameters}

    def judged(settings: Settings) -> list[tuple[str, str, int]]:
        found = known_scores(session, parameters, settings, "dormancy_scores", {"model": "model"})
        return [(f"{m:%m}", c, d) for m, c, d in found[["month", "customer_id", "dormant"]].itertuples(index=False)]

    every = [("12", "a", 0), ("12", "b", 1), ("01", "a", 1), ("01", "b", 1), ("02", "a", 1), ("02", "b", 0)]
    assert judged(settings) == every
    newest = settings.model_copy(update={"dormancy_evidence_months": 1})
    assert judged(newest) == every[-2:]
