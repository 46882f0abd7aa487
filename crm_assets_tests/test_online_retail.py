"""The real thing: Online Retail from its file to clusters, beside plain pandas and scikit-learn on the same file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from crm_assets_tests.conftest import Shop
from crm_assets_tests.segmentation.rfm_by_hand import standard11, with_groups

AS_OF = pd.Timestamp("2011-12-31")


@pytest.fixture(scope="module")
def purchases(real_data: Path) -> pd.DataFrame:
    """The purchase lines, by pandas alone."""
    lines = pd.read_parquet(real_data / "online_retail.parquet").drop_duplicates()
    lines = lines[lines["CustomerID"].notna() & (lines["UnitPrice"] > 0) & ~lines["InvoiceNo"].str.startswith("C")]
    return lines.assign(
        customer_id=lines["CustomerID"].str.removesuffix(".0"), amount=lines["Quantity"] * lines["UnitPrice"]
    )


def rfm(purchases: pd.DataFrame, since: str = "2010-12-01") -> pd.DataFrame:
    rows = purchases[purchases["InvoiceDate"] >= since]
    grouped = rows.groupby("customer_id")
    frame = pd.DataFrame(
        {
            "recency_days": (AS_OF - grouped["InvoiceDate"].max().dt.normalize()).dt.days,
            "frequency": grouped["InvoiceNo"].nunique(),
            "visit_days": grouped["InvoiceDate"].agg(lambda days: days.dt.normalize().nunique()),
            "monetary": grouped["amount"].sum().round(4),
        }
    )
    return with_groups(frame).sort_index()


def compare(stored: pd.DataFrame, expected: pd.DataFrame) -> None:
    stored = stored.set_index("customer_id").sort_index()
    assert list(stored.index) == list(expected.index)
    for column in expected.columns:
        if column == "monetary":
            np.testing.assert_allclose(stored[column].to_numpy(), expected[column].to_numpy(), rtol=0, atol=1e-3)
        else:
            assert (stored[column].to_numpy() == expected[column].to_numpy()).all(), column


def test_every_row_is_accounted_for_by_reason(online_retail: Shop):
    ledger = online_retail.frame("select * from landed_files").iloc[0]
    assert ledger["rows"] == 541_909
    assert ledger["rows"] == ledger["loaded"] + ledger["duplicates"] + ledger["quarantined"]
    assert ledger["duplicates"] == 5_225
    reasons = online_retail.frame("select reason, count(*) as rows from quarantine group by reason").set_index("reason")
    assert reasons["rows"].to_dict() == {"no_customer": 135_080, "zero_amount": 40}
    types = online_retail.frame("select record_type, count(*) as n from raw_transactions group by 1").set_index(
        "record_type"
    )
    assert types["n"].to_dict() == {"product": 392_692, "return": 8_872}
    print(ledger[["rows", "loaded", "duplicates", "quarantined"]].to_dict(), reasons["rows"].to_dict())


def test_receipts(online_retail: Shop):
    found = online_retail.frame(
        """select count(*) as receipts, count(distinct customer_id) as customers, sum(lines) as lines,
        round(sum(amount), 2) as amount from receipts"""
    ).iloc[0]
    assert found.to_dict() == {"receipts": 18_532, "customers": 4_338, "lines": 392_692, "amount": 8_887_208.89}
    print(found.to_dict())


def test_rfm_and_bands_of_the_window_equal_pandas(online_retail: Shop, purchases: pd.DataFrame):
    stored = online_retail.frame("select * from rfm_scores where month = '2011-12-01'")
    compare(stored, rfm(purchases, since="2011-01-01"))
    assert len(stored) == 4_219


def test_sizes_and_thresholds_of_the_groups_equal_pandas(online_retail: Shop, purchases: pd.DataFrame):
    """Every group of every scheme, and the ranges printed beside the scores."""
    frame = rfm(purchases, since="2011-01-01")
    stored = online_retail.frame("select * from rfm_groups where month = '2011-12-01'").set_index("group_name")
    for scheme, rows in stored.groupby("scheme"):
        by_hand = frame.groupby(scheme).agg(
            customers=("monetary", "size"), revenue=("monetary", "sum"), recency=("recency_days", "mean")
        )
        held = rows[rows["customers"] > 0]
        assert set(held.index) == set(by_hand.index), scheme
        by_hand = by_hand.loc[held.index]
        assert (held["customers"] == by_hand["customers"]).all(), scheme
        np.testing.assert_allclose(held["revenue"], by_hand["revenue"], atol=1e-2)
        np.testing.assert_allclose(held["recency_days_mean"], by_hand["recency"])
        print(scheme, held["customers"].to_dict())
    limits = online_retail.frame("select * from rfm_thresholds where month = '2011-12-01' and kind = 'score'")
    for row in limits.itertuples():
        values = frame.loc[frame[f"{row.measure[0]}_score"] == int(row.level), row.measure]
        assert (len(values), row.low, row.high) == (
            row.customers, pytest.approx(values.min()), pytest.approx(values.max())
        )  # fmt: skip


def test_group_differences_equal_scipy_and_outlive_the_other_writers_of_metrics(
    online_retail: Shop, purchases: pd.DataFrame
):
    """The model of the latent type writes to model_metrics after the groups do."""
    frame = rfm(purchases, since="2011-01-01")
    frame["receipt_amount"] = frame["monetary"] / frame["frequency"]
    stored = online_retail.frame(
        """select model, slice, value, base from model_metrics
        where month = '2011-12-01' and protocol = 'kruskal_wallis' and metric = 'h'"""
    ).set_index(["model", "slice"])
    assert len(stored) == 4 * 5
    for (scheme, measure), row in stored.iterrows():
        parts = [own[measure] for _, own in frame.groupby(scheme) if len(own) >= 5]
        assert row["value"] == pytest.approx(kruskal(*parts).statistic, rel=1e-6), (scheme, measure)
        assert row["base"] == sum(map(len, parts))


def test_every_cell_is_in_one_band_of_both_schemes(online_retail: Shop):
    """As stored: the customers of a cell share their band, and it is the SPEC's."""
    stored = online_retail.frame("select distinct rfm_score, rfm_band, rfm_band_standard11 from rfm_scores")
    assert stored["rfm_score"].is_unique
    assert stored.set_index("rfm_score")["rfm_band_standard11"].to_dict().items() <= standard11().items()
    assert len(standard11()) == 125


