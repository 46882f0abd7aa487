"""Scoring: every new customer once, the same whatever the batches, and nobody where the customers are others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import columns
from crm_assets.contracts.feature_sets import model_columns
from crm_assets.defs.prediction import new_customer_predictions as asset
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.months import Snapshot
from crm_assets.prediction import new_customers as reading
from crm_assets.prediction import scoring
from crm_assets.prediction.latent_type import LatentTypeModel, fit_rows
from crm_assets.prediction.model_of_month import InUse, decide
from crm_assets.prediction.model_rows import Recipe, labelled_rows
from crm_assets.prediction.registry import model_in_use, write_model
from crm_assets.warehouse import Session
from crm_assets_tests import lifecycles
from crm_assets_tests.conftest import Shop

AS_OF, MONTH = pd.Timestamp("2021-12-31"), pd.Timestamp("2021-12-01")
NEW = 240  # customers with one to three receipts, half of them seen this month
NOBODY = pd.DataFrame()
KINDS = np.array(["corona_averse", "master", "novice"])


def shoppers(size: int, seed: int, cutoff: str, receipts: int | np.ndarray, prefix: str) -> pd.DataFrame:
    """Rows of the feature table, in which amount and partner tell the type."""
    rng = np.random.default_rng(seed)
    kind = np.arange(size) % 3
    known = pd.DataFrame(
        {
            "month": MONTH,
            "as_of": AS_OF,
            "customer_id": [f"{prefix}{i:05}" for i in range(size)],
            "cutoff": cutoff,
            "cutoff_at": np.where(np.arange(size) % 2 == 0, MONTH + pd.Timedelta(days=9), MONTH - pd.Timedelta(days=9)),
            "receipts": receipts,
            "receipt_amount_mean": rng.normal(100 + 40 * kind, 15).round(2),
            "purchase_hour_mean": rng.uniform(8, 20, size).round(1),
            "partner_mode": np.where(rng.random(size) < 0.8, np.array(["A01", "A02", "A03"])[kind], "A04"),
            "gender": np.where(rng.random(size) < 0.1, None, np.where(rng.random(size) < 0.5, "female", "male")),
            "wallet_user": pd.array(rng.integers(0, 2, size), dtype="Int64"),
        }
    )
    return known.reindex(columns=["month", "as_of", "customer_id", "cutoff", "cutoff_at", "receipts", *model_columns()])


def insert(session: Session, table: str, rows: pd.DataFrame) -> None:
    session.connection.register("rows", rows)
    session.connection.execute(f"insert into {table} by name select * from rows")
    session.connection.unregister("rows")


@pytest.fixture(scope="module")
def model() -> LatentTypeModel:
    features = pd.concat([shoppers(300, int(cut), cut, int(cut), "E") for cut in ("1", "2", "3")], ignore_index=True)
    labels = pd.Series(KINDS[np.arange(300) % 3], index=[f"E{i:05}" for i in range(300)])
    recipe = Recipe(tuple(model_columns(dates=False)))
    return fit_rows(labelled_rows(features, labels, ("1", "2", "3")), recipe, seed=42)


@pytest.fixture
def settings(tmp_path: Path) -> SettingsResource:
    return SettingsResource(data_dir=str(tmp_path), model_features="seed", min_probability=0.75)


@pytest.fixture
def shop(warehouse, settings, model) -> WarehouseResource:
    """A warehouse with existing and new customers, claims, purchases, and the model that is in use."""
    with warehouse.session() as session:
        insert(session, "feature_table", shoppers(NEW, 9, "as_of", 1 + np.arange(NEW) % 3, "N"))
        insert(session, "feature_table", shoppers(50, 10, "as_of", 5, "E"))
        insert(session, "feature_table", shoppers(50, 10, "1", 1, "E"))
        lifecycles.as_told_by(session)
        session.execute(
            """insert into segment_claims by name
            select date '2021-12-01' as month, t.id as segment_id, m.measure, m.category, m.direction,
                true as allowed, 1 as rank
            from (values ('master'), ('novice')) t(id),
            (values ('frequency', '', 'above'), ('category_share', 'meat', 'above')) m(measure, category, direction)
            where t.id = 'master' or m.measure = 'frequency'"""
        )
        session.execute("insert into products by name select 'P1' as product_id, 'fruit' as category_major")
        session.execute(
            """insert into raw_transactions by name select date '2021-12-01' as month, 'N00001' as customer_id,
            'product' as record_type, 'P1' as product_id, cast(5 as decimal(18, 2)) as amount"""
        )
        snapshot = settings.snapshot("2021-12-01")
        made_for = reading.reference(session, snapshot, settings, model, NOBODY, None)
        use(session, write_model(replace(model, reference=made_for), date(2021, 10, 31), settings))
    return WarehouseResource(database=warehouse.database, lock_wait_seconds=1)


def use(session: Session, in_use: InUse) -> None:
    session.execute("delete from lightgbm_model")
    session.execute(
        """insert into lightgbm_model by name select date '2021-12-01' as month, date '2021-12-31' as as_of,
        'reused' as status, 'test' as reason, cast(:trained as date) as trained_as_of, 300 as customers, 900 as rows,
        '' as features, '' as unavailable, :path as path, :digest as sha256""",
        trained=in_use.trained_as_of,
        path=in_use.path,
        digest=in_use.sha256,
    )


def run(shop: WarehouseResource, settings: SettingsResource, ok: bool = True) -> dg.ExecuteInProcessResult:
    result = dg.materialize(
        [asset.new_customer_predictions],
        partition_key="2021-12-01",
        resources={"settings": settings, "warehouse": shop},
        raise_on_error=ok,
    )
    assert result.success is ok
    return result


def stored(shop: WarehouseResource) -> pd.DataFrame:
    with shop.session() as session:
        return session.frame("select * from new_customer_predictions order by customer_id")


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {e.check_name: e.passed for e in result.get_asset_check_evaluations()}


def test_every_new_customer_once_with_what_is_expected_of_it(shop, settings):
    result = run(shop, settings)
    assert checks(result) == {"contract": True, "features_stable": True, "shares_stable": True}
    made = stored(shop)
    assert made["customer_id"].tolist() == [f"N{i:05}" for i in range(NEW)]
    assert set(made["min_probability"]) == {0.75}
    assert (made["abstained"] == (made["probability"] < 0.75)).all() and 0 < made["abstained"].sum() < NEW / 2
    sure = made[~made["abstained"]]
    truth = KINDS[np.arange(NEW) % 3]
    assert (sure["segment_id"] == truth[sure.index]).mean() > 0.8
    own = made["customer_id"] == "N00001"
    assert made[own][["interest", "interest_source"]].to_numpy().tolist() == [["fruit", "own"]]
    by_type = sure[~own[sure.index]].groupby("segment_id")[["interest", "loyalty", "purchasing_power"]]
    said = {name: [set(g[c].dropna()) for c in g] for name, g in by_type}
    assert said["master"] == [{"meat"}, {"high"}, set()]  # its spend was not compared
    assert said["novice"] == [set(), {"high"}, set()]
    assert said["corona_averse"] == [set(), set(), set()]  # not compared at all
    unsure = made[made["abstained"] & ~own]
    assert unsure[["interest", "interest_source", "loyalty", "purchasing_power"]].isna().all(axis=None)
    metadata = result.asset_materializations_for_node("new_customer_predictions")[0].metadata
    assert metadata["abstained"].value == pytest.approx(made["abstained"].mean(), abs=0.001)


def test_contributions_sum_to_the_margin_and_tell_values(shop, settings):
    run(shop, settings)
    with shop.session() as session:
        amounts = dict(
            session.rows("select customer_id, receipt_amount_mean from feature_table where cutoff = 'as_of'")
        )
    for row in stored(shop).head(30).itertuples():
        told = json.loads(row.reasons)
        total = told["base"] + told["rest"] + sum(r["contribution"] for r in told["top"])
        assert total == pytest.approx(row.margin, abs=1e-5)
        for reason in told["top"]:
            if reason["column"] == "receipt_amount_mean":
                assert reason["value"] == amounts[row.customer_id]


@pytest.mark.parametrize(("batch", "halves"), [(50, 2), (NEW, 1), (NEW - 1, 3)])
def test_batches_and_threads_change_no_byte(shop, settings, monkeypatch, batch: int, halves: int):
    run(shop, settings)
    whole = stored(shop)
    monkeypatch.setattr("crm_assets.defs.prediction.new_customer_predictions.BATCH", batch)
    monkeypatch.setattr(scoring, "HALVES", halves)
    sizes, kept = [], scoring._in_halves
    monkeypatch.setattr(scoring, "_in_halves", lambda rows, **known: sizes.append(len(rows)) or kept(rows, **known))
    run(shop, settings)
    pd.testing.assert_frame_equal(stored(shop), whole)
    assert max(sizes) <= batch and sum(sizes) == NEW


@pytest.mark.parametrize(
    ("harm", "failed", "told"),
    [
        (
            "update feature_table set receipt_amount_mean = receipt_amount_mean * 1000 where cutoff = 'as_of'",
            "features_stable",
            "receipt_amount_mean, PSI ",
        ),
        (
            "update feature_table set partner_mode = 'Z99' where cutoff = 'as_of'",
            "features_stable",
            "partner_mode, PSI",
        ),
    ],
)
def test_other_customers_than_the_model_was_made_for_are_not_scored(shop, settings, harm: str, failed: str, told: str):
    run(shop, settings)
    assert drift_of(shop) == set() and len(stored(shop)) == NEW
    with shop.session() as session:
        session.execute(harm)
    result = run(shop, settings)
    assert checks(result)[failed] is False
    check = next(e for e in result.get_asset_check_evaluations() if e.check_name == failed)
    for word in (told, " → ", "CRM_RETRAIN=true crm refresh --months"):
        assert word in check.description
    assert stored(shop).empty and drift_of(shop) == {told.split(",")[0]}
    loose = SettingsResource(**{**settings.model_dump(), "scoring_drift_psi": 50.0})
    run(shop, loose)
    assert len(stored(shop)) == NEW and drift_of(shop) == set()


def drift_of(shop: WarehouseResource) -> set[str]:
    """The columns that the month's table of drift calls moved."""
    with shop.session() as session:
        rows = session.rows("select name, moved from scoring_drift")
    assert rows
    return {name for name, moved in rows if moved}


