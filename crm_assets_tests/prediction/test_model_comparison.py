"""The comparison of classifiers: the same customers and folds for all, CatBoost where it is, measured once."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from crm_assets.contracts import CONTRACTS
from crm_assets.defs.measured_once import measured_of_training
from crm_assets.defs.prediction import model_comparison as asset
from crm_assets.prediction import algorithms, model_comparison
from crm_assets.prediction.algorithms import ALGORITHMS, installed
from crm_assets.prediction.boosting import LEARNERS
from crm_assets.prediction.evaluation import figures, out_of_fold, seed_parts, whole_histories
from crm_assets.prediction.model_comparison import compare, fingerprint_of
from crm_assets.prediction.model_rows import SEED_RECIPE, Recipe, available, encoders_of, matrix, recipe_of
from crm_assets.settings import Settings
from crm_assets_tests import lifecycles
from crm_assets_tests.making import at_work
from crm_assets_tests.segmentation.planted_types import TELLING, planted_features, planted_rows, stored

RECIPE = recipe_of(Settings(model_features="seed"))
GIVEN = {"folds": 3, "seed": 42}
TABLE = "model_comparison"
SEEN = {"model_features": "seed"}
KEY = ["algorithm", "protocol", "slice"]
WITHOUT = {"lightgbm": "4.7", "random_forest": "1.9"}


def without_catboost(monkeypatch):
    """As where the extra is not installed, whether it is or not."""
    version = algorithms.version

    def of(package: str) -> str:
        if package == "catboost":
            raise PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(algorithms, "version", of)


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    return compare(planted_rows(), RECIPE, **GIVEN).set_index(KEY)


def test_every_algorithm_is_judged_on_the_same_customers_and_folds(compared):
    assert list(dict.fromkeys(compared.index.get_level_values("algorithm"))) == list(installed())
    for _, found in compared.groupby("algorithm"):
        sizes = found.droplevel("algorithm")[["base", "training_rows"]]
        assert sizes.to_dict("index") == {
            ("seed", "full"): {"base": 64, "training_rows": 256},
            **{("cold_start", cut): {"base": 320, "training_rows": 640} for cut in "123"},
        }
    assert (compared["accuracy"] > 0.65).all() and (compared["macro_f1"] > 0.6).all()  # the largest type holds half
    assert (compared["fit_seconds"] > 0).all() and (compared["peak_mb"] < 50).all()


def test_lightgbm_is_the_projects_own_under_both_protocols(compared):
    rows = planted_rows()
    own = [
        *figures(out_of_fold(rows, RECIPE, **GIVEN), "cold_start", seed=42),
        *figures(whole_histories(rows, seed=42), "seed", seed=42),
    ]
    of_model = {(f["protocol"], f["slice"], f["metric"]): f["value"] for f in own if f["model"] == "latent_type"}
    found = compared.xs("lightgbm")[["macro_f1", "accuracy"]].stack().to_dict()
    assert len(found) == 8 and found == pytest.approx({key: of_model[key] for key in found})


def test_the_forest_is_scikit_learns_on_the_same_matrix(compared):
    training, held_out = seed_parts(planted_rows(), seed=42)
    held_out = held_out[held_out["cutoff"] == "as_of"]
    used = available(training, SEED_RECIPE.names)
    encoders = encoders_of(training, used)
    codes = pd.Categorical(training["label"]).codes
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=42)
    forest.fit(matrix(training, used, encoders), codes, sample_weight=np.ones(len(codes)))  # as LightGBM there
    right = forest.predict(matrix(held_out, used, encoders)) == pd.Categorical(held_out["label"]).codes
    assert compared.loc[("random_forest", "seed", "full"), "accuracy"] == right.mean()


def test_without_catboost_its_rows_are_absent_and_the_metadata_says_how_to_have_it(monkeypatch):
    without_catboost(monkeypatch)
    assert set(installed()) == {"lightgbm", "random_forest"}
    asked = []
    monkeypatch.setattr(model_comparison, "measured", lambda fits, parts: asked.extend(fits) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compare(planted_rows(), RECIPE, **GIVEN)
    assert {fit.algorithm for fit in asked} == {"lightgbm", "random_forest"}
    assert asset.missing() == {
        "catboost": "not installed; to compare it: `.venv/bin/pip install -e '.[catboost]'`, and make the month again"
    }


STAND_IN = """
import numpy as np

class CatBoostClassifier:
    def __init__(self, **parameters):
        assert parameters.pop("iterations") in (2, 100)
        assert parameters == {
            "loss_function": "MultiClass", "random_seed": 42, "thread_count": 1, "allow_writing_files": False,
            "verbose": False, "learning_rate": 0.1, "depth": 4,
        }

    def fit(self, x, codes, sample_weight):
        assert np.isnan(x).any() and len(set(sample_weight)) in (1, len(set(np.bincount(codes))))
        self.most = np.bincount(codes).argmax()

    def predict(self, x):
        return np.full((len(x), 1), self.most)
