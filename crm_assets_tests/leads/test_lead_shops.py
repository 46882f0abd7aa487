"""The sample of leads from its file by mapping and reference data alone: what is found, how good the list is, and that
a further file makes nothing anew but the tables of leads. X Education is in ``test_x_education_prove``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.conftest import Shop
from crm_assets_tests.leads.conftest import MONTH, TABLES

SHOWN = ("f1", "precision", "recall", "pr_auc", "roc_auc", "lift_top_decile", "brier")
QUESTION = """
import json, dagster as dg
from crm_assets.definitions import defs
from crm_assets.defs.pending import reads_in_order, stale_tables
print(json.dumps(stale_tables(dg.DagsterInstance.get(), reads_in_order(defs().resolve_asset_graph()))))
"""


def figures(shop: Shop) -> pd.DataFrame:
    """Protocol, model × metric."""
    rows = shop.frame("select protocol, model, metric, value from model_metrics where protocol like 'lead_%'")
    return rows.pivot_table(index=["protocol", "model"], columns="metric", values="value")


def printed(found: pd.DataFrame) -> None:
    told = found.dropna(subset=["f1"])[[*SHOWN]].round(3)
    gains = found.dropna(subset=["pr_auc_gain"]).filter(like="pr_auc_gain").round(3)
    print(told.to_string(), gains.to_string(), sep="\n")


def stale(shop: Shop) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", QUESTION],
        env=shop.environment,
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_text_raises_pr_auc_beyond_the_columns(lead_shop: Shop):
    found = figures(lead_shop)
    printed(found)
    of = found.loc["lead_company"]
    for learner in ("logistic", "lightgbm"):
        gain = of.loc[f"text_in_{learner}"]
        assert 0 < gain["pr_auc_gain_low"] < gain["pr_auc_gain"] < gain["pr_auc_gain_high"], learner
    assert lead_shop.value("select candidate from lead_model").endswith("_text")


def test_companies_and_sales_people_that_were_not_seen_do_not_collapse_it(lead_shop: Shop):
    """No id is read, so an unseen company costs little; its own rate would have cost all."""
    found = figures(lead_shop)
    at_random = found.loc[("lead_random", "model")]
    for protocol in ("lead_company", "lead_owner"):
        of = found.loc[(protocol, "model")]
        assert of["pr_auc"] > 0.75 * at_random["pr_auc"] and of["lift_top_decile"] > 2
        assert found.loc[(protocol, "model_over_prior"), "pr_auc_gain_low"] > 0
    rows = lead_shop.frame("select * from lead_columns").set_index("attribute")
    assert rows.loc["company_id", "leak"] == "id" and rows.loc["owner_id", "leak"] == "none"
    assert rows.loc[["company_id", "owner_id"], "done"].eq("not_a_feature").all()


def test_delivered_win_rates_are_named_and_reckoned_anew(lead_shop: Shop):
    rows = lead_shop.frame("select * from lead_columns where kind = 'rate'").set_index("attribute")
    assert set(rows.index) == {"ver_win_rate_x", "ver_win_ratio_per_bu", "com_reg_ver_win_rate"}
    assert rows["done"].eq("recomputed").all() and rows["leak"].eq("declared").all()
    print(rows["leak_reason"].to_string())
    assert "closer than chance" in rows.loc["ver_win_ratio_per_bu", "leak_reason"]
    assert "alone it tells outcomes apart" in rows.loc["com_reg_ver_win_rate", "leak_reason"]
    assert (
        lead_shop.value("select count(*) from lead_features where feature = 'ver_win_rate_x' and number is not null")
        == 0
    )


def test_the_list_of_the_month(lead_shop: Shop):
    rows = lead_shop.frame("select * from lead_scores where source = 'scored' order by rank")
    assert rows["created_at"].min() > pd.Timestamp("2023-12-01") and rows["within_capacity"].sum() == 50
    assert rows["reasons"].map(lambda text: len(json.loads(text)["top"])).min() >= 1
    lift = lead_shop.frame("select * from lead_lift order by decile")
    assert lift["lift"].iloc[0] > 2 > 1 > lift["lift"].iloc[-1] and lift["captured_share"].iloc[-1] == pytest.approx(1)
    known = lead_shop.frame("select probability, converted from lead_scores where source = 'out_of_fold'")
    won = known["converted"].eq("yes")
    assert known["probability"].mean() == pytest.approx(won.mean(), abs=0.01), "calibrated"


@pytest.mark.prove
def test_a_further_file_makes_the_tables_of_leads_stale_and_nothing_else(lead_shop: Shop, tmp_path: Path):
    shop = lead_shop.copy(tmp_path / "shop")
    lines = (shop.landing / "MQL_LEADS.csv").read_text(encoding="cp949").splitlines()
    last = lines[-1].split(",")
    (shop.landing / "MQL_LEADS_2.csv").write_text("\n".join([lines[0], ",".join(["L9999999", *last[1:]])]) + "\n")
    shop.crm("refresh", "--months", MONTH, "--select", "lead_lift")
    asked = set(stale(shop)[f"{MONTH}-01"])
    assert asked >= set(TABLES) and "raw_transactions" not in asked, "what was made of the month but leads stays"
    assert shop.value("select count(*) from leads where lead_id = 'L9999999'") == 1
