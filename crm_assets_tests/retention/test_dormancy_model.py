"""The model of dormancy: what it learns, what it refuses to learn, its file, and the months that train it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from crm_assets.contracts.dormancy_features import DormancyFeatures
from crm_assets.contracts.dormancy_model import DormancyModel as Registry
from crm_assets.defs.making import Refused
from crm_assets.defs.retention import dormancy_model as module
from crm_assets.defs.retention.dormancy_model import dormancy_model
from crm_assets.retention.dormancy_model import (
    CANDIDATES,
    LEAST_WEIGHT,
    MODEL,
    RULES,
    DormancyModel,
    main_reasons,
    prepared,
    probabilities,
    train,
)
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.prediction.feature_shop import calendar_rows
from crm_assets_tests.retention.dormancy_shop import add, day, drawn_features, every_day, feature_row, on

GIVEN = {"trained_as_of": "2021-03-31", "horizon_days": 60, "last_known_as_of": "2021-01-31"}
FEW = {"dormancy_min_customers": 10, "dormancy_min_snapshots": 1, "dormancy_horizon_days": 30}


@pytest.fixture(scope="module")
def drawn():
    return drawn_features()


@pytest.fixture(scope="module")
def model(drawn) -> DormancyModel:
    rows, dormant = drawn
    return train(rows.iloc[:2_000], dormant[:2_000], **GIVEN)


def test_what_drives_dormancy_is_found_on_customers_it_has_not_seen(model, drawn):
    rows, dormant = drawn
    said = probabilities(model, rows.iloc[2_000:])
    truth = dormant[2_000:]
    brier = {name: float(((said[name] - truth) ** 2).mean()) for name in CANDIDATES}
    assert min(brier, key=brier.get) == MODEL
    assert abs(said[MODEL].mean() - truth.mean()) < 0.03
    heavy = dict(zip(model.lines[MODEL].columns, np.abs(model.lines[MODEL].weights), strict=True))
    assert max(heavy, key=heavy.get) in {"recency_days", "frequency", "lateness", "visit_days"}


def test_a_rule_is_a_logistic_regression_of_its_one_column(model, drawn):
    rows, dormant = drawn
    values = prepared(rows.iloc[:2_000])["rule recency"].to_numpy()[:, None]
    scaled = (values - values.mean()) / values.std()
    expected = LogisticRegression(C=1.0).fit(scaled, dormant[:2_000]).predict_proba(scaled)[:, 1]
    np.testing.assert_allclose(probabilities(model, rows.iloc[:2_000])["recency"], expected, atol=1e-3)


def test_a_rule_that_the_data_turn_round_keeps_its_order(drawn):
    rows, dormant = drawn
    turned = train(rows, 1 - dormant, **GIVEN)
    assert turned.lines["recency"].weights == (LEAST_WEIGHT,)
    said = probabilities(turned, rows)["recency"].to_numpy()
    assert (np.diff(said[np.argsort(rows["recency_days"], kind="stable")]) >= 0).all()
    assert said.mean() == pytest.approx(np.mean(1 - dormant), abs=1e-3)


def test_a_rule_without_values_says_nothing_and_the_model_does_without(drawn):
    rows, dormant = drawn
    poor = rows.assign(p_alive=np.nan, p_silent=np.nan, unit_amount=np.nan)
    found = train(poor, dormant, **GIVEN)
    said = probabilities(found, poor)
    assert set(found.lines) == set(CANDIDATES) - {"p_alive", "p_silent"}
    assert said[["p_alive", "p_silent"]].isna().all(axis=None)
    assert said[[MODEL, "frequency", "recency", "interval"]].notna().all(axis=None)
    assert not {c for c in found.lines[MODEL].columns if c in ("p_alive", "p_silent", "unit_amount")}


def test_a_rule_is_calibrated_on_the_customers_that_have_it(drawn):
    """An early snapshot may lack P(alive), before there is a model of it: the rule is learned from the later ones."""
    rows, dormant = drawn
    early = np.arange(len(rows)) < 1_000
    found = train(rows.assign(p_silent=rows["p_silent"].where(~early)), dormant, **GIVEN)
    alone = train(rows[~early], dormant[~early], **GIVEN)
    assert found.lines["p_silent"] == alone.lines["p_silent"]
    few = np.flatnonzero(dormant == 1)[:9]  # too few who fell silent
    rare = rows.assign(p_silent=rows["p_silent"].where((dormant == 0) | np.isin(np.arange(len(rows)), few)))
    assert "p_silent" not in train(rare, dormant, **GIVEN).lines


def test_a_customers_probability_hangs_on_nobody_else(model, drawn):
    some = drawn[0].iloc[:30].assign(receipt_lines_mean=lambda f: f["receipt_lines_mean"].where(f["frequency"] > 1))
    together = probabilities(model, some)
    alone = pd.concat([probabilities(model, some.iloc[[i]]) for i in range(len(some))])
    pd.testing.assert_frame_equal(alone, together, rtol=1e-12)


def test_the_main_reason_is_the_column_that_adds_most(model, drawn):
    rows, _ = drawn
    some = rows.iloc[:50]
    line, values = model.lines[MODEL], prepared(some)
    for i, reason in enumerate(main_reasons(model, some)):
        added = {
            name: weight * (values[name].iloc[i] - mean) / scale
            for name, mean, scale, weight in zip(line.columns, line.means, line.scales, line.weights, strict=True)
        }
        assert reason == max(added, key=added.get)


def test_the_file_reads_back_to_the_same_probabilities(model, drawn):
    read = DormancyModel.from_json(model.to_json())
    pd.testing.assert_frame_equal(probabilities(read, drawn[0]), probabilities(model, drawn[0]), check_exact=True)
    assert read.to_json() == model.to_json()
    with pytest.raises(ValueError, match="not a model of dormancy"):
        DormancyModel.from_json('{"lines": {}}')


def test_the_same_rows_give_the_same_bytes(drawn):
    rows, dormant = drawn
    assert train(rows, dormant, **GIVEN).to_json() == train(rows, dormant, **GIVEN).to_json()


# The asset


@pytest.fixture
def shop(tmp_path) -> Warehouse:
    """Snapshots of December to February; at the end of March the answers of all three are known (30 days)."""
    store = Warehouse(tmp_path / "data" / "warehouse.duckdb")
    stay, go = [f"S{i:02}" for i in range(12)], [f"G{i:02}" for i in range(12)]
    with store.session() as session:
        session.ensure_tables()
        add(session, "calendar", calendar_rows(day("2020-12-01"), day("2021-06-30")))
        for month in ("2020-12", "2021-01", "2021-02"):
            rows = [feature_row(c, month, recency_days=2 + i, frequency=6) for i, c in enumerate(stay)]
            rows += [feature_row(c, month, recency_days=40 + i, frequency=1 + i % 2) for i, c in enumerate(go)]
            session.connection.register("rows", pd.DataFrame(rows).astype({"p_alive": "float64"}))
            session.execute("insert into dormancy_features select * from rows")
        days = ("2020-12-28", "2021-01-05", "2021-02-05", "2021-03-05")
        add(session, "receipts", [r for c in stay for r in on(c, *days)] + every_day("2020-12-01", "2021-03-31"))
    return store


def settings_of(store: Warehouse) -> dict[str, object]:
    return {"data_dir": str(Path(store.database).parent), **FEW}


def test_a_month_is_trained_on_what_is_known_and_says_so(shop):
    (row,) = made(dormancy_model, shop, "2021-03-01", **settings_of(shop)).to_dict("records")
    assert (row["status"], row["rows"], row["dormant_share"]) == ("trained", 72, 0.5)
    assert str(row["last_known_as_of"].date()) == "2021-02-28"
    assert "3 snapshots" in row["reason"]


def test_of_a_large_shop_a_seeded_draw_is_learned_from(shop, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 40)
    given = settings_of(shop)
    first, again, other = (
        made(dormancy_model, shop, "2021-03-01", **given, seed=seed).iloc[0] for seed in (42, 42, 43)
    )
    assert [int(r["rows"]) for r in (first, again, other)] == [40, 40, 40]
    assert first["sha256"] == again["sha256"] != other["sha256"]
    assert 0.3 < first["dormant_share"] < 0.7 and "40 customers of 3 snapshots" in first["reason"]


def test_too_little_history_makes_no_model_and_says_why(shop):
    given = settings_of(shop) | {"dormancy_min_snapshots": 2}
    (row,) = made(dormancy_model, shop, "2021-01-01", **given).to_dict("records")
    assert row["status"] == "none" and row["path"] is None
    assert "snapshots whose answer is known: 1" in row["reason"]
    (row,) = made(dormancy_model, shop, "2021-03-01", **settings_of(shop) | {"dormancy_min_customers": 37}).to_dict(
        "records"
    )
    assert row["status"] == "none" and "36 who did not" in row["reason"]


def test_a_month_reuses_until_another_is_due(shop):
    given = settings_of(shop) | {"dormancy_retrain_every_months": 2}
    first = made(dormancy_model, shop, "2021-01-01", **given)
    second = made(dormancy_model, shop, "2021-02-01", **given)
    third = made(dormancy_model, shop, "2021-03-01", **given)
    assert [f["status"].iloc[0] for f in (first, second, third)] == ["trained", "reused", "trained"]
    assert second["sha256"].iloc[0] == first["sha256"].iloc[0] != third["sha256"].iloc[0]
    other = made(dormancy_model, shop, "2021-02-01", **given | {"dormancy_horizon_days": 28})
    assert other["status"].iloc[0] == "none"  # the old model, and the old features, mean other days
    assert "are of another dormancy_horizon_days: crm refresh --months 2020-12:2021-01" in other["reason"].iloc[0]


def test_a_file_that_is_gone_is_named(shop):
    given = settings_of(shop) | {"dormancy_retrain_every_months": 9}
    path = made(dormancy_model, shop, "2021-01-01", **given)["path"].iloc[0]
    (Path(shop.database).parent / path).unlink()
    with pytest.raises(Refused, match=path.split("/")[-1]):
        list(results(dormancy_model, shop, "2021-02-01", **given))


def test_every_candidate_has_a_column_of_scores_and_a_feature():
    features = DormancyFeatures.to_schema().columns
    assert all(column in features for column, _ in RULES.values())
    assert {"trained_as_of", "sha256"} <= set(Registry.to_schema().columns)