def test_other_shares_of_types_are_not_stored(shop, settings, model):
    """The columns are as they were; the model says another type of everybody."""
    with shop.session() as session:
        snapshot = settings.snapshot("2021-12-01")
        made_for = reading.reference(session, snapshot, settings, model, NOBODY, None)
        counts = made_for["predicted types"]["counts"]
        made_for["predicted types"]["counts"] = [0.0, 0.0, sum(counts), 0.0, 0.0]
        use(session, write_model(replace(model, reference=made_for), date(2021, 10, 31), settings))
    result = run(shop, settings)
    assert checks(result) == {"contract": True, "features_stable": True, "shares_stable": False}
    assert stored(shop).empty and drift_of(shop) == {"predicted types"}


def test_customers_not_seen_this_month_cannot_hide_a_new_till(shop, settings, model):
    """What is written since this month is a third of all new customers, and half of those would not show it."""
    with shop.session() as session:
        session.execute(
            "update feature_table set receipt_amount_mean = 1000 * receipt_amount_mean where cutoff = 'as_of' "
            "and cutoff_at < month"
        )
        assert reading.drifted(session, *asked_for(settings), in_use(session, settings)) is None
        session.execute(
            "update feature_table set receipt_amount_mean = 1000 * receipt_amount_mean where cutoff = 'as_of' "
            "and cutoff_at >= month and customer_id > 'N00100'"
        )
        assert "receipt_amount_mean" in reading.drifted(session, *asked_for(settings), in_use(session, settings))
        assert reading.drifted(session, *asked_for(settings), None) is None


