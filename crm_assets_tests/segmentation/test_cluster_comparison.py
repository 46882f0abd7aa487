"""The comparison of algorithms: figures by scikit-learn alone, by rule not by trial, kept when nothing changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.cluster_comparison import ALGORITHMS
from crm_assets.defs.segmentation import cluster_comparison as asset
from crm_assets.segmentation import comparison
from crm_assets.segmentation.cluster_model import scaled
from crm_assets.segmentation.comparison import compare, fingerprint
from crm_assets_tests.making import at_work
from crm_assets_tests.segmentation.test_clustering import planted

TABLE = "cluster_comparison"

GIVEN = ("log", 4, 0.02, 42)


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    return compare(planted(), *GIVEN).set_index(["algorithm", "scaling"])


def test_every_algorithm_stands_beside_k_means_of_both_scalings(compared):
    assert [a for a, s in compared.index if s == "log"] == ALGORITHMS
    assert [a for a, s in compared.index if s == "standard"] == ["kmeans"]
    assert compared.index[compared["in_use"]].tolist() == [("kmeans", "log")]
    asked = compared["k"].isna().groupby("algorithm").all()
    assert set(asked.index[asked]) == {"dbscan", "hdbscan"}
    assert (compared["seconds"] > 0).all() and compared["seconds"].sum() < 3
    for row in compared.itertuples():
        sizes = [int(n) for n in row.sizes.split(" / ")]
        assert len(sizes) == row.clusters and sizes == sorted(sizes, reverse=True)
        assert sum(sizes) + round(row.noise_share * 400) == 400 == row.customers
        assert (row.largest_share, row.smallest_share) == (sizes[0] / 400, sizes[-1] / 400)


def test_algorithms_that_are_told_k_find_the_planted_groups_where_they_are_apart(compared):
    told = compared.loc[["kmeans", "gaussian_mixture", "ward", "k_medoids"]].xs("log", level="scaling")
    assert (told["sizes"].str.split(" / ").str[-1].astype(int) > 90).all(), told["sizes"]


def test_dbscan_by_its_rule_equals_scikit_learn_alone(compared):
    places = scaled(planted(), "log")
    row = compared.loc[("dbscan", "log")]
    distances = np.sort(NearestNeighbors(n_neighbors=6).fit(places).kneighbors(places)[0][:, 5])
    y = (distances - distances[0]) / (distances[-1] - distances[0])
    eps = distances[(np.arange(400) / 399 - y).argmax()]
    assert f"min_samples=6 (2 x features), eps={eps:.3f}" in row["parameters"]
    labels = DBSCAN(eps=eps, min_samples=6).fit_predict(places)
    assert row["noise_share"] == pytest.approx((labels == -1).mean()) and row["noise_share"] > 0
    kept = labels >= 0
    assert row["silhouette"] == pytest.approx(silhouette_score(places[kept], labels[kept]))


def test_the_silhouette_is_in_the_space_of_the_scaling(compared):
    for scaling in ("log", "standard"):
        frame, row = planted(), compared.loc[("kmeans", scaling)]
        found = comparison.kmeans(scaled(frame, scaling), 4, 42).labels_
        assert row["silhouette"] == pytest.approx(silhouette_score(scaled(frame, scaling), found))


def test_all_noise_is_no_cluster():
    figures = comparison._figures(np.zeros((5, 3)), np.full(5, -1))
    assert figures == {
        "clusters": 0, "noise_share": 1.0, "silhouette": None, "sizes": "", "largest_share": None,
        "smallest_share": None,
    }  # fmt: skip
    assert comparison._figures(np.zeros((5, 3)), np.zeros(5, dtype=int))["silhouette"] is None


def test_two_runs_and_shuffled_rows_differ_in_seconds_only(compared):
    again = compare(planted().sample(frac=1, random_state=3), *GIVEN).set_index(["algorithm", "scaling"])
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), compared.drop(columns="seconds"))


def test_the_fingerprint_tells_what_the_figures_depend_on(monkeypatch):
    frame = planted()
    mark = fingerprint(frame, *GIVEN)
    assert mark == fingerprint(frame.sample(frac=1, random_state=1), *GIVEN)
    others = [
        fingerprint(frame.assign(monetary=frame["monetary"] + 0.01), *GIVEN),
        *(fingerprint(frame, *given) for given in (("standard", 4, 0.02, 42), ("log", 5, 0.02, 42))),
        *(fingerprint(frame, *given) for given in (("log", 4, 0.03, 42), ("log", 4, 0.02, 43))),
    ]
    monkeypatch.setattr(comparison, "RULES", 0)
    assert mark not in others and mark != fingerprint(frame, *GIVEN)


@pytest.fixture
def month(session) -> None:
    """A month whose types were fitted in it, in a warehouse."""
    frame = planted(200)
    made = ", ".join(f"{v} as {n}" for n, v in {"month": "date '2021-03-01'", "as_of": "date '2021-03-31'"}.items())
    session.connection.register("frame", frame)
    session.execute(
        f"""insert into rfm_scores by name
        select {made}, customer_id, recency_days, frequency, monetary from frame"""
    )
    session.execute(f"insert into cluster_assignments by name select {made}, customer_id, 'a' as segment_id from frame")
    session.execute(
        f"insert into cluster_models by name select {made}, date '2021-03-31' as fitted_as_of, 4 as k, 'log' as scaling"
    )


def store(session, **settings) -> pd.DataFrame:
    staged = asset.staged(at_work(session, TABLE, "2021-03-01", **settings))
    session.execute("delete from cluster_comparison")
    session.execute(f"insert into cluster_comparison select * from {staged}")
    return session.frame("select * from cluster_comparison order by algorithm, scaling")


def test_a_month_made_again_keeps_its_rows_and_other_settings_are_measured_anew(session, month):
    first = store(session)
    assert len(first) == 8 and not session.violations(CONTRACTS[TABLE], TABLE)
    pd.testing.assert_frame_equal(store(session), first)  # seconds too
    other = store(session, seed=7)
    assert set(other["fingerprint"]).isdisjoint(first["fingerprint"]) and not other["seconds"].equals(first["seconds"])


def test_the_engine_draws_the_sample_that_python_would(session, month, monkeypatch):
    for module in (asset, comparison):
        monkeypatch.setattr(module, "SAMPLE", 50)
    drawn = asset._drawn(at_work(session, TABLE, "2021-03-01"))
    expected = comparison._sample(planted(200), 42)
    assert len(drawn) == 50
    assert drawn["customer_id"].tolist() == expected["customer_id"].tolist()
    np.testing.assert_array_equal(drawn[["frequency", "monetary"]], expected[["frequency", "monetary"]])


def test_a_month_that_reuses_a_model_has_no_rows(session, month):
    store(session)
    session.execute("update cluster_models set fitted_as_of = date '2021-02-28'")
    assert store(session).empty
    session.execute("delete from cluster_models")
    assert store(session).empty
