"""The registry of the new customer's model: what a month uses, what is compared on whom, files that are refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from crm_assets.contracts.feature_sets import model_columns
from crm_assets.defs.making import Refused
from crm_assets.defs.resources import SettingsResource
from crm_assets.files import digest
from crm_assets.prediction import training
from crm_assets.prediction.model_of_month import Trained, train_and_judge
from crm_assets.prediction.registry import model_in_use
from crm_assets.settings import Settings
from crm_assets.warehouse import Warehouse
from crm_assets_tests.prediction.model_shop import land, make, people
from crm_assets_tests.report.test_report_clusters import texts

OLD, NEW = 240, 150  # customers of March, and those who become existing until June
MARCH, APRIL, JUNE = "2021-03-01", "2021-04-01", "2021-06-01"


@pytest.fixture(scope="module")
def as_of_april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a shop with a model of March, and April's customers."""
    folder = tmp_path_factory.mktemp("shop")
    warehouse = Warehouse(folder / "warehouse.duckdb")
    with warehouse.session() as session:
        land(session, MARCH, people(0, OLD))
        land(session, APRIL, people(0, OLD + 20), seed=2)
    assert make(warehouse, MARCH)["status"] == "trained"
    return folder


@pytest.fixture
def shop(as_of_april: Path, tmp_path: Path) -> Warehouse:
    shutil.copytree(as_of_april, tmp_path, dirs_exist_ok=True)
    return Warehouse(tmp_path / "warehouse.duckdb", lock_wait_seconds=0.5)


def june(shop: Warehouse, *groups: pd.DataFrame, **settings: object) -> pd.Series:
    with shop.session() as session:
        land(session, JUNE, *groups, seed=3)
    return make(shop, JUNE, **settings)


def turned(shop: Warehouse, **settings: object) -> pd.Series:
    """A June in which the receipts of one type are those of the next: the model of March is wrong about everybody."""
    return june(shop, people(0, OLD + NEW, turned=True), **settings)


def confused(shop: Warehouse, **settings: object) -> pd.Series:
    """A June in which nothing is to be learned from the old customers; the new ones are as March's model thinks."""
    return june(shop, people(0, OLD, noise=1.0), people(OLD, NEW), **settings)


def files(shop: Warehouse) -> list[Path]:
    return sorted((Path(shop.database).parent / "models" / "latent_type").iterdir())


def value(shop: Warehouse, sql: str):
    with shop.session() as session:
        return session.scalar(sql)


def in_use(shop: Warehouse, month: str):
    with shop.session() as session:
        settings = SettingsResource(data_dir=str(Path(shop.database).parent))
        return model_in_use(session, pd.Timestamp(month).date(), settings)


def worthless(rows: pd.DataFrame, settings: Settings) -> Trained:
    """A training whose model does no better than the baselines."""
    made = train_and_judge(rows, settings)
    ours = made.figures["model"] == "latent_type"
    return replace(made, figures=made.figures.assign(value=made.figures["value"].mask(ours, 0.1)))


def test_the_first_model_beats_the_baselines_or_there_is_none(warehouse, monkeypatch):
    with warehouse.session() as session:
        land(session, MARCH, people(0, OLD))
    with monkeypatch.context() as patched:
        patched.setattr(training, "train_and_judge", worthless)
        row = make(warehouse, MARCH)
    assert row["status"] == "none" and pd.isna(row["path"]) and pd.isna(row["trained_as_of"])
    assert row["reason"].startswith("first model: macro-F1 0.") and row["compared_customers"] == OLD
    assert not files_exist(warehouse)
    assert value(warehouse, "select count(*) from model_metrics where protocol = 'cold_start'") == 18
    assert make(warehouse, MARCH)["status"] == "trained"


def files_exist(shop: Warehouse) -> bool:
    return (Path(shop.database).parent / "models").exists()


def test_a_model_that_beats_the_one_in_use_takes_its_place(shop):
    row = turned(shop)
    assert row["status"] == "trained" and row["trained_as_of"] == pd.Timestamp("2021-06-30")
    assert row["challenger_macro_f1"] > row["incumbent_macro_f1"] + 0.3 and row["compared_customers"] == NEW
    assert len(files(shop)) == 4 and f"{JUNE[:7]}-" in row["path"]


def test_a_model_that_does_not_is_kept_out(shop):
    before, march = files(shop), make(shop, APRIL)
    row = confused(shop)
    assert row["status"] == "kept" and row["challenger_macro_f1"] < row["incumbent_macro_f1"]
    assert row["reason"].startswith("the model is 3 months old, retrain_every_months is 3: difference in macro-F1 -0.")
    kept = ["trained_as_of", "customers", "rows", "features", "unavailable", "path", "sha256"]
    assert row[kept].equals(march[kept]) and files(shop) == before
    assert in_use(shop, JUNE).model == in_use(shop, MARCH).model
    figures = "select count(*) from model_metrics where month = date '2021-06-01' and protocol = 'cold_start'"
    assert value(shop, figures) == 18, "what the new one was worth is told all the same"


