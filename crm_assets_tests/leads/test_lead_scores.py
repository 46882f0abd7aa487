"""``lead_model``, ``lead_scores`` and ``lead_lift`` on a shop of planted leads: what is chosen, what is known, who is
first, why; and that nothing later is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from scipy.special import expit

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.model_metrics import own_rows
from crm_assets.defs.leads.lead_columns import lead_columns
from crm_assets.defs.leads.lead_features import lead_features
from crm_assets.defs.leads.lead_lift import lead_lift
from crm_assets.defs.leads.lead_model import lead_model
from crm_assets.defs.leads.lead_scores import lead_scores
from crm_assets.leads.lead_model import LeadModel
from crm_assets.leads.registry import REGISTRY
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, Warehouse
from crm_assets_tests.leads.lead_bench import Bench, planted
from crm_assets_tests.making import results

CHAIN = (lead_columns, lead_features, lead_model, lead_scores, lead_lift)
ATTRIBUTES = ("colour", "size")
REFERENCE = {"numbers": ["size"], "words": {"urgency": ["urgent"]}}
NAMED = re.compile(r"\b(?:from|join|into)\s+\"?(\w+)", re.IGNORECASE)
APRIL, MAY, JUNE = "2021-04-01", "2021-05-01", "2021-06-01"


def whole(bench: Bench, month: str, **settings: object) -> dict[str, pd.DataFrame]:
    return {asset.key.to_user_string(): bench.make(asset, month, **settings) for asset in CHAIN}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dict[str, dict[str, pd.DataFrame]]]:
    """700 leads of January to May; April trains, May uses the same model. As of April poison lies after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm_assets.defs.table._require_those_of_the_load", lambda settings: None)
        bench = Bench(tmp_path_factory.mktemp("leads"), *ATTRIBUTES)
        bench.reference(REFERENCE)
        planted(bench, 700, days=150)
        return bench, {month: whole(bench, month, lead_capacity=20) for month in (APRIL, MAY)}


def model(bench: Bench, month: str) -> LeadModel:
    with Warehouse(bench.store.database).session() as session:
        settings = Settings(**bench.settings)
        found = REGISTRY.of_month(session, pd.Timestamp(month).date(), settings)
    assert found is not None
    return found


def test_a_model_is_trained_then_used_and_says_so(shop):
    bench, made = shop
    april, may = (made[month]["lead_model"].iloc[0] for month in (APRIL, MAY))
    assert (april["status"], may["status"]) == ("trained", "reused") and "1 months ago" in may["reason"]
    assert april["trained_as_of"] == may["trained_as_of"] == pd.Timestamp("2021-04-30")
    assert april["sha256"] == may["sha256"] and april["split"] == "company"
    known = bench.rows("select count(*) from leads where created_at <= date '2021-03-31'")[0][0]
    assert april["known"] == april["rows"] == known, "thirty days later"
    read = model(bench, APRIL)
    assert LeadModel.from_json(read.to_json()).to_json() == read.to_json()
    with pytest.raises(ValueError, match="train it anew"):
        LeadModel.from_json("{}")


def test_the_one_with_the_highest_pr_auc_on_validation_leads_is_taken(shop):
    bench, made = shop
    told = dict(
        bench.rows(
            "select model, value from model_metrics where month = date '2021-04-01' and protocol = 'lead_validation' "
            "and slice = 'company'"
        )
    )
    assert set(told) == {"prior", "logistic", "logistic_text", "lightgbm", "lightgbm_text"}
    assert made[APRIL]["lead_model"].iloc[0]["candidate"] == max(told, key=lambda name: told[name])
    assert told["logistic_text"] > told["logistic"] > told["prior"]


def test_every_split_is_told_and_the_served_one_beats_the_prior(shop):
    bench, _ = shop
    rows = bench.rows(
        f"select protocol, model, metric, value from model_metrics where month = date '2021-04-01' "
        f"and {own_rows('lead_model')}"
    )
    value = {(protocol, name, metric): found for protocol, name, metric, found in rows}
    for protocol in ("lead_company", "lead_owner", "lead_random"):
        assert value[protocol, "model_over_prior", "pr_auc_gain_low"] > 0
        assert value[protocol, "model", "pr_auc_low"] < value[protocol, "model", "pr_auc"]
        assert value[protocol, "prior", "roc_auc"] == pytest.approx(0.5, abs=0.03)
    assert value["lead_company", "text_in_logistic", "pr_auc_gain_low"] > 0
    assert not bench.rows(f"select 1 from model_metrics where month = date '2021-05-01' and {own_rows('lead_model')}")


