"""How many receipts a new customer has at most is a setting: the report states it, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from crm_assets.charts import LANGUAGES, Pair
from crm_assets.report import build_report
from crm_assets.report.model import model
from crm_assets.report.predictions import predictions
from crm_assets_tests.report.report_sample import sample_month, texts
from crm_assets_tests.report.report_sample_prediction import judged_month
from crm_assets_tests.report.report_sample_whole import whole_month
from crm_assets_tests.report.shown_sections import made, panel, pen_of, said
from crm_assets_tests.report.test_report import charts_of, without_scripts

OF_THE_CUTS = re.compile(r"1·2·3건|1, 2,? (?:and |or )?3")  # what the model learns from, whatever the setting
LIMIT = {"ko": r"(?<!\d){most}건(?= 이하| 초과|을 넘)", "en": r"(?:at most|more than|passed) {most} receipts?\b"}
SENTENCES = 8  # overview (twice), movement (twice), predictions, bands, grades (twice)


def leaves(node: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its key."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{at}{key}.")
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, at)
    else:
        yield at, str(node)


def limits(page: str, lang: str, most: int) -> list[str]:
    """Where a page states a limit of so many receipts in a language."""
    return re.findall(LIMIT[lang].format(most=most), re.sub(r"<[^>]+>", "", without_scripts(page)))


def test_no_text_states_three_receipts_but_those_of_the_cuts():
    found = [
        (key, text)
        for key, text in leaves({k: v for k, v in texts().tree.items() if k != "reasons"})
        if not key.startswith("labels.slice.")
        and re.search(r"(?<!\d)3건|영수증이? 3|세 건|\b(?:3|three) receipts", OF_THE_CUTS.sub("", text), re.I)
    ]
    assert found == []


def test_with_a_limit_of_five_no_three_is_left():
    three, five = (build_report(whole_month(new_customer_max_receipts=n), texts()) for n in (3, 5))
    for lang in LANGUAGES:
        assert len(limits(three, lang, 3)) == len(limits(five, lang, 5)) == SENTENCES
        assert limits(five, lang, 3) == [] and "{most}" not in five


def test_a_limit_of_one_is_one_receipt():
    assert "more than 1 receipt so far, new customers at most 1 receipt." in build_report(
        sample_month(new_customer_max_receipts=1), texts()
    )
    pen = pen_of(sample_month())
    assert [pen.receipts(n) for n in (1, 4)] == [Pair("1건", "1 receipt"), Pair("4건", "4 receipts")]


def test_customers_of_four_and_of_five_receipts_are_named_as_the_others_are():
    rows = sample_month().predictions
    more = pd.concat([rows, *(rows[rows["receipts"] == 1].assign(receipts=n) for n in (4, 5))])
    data = judged_month(predictions=more, new_customer_max_receipts=5)
    table = panel(made(predictions, data), "predictions-counts").table
    assert [cell.en for cell in table.header[1:]] == ["1 receipt", *(f"{n} receipts" for n in (2, 3, 4, 5))]
    axis = charts_of(build_report(data, texts()))["predictions-counts"]["ko"]["layout"]["xaxis"]
    assert axis["ticktext"] == ["1건", "2건", "3건", "4건", "5건"]


def test_later_months_have_a_row_for_every_number_of_receipts():
    known = judged_month().metrics
    parts = [known[known["slice"] == "horizon/3"].assign(slice=f"horizon/{n}") for n in (10, 4)]
    data = judged_month(metrics=pd.concat([known, *parts]), new_customer_max_receipts=10)
    first = [cells[0] for cells in said(panel(made(model, data), "model-later-horizon"))]
    assert first[:6] == ["All", "1 receipt", "2 receipts", "3 receipts", "4 receipts", "10 receipts"]