def test_the_next_attempt_is_as_long_after_one_that_was_kept_out(shop):
    confused(shop)
    made = {}
    for month in ("2021-07-01", "2021-08-01", "2021-09-01"):
        with shop.session() as session:
            land(session, month, people(0, OLD, noise=1.0), people(OLD, NEW), seed=4)
        made[month[:7]] = make(shop, month)
    assert [row["status"] for row in made.values()] == ["reused", "reused", "kept"]
    assert made["2021-07"]["reason"] == "trained as of 2021-03-31, 4 months old"
    assert made["2021-07"]["compared_customers"] == 0 and pd.isna(made["2021-07"]["challenger_macro_f1"])
    assert made["2021-09"]["reason"].startswith("the last attempt is 3 months old")


def test_nobody_who_is_compared_was_in_the_training_of_the_one_in_use(warehouse, monkeypatch):
    learned, compared = [], []
    train, judge = training.train_and_judge, training.verdict

    def spy_on_training(rows, settings):
        learned.append(set(rows["customer_id"]))
        return train(rows, settings)

    def spy_on_verdict(decision, figures, found, unseen, **given):
        compared.append((set(found["customer_id"]), set(unseen)) if found is not None else None)
        return judge(decision, figures, found, unseen, **given)

    monkeypatch.setattr(training, "train_and_judge", spy_on_training)
    monkeypatch.setattr(training, "verdict", spy_on_verdict)
    lapsed = people(OLD, 30)
    with warehouse.session() as session:
        land(session, MARCH, people(0, OLD), lapsed)
        session.execute("delete from cluster_assignments where customer_id >= 'C00240'")  # existing, but not clustered
    make(warehouse, MARCH)
    row = june(warehouse, people(0, OLD), lapsed, people(1000, NEW))
    judged, unseen = compared[1]
    assert not unseen & learned[0] and unseen == {f"C{n:05d}" for n in range(1000, 1000 + NEW)}
    assert row["compared_customers"] == NEW and unseen < judged == learned[1]


def test_types_that_changed_need_a_model_that_beats_the_baselines(shop):
    four = ("low", "mid", "top", "fourth")
    row = june(shop, people(0, OLD + NEW, types=four))
    assert row["status"] == "trained" and row["reason"].startswith("the types have changed: macro-F1")
    assert pd.isna(row["incumbent_macro_f1"]) and in_use(shop, JUNE).model.classes == tuple(sorted(four))


@pytest.mark.parametrize(("fitted", "status"), [("2021-04-30", "trained"), ("2021-03-31", "reused")])
def test_a_type_that_a_refit_gave_up_is_no_longer_predicted(shop, fitted, status):
    """A type that is empty for a month, without a refit, is no reason to forget it."""
    with shop.session() as session:
        them = people(0, OLD + 20)
        land(session, APRIL, them[them["segment_id"] != "top"], seed=2)
        session.execute(
            """insert into cluster_models by name
            select date '2021-04-01' as month, cast(:fitted as date) as fitted_as_of""",
            fitted=fitted,
        )
    row = make(shop, APRIL)
    assert row["status"] == status
    assert ("top" in in_use(shop, APRIL).model.classes) is (status == "reused")