@pytest.fixture(scope="module")
def all_history(online_retail: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """RFM and types of December 2011 with no window, types as the settings have them."""
    shop = online_retail.copy(tmp_path_factory.mktemp("all_history"), CRM_WINDOW_MONTHS="none", CRM_REFIT="true")
    shop.crm("refresh", "--months", "2011-12", "--select", "rfm_scores,cluster_assignments", CRM_K="4")
    return shop


def test_rfm_and_bands_of_all_history_equal_pandas(all_history: Shop, purchases: pd.DataFrame):
    stored = all_history.frame("select * from rfm_scores where month = '2011-12-01'")
    compare(stored, rfm(purchases))
    frequency = stored["f_score"].value_counts().sort_index().tolist()
    assert frequency == [1_493, 835, 508, 802, 700]  # SPEC 3
    print("frequency scores 1-5:", frequency)


@pytest.mark.parametrize(
    ("population", "scaling", "sizes", "silhouette"),
    [
        ("existing", "log", [696, 521, 144, 141], 0.349),
        ("existing", "standard", [1_287, 161, 50, 4], 0.643),
        ("all", "log", [1_450, 1_377, 938, 573], 0.379),
        ("all", "standard", [3_060, 1_061, 204, 13], 0.616),
    ],
)
def test_types_equal_scikit_learn(all_history: Shop, purchases, population, scaling, sizes, silhouette):
    """SPEC 4's reference figures, from the stored table and from scikit-learn on pandas' own RFM."""
    all_history.crm(
        "refresh", "--months", "2011-12", "--select", "cluster_assignments",
        CRM_K="4", CRM_CLUSTER_POPULATION=population, CRM_SCALING=scaling,
    )  # fmt: skip
    stored = all_history.frame("select * from cluster_assignments where month = '2011-12-01' order by customer_id")
    frame = rfm(purchases)
    frame = frame if population == "all" else frame[frame["frequency"] > 3]
    features = frame[["recency_days", "frequency", "monetary"]].to_numpy(dtype=float)
    if scaling == "log":
        features[:, 1:] = np.log1p(features[:, 1:])
    places = StandardScaler().fit_transform(features)
    labels = KMeans(4, n_init=10, random_state=42).fit_predict(places)
    assert list(stored["customer_id"]) == list(frame.index)
    together = pd.crosstab(stored["segment_id"].to_numpy(), labels)
    assert (together > 0).to_numpy().sum() == 4, together  # the same parting, whatever the numbers
    assert sorted(stored.groupby("segment_id").size(), reverse=True) == sizes
    assert stored["silhouette"].mean() == pytest.approx(silhouette, abs=5e-4)
    assert silhouette_score(places, labels) == pytest.approx(silhouette, abs=5e-4)
    print(population, scaling, sizes, round(stored["silhouette"].mean(), 4))


def test_k_by_the_rule_is_four(online_retail: Shop):
    models = online_retail.frame("select * from cluster_models order by month")
    assert (models["k"] == 4).all(), models[["month", "k", "reason"]]
    print(models[["month", "k", "reason"]].to_string())


def test_cold_start_is_reported_beside_the_seed_protocol_and_beats_the_baselines(online_retail: Shop):
    figures = online_retail.frame(
        """select model, protocol, slice, value from model_metrics where metric = 'macro_f1'
        and as_of = (select max(trained_as_of) from lightgbm_model)"""
    ).set_index(["protocol", "slice", "model"])["value"]
    print(figures.round(3).unstack().to_string())
    assert ("seed", "full", "latent_type") in figures.index
    for part in ("1", "2", "3"):
        ours = figures["cold_start", part, "latent_type"]
        assert ours > figures["cold_start", part, "majority"]
        assert ours > figures["cold_start", part, "prior"]
        assert ours > figures["seed", part, "latent_type"], (
            "trained on whole histories must not do better on first receipts"
        )


def test_every_new_customer_is_predicted_once(online_retail: Shop):
    counts = online_retail.frame(
        """select count(*) as n, count(distinct customer_id) as customers, min(probability) as low,
        max(probability) as high from new_customer_predictions where month = '2011-12-01'"""
    ).iloc[0]
    new = online_retail.value("select count(*) from (select customer_id from receipts group by 1 having count(*) <= 3)")
    assert counts["n"] == counts["customers"] == new
    assert 0.25 <= counts["low"] <= counts["high"] <= 1


def test_columns_that_the_source_does_not_have_are_left_out(online_retail: Shop):
    row = online_retail.frame("select * from lightgbm_model where month = '2011-12-01'").iloc[0]
    unavailable = set(row["unavailable"].split(","))
    assert {"gender", "age_band", "wallet_user", "category_mode"} <= unavailable
    assert not unavailable & set(row["features"].split(","))