def test_open_leads_are_ranked_and_the_known_have_a_score_that_had_not_seen_them(shop):
    bench, made = shop
    for month, last in ((APRIL, "2021-03-31"), (MAY, "2021-05-01")):
        rows = made[month]["lead_scores"]
        is_open = rows["created_at"] > pd.Timestamp(last)
        assert ((rows["source"] == "scored") == is_open).all() and (rows["converted"].isna() == is_open).all()
        ranked = rows[is_open].sort_values("rank")
        assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
        assert ranked["probability"].is_monotonic_decreasing and ranked["within_capacity"].sum() == 20
        assert (ranked["decile"] == (ranked["rank"] - 1) * 10 // len(ranked) + 1).all()
        assert rows.loc[~is_open, "rank"].isna().all() and not rows.loc[~is_open, "within_capacity"].any()
        assert (rows["lead_index"] == (100 * rows["probability"]).round(1)).all()
    sources = made[MAY]["lead_scores"]["source"].value_counts()
    assert sources["unseen"] > 0, "known since April's model, which has not learned from them"
    assert sources["out_of_fold"] == made[APRIL]["lead_model"].iloc[0]["rows"]
    kept = model(bench, APRIL).out_of_fold
    out = made[APRIL]["lead_scores"].query("source == 'out_of_fold'").set_index("lead_id")
    assert {lead: (row["probability"], row["predicted"]) for lead, row in out.iterrows()} == kept


def test_reasons_sum_to_the_margin_and_the_margin_to_the_probability(shop):
    bench, made = shop
    scale, rows = model(bench, APRIL).calibration, made[APRIL]["lead_scores"]
    scored = rows[rows["source"] == "scored"]
    told = scored["reasons"].map(json.loads)
    sums = told.map(lambda r: r["base"] + r["rest"] + sum(one["contribution"] for one in r["top"]))
    assert (sums - scored["margin"]).abs().max() < 1e-5
    said = expit(scale.slope * scored["margin"] + scale.intercept)
    assert (said - scored["probability"]).abs().max() < 1e-9
    assert (scored["predicted"] == (scored["probability"] >= made[APRIL]["lead_model"].iloc[0]["threshold"])).all()
    best = json.loads(scored.sort_values("rank").iloc[0]["reasons"])["top"]
    assert {"colour", "size", "message_urgency", "message_terms"} >= {one["column"] for one in best[:2]}
    assert rows.loc[rows["source"] == "out_of_fold", ["margin", "reasons"]].isna().all(axis=None)


def test_tenths_are_counted_by_hand(shop):
    _, made = shop
    for month in (APRIL, MAY):
        known = made[month]["lead_scores"].query("source != 'scored'")
        won = (known["converted"] == "yes").groupby(known["decile"]).agg(["size", "sum"])
        rows = made[month]["lead_lift"].set_index("decile")
        assert rows["leads"].tolist() == won["size"].tolist() and rows["converted"].tolist() == won["sum"].tolist()
        lift = (won["sum"] / won["size"]) / (won["sum"].sum() / won["size"].sum())
        assert rows["lift"].tolist() == pytest.approx(lift.tolist()) and rows["lift"].iloc[0] > 1.5
        assert rows["captured_share"].tolist() == pytest.approx((won["sum"].cumsum() / won["sum"].sum()).tolist())


def test_each_reads_what_it_declares_and_no_more(shop, any_source: None, monkeypatch: pytest.MonkeyPatch):
    """The sample that all assets are held to has no leads, so their tables are looked at here."""
    bench, _ = shop
    named, execute = set(), Session.execute

    def listening(self: Session, sql: str, **parameters: object):
        named.update(set(NAMED.findall(sql)) & CONTRACTS.keys())
        return execute(self, sql, **parameters)

    monkeypatch.setattr(Session, "execute", listening)
    for asset in CHAIN:
        named.clear()
        list(results(asset, bench.store, MAY, **bench.settings, lead_capacity=20))
        name, deps = (
            asset.key.to_user_string(),
            {dep.asset_key.to_user_string() for dep in next(iter(asset.specs)).deps},
        )
        written_with = {"lead_attributes"} if "leads" in deps else set()
        assert named - {"model_metrics"} <= {name, *deps} | written_with, name
        assert deps <= named, f"{name} declares what it does not read"


def test_what_comes_later_changes_no_byte(shop, any_source: None):
    """Later leads that say the opposite, and later outcomes of leads that were open, in April made anew."""
    bench, made = shop
    before = {name: rows for name, rows in made[APRIL].items()}
    bench.lead("P1", "2021-05-02", "yes", company="C00001", message="urgent urgent", colour="blue", size="-99")
    bench.rows(
        "update leads set converted = case converted when 'yes' then 'no' else 'yes' end "
        "where created_at > date '2021-03-31'"
    )
    after = whole(bench, APRIL, lead_capacity=20)
    for name, rows in before.items():
        pd.testing.assert_frame_equal(rows, after[name])


def test_too_few_outcomes_say_so_and_nobody_is_scored(tmp_path: Path, any_source: None):
    bench = Bench(tmp_path, *ATTRIBUTES)
    bench.reference(REFERENCE)
    planted(bench, 120, days=60)
    made = whole(bench, APRIL)
    row = made["lead_model"].iloc[0]
    assert row["status"] == "none" and "lead_min_outcomes" in row["reason"] and row["path"] is None
    assert made["lead_scores"].empty and made["lead_lift"].empty


def test_without_an_attribute_all_are_the_same_and_no_tenth_is_better(tmp_path: Path, any_source: None):
    """Id, day and outcome only; the newer leads convert."""
    bench = Bench(tmp_path)
    for n in range(300):
        bench.lead(f"L{n:03}", f"2021-0{1 + n // 150}-{1 + n % 28:02}", "yes" if n % 4 == 0 or n > 250 else "no")
    made = whole(bench, APRIL)
    row = made["lead_model"].iloc[0]
    assert (row["status"], row["candidate"], row["features"]) == ("trained", "prior", 0)
    assert made["lead_columns"].empty and made["lead_features"].empty
    assert made["lead_lift"]["lift"].between(0.9, 1.1).all() and len(made["lead_lift"]) == 10


def test_a_feature_that_came_or_went_trains_anew(shop, any_source: None):
    bench, _ = shop

    def status() -> str:
        *_, row = (bench.make(asset, JUNE, lead_retrain_every_months=12) for asset in CHAIN[:3])
        return row.iloc[0]["status"]

    assert status() == "reused"
    bench.reference({**REFERENCE, "after_contact": {"colour": "as a trial"}})
    assert status() == "trained" and "colour" not in model(bench, JUNE).kinds


def test_without_leads_all_is_empty(tmp_path: Path, any_source: None):
    made = whole(Bench(tmp_path, *ATTRIBUTES), APRIL)
    assert all(rows.empty for rows in made.values())
