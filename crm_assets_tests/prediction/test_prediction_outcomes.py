"""``prediction_outcomes``: who is judged, when and by what; the figures of the later-month check, by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score

from crm_assets.defs.prediction.prediction_outcomes import prediction_outcomes
from crm_assets.defs.resources import SettingsResource, WarehouseResource
from crm_assets.months import Snapshot, last_day, month_of
from crm_assets.prediction.calibration import calibration_error
from crm_assets.prediction.latent_type import LatentTypeModel
from crm_assets.prediction.outcomes import by_slice, by_type, figures, slices
from crm_assets.prediction.registry import write_model
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import insert
from crm_assets_tests.prediction.outcomes_shop import (
    APRIL,
    BY_HAND,
    FEBRUARY,
    JANUARY,
    MARCH,
    MAY,
    MONTHS,
    days,
    fill,
    outcomes,
    probability,
)

SHARES = {"A": 0.6, "B": 0.3, "C": 0.1}


def told(frame: pd.DataFrame) -> set[tuple]:
    return {
        (r.customer_id, r.outcome, r.predicted_month.date(), r.predicted_id, r.segment_id) for r in frame.itertuples()
    }


def test_every_month_equals_the_table_made_by_hand(session: Session):
    days(session)
    fill(session)
    for month in MONTHS:
        made = outcomes(session, month)
        assert told(made) == BY_HAND[month], month
        assert len(made) == len(BY_HAND[month])
        assert (made["month"] == pd.Timestamp(month)).all() and (made["as_of"] == pd.Timestamp(last_day(month))).all()
    slow = made[(made["customer_id"] == "slow") & (made["outcome"] == "first")].set_index("predicted_month")
    assert slow["receipts"].tolist() == [1, 1, 1, 3]
    assert slow["probability"].tolist() == [probability("slow", month) for month in MONTHS[:4]]
    assert slow["abstained"].tolist() == [True, False, False, False]
    assert slow["trained_as_of"].dt.date.tolist() == [last_day(month) for month in MONTHS[:4]]


def test_months_since_are_the_months_one_by_one(session: Session):
    days(session)
    fill(session)
    each = pd.concat([outcomes(session, month) for month in MONTHS if BY_HAND[month]])
    together = outcomes(session, MAY, since=JANUARY)
    assert len(together) == sum(map(len, BY_HAND.values()))
    keys = ["month", "customer_id", "outcome", "predicted_month"]
    pd.testing.assert_frame_equal(
        together.sort_values(keys, ignore_index=True), each.sort_values(keys, ignore_index=True)
    )


def test_later_months_change_nothing_and_a_month_made_again_is_the_same(session: Session):
    days(session)
    for place, month in enumerate(MONTHS):
        fill(session, [month])
        for earlier in MONTHS[: place + 1]:
            assert told(outcomes(session, earlier)) == BY_HAND[earlier], (month, earlier)


def test_a_random_shop_equals_plain_loops(session: Session):
    """Horizons of every length, customers of any fate."""
    draw = np.random.default_rng(5)
    customers = {
        f"C{i:03}": (
            draw.choice([0, 0, 1, 2, 4], 5).tolist(),
            "".join(draw.choice(list("AB--"), 5)),
            "".join(draw.choice(list("ABC-"), 5)),
        )
        for i in range(120)
    }
    days(session)
    fill(session, customers=customers)
    session.execute("delete from new_customer_predictions where receipts = 0")
    session.execute("update new_customer_predictions set horizon_days = 1 + (ascii(substr(customer_id, 4)) - 48) * 17")
    expected = set()
    for customer, (counts, named, true) in customers.items():
        horizon = 1 + int(customer[3]) * 17
        typed = [m for m in range(5) if true[m] != "-" and sum(counts[: m + 1]) > lifecycles.NEW_AT_MOST]
        for m in typed:
            for p in range(m):
                is_due = month_of(last_day(MONTHS[p]) + timedelta(days=horizon)) == MONTHS[m]
                for outcome, holds in (("first", m == typed[0]), ("horizon", is_due)):
                    if named[p] != "-" and sum(counts[: p + 1]) and holds:
                        expected.add((customer, outcome, MONTHS[p], named[p], true[m]))
    found = outcomes(session, MAY, since=JANUARY)
    assert told(found) == expected and len(found) == len(expected) > 100
    assert found["outcome"].value_counts().min() > 30


def test_each_month_says_itself_who_was_existing(session: Session):
    """With other limits a month takes others for existing: of the types that it gave, those of its own are true."""
    days(session)
    fill(session)
    lifecycles.count(session, Snapshot(MARCH, JANUARY, 12), new_customer_max_receipts=4)
    assert told(outcomes(session, MARCH)) == set()  # "quick" has four receipts
    assert told(outcomes(session, APRIL)) == BY_HAND[APRIL] | {
        ("quick", "first", JANUARY, "A", "B"),
        ("quick", "first", FEBRUARY, "B", "B"),
    }


# --- figures


def rows(truth: str, named: str, month: str = "2021-01-01", outcome: str = "first", **given: object) -> pd.DataFrame:
    """Outcome rows of customers c00, c01, … with one letter each."""
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i:03}" for i in range(len(truth))],
            "outcome": outcome,
            "predicted_month": pd.Timestamp(month),
            "receipts": 1,
            "predicted_id": list(named),
            "probability": 0.5,
            "abstained": False,
            "segment_id": list(truth),
        }
    )
    return frame.assign(**given)


def shares(**by_month: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({pd.Timestamp(f"2021-{m[1:]}-01"): s for m, s in by_month.items()}).T


def values(found: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    assert set(found["protocol"]) == {"later_month"}
    return found.set_index(["slice", "model", "metric"])["value"].to_dict()


def test_figures_equal_scikit_learn_and_baselines_by_hand():
    truth, named = "AAAAAABBCA", "AAABBBBBAA"
    found = figures(rows(truth, named), shares(m01=SHARES), seed=1)
    got = values(found)
    for name in ("first/2021-01", "first/all", "first/1"):
        expected = f1_score(list(truth), list(named), labels=list("ABC"), average="macro", zero_division=0)
        assert got[name, "latent_type", "macro_f1"] == pytest.approx(expected)
        assert got[name, "latent_type", "accuracy"] == accuracy_score(list(truth), list(named))
        assert got[name, "majority", "accuracy"] == 0.7  # A is the largest type in training
        assert got[name, "majority", "macro_f1"] == pytest.approx((2 * 7 / (10 + 7)) / 3)
    assert got["first/all", "hindsight", "accuracy"] == 0.7
    other = values(figures(rows(truth, named), shares(m01={"A": 0.1, "B": 0.8, "C": 0.1}), seed=1))
    assert other["first/all", "majority", "accuracy"] == 0.2  # B was the largest then, A proved to be
    assert other["first/all", "hindsight", "accuracy"] == 0.7
    assert other["first/all", "hindsight", "macro_f1"] == pytest.approx((2 * 7 / (10 + 7)) / 3)
    assert set(found["base"]) == {10}
    assert not found.duplicated(["slice", "model", "metric"]).any()


def test_the_baselines_know_the_training_customers_of_their_month_alone():
    """January's model was trained where B was the largest type, February's where A was."""
    both = pd.concat([rows("AB" * 500, "AB" * 500), rows("AB" * 500, "AB" * 500, "2021-02-01")])
    known = shares(m01={"A": 0.2, "B": 0.8}, m02={"A": 0.9, "B": 0.1})
    both.loc[both["predicted_month"] == "2021-02-01", "customer_id"] += "x"
    got = values(figures(both.sample(frac=1, random_state=1), known, seed=1))
    one_type_only = (2 / 3) / 2
    assert got["first/2021-01", "majority", "macro_f1"] == pytest.approx(one_type_only)
    assert got["first/all", "majority", "macro_f1"] == 0.5  # B, then A: half of each is right
    skewed = pd.concat([rows("B" * 1_000, "B" * 1_000), rows("A" * 1_000, "A" * 1_000, "2021-02-01")])
    got = values(figures(skewed, known, seed=1))
    assert got["first/2021-01", "prior", "accuracy"] == pytest.approx(0.8, abs=0.01)
    assert got["first/2021-02", "prior", "accuracy"] == pytest.approx(0.9, abs=0.01)
    assert got["first/all", "prior", "accuracy"] == pytest.approx(0.9, abs=0.01)  # each customer once: the last
    pd.testing.assert_frame_equal(figures(skewed, known, seed=1), figures(skewed.iloc[::-1], known, seed=1))


def test_pooled_each_customer_counts_once_by_its_last_prediction():
    early = rows("AAB", "BBB")
    late = rows("AAB", "AAB", "2021-02-01").iloc[1:].assign(receipts=3)
    horizon = rows("A", "B", outcome="horizon")
    parts = {name: part["customer_id"].tolist() for name, part in slices(pd.concat([late, horizon, early]))}
    assert parts == {
        "first/2021-01": ["c000", "c001", "c002"],
        "first/2021-02": ["c001", "c002"],
        "first/all": ["c000", "c001", "c002"],
        "first/1": ["c000"],
        "first/3": ["c001", "c002"],
        "horizon/2021-01": ["c000"],
        "horizon/all": ["c000"],
        "horizon/1": ["c000"],
    }
    got = values(figures(pd.concat([early, late, horizon]), shares(m01=SHARES, m02=SHARES), seed=1))
    assert got["first/2021-01", "latent_type", "accuracy"] == pytest.approx(1 / 3)
    assert got["first/all", "latent_type", "accuracy"] == pytest.approx(2 / 3)
    assert got["first/3", "latent_type", "accuracy"] == 1


def test_a_type_that_no_model_knew_is_a_miss_and_not_among_the_judged():
    """D came up later: accuracy counts it, macro-F1 is the mean over A, B and C."""
    found = values(figures(rows("AADD", "AAAB"), shares(m01=SHARES), seed=1))
    assert found["first/all", "latent_type", "accuracy"] == 0.5
    assert found["first/all", "latent_type", "macro_f1"] == pytest.approx((2 * 2 / (2 + 3) + 0 + 0) / 3)
    assert found["first/all", "majority", "accuracy"] == 0.5


def test_types_of_two_models_are_judged_together_when_pooled():
    both = pd.concat([rows("AB", "AB"), rows("AC", "AC", "2021-02-01").assign(customer_id=["d0", "d1"])])
    got = values(figures(both, shares(m01={"A": 0.5, "B": 0.5}, m02={"A": 0.5, "C": 0.5}), seed=1))
    for name in ("first/2021-01", "first/2021-02", "first/all"):
        assert got[name, "latent_type", "macro_f1"] == 1
    assert got["first/2021-02", "prior", "accuracy"] == pytest.approx(0.5, abs=0.3)


def test_abstention_and_the_error_of_what_was_stated():
    answered = rows("AB", "AA", abstained=[True, False], probability=[0.3, 0.9])
    found = figures(answered, shares(m01=SHARES), seed=1)
    got = values(found)
    assert got["first/all", "latent_type", "answered"] == 0.5
    assert got["first/all", "latent_type", "accuracy_answered"] == 0
    assert got["first/all", "hindsight", "accuracy_answered"] == 0  # of A and B, one each, the first
    assert set(found.loc[found["metric"] == "accuracy_answered", "base"]) == {1}
    assert ("first/all", "latent_type", "error") not in got
    silent = values(figures(answered.assign(abstained=True), shares(m01=SHARES), seed=1))
    assert silent["first/all", "latent_type", "answered"] == 0
    assert ("first/all", "latent_type", "accuracy_answered") not in silent
    many = rows("A" * 30 + "B" * 20, "A" * 50, probability=np.linspace(0.2, 0.9, 50))
    got = values(figures(many, shares(m01=SHARES), seed=1))
    right = np.arange(50) < 30
    assert got["first/all", "latent_type", "error"] == calibration_error(np.linspace(0.2, 0.9, 50), right) > 0.1
    assert ("first/all", "majority", "error") not in got


def test_a_month_without_shares_is_refused_and_no_outcomes_have_no_figures():
    with pytest.raises(ValueError, match="no shares of types for the predictions of 2021-02"):
        figures(rows("A", "A", "2021-02-01"), shares(m01=SHARES), seed=1)
    nothing = rows("", "").astype({"predicted_month": "datetime64[us]"})
    assert figures(nothing, pd.DataFrame(), seed=1).empty and by_type(nothing).empty


def test_what_stands_behind_the_figures_is_shown():
    early, late = rows("AAAB", "AABC"), rows("AAAB", "AACB", "2021-02-01")
    made = by_type(pd.concat([early, late])).set_index("segment_id")
    assert made.loc["A", ["customers", "share", "named", "right"]].tolist() == [3, 0.75, 2, 2]
    assert made.loc["B", ["customers", "share", "named", "right"]].tolist() == [1, 0.25, 1, 1]
    assert made.loc["C", ["customers", "share", "named", "right"]].tolist() == [0, 0, 1, 0]
    found = figures(pd.concat([early, late]), shares(m01=SHARES, m02=SHARES), seed=1)
    table = by_slice(found, "first").set_index("slice")
    assert list(table.index) == ["1", "all", "2021-01", "2021-02"] and (table["customers"] == 4).all()
    assert table.loc["all", "accuracy latent_type"] == 0.75 and table.loc["all", "accuracy majority"] == 0.75


# --- the asset


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    """A data folder with the hand-made shop, and the same model for all its months."""
    settings = Settings(data_dir=str(tmp_path))
    fit = {"features": (), "unavailable": (), "encoders": {}, "customers": 10, "rows": 30, "longest_exposure": 1}
    model = LatentTypeModel("tree", tuple(SHARES), SHARES, seed=1, **fit)
    kept = write_model(model, last_day(JANUARY), SettingsResource(**settings.model_dump()))
    with Warehouse(settings.database).session() as session:
        days(session)
        fill(session)
        registry = {"path": kept.path, "sha256": kept.sha256, "trained_as_of": kept.trained_as_of}
        insert(session, "lightgbm_model", [{"month": month, **registry} for month in MONTHS])
        insert(
            session, "model_metrics", [{"month": MAY, "model": "latent_type", "protocol": "cold_start", "slice": "1"}]
        )
    return settings


def make(settings: Settings, month: date, *, ok: bool = True) -> dg.ExecuteInProcessResult:
    resources = {
        "settings": SettingsResource(**settings.model_dump()),
        "warehouse": WarehouseResource(database=str(settings.database)),
    }
    done = dg.materialize(
        [prediction_outcomes], resources=resources, partition_key=month.isoformat(), raise_on_error=ok
    )
    assert done.success is ok
    return done


def stored(settings: Settings, table: str) -> pd.DataFrame:
    with Warehouse(settings.database).session() as session:
        return session.frame(f"select * from {table} order by all")


def test_a_month_is_written_with_the_figures_of_every_outcome_so_far(shop: Settings):
    done = make(shop, MAY)
    assert told(stored(shop, "prediction_outcomes")) == BY_HAND[MAY]
    metrics = stored(shop, "model_metrics")
    assert len(metrics[metrics["protocol"] == "cold_start"]) == 1
    later = metrics[metrics["protocol"] == "later_month"]
    base = later[later["metric"] == "macro_f1"].groupby("slice")["base"].first()
    first = [row for rows in BY_HAND.values() for row in rows if row[1] == "first"]
    assert base["first/2021-01"] == sum(row[2] == JANUARY for row in first) == 6
    assert base["first/all"] == len({row[0] for row in first}) == 6
    got = values(later)
    assert got["first/2021-01", "latent_type", "accuracy"] == pytest.approx(5 / 6)  # all but "no model"
    assert got["first/2021-01", "majority", "accuracy"] == pytest.approx(4 / 6)
    assert got["horizon/all", "latent_type", "accuracy"] == 1
    shown = done.asset_materializations_for_node("prediction_outcomes")[0].metadata
    assert shown["dagster/row_count"].value == len(BY_HAND[MAY])
    assert any("2021-01" in str(value.value) and "majority" in str(value.value) for value in shown.values())
    make(shop, MAY)
    pd.testing.assert_frame_equal(stored(shop, "model_metrics"), metrics)


def test_a_month_without_outcomes_has_no_figures(shop: Settings):
    make(shop, JANUARY)
    assert stored(shop, "prediction_outcomes").empty
    assert set(stored(shop, "model_metrics")["protocol"]) == {"cold_start"}


def test_predictions_without_a_model_are_refused_with_a_remedy(shop: Settings):
    with Warehouse(shop.database).session() as session:
        session.execute("delete from lightgbm_model where month = date '2021-02-01'")
    done = make(shop, MARCH, ok=False)
    told_why = str(done.failure_data_for_node("prediction_outcomes").user_failure_data.description)
    assert "2021-02 names no model" in told_why and "crm refresh --months 2021-02" in told_why
    assert stored(shop, "prediction_outcomes").empty


def test_types_of_a_month_without_lifecycles_are_refused_with_a_remedy(shop: Settings):
    with Warehouse(shop.database).session() as session:
        session.execute("delete from customer_lifecycles where month = date '2021-02-01'")
    done = make(shop, MARCH, ok=False)
    told_why = str(done.failure_data_for_node("prediction_outcomes").user_failure_data.description)
    assert "holds nobody in 2021-02" in told_why
    assert "crm refresh --months 2021-02 --select customer_lifecycles" in told_why
    assert stored(shop, "prediction_outcomes").empty