def test_without_one_that_knows_todays_types_the_month_has_none(shop, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(training, "train_and_judge", worthless)
        row = june(shop, people(0, OLD + NEW, types=("low", "mid", "top", "fourth")))
    assert row["status"] == "none" and pd.isna(row["path"]) and row["reason"].startswith("the types have changed")
    with shop.session() as session:
        land(session, "2021-07-01", people(0, OLD + NEW), seed=5)
    assert make(shop, "2021-07-01")["trained_as_of"] == pd.Timestamp("2021-03-31"), "the types of March are back"


def test_other_columns_are_tried_in_the_month_that_asks_for_them(shop):
    row = make(shop, APRIL, date_columns=True)
    assert row["status"] == "trained" and row["reason"].startswith("the columns have changed: macro-F1")
    assert json.loads(files(shop)[2].read_text())["settings"]["date_columns"] is True


def test_by_hand_a_model_is_used_and_the_row_says_so(shop):
    row = confused(shop, retrain=True)
    assert row["status"] == "trained" and row["challenger_macro_f1"] < row["incumbent_macro_f1"]
    assert row["reason"].startswith("trained by hand: difference in macro-F1 -0.")


def test_the_files_alone_tell_what_was_trained_on_what(shop):
    metadata, booster = files(shop)
    assert metadata.stem == booster.stem and metadata.suffix == ".json"
    text = metadata.read_text(encoding="utf-8")
    told = json.loads(text)
    assert text == json.dumps(told, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    assert told["trained_as_of"] == "2021-03-31" and (told["customers"], told["rows"]) == (OLD, 3 * OLD)
    seed = set(model_columns(dates=False))
    assert {*told["features"], *told["unavailable"]} - {"exposure_days"} == seed and told["features"][
        -1
    ] == "exposure_days"
    assert told["settings"]["model_features"] == "seed" and told["settings"]["learner"]["trees"] > 0
    assert told["settings"]["lightgbm"]["deterministic"] is True
    assert told["settings"]["lightgbm_version"].count(".") >= 2
    assert (
        len(told["fingerprint"]) == 64 and told["temperature"] > 0 and sum(told["shares"].values()) == pytest.approx(1)
    )
    assert {f"cold_start/{part}/macro_f1" for part in "123"} < set(told["metrics"])
    row = value(shop, "select sha256 from lightgbm_model")
    assert row == digest(booster.read_text() + text) and row[:12] == booster.stem.rpartition("-")[2]


def test_the_same_data_give_the_same_bytes_whatever_their_order(shop):
    first = {path.name: path.read_bytes() for path in files(shop)}
    for path in files(shop):
        path.unlink()
    with shop.session() as session:
        for table in ("feature_table", "cluster_assignments"):
            session.execute(f"create table again as select * from {table} order by hash(customer_id)")
            session.execute(f"delete from {table}")
            session.execute(f"insert into {table} select * from again")
            session.execute("drop table again")
    assert make(shop, MARCH)["status"] == "trained"
    assert {path.name: path.read_bytes() for path in files(shop)} == first


def test_a_shop_of_many_customers_trains_on_a_sample_with_their_types(warehouse, monkeypatch):
    asked = []
    read = training.labelled_rows_of
    monkeypatch.setattr(
        training,
        "labelled_rows_of",
        lambda s, snapshot, customers, given: asked.append(customers) or read(s, snapshot, customers, given),
    )
    with warehouse.session() as session:
        land(session, MARCH, people(0, 900))
    row = make(warehouse, MARCH, max_training_rows=1_000)
    assert row["customers"] == 330 == len(asked[0]) and row["rows"] == 990
    assert list(in_use(warehouse, MARCH).model.shares.values()) == pytest.approx([1 / 3] * 3)


def harmed(path: Path, harm: str) -> str:
    if harm == "gone":
        path.unlink()
    else:
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    return path.name


@pytest.mark.parametrize("part", [0, 1], ids=["json", "text"])
@pytest.mark.parametrize(("harm", "said"), [("gone", "is gone"), ("changed", "not what the registry names")])
def test_files_that_are_gone_or_changed_are_refused_with_the_remedy_and_the_remedy_helps(shop, part, harm, said):
    name = harmed(files(shop)[part], harm)
    with pytest.raises(Refused, match=said) as refusal:
        make(shop, APRIL)
    assert "crm refresh --months 2021-03" in str(refusal.value)
    assert (name if harm == "gone" else name.rpartition(".")[0]) in str(refusal.value)
    make(shop, MARCH)
    assert make(shop, APRIL)["status"] == "reused"


def test_the_json_of_another_version_is_refused_by_name(shop):
    metadata, booster = files(shop)
    told = json.loads(metadata.read_text())
    del told["temperature"]
    metadata.write_text(json.dumps(told))
    with shop.session() as session:
        session.execute(
            "update lightgbm_model set sha256 = :new", new=digest(booster.read_text() + metadata.read_text())
        )
    with pytest.raises(Refused, match=rf"{metadata.name} was written by another version.*--months 2021-03"):
        make(shop, APRIL)


def test_a_month_of_the_one_in_use_that_is_gone_is_no_reason_to_compare_on_whom_it_knows(shop):
    with shop.session() as session:
        session.execute("delete from feature_table where month = date '2021-03-01'")
    with pytest.raises(Refused, match=r"no existing customers of 2021-03.*--months 2021-03"):
        turned(shop)


def test_reasons_have_a_korean_wording(shop):
    reasons = [
        value(shop, "select reason from lightgbm_model"),
        turned(shop)["reason"],
        "trained by hand: macro-F1 0.400 against 0.300 of the better baseline on 900 customers",
        "the columns have changed: macro-F1 0.400 against 0.300 of the better baseline on 900 customers",
        "the last attempt is 3 months old, retrain_every_months is 3: too few customers new since then, on all "
        "difference in macro-F1 -0.020 (80 % interval -0.040 to +0.001), 0.400 against 0.420 on 900 customers; "
        "untested for 12 months, macro-F1 0.400 against 0.300 of the better baseline on 900 customers",
        "the model is 1 month old, retrain_every_months is 1: too few customers new since then",
        "the model is 3 months old, retrain_every_months is 3: the model in use has learned of 61 of the 90 days that "
        "are asked; macro-F1 0.400 against 0.300 of the better baseline on 900 customers",
    ]
    for reason in reasons:
        korean = texts().translated(reason).ko.replace("macro-F1", "")
        assert not set("abcdefghijklmnopqrstuvwxyz") & set(korean), korean