"""


def test_catboost_is_compared_where_it_is_installed(tmp_path, monkeypatch):
    """A stand-in that is told what CatBoost is told, and names the largest type."""
    (tmp_path / "catboost.py").write_text(STAND_IN)
    about = tmp_path / "catboost-1.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: catboost\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    assert installed()["catboost"] == "1.2" and asset.missing() == {}
    found = compare(planted_rows(), RECIPE, **GIVEN).set_index(KEY).xs("catboost")
    assert found.index.tolist() == [("seed", "full"), *(("cold_start", cut) for cut in "123")]
    assert found["accuracy"].tolist() == [0.5] * 4
    assert found["macro_f1"].tolist() == pytest.approx([2 / 9] * 4)  # F1 2/3, 0, 0


def test_catboost_itself_finds_the_planted_types():
    pytest.importorskip("catboost", reason="the extra catboost is not installed")
    rows = planted_rows()
    training, held_out = seed_parts(rows, seed=42)
    used = available(training, SEED_RECIPE.names)
    encoders = encoders_of(training, used)
    codes = pd.Categorical(training["label"]).codes
    catboost = ALGORITHMS["catboost"]
    answers = catboost.fit(matrix(training, used, encoders), codes, 42, SEED_RECIPE.learner, **catboost.parameters)
    said, unseen = (answers(matrix(h, used, encoders)) for h in (held_out, held_out.assign(partner_mode="unseen")))
    assert (said == pd.Categorical(held_out["label"]).codes).mean() > 0.7
    assert unseen.shape == (256,) and set(unseen) <= {0, 1, 2}


def test_the_fingerprint_tells_what_the_figures_depend_on(monkeypatch):
    rows = planted_rows()
    first = fingerprint_of(rows, RECIPE, **GIVEN)
    assert first == fingerprint_of(planted_rows(), RECIPE, **GIVEN)
    others = [
        fingerprint_of(rows.assign(receipt_amount_mean=rows["receipt_amount_mean"] + 0.01), RECIPE, **GIVEN),
        fingerprint_of(rows.assign(purchase_month_mode=1.0), RECIPE, **GIVEN),  # a date: the seed protocol sees it
        fingerprint_of(rows.assign(label=np.roll(rows["label"], 4)), RECIPE, **GIVEN),
        fingerprint_of(rows, Recipe(RECIPE.columns, exposure=False), **GIVEN),
        fingerprint_of(rows, RECIPE, folds=4, seed=42),
        fingerprint_of(rows, RECIPE, folds=3, seed=43),
    ]
    for module, name, value in (
        (model_comparison, "installed", lambda: WITHOUT),
        (model_comparison, "installed", lambda: {**WITHOUT, "catboost": "1.2"}),
        (model_comparison, "LEARNERS", {name: replace(one, trees=7) for name, one in LEARNERS.items()}),
        (model_comparison, "RULES", 0),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, value)
            others.append(fingerprint_of(rows, RECIPE, **GIVEN))
    assert len({first, *others}) == 11


def store(session, measure=compare, **settings) -> pd.DataFrame:
    """The month made, as the asset makes it."""
    staged = measured_of_training(at_work(session, TABLE, "2021-03-01", **SEEN, **settings), fingerprint_of, measure)
    assert not session.violations(CONTRACTS[TABLE], staged)
    session.execute("delete from model_comparison")
    session.execute(f"insert into model_comparison select * from {staged}")
    return session.frame("select * from model_comparison order by algorithm, protocol, slice")


def test_a_month_made_again_keeps_its_rows_seconds_too(session, compared):
    """The measuring itself is tested above."""
    seen = []

    def measure(rows, recipe, **given):
        seen.append((rows, recipe, given))
        return compared.reset_index().assign(fit_seconds=len(seen))

    stored(session)
    first = store(session, measure)
    pd.testing.assert_frame_equal(store(session, measure), first)
    assert len(first) == len(compared) and len(seen) == 1
    rows, recipe, given = seen[0]
    known = ["customer_id", "cutoff", "label", "exposure_days", *TELLING]
    pd.testing.assert_frame_equal(rows[known], planted_rows()[known], check_dtype=False)
    assert (recipe, given) == (RECIPE, GIVEN)
    other = store(session, measure, seed=7)
    assert set(other["fingerprint"]).isdisjoint(first["fingerprint"]) and set(other["fit_seconds"]) == {2}
    session.execute("update feature_table set receipt_amount_mean = 1 where customer_id = 'C00000'")
    store(session, measure, seed=7)
    assert len(seen) == 3


def test_a_shown_month_lists_every_algorithm_and_slice(session, compared):
    stored(session)
    rows = store(session, lambda rows, recipe, **given: compared.reset_index())
    shown = asset.show(at_work(session, TABLE, "2021-03-01"))["compared"].value
    assert all(shown.count(name) == 4 for name in set(rows["algorithm"]))


@pytest.mark.parametrize(("status", "measured"), [("trained", 1), ("kept", 1), ("reused", 0), ("none", 0)])
def test_months_that_trained_no_model_have_no_rows(session, compared, status, measured):
    stored(session, status)
    found = store(session, lambda rows, recipe, **given: compared.reset_index())
    assert bool(len(found)) == bool(measured)
    if not measured:
        assert asset.show(at_work(session, TABLE, "2021-03-01"))["measured"] == "nothing: this month trained no model"


def test_no_more_customers_than_the_setting_says_are_read(session, compared):
    stored(session)
    for table in ("feature_table", "cluster_assignments"):  # thrice as many customers, of the same types
        session.execute(
            f"""insert into {table} by name
            select t.* replace (concat(t.customer_id, n.copy) as customer_id)
            from {table} t, (values ('a'), ('b')) n(copy)"""
        )
    lifecycles.as_told_by(session)
    seen = []
    store(
        session, lambda rows, recipe, **given: seen.append(rows) or compared.reset_index(), max_comparison_customers=400
    )
    assert 390 <= seen[0]["customer_id"].nunique() <= 410 and len(seen[0]) == 4 * seen[0]["customer_id"].nunique()
    shares = seen[0].drop_duplicates("customer_id")["label"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx(planted_features()[1].value_counts(normalize=True).to_dict(), abs=0.01)
