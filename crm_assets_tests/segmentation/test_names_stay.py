"""No segment changes its name: shuffled rows, permuted labels, 20 seeds, one more month; planted and real customers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from crm_assets.segmentation import cluster_model, clustering
from crm_assets.segmentation.naming import read_personas
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.online_retail_frames import online_retail_receipts, rfm
from crm_assets_tests.segmentation.names_stay import names_stay, renamed
from crm_assets_tests.segmentation.test_clustering import PERSONAS, fitted, planted

GENERIC = read_personas(PROJECT_DIR / "data" / "reference" / "personas" / "generic.yaml")
SEEDS = range(20)


def test_planted_customers_keep_their_names_under_20_seeds_and_a_month_later():
    months = [("2021-03-31", planted()), ("2021-04-30", planted(days_later=25))]
    names_stay("planted", months, PERSONAS, SEEDS)


def test_online_retail_keeps_its_names_under_20_seeds_and_a_month_later(real_data: Path):
    shop = online_retail_receipts(real_data)
    frames = [(day, rfm(shop, day)) for day in ("2011-10-31", "2011-11-30")]
    names_stay("Online Retail", [(d, f[f["frequency"] > 3]) for d, f in frames], GENERIC, SEEDS)


def test_permuted_labels_of_the_model_before_change_no_name():
    frame = planted()
    first = fitted(frame)
    expected = cluster_model.assign(fitted(frame, as_of="2021-04-30", previous=first), frame)
    for order in ([3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]):
        turned = replace(
            first,
            centroids=tuple(first.centroids[i] for i in order),
            segment_ids=tuple(first.segment_ids[i] for i in order),
        )
        again = cluster_model.assign(fitted(frame, as_of="2021-04-30", previous=turned), frame)
        pd.testing.assert_frame_equal(again[["customer_id", "segment_id"]], expected[["customer_id", "segment_id"]])


def test_swapped_names_would_be_seen():
    ours = pd.Series(["a", "a", "b", "c"], index=list("wxyz"))
    assert renamed(ours, ours) == []
    assert renamed(ours, ours.map({"a": "b", "b": "a", "c": "c"})) == [("a", "b"), ("b", "a")]
    assert renamed(ours, ours.replace("c", "new")) == [("c", "new"), ("c", ""), ("new", "")]


def test_a_refit_of_online_retail_leaves_k_at_four(real_data: Path):
    """The reference figures' K is in use, and the rule asked again agrees."""
    month = "2011-12-31"
    shop = online_retail_receipts(real_data)
    frames = {day: rfm(shop, day) for day in ("2011-11-30", month)}
    existing = {day: f[f["frequency"] > 3] for day, f in frames.items()}
    before = clustering.fit(existing["2011-11-30"], as_of="2011-11-30", personas=GENERIC)
    after = clustering.fit(existing[month], as_of=month, personas=GENERIC, previous=before)
    print(before.k_reason, "|", after.k_reason, "|", dict(zip(after.segment_ids, after.jaccard, strict=True)))
    assert (before.k, after.k) == (4, 4)
    assert after.k_reason.startswith("K=4 stays; by the rule: elbow of inertia at K=4")
    assert sorted(after.segment_ids) == sorted(before.segment_ids)
