"""``lead_columns`` and ``lead_features``: by hand what is kept, dropped, merged, derived, left out, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets.defs.leads.lead_columns import lead_columns
from crm_assets.defs.leads.lead_features import lead_features
from crm_assets_tests.leads.lead_bench import Bench
from crm_assets_tests.making import results

ATTRIBUTES = ("country", "size", "scarce", "same", "told", "rate", "flag")
REFERENCE = {
    "not_answered": ["Select"],
    "numbers": ["size", "rate"],
    "empty_means": {"flag": "0"},
    "merges": {"country": {"United States": ["USA"]}},
    "derived": [
        {"name": "answered", "filled": ["country", "size"]},
        {"name": "country_and_flag", "joined": ["country", "flag"]},
        {"name": "as_told", "equal": ["country", "told"]},
    ],
    "after_contact": {"told": "written by sales"},
    "win_rates": {"rate": ["country"]},
    "words": {"urgency": ["asap", "right away"]},
    "titles": {"country": {"ko": "국가", "en": "country"}},
}


@pytest.fixture
def bench(tmp_path: Path, any_source: None) -> Bench:
    """Twenty leads of May and one of July, which June does not know."""
    made = Bench(tmp_path, *ATTRIBUTES)
    made.reference(REFERENCE)
    countries = ["United States", "u.s.a.", "USA", "India", "india", "India"] * 3 + ["Fiji", "Select"]
    for n, country in enumerate(countries):
        message = {0: "We need it ASAP, asap!", 1: "right away please", 2: "No asaps here"}.get(n)
        made.lead(f"L{n:02}", f"2021-05-{n + 1:02}", "no", company=f"c{n % 10}", message=message, country=country,
                  size=n if n else "Select", scarce="x" if n < 3 else None, same="Yes", told=country, rate="0.5",
                  flag="1" if n < 5 else None)  # fmt: skip
    made.lead("L99", "2021-07-01", "yes", country="Peru", size="999", same="No")
    return made


def test_what_was_done_with_each_column_and_why(bench: Bench):
    rows = bench.make(lead_columns, lead_rare_share=0.06).set_index("attribute")
    assert rows["done"].to_dict() == {
        "country": "kept", "size": "kept", "scarce": "dropped_missing", "same": "dropped_constant", "told": "left_out",
        "rate": "recomputed", "flag": "kept", "answered": "kept", "country_and_flag": "kept", "as_told": "left_out",
        "company_leads_before": "kept", "message_length": "kept", "message_urgency": "kept",
        "company_id": "not_a_feature",
    }  # fmt: skip
    country = rows.loc["country"]
    assert country[["leads", "filled_share", "distinct_values", "merged_values", "merged_leads"]].tolist() == [
        20, 0.95, 3, 1, 1,
    ]  # fmt: skip
    assert (country["title_ko"], rows.loc["size", "title_ko"]) == ("국가", "size")
    assert "15.0% of leads have a value" in rows.loc["scarce", "why"]
    assert "written by sales" in rows.loc["told", "why"] and rows.loc["told", "leak"] == "declared"
    assert rows.loc["as_told", "why"] == "made of told, which is left out"
    assert rows.loc["flag", "filled_share"] == 1 and rows.loc["size", "filled_share"] == 0.95
    assert set(rows["known"]) == {20} and rows["auc"].isna().all(), "nobody converted: there is no evidence"


def test_a_threshold_decides_and_the_rare_stay_where_none_is_rare(bench: Bench):
    rows = bench.make(lead_columns, lead_missing_share=0.9, lead_rare_share=0.0).set_index("attribute")
    assert rows.loc["scarce", "done"] == "kept" and rows.loc["country", "merged_values"] == 0


def test_the_features_are_what_is_kept_cleaned(bench: Bench):
    bench.make(lead_columns, lead_rare_share=0.06)
    rows = bench.make(lead_features, lead_rare_share=0.06)
    assert set(rows["lead_id"]) == {f"L{n:02}" for n in range(20)}
    told = {name: part.set_index("lead_id") for name, part in rows.groupby("feature")}
    assert set(told) == {"country", "size", "rate", "flag", "answered", "country_and_flag", "company_leads_before",
                         "message_length", "message_urgency"}  # fmt: skip
    country = told["country"]["category"]
    assert country[["L00", "L01", "L02", "L04", "L18", "L19"]].tolist() == [
        "United States", "United States", "United States", "India", "(other)", "(none)",
    ]  # fmt: skip
    assert "L00" not in told["size"].index and told["size"]["number"]["L07"] == 7.0
    assert told["rate"]["category"]["L03"] == "India", "the delivered rate is nowhere: it is whose rate it is"
    assert told["flag"]["category"][["L00", "L09"]].tolist() == ["1", "0"]
    assert told["answered"]["number"][["L00", "L01", "L19"]].tolist() == [1, 2, 1]
    assert told["country_and_flag"]["category"][["L00", "L05"]].tolist() == ["United States / 1", "India / 0"]
    assert told["company_leads_before"]["number"][["L03", "L13"]].tolist() == [0, 1]
    assert told["message_urgency"]["number"].to_dict() == {"L00": 2, "L01": 1, "L02": 0}
    assert told["message_length"]["number"]["L01"] == len("right away please")


def test_what_comes_later_changes_nothing(bench: Bench):
    before = [bench.make(lead_columns), bench.make(lead_features)]
    bench.lead("L98", "2021-07-02", "yes", country="Mars", size="-1", same="No", scarce="y", message="ASAP")
    bench.rows("update leads set converted = 'yes', decided_on = date '2021-07-01' where lead_id in ('L03', 'L04')")
    after = [bench.make(lead_columns), bench.make(lead_features)]
    assert before[0].drop(columns="known").equals(after[0].drop(columns="known")) and before[1].equals(after[1])
    assert set(after[0]["known"]) == {18}, "decided after the month: open at its end"


def test_outcomes_are_known_after_the_days_that_the_setting_says(bench: Bench):
    assert set(bench.make(lead_columns, lead_outcome_days=45)["known"]) == {16}  # up to 16 May
    assert set(bench.make(lead_columns, lead_outcome_days=0)["known"]) == {20}


def test_without_leads_the_tables_are_empty_and_nothing_warns(tmp_path: Path, any_source: None):
    bench = Bench(tmp_path, "country")
    assert bench.make(lead_columns).empty and bench.make(lead_features).empty
    *checks, _ = results(lead_columns, bench.store, "2021-06-01", **bench.settings)
    assert all(check.passed for check in checks)


def test_leads_of_id_day_and_outcome_only_have_no_column(tmp_path: Path, any_source: None):
    bench = Bench(tmp_path)
    for n in range(60):
        bench.lead(f"L{n:02}", "2021-05-02", "yes" if n % 2 else "no")
    assert bench.make(lead_columns).empty and bench.make(lead_features).empty


def test_a_column_without_a_value_is_dropped_whatever_share_may_be_missing(bench: Bench):
    bench.reference({**REFERENCE, "numbers": [*REFERENCE["numbers"], "scarce"]})  # of which no text can be read
    rows = bench.make(lead_columns, lead_missing_share=1).set_index("attribute")
    assert (rows.loc["scarce", "done"], rows.loc["scarce", "filled_share"]) == ("dropped_missing", 0)
    assert rows.loc["scarce", "why"].startswith("no lead has a value; of 3 leads the value is no number")


def test_what_is_no_number_is_missing_and_counted(bench: Bench):
    for n, size in enumerate(("Infinity", "-inf", "1,234", "Select", "12")):
        bench.lead(f"M{n}", "2021-05-02", "no", country="India", size=size)
    rows = bench.make(lead_columns).set_index("attribute")
    assert "of 3 leads the value is no number that can be read" in rows.loc["size", "why"]
    made = bench.make(lead_features).query("feature == 'size'").set_index("lead_id")["number"]
    assert made["M4"] == 12 and not {"M0", "M1", "M2", "M3"} & {*made.index}
