"""Types of customers: the reference figures, the rule for K, stable ids, drift, and the same bytes every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_samples

from crm_assets.segmentation import cluster_quality
from crm_assets.segmentation.cluster_model import FEATURES, ClusterModel, assign
from crm_assets.segmentation.cluster_quality import drift, silhouettes
from crm_assets.segmentation.clustering import fit
from crm_assets.segmentation.k_choice import choose_k, scan_k, silhouette_values
from crm_assets.segmentation.naming import read_personas
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.statistics.stability import profile, stability_index
from crm_assets_tests.online_retail_frames import online_retail_receipts, rfm

PERSONAS = read_personas(PROJECT_DIR / "data" / "reference" / "personas" / "lpoint.yaml")
DRIFT_PSI = Settings.model_fields["drift_psi"].default
# Medians of days, receipts and spend of four planted groups, named as their places say.
PLANTED = {
    "corona_averse": (300, 6, 80),
    "novice": (40, 8, 250),
    "pro": (20, 60, 500),
    "master": (15, 70, 9_000),
}


def planted(size: int = 400, seed: int = 1, days_later: int = 0) -> pd.DataFrame:
    """Customers of the four groups, equally many, with the group they were planted in."""
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(size) % len(PLANTED))
    medians = np.array(list(PLANTED.values()), dtype=float)[group]
    values = medians * np.exp(rng.normal(0, 0.18, (size, 3)))
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(size)],
            "recency_days": values[:, 0].round() + days_later,
            "frequency": values[:, 1].round(),
            "monetary": values[:, 2].round(2),
            "planted": np.array(list(PLANTED))[group],
        }
    )


def fitted(frame: pd.DataFrame, **given) -> ClusterModel:
    return fit(frame, **{"as_of": "2021-03-31", "personas": PERSONAS, **given})


@pytest.fixture(scope="module")
def first() -> ClusterModel:
    return fitted(planted(), k=4)


@pytest.fixture(scope="module")
def shop(real_data):
    """Receipts of Online Retail."""
    return online_retail_receipts(real_data)


@pytest.mark.parametrize(
    ("population", "scaling", "silhouette", "sizes"),
    [
        ("all", "standard", 0.616, [3060, 1061, 204, 13]),
        ("all", "log", 0.379, [1450, 1377, 938, 573]),
        ("existing", "standard", 0.643, [1287, 161, 50, 4]),
        ("existing", "log", 0.349, [696, 521, 144, 141]),
    ],
)
def test_online_retail_gives_the_reference_figures(shop, population, scaling, silhouette, sizes):
    frame = rfm(shop, "2011-12-31")
    frame = frame if population == "all" else frame[frame["frequency"] > 3]
    assert len(frame) == {"all": 4338, "existing": 1502}[population]
    model = fitted(frame, as_of="2011-12-31", scaling=scaling, k=4, seed=42)
    assignment = assign(model, frame)
    assert sorted(assignment["segment_id"].value_counts(), reverse=True) == sizes
    assert round(silhouettes(model, frame, assignment, 42).mean(), 3) == silhouette
    by_rule, _ = choose_k(model.k_scan, 0.02)
    assert by_rule == (4 if scaling == "log" else 2)


def test_online_retail_keeps_its_ids_a_month_later(shop):
    """The two models agree on the customers of one day. From day to day 20 % move, under a frozen model too."""
    earlier, later = (rfm(shop, day) for day in ("2011-10-31", "2011-11-30"))
    earlier, later = earlier[earlier["frequency"] > 3], later[later["frequency"] > 3]
    before = fitted(earlier, as_of="2011-10-31")
    after = fitted(later.sample(frac=1, random_state=3), as_of="2011-11-30", previous=before)
    assert sorted(after.segment_ids) == sorted(before.segment_ids) and after.k == before.k
    agreed = assign(before, later)["segment_id"] == assign(after, later)["segment_id"]
    assert agreed.mean() > 0.95


def test_planted_groups_are_found_and_named_by_their_profile(first):
    frame = planted()
    found = assign(first, frame).merge(frame, on="customer_id")
    assert (found["segment_id"] == found["planted"]).mean() > 0.98


def test_two_fits_and_shuffled_rows_give_the_same_bytes(first):
    frame = planted()
    assert fitted(frame, k=4).to_json() == first.to_json()
    assert fitted(frame.sample(frac=1, random_state=5), k=4).to_json() == first.to_json()
    pd.testing.assert_frame_equal(assign(first, frame), assign(first, frame.sample(frac=1, random_state=5)))


def test_a_model_survives_its_text(first):
    read = ClusterModel.from_json(first.to_json())
    assert read == first and read.to_json() == first.to_json()
    pd.testing.assert_frame_equal(assign(read, planted()), assign(first, planted()))


def test_another_text_is_refused():
    with pytest.raises(ValueError, match="not a cluster model"):
        ClusterModel.from_json('{"k": 4}')


def test_a_refit_carries_the_ids_whatever_the_order_of_the_types(first):
    """Ids of the previous model follow the customers, even when they do not say what the profile says."""
    order = [2, 0, 3, 1]
    turned = replace(
        first,
        centroids=tuple(first.centroids[i] for i in order),
        segment_ids=tuple(f"old_{first.segment_ids[i]}" for i in order),
    )
    frame = planted(days_later=12).sample(frac=1, random_state=2)
    again = fitted(frame, as_of="2021-04-30", previous=turned)
    found = assign(again, frame).merge(frame, on="customer_id")
    assert again.k == 4
    assert (found["segment_id"] == "old_" + found["planted"]).mean() > 0.98


def test_an_id_stays_with_its_customers_when_the_mix_of_customers_moves():
    """Among its peers pro is the high type at first, the low one later; in receipts and spend it is the same."""
    frame = planted()
    before = fitted(frame[frame["planted"].isin(["novice", "pro"])], k=2)
    after = fitted(frame[frame["planted"].isin(["pro", "master"])], as_of="2021-04-30", previous=before)
    pros = frame[frame["planted"] == "pro"]
    ids = [assign(model, pros)["segment_id"].mode()[0] for model in (before, after)]
    assert ids[0] == ids[1]


def test_a_refit_with_another_scaling_keeps_the_ids(first):
    frame = planted()
    again = fitted(frame, scaling="standard", previous=first)
    found = assign(again, frame).merge(frame, on="customer_id")
    assert (found["segment_id"] == found["planted"]).mean() > 0.9


def test_a_refit_asks_the_rule_again_and_a_forced_k_wins(first):
    frame = planted()
    three = fitted(frame, k=3)
    grown = fitted(frame, previous=three)
    assert grown.k == 4 and grown.k_reason.startswith("K=3 becomes 4: ") and "by the rule: elbow" in grown.k_reason
    assert set(three.segment_ids) < set(grown.segment_ids)
    assert fitted(frame, previous=three, k_change_margin=0.9).k == 3
    more = fitted(frame, previous=first, k=6)
    assert more.k == 6 and set(first.segment_ids) < set(more.segment_ids) and len(set(more.segment_ids)) == 6
    fewer = fitted(frame, previous=first, k=2)
    assert fewer.k == 2 and set(fewer.segment_ids) < set(first.segment_ids)


def scan(inertia: list[float], shares: list[float]) -> list[dict]:
    return [{"k": k, "inertia": i, "smallest_share": s} for k, i, s in zip(range(2, 11), inertia, shares, strict=True)]


ELBOW_AT_5 = [100, 70, 45, 20, 17, 14, 11, 8, 5]


@pytest.mark.parametrize(
    ("shares", "forced", "k", "words"),
    [
        ([0.3] * 9, None, 5, "elbow of inertia at K=5"),
        ([0.3, 0.2, 0.05, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01], None, 4, "lowered to K=4"),
        ([0.3, 0.2, 0.01, 0.01, 0.05, 0.01, 0.01, 0.01, 0.01], None, 3, "lowered to K=3"),
        ([0.01] * 9, None, 2, "not reached"),
        ([0.01] * 9, 7, 7, "forced K=7; elbow of inertia at K=5"),
    ],
)
def test_the_rule_for_k(shares, forced, k, words):
    chosen, reason = choose_k(scan(ELBOW_AT_5, shares), 0.02, forced)
    assert chosen == k and words in reason


@pytest.mark.parametrize(
    ("in_use", "margin", "shares", "k", "words"),
    [
        (5, 0.02, [0.3] * 9, 5, "K=5 stays; by the rule: elbow of inertia at K=5"),
        (4, 0.02, [0.3] * 9, 5, "K=4 becomes 5: 0.138 deeper, above 0.02"),
        (4, 0.15, [0.3] * 9, 4, "K=4 stays: K=5 is 0.138 deeper, not above 0.15"),
        (6, 0.95, [0.3, 0.2, 0.1, 0.05, 0.009, 0, 0, 0, 0], 5, "K=6 becomes 5: its smallest share is 0.0090"),
        (6, 0.95, [0.3, 0.2, 0.1, 0.05, 0.011, 0, 0, 0, 0], 6, "K=6 stays"),
    ],
)
def test_the_k_in_use_gives_way_to_a_clearly_better_one_only(in_use, margin, shares, k, words):
    """Depths of ELBOW_AT_5 below the chord by hand: K=4 1 - 2/8 - 40/95 = 0.329, K=5 1 - 3/8 - 15/95 = 0.467."""
    chosen, reason = choose_k(scan(ELBOW_AT_5, shares), 0.02, in_use=in_use, margin=margin)
    assert chosen == k and words in reason
    assert choose_k(scan(ELBOW_AT_5, shares), 0.02, forced=7, in_use=in_use)[0] == 7


def test_distance_is_in_standard_deviations():
    model = ClusterModel(
        fitted_as_of="2021-03-31",
        scaling="log",
        means=(10.0, 0.0, 0.0),
        scales=(5.0, 1.0, 2.0),
        centroids=((0.0, 0.0, 0.0), (4.0, 0.0, 0.0)),
        segment_ids=("near", "far"),
        seed=1,
        customers=2,
        k_scan=(),
        k_reason="",
        jaccard=(1.0, 1.0),
        ended={},
        profile={},
    )
    frame = pd.DataFrame(
        {
            "customer_id": ["b", "a", "c"],
            "recency_days": [25, 10, 10],
            "frequency": [0, np.e**3 - 1, 0],
            "monetary": [0, np.e**8 - 1, -50],  # spend below zero counts as zero
        }
    )
    found = assign(model, frame)
    assert found["customer_id"].tolist() == ["a", "b", "c"]
    assert found["segment_id"].tolist() == ["near", "far", "near"]
    assert found["distance"].tolist() == pytest.approx([5.0, 1.0, 0.0])


def test_silhouettes_equal_scikit_learns():
    frame = planted()
    places = frame[list(FEATURES)].to_numpy()
    labelings = [np.arange(400) % 3, pd.Categorical(frame["planted"]).codes, np.r_[0, np.ones(399, dtype=int)]]
    for found, labels in zip(silhouette_values(places, labelings), labelings, strict=True):
        np.testing.assert_allclose(found, silhouette_samples(places, labels), atol=1e-9)
    assert np.isnan(silhouette_values(places, [np.zeros(400, dtype=int)])[0]).all()


def test_silhouettes_of_a_sample_stand_beside_their_customers(first, monkeypatch):
    frame = planted()
    assignment = assign(first, frame)
    whole = silhouettes(first, frame, assignment, 42)
    assert whole.notna().all() and whole.index.equals(assignment.index)
    shuffled = assignment.sample(frac=1, random_state=4)
    pd.testing.assert_series_equal(silhouettes(first, frame, shuffled, 42).sort_index(), whole)
    monkeypatch.setattr(cluster_quality, "SILHOUETTE_SAMPLE", 50)
    part = silhouettes(first, frame, assignment, 42)
    assert part.notna().sum() == 50
    pd.testing.assert_series_equal(part, silhouettes(first, frame, assignment, 42))
    assert not part.equals(silhouettes(first, frame, assignment, 43))


def test_the_scan_states_inertia_silhouette_and_smallest_share():
    places = np.repeat(np.array([[0.0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]]), [40, 30, 20, 10], axis=0)
    places = places + np.random.default_rng(0).normal(0, 0.01, places.shape)
    at_four = next(row for row in scan_k(places, 42) if row["k"] == 4)
    assert at_four["smallest_share"] == 0.1
    assert at_four["silhouette"] > 0.99
    assert [t["size_share"] for t in at_four["types"]] == [0.4, 0.3, 0.2, 0.1]
    assert min(t["silhouette"] for t in at_four["types"]) > 0.99
    assert at_four["inertia"] == pytest.approx(100 * 3 * 0.01**2, rel=0.3)


def test_drift_is_low_on_a_bootstrap_and_high_on_a_planted_shift(first):
    frame = planted()
    assert set(drift(first, frame)) == {*FEATURES, "distance"} and max(drift(first, frame).values()) == 0
    again = drift(first, frame.sample(frac=1, replace=True, random_state=6))
    assert min(again.values()) > 0 and max(again.values()) < DRIFT_PSI / 2
    assert drift(first, frame.assign(monetary=frame["monetary"] * 2.5))["monetary"] > DRIFT_PSI


def test_the_stability_index_of_a_hand_made_shift():
    then = profile(np.array([1.0] * 50 + [2.0] * 50))  # half in each bin; all decile edges are 1 or 2
    assert then == {"edges": [1.0, 2.0], "shares": [0.5, 0.5, 0.0]}
    now = np.array([1.0] * 90 + [2.0] * 10)
    assert stability_index(then, now) == pytest.approx(0.4 * np.log(0.9 / 0.5) - 0.4 * np.log(0.1 / 0.5))
    beyond = stability_index(then, np.array([1.0] * 50 + [2.0] * 40 + [3.0] * 10))
    assert beyond == pytest.approx((0.1 - 1e-4) * np.log(0.1 / 1e-4) - 0.1 * np.log(0.4 / 0.5))
    with pytest.raises(ValueError, match="needs values"):
        stability_index(then, np.array([]))


@pytest.mark.parametrize(
    ("frame", "given", "message"),
    [
        (planted(12), {}, "12 customers are too few"),
        (planted(40).assign(recency_days=1, frequency=2, monetary=3.0), {}, "only 1 different"),
        (planted(40).assign(monetary=np.nan), {}, r"\['monetary'\] hold missing"),
        (planted(40), {"scaling": "rank"}, "scaling 'rank'"),
        (planted(40), {"k": 11}, "k=11 is outside 2-10"),
    ],
)
def test_what_cannot_be_clustered_is_refused_with_a_remedy(frame, given, message):
    with pytest.raises(ValueError, match=message):
        fitted(frame, **given)