def test_of_very_many_customers_drift_is_measured_on_a_part(shop, settings, model, monkeypatch):
    monkeypatch.setattr(reading, "SAMPLE", 50)
    with shop.session() as session:
        made = reading.reference(session, *asked_for(settings), model, NOBODY, None)
        again = reading.reference(session, *asked_for(settings), model, NOBODY, None)
    assert made == again and sum(made["gender"]["counts"]) == 40  # every third of 120


def test_a_month_without_a_model_scores_nobody_and_fails_no_check(shop, settings):
    with shop.session() as session:
        session.execute("update lightgbm_model set path = null, status = 'none'")
    assert all(checks(run(shop, settings)).values())
    assert stored(shop).empty


def test_drift_on_too_few_customers_to_learn_from_keeps_the_model_and_stops_scoring(shop, settings):
    """The one way in which scoring stops beside a drift that the training rows do not show."""
    labels = pd.Series(np.repeat(KINDS, 10), index=[str(i) for i in range(30)])
    with shop.session() as session:
        earlier = in_use(session, settings)
        session.execute("update feature_table set partner_mode = 'Z99' where receipts <= 3")
        moved = reading.drifted(session, *asked_for(settings), earlier)
    decision = decide(labels, earlier, None, settings, date(2021, 12, 31), moved)
    assert decision.status == "reused" and decision.reason.startswith("drift of partner_mode, PSI ")
    assert "but too little history" in decision.reason
    run(shop, settings)
    assert stored(shop).empty and drift_of(shop) == {"partner_mode"}


