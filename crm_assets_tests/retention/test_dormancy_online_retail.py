"""Dormancy on Online Retail, walk-forward: the snapshots of June to September 2011, each scored by a model that knew
only answers of then, 60 days ahead."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from lifetimes import ModifiedBetaGeoFitter
from sklearn.metrics import roc_auc_score

from crm_assets.retention.dormancy_evidence import evidence
from crm_assets.retention.dormancy_model import CANDIDATES
from crm_assets_tests.conftest import Shop

MONTHS = [f"2011-{m:02}-01" for m in (6, 7, 8, 9)]
SERVED = "served"
# What a first try reached: ROC-AUC for everybody, for customers with two receipts or more, for one-time buyers.
FIRST_TRY = {"all": 0.750, "more_receipts": 0.730, "one_receipt": 0.589}


@pytest.fixture(scope="module")
def judged(online_retail: Shop, real_data) -> pd.DataFrame:
    """Scores as they were stored, and the answers by pandas' own reading of the file."""
    listed = ", ".join(f"date '{m}'" for m in MONTHS)
    scores = online_retail.frame(
        f"""select s.month, s.as_of, s.customer_id, s.{", s.".join(CANDIDATES)}, p.probability as served,
            f.rfm_grade, f.frequency as receipts
        from dormancy_scores s
        join dormancy_predictions p on p.month = s.month and p.customer_id = s.customer_id
        join dormancy_features f on f.month = s.month and f.customer_id = s.customer_id
        where s.month in ({listed}) order by s.month, s.customer_id"""
    )
    lines = pd.read_parquet(real_data / "online_retail.parquet").drop_duplicates()
    lines = lines[lines["CustomerID"].notna() & (lines["UnitPrice"] > 0) & ~lines["InvoiceNo"].str.startswith("C")]
    days = pd.DataFrame(
        {"customer_id": lines["CustomerID"].str.removesuffix(".0"), "day": lines["InvoiceDate"].dt.normalize()}
    ).drop_duplicates()
    with duckdb.connect() as connection:
        connection.register("scores", scores)
        connection.register("days", days)
        return connection.execute(
            """select s.*, case when exists (
                select 1 from days d where d.customer_id = s.customer_id
                and d.day > s.as_of and d.day <= s.as_of + interval 60 day
            ) then 0 else 1 end as dormant from scores s order by month, customer_id"""
        ).df()


@pytest.fixture(scope="module")
def figures(judged: pd.DataFrame) -> pd.DataFrame:
    return evidence(judged, [*CANDIDATES, SERVED], model=SERVED, least=50, seed=42)


def value(figures: pd.DataFrame, slice_: str, candidate: str, metric: str) -> pd.Series:
    rows = figures[(figures["slice"] == slice_) & (figures["candidate"] == candidate) & (figures["metric"] == metric)]
    return rows.iloc[0]


def test_every_customer_of_the_four_snapshots_is_judged(judged: pd.DataFrame):
    assert judged.groupby("month").size().tolist() == [2960, 3148, 3317, 3616]


def test_the_figures_side_by_side(figures: pd.DataFrame):
    for metric in ("roc_auc", "pr_auc", "brier", "calibration_error"):
        print(f"\n{metric}, June to September 2011, 60 days")
        for candidate in (SERVED, *CANDIDATES):
            told = [value(figures, s, candidate, metric) for s in FIRST_TRY]
            parts = [
                f"{t['value']:.3f}" + ("" if pd.isna(t["low"]) else f" ({t['low']:.3f}–{t['high']:.3f})") for t in told
            ]
            print(f"{candidate:<10}" + "   ".join(parts))
    assert figures["value"].notna().all()


@pytest.mark.parametrize("slice_", FIRST_TRY)
def test_what_is_served_is_at_least_the_first_try(figures: pd.DataFrame, slice_: str):
    assert value(figures, slice_, SERVED, "roc_auc")["value"] >= FIRST_TRY[slice_]


def test_auc_is_scikit_learns_mean_of_the_months(judged: pd.DataFrame, figures: pd.DataFrame):
    months = [rows for _, rows in judged.groupby("month")]
    aucs = [roc_auc_score(rows["dormant"], rows[SERVED]) for rows in months]
    expected = np.average(aucs, weights=[len(rows) for rows in months])
    assert value(figures, "all", SERVED, "roc_auc")["value"] == pytest.approx(expected, abs=1e-6)


def test_no_rule_is_clearly_better_than_what_is_served_in_any_slice(figures: pd.DataFrame):
    """By the Brier score, on which who is served is decided; ``gain`` is the candidate's less the served one's."""
    gains = figures[figures["metric"] == "gain"]
    worse = gains[(gains["high"] < 0) & (gains["candidate"] != "model")]
    print("\n" + gains.sort_values("value").head(8).to_string(index=False))
    assert worse.empty, worse


def test_what_is_served_beats_every_rule_for_everybody(figures: pd.DataFrame):
    for rule in set(CANDIDATES) - {"model"}:
        assert value(figures, "all", rule, "gain")["low"] > 0, rule


def test_what_is_served_is_calibrated(figures: pd.DataFrame):
    for slice_ in FIRST_TRY:
        said, true = (value(figures, slice_, SERVED, m)["value"] for m in ("mean_probability", "dormant_share"))
        assert abs(said - true) < 0.03
        assert value(figures, slice_, SERVED, "calibration_error")["value"] < 0.04


def test_one_time_buyers_are_not_certainly_alive(online_retail: Shop):
    assert online_retail.value("select max(p_alive) from alive_probabilities where repeat_dates = 0") < 1


def test_buy_till_you_die_is_fitted_as_the_library_fits_it(online_retail: Shop):
    """The data show no drop-out: the likelihood is flat in a and b, so that rates and likelihood are compared."""
    customers = online_retail.frame("select * from alive_probabilities where month = date '2011-09-01'")
    (r, alpha, ours) = online_retail.frame(
        "select r, alpha, log_likelihood from btyd_models where month = date '2011-09-01'"
    ).iloc[0]
    seen = [customers[n].to_numpy(dtype=float) for n in ("repeat_dates", "last_repeat_days", "age_days")]
    library = ModifiedBetaGeoFitter(penalizer_coef=1e-9).fit(*seen)
    theirs = library.params_[["r", "alpha", "a", "b"]].to_numpy()
    likelihood = -len(customers) * ModifiedBetaGeoFitter._negative_log_likelihood(
        np.log(theirs), *seen, np.ones(len(customers)), 0.0
    )
    print(
        f"\nOnline Retail, September: r {r:.4f}, alpha {alpha:.3f}, log-likelihood {ours:.3f}; "
        f"the library {theirs}, {likelihood:.3f}"
    )
    assert ours == pytest.approx(likelihood, abs=1.0) and ours >= likelihood - 0.1
    assert (r, alpha) == pytest.approx(tuple(theirs[:2]), rel=5e-3)
