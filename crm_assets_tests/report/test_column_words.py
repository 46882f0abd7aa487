"""What a reader calls model columns and their values: complete, told apart, in both languages."""

from __future__ import annotations

import re

import pytest

from crm_assets.charts import LANGUAGES, Words
from crm_assets.contracts.feature_sets import SETS, described
from crm_assets.prediction.model_rows import EXPOSURE
from crm_assets.report.column_words import column_name, column_value
from crm_assets_tests.report.report_sample import texts

COLUMNS = [c.name for contract in SETS.values() for c in described(contract)]


def words(language: str) -> Words:
    return Words(texts(), language, "KRW")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_that_a_model_may_see_has_a_name_of_its_own(language: str):
    names = [column_name(c, words(language)) for c in (*COLUMNS, EXPOSURE)]
    assert len(set(names)) == len(names)
    assert not [name for name in names if not 0 < len(name) <= 60 or "_" in name]
    if language == "ko":
        assert all(re.search("[가-힣]", name) for name in names)


def test_a_column_of_another_version_is_called_by_its_code():
    assert column_name("gone_since", words("ko")) == "gone_since"
    assert column_value("gone_since", 2.5, words("ko")) == "2.5"


def test_every_code_that_a_contract_lists_has_a_word():
    fields = {name: f for contract in SETS.values() for name, f in contract.to_schema().columns.items()}
    worded = texts().at("columns.values")
    assert set(texts().at("columns.names")) | set(worded) <= {*COLUMNS, EXPOSURE}
    for name in COLUMNS:
        codes = {str(v) for c in fields[name].checks if c.name == "isin" for v in c.statistics["allowed_values"]}
        assert codes <= set(texts().order(worded.get(name, name))), f"columns.yaml has no words for {codes} of {name}"


def test_values_have_their_unit_or_word():
    shown = {
        ("receipt_amount_mean", 3140.0): ("3,140원", "₩3,140"),
        ("unit_amount_mean", 1046.67): ("1,047원", "₩1,047"),
        ("purchase_hour_mode", 19.0): ("19시", "19 h"),
        ("quantity_mean", 1.5): ("1.5개", "1.5"),
        ("daypart_mode", "evening"): ("저녁(18–23시)", "evening (18–23)"),
        ("weekday_mode", 0.0): ("월", "Mon"),
        ("purchase_year_mode", 2021.0): ("2021", "2021"),
        ("wallet_user", 0.0): ("아니요", "no"),
        ("gender", "female"): ("여성", "woman"),
        ("partner_mode", "A02"): ("A02", "A02"),
        ("age_band", None): ("알 수 없음", "not known"),
        ("amount_level_mean", -3.1): ("4.5%", "4.5%"),  # of the shop's mean, not its logarithm
        ("receipt_amount_min", -500.0): ("−500원", "−₩500"),  # the minus of the contributions
    }
    ko, en = words("ko"), words("en")
    assert {k: (column_value(*k, ko), column_value(*k, en)) for k in shown} == shown
