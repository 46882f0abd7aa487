"""A month's types: which model it uses and why, a new behaviour that is seen, ids that end and return, outliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from crm_assets.segmentation import cluster_model, cluster_quality
from crm_assets.segmentation.types_of_month import TypesOfMonth, types_of_month
from crm_assets.settings import Settings
from crm_assets_tests.segmentation.test_clustering import PERSONAS, fitted, planted

CUSTOMERS = 1_000
# Days, receipts, spend between known marginals: each feature alone looks like one of the four planted groups.
FIFTH = (150, 25, 3_000)


def month(frame: pd.DataFrame, previous=None, before: pd.DataFrame | None = None, **settings) -> TypesOfMonth:
    return types_of_month(frame, previous, Settings(**settings), PERSONAS, "2021-04-30", before)


def with_fifth(share: float, seed: int = 9, medians: tuple[float, ...] = FIFTH) -> pd.DataFrame:
    """Ordinary customers of another month, and beside them ``share`` as many of a fifth kind."""
    draw, new = np.random.default_rng(seed), int(share * CUSTOMERS)
    values = np.array(medians) * np.exp(draw.normal(0, 0.18, (new, 3)))
    fifth = pd.DataFrame(
        {
            "customer_id": [f"D{i:05d}" for i in range(new)],
            "recency_days": values[:, 0].round(),
            "frequency": values[:, 1].round(),
            "monetary": values[:, 2].round(2),
            "planted": "fifth",
        }
    )
    return pd.concat([planted(CUSTOMERS, seed=seed), fifth], ignore_index=True)


@pytest.fixture(scope="module")
def first() -> TypesOfMonth:
    return month(planted(CUSTOMERS))


def metrics(types: TypesOfMonth, protocol: str, part: str) -> dict[str, float]:
    rows = types.metrics[(types.metrics["protocol"] == protocol) & (types.metrics["slice"] == part)]
    return rows.set_index("metric")["value"].to_dict()


def test_an_ordinary_month_reuses_the_model(first):
    for seed in range(2, 12):
        later = month(planted(CUSTOMERS, seed=seed), first.model)
        assert later.reason.startswith("reused: PSI") and later.model is first.model and not later.is_new


@pytest.mark.parametrize("share", [0.15, 0.2])
def test_a_planted_new_behaviour_triggers_a_refit_and_gets_an_id_of_its_own(first, share):
    """R, F and M alone stay below the alarm: the distance to the nearest centre sees it."""
    frame = with_fifth(share)
    psi = cluster_quality.drift(first.model, frame)
    assert max(psi["recency_days"], psi["frequency"], psi["monetary"]) < 0.25 < psi["distance"]
    later = month(frame, first.model)
    assert later.reason.startswith(f"refit: drift, PSI {psi['distance']:.3f} of the distance to the centre above 0.25")
    assert later.model.k == 5 and set(first.model.segment_ids) < set(later.model.segment_ids)
    found = later.assignments.merge(frame, on="customer_id")
    (new,) = set(later.model.segment_ids) - set(first.model.segment_ids)
    assert (found.loc[found["planted"] == "fifth", "segment_id"] == new).mean() > 0.98
    old = found[found["planted"] != "fifth"]
    assert (old["segment_id"] == old["planted"]).mean() > 0.98


def test_an_id_that_ended_returns_to_its_behaviour_only():
    with_five = month(with_fifth(0.2), month(planted(CUSTOMERS)).model).model
    (fifth,) = [i for i in with_five.segment_ids if "loyalty" in i]
    four = month(planted(CUSTOMERS), with_five).model
    assert four.k == 4 and fifth not in four.segment_ids and list(four.ended) == [fifth]
    again = month(with_fifth(0.2, seed=3), four).model
    assert fifth in again.segment_ids and not again.ended
    # What comes elsewhere gets another id, though the words for its place would be the same.
    elsewhere = replace(four, ended={fifth: [2.0, 200.0, 90_000.0]})
    other = month(with_fifth(0.2, seed=3), elsewhere).model
    assert other.k == 5 and fifth not in other.segment_ids and f"{fifth}-2" in other.segment_ids
    assert list(other.ended) == [fifth]


def test_a_persona_is_no_name_for_whatever_comes():
    """Three types with their names; the fourth is no novice, so it does not get the one that is left."""
    frame = planted(CUSTOMERS)
    three = fitted(frame[frame["planted"] != "novice"], k=3)
    assert set(three.segment_ids) == {"corona_averse", "pro", "master"}
    fifth = with_fifth(0.3, medians=(3, 900, 400_000))
    later = fitted(fifth[fifth["planted"] != "novice"], previous=three, k=4)
    assert set(three.segment_ids) < set(later.segment_ids) and "novice" not in later.segment_ids
    assert "novice" in fitted(frame, previous=three, k=4).segment_ids


def test_agreement_with_the_month_before_is_on_the_customers_of_both(first):
    before = first.assignments[["customer_id", "segment_id"]].head(700)
    later = month(planted(CUSTOMERS, seed=2).iloc[200:], first.model, before)
    both = before.merge(later.assignments, on="customer_id")
    expected = {
        "adjusted_rand": adjusted_rand_score(both["segment_id_x"], both["segment_id_y"]),
        "matched_share": (both["segment_id_x"] == both["segment_id_y"]).mean(),
    }
    assert metrics(later, "stability", "month_before") == pytest.approx(expected)
    rows = later.metrics[later.metrics["slice"] == "month_before"]
    assert set(rows["base"]) == {500} and not metrics(later, "stability", "refit")
    assert not metrics(month(planted(400), None, before.iloc[:0]), "stability", "month_before")


def test_a_refit_tells_how_far_the_old_model_agrees(first):
    frame = with_fifth(0.2)
    later = month(frame, first.model)
    old = cluster_model.assign(first.model, frame).set_index("customer_id")["segment_id"]
    new = later.assignments.set_index("customer_id")["segment_id"]
    found = metrics(later, "stability", "refit")
    assert found["matched_share"] == pytest.approx((old == new.reindex(old.index)).mean())
    assert 0.7 < found["matched_share"] < 0.9  # the fifth kind has left the four
    assert metrics(later, "stability", "novice")["jaccard"] > 0.9


def test_the_scan_and_the_quantiles_of_the_silhouette_are_stored(first):
    values = silhouette_samples(cluster_model.scaled(planted(CUSTOMERS), "log"), first.assignments["segment_id"])
    for segment, rows in first.assignments.assign(expected=values).groupby("segment_id"):
        found = metrics(first, "snapshot", segment)
        names = [f"silhouette_p{q:02}" for q in range(0, 101, 5)]
        quantiles = rows["expected"].quantile(np.arange(21) / 20).tolist()
        np.testing.assert_allclose([found[n] for n in names], quantiles, atol=1e-9)
    parts = [metrics(first, "k_scan", f"4/{place}") for place in range(1, 5)]
    assert sum(p["size_share"] for p in parts) == pytest.approx(1) and "size_share" not in metrics(first, "k_scan", "4")
    weighted = sum(p["size_share"] * p["silhouette"] for p in parts)
    assert weighted == pytest.approx(metrics(first, "k_scan", "4")["silhouette"])


def test_outliers_are_beyond_the_outer_fence_and_tell_in_what(first):
    frame = planted(CUSTOMERS).set_index("customer_id")
    moved = {"master": ("monetary", 400), "pro": ("frequency", 60), "corona_averse": ("recency_days", 9)}
    victims = {frame.index[frame["planted"] == group][0]: there for group, there in moved.items()}
    for customer, (column, times) in victims.items():
        frame[column] = frame[column].astype(float)
        frame.loc[customer, column] *= times
    types = month(frame.reset_index(), first.model)
    rows = types.assignments.set_index("customer_id")
    by_type = rows.groupby("segment_id")["distance"]
    lower, upper = by_type.transform("quantile", 0.25), by_type.transform("quantile", 0.75)
    expected = rows["distance"] > upper + 3 * (upper - lower)
    assert (rows["is_outlier"] == expected).all() and set(victims) <= set(rows.index[expected])
    assert {c: rows.at[c, "outlier_feature"] for c in victims} == {c: f for c, (f, _) in victims.items()}
    assert rows.loc[~expected, "outlier_feature"].isna().all()
    assert metrics(types, "snapshot", "all")["outliers"] == expected.sum() < 30


def test_too_few_customers_have_no_types_and_no_figures():
    none = month(planted(100))
    assert none.model is None and none.assignments.empty and none.metrics.empty
    assert list(none.assignments) == list(month(planted(400)).assignments)
