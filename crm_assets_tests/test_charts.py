"""Charts and pictures show the figures they were given, in the house's colours, with texts as plain text."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from crm_assets import charts, pictures
from crm_assets.charts import Pair, Words
from crm_assets.charts.style import SEGMENTS, legible_on, plain, segment_colour
from crm_assets_tests.report.report_sample import TYPES, sample_month, texts

NAMES = {"a": Pair("가", "A"), "b": Pair("나", "B")}


def words(lang: str = "ko", currency: str = "KRW", names: dict[str, Pair] = NAMES) -> Words:
    return Words(
        texts(), lang, currency, names, {"VIP": Pair("VIP", "VIP"), "At-Risk": Pair("이탈 위험 고객", "At risk")}
    )


def long_frame(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["segment_id", "category", "value"])


@pytest.mark.parametrize(
    ("lang", "currency", "full", "short"),
    [
        ("ko", "KRW", "1,234,567원", "123만원"),
        ("en", "KRW", "₩1,234,567", "₩1.2M"),
        ("ko", "GBP", "£1,234,567.00", "£123만"),
        ("en", "GBP", "£1,234,567.00", "£1.2M"),
        ("ko", "SEK", "1,234,567.00 SEK", "123만 SEK"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(lang, currency, full, short):
    one = words(lang, currency)
    assert one.figure("currency", 1_234_567) == full
    assert one.short("currency", 1_234_567) == short


def test_other_numbers_carry_their_unit():
    ko, en = words("ko"), words("en")
    assert (ko.figure("customers", 26_317.0), en.figure("customers", 26_317.0)) == ("26,317명", "26,317")
    assert ko.figure("share", 0.42519) == "42.5%"
    assert ko.figure("days", 52.0) == "52.0일"  # a mean that happens to be whole, beside 79.9일
    assert ko.figure("receipts", 3) == "3건"
    assert ko.figure("score", 0.38) == "0.380"
    assert ko.short("currency", 12_345_678_900) == "123억원"
    assert ko.figure("currency", -1_500) == "−1,500원"
    assert ko.figure("days", None) == ko.figure("days", math.nan) == "–"


def test_one_minus_sign_everywhere_and_none_before_zero():
    ko = words("ko")
    assert [ko.figure("score", v) for v in (-3.14159, -0.0004, 0.0)] == ["−3.142", "0.000", "0.000"]
    assert (ko.figure("share", -0.123), ko.figure("share", -0.0001)) == ("−12.3%", "0.0%")
    assert (ko.figure("days", -3), ko.figure("currency", -0.3)) == ("−3일", "0원")
    assert [charts.signed(v) for v in (0.814, -0.2, -0.001)] == ["+0.81", "−0.20", "+0.00"]
    told = ko.texts.translated("on 2021-04-30 difference -0.013 (-.5 to 1e-05), macro-F1")
    assert told.en == "on 2021-04-30 difference −0.013 (−.5 to 1e-05), macro-F1"


@pytest.mark.parametrize("top", [0, 0.031, 0.59, 7, 79_000, 21_880_452])
def test_ticks_start_at_zero_and_reach_the_top(top):
    places, labels = words().ticks("currency" if top > 100 else "score", top)
    assert places[0] == 0 and places[-1] >= top and len(places) == len(labels) == len(set(labels)) <= 7


def test_a_missing_text_is_named():
    with pytest.raises(charts.TextMissing, match=r"nowhere\.at_all"):
        texts().pair("nowhere.at_all")


def test_reasons_are_said_in_korean_and_unknown_ones_are_kept():
    """The registry states reasons in English; a Korean page showed them as they were."""
    said = texts().translated(
        "first fit. elbow of inertia at K=5 (smallest share 0.0121); "
        "lowered to K=4 (smallest share 0.0850), minimum 0.02 reached"
    )
    assert said.ko == (
        "첫 적합. 군집 내 제곱합이 꺾이는 점은 K=5(가장 작은 유형의 비중 0.0121); "
        "K=4로 낮춤(가장 작은 유형의 비중 0.0850), 최소 비중 0.02 충족"
    )
    assert texts().translated("something new") == Pair("something new", "something new")


def test_a_type_has_one_colour_by_its_place_and_a_stranger_is_grey():
    assert [segment_colour(s, list(NAMES)) for s in ("a", "b", "x")] == [SEGMENTS[0], SEGMENTS[1], SEGMENTS[-1]]
    assert len(set(SEGMENTS)) == len(SEGMENTS) == 10  # K goes up to 10


def test_text_on_a_colour_has_contrast():
    assert legible_on("rgb(29,66,102)") == "#ffffff"
    assert legible_on("rgb(216,227,237)") != "#ffffff"


def test_bars_show_values_in_the_order_of_the_types_with_the_mean():
    frame = pd.DataFrame({"segment_id": ["b", "a"], "value": [10.0, 30.0]})
    figure = charts.segment_bars(frame, words(), "days", mean=20.0)
    assert list(figure.data[0].y) == ["a", "b"] and list(figure.data[0].x) == [30.0, 10.0]
    assert list(figure.layout.yaxis.ticktext) == ["가", "나"]
    assert figure.layout.shapes[0].x0 == 20.0
    assert [a.text for a in figure.layout.annotations] == ["전체 20.0일", "30.0일", "10.0일"]


def test_a_category_that_a_type_lacks_is_zero_in_columns_and_no_bar_in_pairs():
    frame = long_frame([("a", "20대", 0.4), ("a", "30대", 0.6), ("b", "30대", 1.0)])
    figure = charts.columns(frame, words(), "age_band", ["20대", "30대"], "share")
    assert list(figure.data[1].y) == [0.0, 1.0]
    spend = long_frame([("a", "user", 10.0), ("a", "non_user", 5.0), ("b", "non_user", 7.0)])
    figure = charts.pairs(spend, words(), "monetary_mean_wallet", ["user", "non_user"], "currency")
    assert list(figure.data[0].x) == [10.0, None]


def test_many_types_become_lines():
    names = {str(i): Pair(str(i), str(i)) for i in range(9)}
    frame = long_frame([(str(i), c, 0.5) for i in range(9) for c in ("20대", "30대")])
    figure = charts.columns(frame, words(names=names), "age_band", ["20대", "30대"], "share")
    assert {t.type for t in figure.data} == {"scatter"}


def test_the_chosen_k_is_marked():
    frame = pd.DataFrame({"k": [3, 2, 4], "value": [0.5, 0.6, 0.4]})
    figure = charts.k_scan(frame, words(), 3, "실루엣")
    assert list(figure.data[0].x) == [2, 3, 4]
    assert list(figure.data[0].text) == ["", "<b>0.500</b>", ""]
    assert figure.layout.shapes[0].x0 == 3


def test_names_from_files_stay_text():
    """Plotly reads tags and links in labels; a product called <a href=…> must be shown, not followed."""
    evil = '<a href="javascript:alert(1)">x</a> & co'
    frame = pd.DataFrame({"segment_id": ["e"], "value": [1.0]})
    text = str(charts.segment_bars(frame, words(names={"e": Pair(evil, evil)}), "days").to_plotly_json())
    assert "<a" not in text.replace("\\u003c", "<") and plain(evil).startswith("&lt;a")


def test_figures_hold_lists_and_no_template():
    """Encoded arrays and the default template made a page larger and its bytes depend on the platform."""
    bands = pd.DataFrame({"rfm_band": ["VIP", "At-Risk"], "customers": [2_110, 3_905]})
    figure = charts.band_treemap(bands, words())
    text = json.dumps(figure.to_plotly_json())
    assert "bdata" not in text and len(text) < 3_000


def test_every_type_of_the_sample_is_drawn():
    names = {s: Pair(t[0], t[1]) for s, t in TYPES.items()}
    rows = sample_month().measure("age_band")
    figure = charts.columns(rows, words(names=names), "age_band", ["20대", "30대"], "share")
    assert [t.name for t in figure.data] == [*(t[0] for t in TYPES.values()), "전체"]


def test_markdown_bars():
    text = pictures.bars([("A|B", 30.0), ("C", 10.0)], unit="customers", total=40.0)
    lines = text.splitlines()
    assert lines[2] == f"| A\\|B | 30 | 75.0 | {'▇' * 20} |"
    assert lines[3].count("▇") == 7
    assert pictures.bars([]).count("\n") == 1
    with pytest.raises(ValueError, match="'C'"):
        pictures.bars([("C", -1.0)])


def test_markdown_table_escapes_and_says_what_it_left_out():
    names, values = ["a|b\nc", "<b>", None, "a name too long"], [1_234.0, 0.123456, math.nan, 1.0]
    frame = pd.DataFrame({"name": names, "value": values, "other": range(4)})
    text = pictures.table(frame, ["name", "value"], longest=100)
    assert text.splitlines() == [
        "| name | value |",
        "| :-- | --: |",
        "| a\\|b c | 1,234.000 |",
        "| &lt;b> | 0.123 |",
        "| – | – |",
        "",
        "… 1 more rows",
    ]


def test_what_the_ui_shows_unfolded_says_how_much_is_left_out():
    """The UI hides a text of a thousand characters and more behind a word to click on."""
    frame = pd.DataFrame({"name": [f"category {i}" for i in range(200)], "value": range(200)})
    text = pictures.table(frame)
    shown = text.count("category")
    assert 900 < len(text) < 1_000 and text.endswith(f"… {200 - shown} more rows")
    assert pictures.table(frame, longest=None).count("category") == 200
    bars = pictures.bars([(f"category {i}", 200.0 - i) for i in range(200)])
    assert len(bars) < 1_000 and bars.endswith(f"… {200 - bars.count('category')} more rows")


def test_a_column_has_the_same_decimals_throughout():
    frame = pd.DataFrame(
        {
            "whole": [1.0, 20.0],
            "small": [0.25, 2.0],
            "tenths": [0.4, 250.7],
            "large": [3.0, 1_234.56],
            "both": [0.04, 99.5],
        }
    )
    rows = pictures.table(frame).splitlines()[2:]
    assert rows == ["| 1 | 0.250 | 0.4 | 3.0 | 0.040 |", "| 20 | 2.000 | 250.7 | 1,234.6 | 99.500 |"]
    assert [line.split(" | ")[1] for line in pictures.bars([("a", 12.25), ("b", 3.0)]).splitlines()[2:]] == [
        "12.2",
        "3.0",
    ]


def test_what_is_more_than_nothing_has_a_bar():
    rows = pictures.bars([("a", 1_000.0), ("b", 1.0), ("c", 0.0)]).splitlines()[2:]
    assert [row.split(" | ")[-1].strip(" |") for row in rows] == ["▇" * 20, "▏", ""]


def test_midnights_are_dates_and_truths_no_numbers():
    days = pd.DataFrame({"at": [pd.Timestamp(2021, 3, 1), pd.NaT], "known": [True, False]})
    assert pictures.table(days).splitlines()[2:] == ["| 2021-03-01 | True |", "| – | False |"]
    times = pd.DataFrame({"at": [pd.Timestamp(2021, 3, 1), pd.Timestamp(2021, 3, 1, 9, 30)]})
    assert pictures.table(times).splitlines()[2:] == ["| 2021-03-01 00:00:00 |", "| 2021-03-01 09:30:00 |"]


def test_the_texts_of_a_folder_are_one_tree_and_no_text_is_there_twice(tmp_path):
    (tmp_path / "a.yaml").write_text("words: {one: {ko: 하나, en: one}}\npanels: [{measure: x}]\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("words: {two: {ko: 둘, en: two}}\npanels: [{measure: y}]\n", encoding="utf-8")
    both = charts.Texts.read(tmp_path)
    assert both.pair("words.one") == Pair("하나", "one") and both.pair("words.two").en == "two"
    assert [panel["measure"] for panel in both.at("panels")] == ["x", "y"]
    (tmp_path / "c.yaml").write_text("words: {two: {ko: 두, en: two}}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"c\.yaml: the text words\.two is in another file"):
        charts.Texts.read(tmp_path)