def test_drift_that_training_cannot_follow_is_accepted_by_hand_alone(shop, settings, model):
    """A till writes amounts in thousands: models trained after it learn from receipts written before."""
    training = shoppers(300, 3, "1", 1, "E")
    with shop.session() as session:
        earlier = in_use(session, settings)
        session.execute("update feature_table set receipt_amount_mean = receipt_amount_mean / 1000 where receipts <= 3")
        made_for = reading.reference(session, *asked_for(settings), model, training, earlier)
        anew = replace(earlier, model=replace(model, reference=made_for))
        assert "receipt_amount_mean" in reading.drifted(session, *asked_for(settings), anew)
        by_hand = SettingsResource(**{**settings.model_dump(), "retrain": True})
        made_for = reading.reference(session, *asked_for(by_hand), model, training, earlier)
        anew = replace(earlier, model=replace(model, reference=made_for))
        assert reading.drifted(session, *asked_for(settings), anew) is None


def asked_for(settings: SettingsResource) -> tuple[Snapshot, SettingsResource]:
    return settings.snapshot("2021-12-01"), settings


def in_use(session: Session, settings: SettingsResource) -> InUse:
    return model_in_use(session, date(2021, 12, 1), settings)


def test_stage_frames_of_nothing_and_of_several(session: Session):
    contract = CONTRACTS["products"]
    names = [c.name for c in columns(contract)]
    frames = [pd.DataFrame({"product_id": [p]}).reindex(columns=names) for p in ("P1", "P2", "P3")]
    assert session.rows(f"select product_id from {session.stage_frames(contract, iter(frames))} order by 1") == [
        ("P1",),
        ("P2",),
        ("P3",),
    ]
    assert session.scalar(f"select count(*) from {session.stage_frames(contract, [])}") == 0


@pytest.mark.parametrize("name", ["demo_shop", "online_retail"])
def test_ordinary_months_ring_no_alarm(name: str, request: pytest.FixtureRequest):
    """Every month with a model has its new customers scored. Online Retail trains for no drift."""
    shop: Shop = request.getfixturevalue(name)
    models = shop.frame("select month, reason from lightgbm_model where path is not null order by month")
    scored = set(shop.frame("select distinct month from new_customer_predictions")["month"])
    assert len(models) and set(models["month"]) == scored
    if name == "online_retail":
        assert not models["reason"].str.contains("drift").any(), models["reason"].tolist()


def test_no_day_is_stated_that_the_model_has_not_learned_of(shop, settings, model):
    assert model.longest_exposure < settings.horizon_days  # the history is younger than the horizon
    run(shop, settings)
    assert set(stored(shop)["horizon_days"]) == {model.longest_exposure}
    run(shop, SettingsResource(data_dir=settings.data_dir, model_features="seed", horizon_days=20))
    assert set(stored(shop)["horizon_days"]) == {20}
