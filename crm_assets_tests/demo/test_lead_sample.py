"""The sample of leads keeps its promises: the shape of S3's table, one in twelve converts, words that raise it,
companies that give the answer away, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_assets.demo import leads, write_leads
from crm_assets.leads.leaks import GIVEN_AWAY, TOO_CLOSE, WEAK, evidence, of_an_id
from crm_assets.settings import PROJECT_DIR
from crm_assets_tests.demo.test_demo_writer import fingerprint

VOCABULARY = PROJECT_DIR / "data" / "reference" / "demo"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The leads with what was planted in them, everything as text."""
    root = tmp_path_factory.mktemp("leads")
    write_leads(root / "landing", root / "truth", VOCABULARY)
    rows = pd.read_csv(root / "landing" / leads.FILE, dtype=str, keep_default_na=False)
    truth = pd.read_csv(root / "truth" / leads.TRUTH, dtype=str)
    return rows.merge(truth, on="lead_id", validate="one_to_one").assign(
        won=rows["is_converted"].eq("True").astype(int)
    )


def test_the_shape_is_that_of_the_table_and_three_columns_more(sample: pd.DataFrame):
    assert len(leads.OF_S3) == 29 and {*leads.HEADER} - {*leads.OF_S3} == {"lead_id", "created_at", "message"}
    assert sample["lead_id"].is_unique and sample["created_at"].between("2023-01-01", "2023-12-31").all()
    assert sample["created_at"].str[:7].nunique() == 12
    assert 5_000 < len(sample) < 7_000 and sample["won"].mean() == pytest.approx(0.08, abs=0.012)


def test_it_is_dirty(sample: pd.DataFrame):
    countries = sample["customer_country"].value_counts()
    assert {"United States", "USA", "U.S.A.", "united states"} <= {*countries.index} and countries.min() < 30
    empty = (sample == "").mean()
    assert empty["product_modelname"] > 0.7 and 0.3 < empty["customer_type"] < 0.5 and 0.05 < empty["message"] < 0.15
    assert sample.groupby("customer_idx").size().max() >= 5 and sample["lead_owner"].nunique() == 60


def test_rates_are_made_of_the_outcomes(sample: pd.DataFrame):
    known = sample[(sample["ver_win_rate_x"] != "")]
    for name, groups in (("ver_win_rate_x", ["business_area"]),
                         ("ver_win_ratio_per_bu", ["business_area", "business_unit"])):  # fmt: skip
        of = known.groupby(groups)["won"].transform("mean")
        assert np.allclose(known[name].astype(float), of, atol=1e-6)
        found = evidence(pd.to_numeric(sample[name]), sample["won"].to_numpy(), number=True, seed=42)
        assert found.auc < WEAK + 0.05 and found.closeness < TOO_CLOSE, name
    own = sample[sample["com_reg_ver_win_rate"] != ""]
    of_company = sample.groupby("customer_idx")["won"].mean()
    assert np.allclose(own["com_reg_ver_win_rate"].astype(float), own["customer_idx"].map(of_company), atol=1e-6)


def test_a_company_gives_the_answer_away_and_a_sales_person_does_not(sample: pd.DataFrame):
    won = sample["won"].to_numpy()
    company, leads_of = of_an_id(sample["customer_idx"], won, seed=42)
    owner, _ = of_an_id(sample["lead_owner"], won, seed=42)
    rate = evidence(pd.to_numeric(sample["com_reg_ver_win_rate"]), won, number=True, seed=42).auc
    print(f"ROC-AUC of a company's rate {company:.3f} ({leads_of:,} leads), as delivered {rate:.3f}, owner {owner:.3f}")
    assert company > GIVEN_AWAY + 0.05 and rate > 0.9 and owner < 0.65


def test_words_of_urgency_budget_and_time_raise_conversion_and_others_lower_it(sample: pd.DataFrame):
    rates = {name: sample.groupby(name)["won"].mean() for name in leads.SIGNALS}
    print({name: rate.round(3).to_dict() for name, rate in rates.items()})
    assert all(rates[name]["1"] > 1.5 * rates[name]["0"] for name in ("urgency", "budget", "timeline"))
    assert all(rates[name]["1"] < rates[name]["0"] for name in ("study", "support"))
    assert sample.loc[sample["urgency"] == "1", "message"].ne("").all()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        write_leads(tmp_path / name / "landing", tmp_path / name / "truth", VOCABULARY, customers=150, seed=seed)
    one, two, other = (fingerprint(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two and one != other


def test_too_few_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="customers=3"):
        write_leads(tmp_path, tmp_path, VOCABULARY, customers=3)
