"""What betrays an attribute that was filled in after contact: each sign by hand, and on X Education, where it is known
which they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from crm_assets.leads import leaks
from crm_assets.leads.cleaning import Rules, cleaned
from crm_assets.leads.column_report import column_report
from crm_assets.leads.known import LeadsOfMonth
from crm_assets.leads.leaks import GIVEN_AWAY, evidence, of_an_id, signs, suspicious_words
from crm_assets.leads.reference import LeadReference, reference_of
from crm_assets.receipts.sources import read_source
from crm_assets.settings import PROJECT_DIR
from crm_assets.statistics import evidence as evidence_of_groups

REFERENCE = PROJECT_DIR / "data" / "reference"
WORDS = suspicious_words(REFERENCE)
OF_X_EDUCATION = {
    "tags", "lead_quality", "lead_profile", "last_activity", "last_notable_activity", "asymmetrique_activity_index",
    "asymmetrique_profile_index", "asymmetrique_activity_score", "asymmetrique_profile_score",
}  # fmt: skip


def outcomes(rows: int, share: float = 0.4, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(rows) < share).astype(int)


def found(values, converted, *, number: bool = False, name: str = "colour") -> list[str]:
    one = evidence(pd.Series(values, dtype=object if not number else float), converted, number=number, seed=1)
    return list(signs(name, one, WORDS))


def test_noise_is_not_suspected_whatever_its_name():
    won, rng = outcomes(2_000), np.random.default_rng(1)
    assert found(rng.choice(["a", "b", "c"], 2_000), won, name="last_status") == []
    assert found(rng.normal(size=2_000), won, number=True, name="quality_score") == []
    assert found([f"v{n}" for n in range(2_000)], won, name="last_id") == [], (
        "a value of one lead says nothing of others"
    )


def test_a_column_that_is_nearly_the_outcome_is_strong():
    won = outcomes(2_000)
    flipped = np.where(np.random.default_rng(2).random(2_000) < 0.1, 1 - won, won)
    assert any("alone it tells outcomes apart" in why for why in found(flipped.astype(str), won))
    assert any("alone it tells outcomes apart" in why for why in found(flipped + 0.1 * outcomes(2_000, seed=5), won,
                                                                       number=True))  # fmt: skip


def test_values_with_one_outcome_only():
    """Of 3,000 leads 300 closed: all converted. The others go as they will."""
    won, values = outcomes(3_000), np.array(["open"] * 3_000, dtype=object)
    won[:300], values[:300] = 1, "closed"
    assert [why for why in found(values, won) if "one outcome only" in why] == [
        "10% of leads have a value with one outcome only (closed)"
    ]
    values[100:300] = "open"  # 3 % of the leads are too few to say so
    assert found(values, won) == []


def test_that_nobody_converts_is_nothing_where_few_do():
    won = np.zeros(3_000, dtype=int)
    won[::20] = 1
    values = np.where(np.arange(3_000) % 20 < 10, "a", "b")
    values[won == 1] = "b"
    assert not [why for why in found(values, won) if "one outcome only" in why]


def test_what_is_filled_for_one_outcome_only():
    won = outcomes(2_000)
    values = pd.Series("x", index=range(2_000), dtype=object).where(won == 1, None)
    values[:1_000] = None
    assert any("filled for" in why and "for 0% of the others" in why for why in found(values, won))


def test_a_name_counts_where_the_column_tells_outcomes_apart():
    won, rng = outcomes(4_000), np.random.default_rng(3)
    some = np.where(rng.random(4_000) < 0.3, won, rng.integers(0, 2, 4_000)).astype(str)
    assert found(some, won, name="colour") == []
    assert [why[:27] for why in found(some, won, name="LastActivity")] == ["its name says last, and it "]
    assert found(some, won, name="blasting") == [], "last within another word is no word"


def test_rates_made_of_the_outcomes_are_closer_than_chance():
    rng = np.random.default_rng(9)
    areas, true = rng.integers(0, 12, 3_000), rng.uniform(0.1, 0.4, 12)
    won = (rng.random(3_000) < true[areas]).astype(int)
    of_these = (np.bincount(areas, won) / np.bincount(areas))[areas]
    assert any("win rates of the leads that have them" in why for why in found(of_these, won, number=True))
    assert not any("win rates" in why for why in found(true[areas], won, number=True)), "known from elsewhere"
    assert not any("win rates" in why for why in found(10 * of_these, won, number=True)), "no rates"


def test_the_interval_of_pure_values_is_that_of_the_house():
    assert leaks.wilson is evidence_of_groups.wilson


def test_an_id_whose_other_leads_give_a_lead_away():
    companies = pd.Series(np.repeat([f"c{n}" for n in range(300)], 4))
    of_company = np.repeat(outcomes(300, 0.2), 4)
    assert of_an_id(companies, of_company, seed=1)[0] > 0.95
    auc, leads = of_an_id(companies, outcomes(1_200), seed=1)
    assert auc < GIVEN_AWAY and leads == 1_200
    assert of_an_id(pd.Series([f"c{n}" for n in range(1_200)]), of_company, seed=1)[1] == 0


def test_on_x_education_with_nothing_declared(real_data: Path):
    """All nine columns that are known to be filled in later are named, and by evidence alone two."""
    source = read_source(REFERENCE, "xeducation")
    delivered = pd.read_parquet(real_data / "lead_scoring_xeducation.parquet")
    delivered = delivered[delivered["Converted"].notna()].set_index("Prospect ID")
    names = {name: a.column for name, a in source.files[0].attributes.items()}
    texts = pd.DataFrame({n: delivered[c].astype(object).where(delivered[c].notna(), None) for n, c in names.items()})
    texts = texts.map(lambda value: value if value is None else str(value)).astype(object)
    known = reference_of(source, REFERENCE)
    plain = LeadReference(not_answered=known.not_answered, numbers=known.numbers)
    leads = pd.DataFrame({"converted": delivered["Converted"], "company_id": None, "owner_id": None})
    of = LeadsOfMonth(leads, cleaned(texts, plain), pd.DataFrame(index=leads.index), plain, Rules(0.7, 0.01))
    rows = column_report(of, WORDS, leave_out=True, seed=42).set_index("attribute")
    named = set(rows.index[rows["leak"] == "suspected"])
    alone = column_report(of, (), leave_out=True, seed=42).set_index("attribute")
    by_evidence = set(alone.index[alone["leak"] == "suspected"])
    print(f"named: {sorted(named)}\nnot found: {sorted(OF_X_EDUCATION - named)}")
    print(f"wrongly: {sorted(named - OF_X_EDUCATION)}\nwithout looking at names: {sorted(by_evidence)}")
    print(rows.loc[sorted(named), ["auc", "pure_share", "leak_reason"]].to_string())
    strongest = rows.loc[sorted(set(rows.index) - OF_X_EDUCATION), "auc"].nlargest(4)
    print(f"strongest that are not: {strongest.round(3).to_dict()}")
    assert named == OF_X_EDUCATION
    assert by_evidence == {"tags", "lead_quality"}
    assert set(rows.index[rows["done"] == "left_out"]) == named
    allowed = plain.model_copy(update={"allowed": {"tags": "it is written before"}})
    told = column_report(
        LeadsOfMonth(leads, of.columns, of.texts, allowed, of.rules), WORDS, leave_out=True, seed=42
    ).set_index("attribute")
    assert (told.loc["tags", "done"], told.loc["tags", "leak"]) == ("kept", "allowed")
