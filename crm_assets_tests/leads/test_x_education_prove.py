"""X Education made whole, and judged by groups that a model has not seen. It has neither companies nor sales people, so
the groups are made here: leads of the same days (their numbers rise with time), and those of one source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import is_monthly
from crm_assets.leads.feature_rows import known_of_month
from crm_assets.leads.training import train
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.leads.conftest import TABLES
from crm_assets_tests.leads.test_lead_shops import figures, printed
from crm_assets_tests.leads.test_leaks import OF_X_EDUCATION

pytestmark = pytest.mark.prove
BLOCK = 100  # leads that came one after the other
SHOWN = ("f1", "pr_auc", "pr_auc_low", "pr_auc_high", "roc_auc", "lift_top_decile", "brier")


@pytest.fixture
def told(x_education: Shop, real_data: Path) -> pd.DataFrame:
    """protocol, model × metric: lead_company is by blocks of numbers, lead_owner by source."""
    settings = x_education.settings()
    with Warehouse(settings.database).session() as session:
        leads, _ = known_of_month(session, date(2021, 1, 1), date(2021, 1, 31), settings)
    file = pd.read_parquet(real_data / "lead_scoring_xeducation.parquet").set_index("Prospect ID")
    file = file.reindex(leads.features.index)
    blocks = (file["Lead Number"].rank(method="first") // BLOCK).astype(int).astype(str)
    sources = file["Lead Source"].fillna("none")
    _, rows = train(replace(leads, company=blocks, owner=sources), trained_as_of="2021-01-31", seed=settings.seed)
    frame = pd.DataFrame(rows)
    return frame.pivot_table(index=["protocol", "model"], columns="metric", values="value")


def test_leads_of_other_days_and_sources(told: pd.DataFrame):
    print(f"\n{told.dropna(subset=['f1'])[[*SHOWN]].round(3).to_string()}")
    print(told.dropna(subset=["pr_auc_gain"]).filter(like="pr_auc_gain").round(3).to_string())
    days = told.loc["lead_company"]
    assert days.loc["model", "pr_auc"] > 0.8 and days.loc["model", "lift_top_decile"] > 2.3
    assert days.loc["model_over_prior", "pr_auc_gain_low"] > 0.3
    assert days.loc["model_over_logistic", "pr_auc_gain_low"] > -0.005
    if "lead_owner" in told.index:
        assert told.loc[("lead_owner", "model"), "pr_auc"] > told.loc[("lead_owner", "prior"), "pr_auc"]


def test_x_education_is_made_whole_though_it_has_no_receipts(x_education: Shop, tmp_path: Path):
    shop = x_education.copy(tmp_path / "whole")
    shop.crm("refresh")
    assert (shop.data / "reports" / "2021-01.html").exists()
    assert shop.settings().published.exists(), "the copy for readers waits while a table is missing"
    monthly = [name for name, contract in CONTRACTS.items() if is_monthly(contract)]
    filled = {name for name in monthly if shop.value(f"select count(*) from {name}")}
    assert filled >= {*TABLES, "model_metrics", "report"} and "raw_transactions" not in filled


def test_rows_of_x_education_that_are_no_leads_are_put_aside(x_education: Shop):
    told = x_education.frame("select rows, loaded, quarantined from landed_files").iloc[0].tolist()
    assert told == [9_240, 8_902, 338], "338 rows hold a whole line in the cell of the id"


def test_how_good_the_list_of_x_education_is_without_what_was_known_later(x_education: Shop):
    found = figures(x_education)
    printed(found)
    rows = x_education.frame("select attribute, done, leak from lead_columns").set_index("attribute")
    assert set(rows.index[rows["leak"] == "declared"]) == OF_X_EDUCATION == set(rows.index[rows["done"] == "left_out"])
    of = found.loc["lead_random"]
    served, line, prior = of.loc["model"], of.loc["logistic"], of.loc["prior"]
    assert served["pr_auc"] > 0.80 and served["pr_auc_low"] > 2 * prior["pr_auc"]
    assert served["lift_top_decile"] > 2.4 and served["f1"] > 0.73 > prior["f1"]
    assert of.loc["model_over_logistic", "pr_auc_gain_low"] > -0.005 and served["f1"] > line["f1"] - 0.01
    assert served["brier"] < 0.6 * prior["brier"]
