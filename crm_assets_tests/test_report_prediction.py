"""The sections on the model and on predictions say what the tables hold, of the right month, and nothing else."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.charts import Pair
from crm_assets.months import Snapshot
from crm_assets.report import ReportData, build_report
from crm_assets.report.blocks import Card, Coloured, Lines, Panel, Pen, Section, Strip
from crm_assets.report.model import model, scores
from crm_assets.report.prediction_cells import reasons, strip
from crm_assets.report.prediction_reading import EXAMPLE, prediction_frames, prediction_tables
from crm_assets.report.predictions import predictions
from crm_assets.report.reading import read_counts
from crm_assets.warehouse import Session
from crm_assets_tests.feature_shop import insert
from crm_assets_tests.report_sample import first_month, sample_month, texts
from crm_assets_tests.report_sample_prediction import (
    BINS,
    MATTER,
    REASONS,
    example,
    expectations,
    judged_month,
    model_comparison,
)
from crm_assets_tests.report_sample_prediction import (
    prediction_tables as sample_tables,
)
from crm_assets_tests.test_report import charts_of, without_scripts

PANELS = ["model-macro-f1", "model-measures", "model-later-horizon", "model-later-first", "model-calibration",
          "model-abstention", "model-comparison", "model-importance-cart", "model-importance-permutation",
          "model-ablation"]  # fmt: skip

USED = "The model in use, and why"


def pen_of(data: ReportData) -> Pen:
    return Pen.of(data, texts())


def made(section, data: ReportData) -> Section:
    return section(data, pen_of(data))


def panel(section: Section, name: str) -> Panel:
    return next(p for p in section.panels if p.id == name)


def row(of: Panel, first: str, lang: str = "en") -> list[str]:
    """The cells after the first of the row that is called so."""
    return next(cells[1:] for cells in said(of, lang) if cells[0] == first)


def said(of: Panel, lang: str = "en") -> list[list[str]]:
    return [[spoken(cell, lang) for cell in cells] for cells in of.table.rows]


def card(section: Section, title: str) -> Card:
    return next(c for c in section.cards if c.title.en == title)


def figures_of(shown: Card) -> dict[str, str]:
    return {name.en: value.en for name, value in shown.values}


def in_use_since_july() -> pd.DataFrame:
    """The month's row of a model that was trained in July and is used again."""
    reason = "trained as of 2021-07-31, 5 months old"
    return judged_month().model.assign(status="reused", trained_as_of=date(2021, 7, 31), reason=reason)


def spoken(cell, lang: str) -> str:
    if isinstance(cell, Coloured):
        return getattr(cell.name, lang)
    if isinstance(cell, Lines):
        return " | ".join(spoken(text, lang) for text in cell.texts)
    if isinstance(cell, Strip):
        return getattr(cell.text, lang)
    return (getattr(cell, lang) if isinstance(cell, Pair) else str(cell)).replace("\N{NO-BREAK SPACE}", " ")


def with_table(name: str, frame: pd.DataFrame, **changes: object) -> ReportData:
    return judged_month(tables=sample_tables() | {name: frame}, **changes)


# ── the model


def test_the_section_opens_with_the_question_and_has_every_panel():
    section = made(model, judged_month())
    assert section.lead[0].en.endswith("which type will it have 90 days after its last known receipt?")
    assert "90일 뒤에 어느 유형일까" in section.lead[0].ko
    assert [p.id for p in section.panels] == PANELS
    assert [c.title.en for c in section.cards] == [
        "First receipts (cold start), true days known", "First receipts, asked at the fixed day as in use",
        "Later months: what became of all predictions", "The model in use, and why", "Full histories",
    ]  # fmt: skip
    assert "Why a model taught on full histories does worse" in section.after[0].en and len(section.after) == 1


def test_the_horizon_is_counted_apart_from_the_columns():
    lead = made(model, judged_month()).lead
    assert "sees 29 columns" in lead[1].en  # the sample's model sees 29 and the exposure
    assert "mean new cases on the purchase dates" in lead[2].en and "확진자수" in lead[2].ko


def test_scores_are_series_over_slices_with_cold_start_baselines():
    frame = scores(judged_month())
    table = frame.pivot(index="series", columns="slice", values="value")
    assert table.loc["seed", ["full", "1", "2", "3"]].tolist() == [0.59, 0.20, 0.23, 0.28]
    assert table.loc["cold_start", ["1", "2", "3"]].tolist() == [0.39, 0.43, 0.47]
    assert pd.isna(table.at["cold_start", "full"])
    assert list(dict.fromkeys(frame["series"])) == ["seed", "cold_start", "majority", "prior"]


def test_a_month_with_the_older_tables_only_has_the_older_panels():
    """No table of checks, comparison and importance: no panel, and where later months are missing that is said."""
    section = made(model, sample_month())
    assert [p.id for p in section.panels] == ["model-macro-f1"]
    assert [c.title.en for c in section.cards] == [
        "First receipts (cold start), true days known", "The model in use, and why", "Full histories"
    ]  # fmt: skip
    assert "no check by later months yet" in section.after[-1].en
    assert section.lead[0].en.endswith("a stated number of days after its last known receipt?")
    nothing = made(model, sample_month(metrics=pd.DataFrame()))
    assert nothing.panels == [] and len(nothing.cards) == 1


def test_a_month_without_a_model_says_why_and_shows_nothing_else():
    section = made(model, first_month())
    assert "no prediction model this month" in section.note.en
    assert "이 달에는 유형이 없어 학습할 것이 없음" in section.after[0].ko
    assert not section.panels and not section.cards


def test_figures_name_the_month_that_trained_them():
    """A month that reuses a model shows the figures of another one; the later months are its own."""
    data = judged_month()
    reused = data.model.assign(status="reused", trained_as_of=date(2021, 9, 30))
    section = made(model, judged_month(model=reused))
    sources = {p.id: p.table.source.en for p in section.panels}
    of_the_month = {name for name, source in sources.items() if "as of 2021-12-31" in source}
    assert of_the_month == {"model-measures", "model-later-horizon", "model-later-first"}
    assert all("as of 2021-09-30" in sources[name] for name in set(PANELS) - of_the_month)


def test_the_decision_is_told_with_the_figures_that_it_rests_on():
    data = judged_month()
    kept = data.model.assign(
        status="kept", trained_as_of=date(2021, 9, 30), challenger_macro_f1=0.412, incumbent_macro_f1=0.431,
        compared_customers=640,
    )  # fmt: skip
    values = {k.en: v.en for k, v in card(made(model, judged_month(model=kept)), USED).values}
    assert values["Trained as of"] == "2021-09-30"
    assert values["Macro F1 of the new one"] == "0.41" and values["Of the one in use before"] == "0.43"
    assert values["Customers compared"] == "640"
    first = kept.assign(status="trained", incumbent_macro_f1=None)  # nothing to compare with
    values = [k.en for k, _ in card(made(model, judged_month(model=first)), USED).values]
    assert values == ["Trained as of", "Macro F1 of the new one", "Customers compared"]
    used = card(made(model, data), USED)
    assert [k.en for k, _ in used.values] == ["Trained as of"]
    assert used.text.ko == "이달 학습. 모형이 3개월 되어 다시 학습(주기 3개월)."
    assert used.text.en.startswith("Trained this month. The model is 3 months old")


def test_later_months_are_shown_with_those_in_which_a_baseline_is_better():
    section = made(model, judged_month())
    horizon, first = (panel(section, f"model-later-{o}") for o in ("horizon", "first"))
    assert "by macro F1 in 4 of 5 months, by the share of right answers in 4 of 5;" in horizon.caption.en
    assert "by macro F1 in 5 of 5 months" in first.caption.en
    ours, majority, prior = horizon.figures["en"].data
    assert list(ours.y) == [0.31, 0.36, 0.24, 0.41, 0.43] and list(prior.y) == [0.24, 0.25, 0.25, 0.26, 0.25]
    assert list(ours.x) == ["2021-05", "2021-06", "2021-07", "2021-08", "2021-09"] and majority.line.dash == "dot"
    shown = said(horizon)
    assert [cells[0] for cells in shown] == ["All", "1 receipt", "2 receipts", "3 receipts", *ours.x]
    assert shown[0][1:] == ["900", "0.382", "0.151", "0.252", "50.2%", "27.1%", "37.2%", "0.031", "71.0%", "68.2%"]
    assert row(horizon, "2021-05")[7] == "–"  # too few for a calibration error
    later = card(section, "Later months: what became of all predictions")
    assert [v.en for _, v in later.values] == ["0.38", "0.15", "0.25", "50.2%", "27.1%", "37.2%"]
    assert "the asked number of days after" in later.text.en and "here each customer counts once" in later.text.en


def test_the_model_in_use_is_told_apart_from_earlier_ones_by_both_measures():
    """A model may win by macro-F1 and lose to the most frequent type by the share of right answers."""
    known = judged_month().metrics
    often = (known["model"] == "majority") & (known["metric"] == "accuracy")
    often &= known["slice"].str.contains("/2021-0[789]")
    metrics = known.assign(value=known["value"].mask(often, 0.9))
    section = made(model, judged_month(metrics=metrics, model=in_use_since_july()))
    own = card(section, "Later months of the model in use alone")
    right = (0.36 * 134 + 0.53 * 141 + 0.55 * 148) / (134 + 141 + 148)
    assert figures_of(own) == {
        "Months ahead of both baselines · Macro F1": "2 of 3",
        "Months ahead of both baselines · Right answers": "0 of 3",
        "Right answers · LightGBM": f"{right:.1%}",
        "Right answers · Always the most frequent": "90.0%",
    }
    assert "423 predictions" in own.text.en and "Months before belong to earlier models" in own.text.en
    shown = panel(section, "model-measures")
    assert not shown.figures  # an open table
    assert "counts all types alike" in shown.caption.en and "of a hundred customers" in shown.caption.en
    assert "In the row “All” each customer counts once" in shown.caption.en
    assert [cells[1] for cells in said(shown)] == ["–", *["2021-05-31"] * 2, *["2021-07-31 (in use)"] * 3]
    assert row(shown, "2021-07")[1:] == ["134", "0.240", "0.150", "0.250", "36.0%", "90.0%", "37.0%"]


def test_first_receipts_are_told_by_true_and_by_fixed_days_side_by_side():
    cold, stated = made(model, judged_month()).cards[:2]
    assert [v.en for _, v in cold.values] == ["0.39", "0.43", "0.47"]
    assert [v.en for _, v in stated.values] == ["0.38", "0.43", "0.48"]
    assert "2,000 customers" in stated.text.en and "of the two tests the cautious one" in stated.text.en
    assert "cross-validation" in cold.text.en and "has then learned from all" in cold.text.en


def test_what_became_of_attempts_since_is_told():
    """Reused for months, although a new model is to be tried each few months: what came of it."""
    text = card(made(model, judged_month(model=in_use_since_july())), USED).text
    assert "2021-09 the new one 0.401, the one in use 0.433 (macro F1, 1,539 customers)" in text.en
    assert "2021-10 not compared: too few customers new since then" in text.en
    assert "2021-10 그 뒤로 기존 고객이 된 고객이 적어 비교할 수 없음" in text.ko
    assert "Tried since" not in card(made(model, judged_month()), USED).text.en


def test_probabilities_and_answers_of_later_months_stand_beside_those_of_the_test():
    section = made(model, judged_month(model=in_use_since_july()))
    calibration, abstention = (panel(section, f"model-{name}").caption.en for name in ("calibration", "abstention"))
    assert "In later months, in use, it was 0.031 (900 customers)." in calibration
    assert "In later months, in use, 68.2% of 639 answers were right." in abstention
    bases = [int(0.71 * n) for n in (134, 141, 148)]
    right = sum(share * n for share, n in zip((0.54, 0.71, 0.73), bases, strict=True)) / sum(bases)
    assert f"In the months of the model in use: {right:.1%} of {sum(bases)};" in abstention
    assert "would have been right for 27.3% of all" in abstention
    assert "In the months of the model in use" not in calibration  # of too few customers for an error
    known = judged_month().metrics
    error = known[(known["metric"] == "accuracy_answered") & known["slice"].str.contains("horizon/2021")]
    more = pd.concat([known, error.assign(metric="error", value=[0.1, 0.2, 0.12, 0.3, 0.15])])
    section = made(model, judged_month(model=in_use_since_july(), metrics=more))
    assert "In the months of the model in use: 0.120 to 0.300." in panel(section, "model-calibration").caption.en


def test_a_smaller_sample_is_said_where_its_figures_differ_from_the_cards():
    fewer = panel(made(model, with_table("model_comparison", model_comparison().assign(base=700))), "model-comparison")
    cards = int(judged_month().measured("cold_start")["base"].max())
    assert "Measured on fewer customers (700)" in fewer.caption.en and f"({cards:,} customers)" in fewer.caption.en
    same = panel(made(model, with_table("model_comparison", model_comparison().assign(base=cards))), "model-comparison")
    assert "fewer customers" not in same.caption.en


def test_an_importance_within_its_spread_of_zero_is_marked():
    table = sample_tables()["feature_importance"]
    wide = table["model_column"].isin(["receipt_amount_mean", "gender"])
    shuffled = table["method"] == "permutation"
    spread = table["spread"].mask(wide & shuffled, 0.06)
    section = made(model, with_table("feature_importance", table.assign(spread=spread)))
    shown = panel(section, "model-importance-permutation")
    assert [cells[-1] for cells in said(shown)[:3]] == ["yes", "no", "yes"]  # 0.12 is no more than twice 0.06
    (bar,) = shown.figures["en"].data
    assert [c == charts.prediction.HOLLOW for c in bar.marker.color] == [False, True] + [False] * 8
    among, clear = shown.caption.en.split("Of these, distinguishable from zero:")
    assert "mean amount of a receipt" in among and "mean amount of a receipt" not in clear
    caption = panel(section, "model-importance-cart").caption
    assert "not for one customer" in caption.en and "P marks columns" in caption.en


def test_months_of_few_customers_are_in_the_table_only():
    known = judged_month().metrics
    few = known["slice"] == "horizon/2021-07"  # the month in which a baseline is better
    shown = panel(
        made(model, judged_month(metrics=known.assign(base=known["base"].mask(few, 29)))), "model-later-horizon"
    )
    assert "in 4 of 4 months" in shown.caption.en and "2021-07" not in shown.figures["en"].data[0].x
    assert row(shown, "2021-07")[:2] == ["29", "0.240"]
    few = known["slice"].str.startswith("horizon/2021")
    shown = panel(
        made(model, judged_month(metrics=known.assign(base=known["base"].mask(few, 5)))), "model-later-horizon"
    )
    assert not shown.figures and len(said(shown)) == 9 and "0 of 0" in shown.caption.en
    few_each = known.assign(base=known["base"].mask(few, 5))
    section = made(model, judged_month(metrics=few_each, model=in_use_since_july()))
    later = card(section, "Later months: what became of all predictions")
    assert "No month of the model in use (trained as of 2021-07-31) has 30 judged customers yet" in later.text.en


def test_without_the_day_asked_about_the_card_is_of_the_first_type():
    known = judged_month().metrics
    section = made(model, judged_month(metrics=known[~known["slice"].str.startswith("horizon/")]))
    assert (
        "the first type that it came to have" in card(section, "Later months: what became of all predictions").text.en
    )
    assert "model-later-horizon" not in {p.id for p in section.panels}


def test_calibration_shows_each_bin_and_the_error():
    shown = panel(made(model, judged_month()), "model-calibration")
    assert "0.017" in shown.caption.en and "0.071" in shown.caption.en
    (dots,) = shown.figures["ko"].data
    assert list(zip(dots.x, dots.y, strict=True)) == BINS
    assert said(shown)[0] == ["1", "31.0%", "33.0%", "900"] and len(said(shown)) == 10


def test_the_floor_in_use_is_marked_and_told():
    shown = panel(made(model, judged_month()), "model-abstention")
    assert "at the floor in use (40.0%), 84.6% of customers get an answer and 59.2%" in shown.caption.en
    assert "if all were answered it would be 53.0%" in shown.caption.en
    figure = shown.figures["en"]
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 0.4 and figure.layout.annotations[0].text == "in use 40.0%"
    right, answered = figure.data
    assert answered.y[8] == pytest.approx(0.8462) and right.y[8] == pytest.approx(0.5915)
    assert right.y[-1] is None and row(shown, "100.0%") == ["0.0%", "–", "0"]


def test_a_share_of_few_answers_is_in_the_table_and_not_drawn():
    known = judged_month().metrics
    few = (known["protocol"] == "abstention") & (known["slice"] == "0.90") & (known["metric"] == "accuracy")
    shown = panel(made(model, judged_month(metrics=known.assign(base=known["base"].mask(few, 29)))), "model-abstention")
    assert shown.figures["en"].data[0].y[18] is None and shown.figures["en"].data[0].y[17] is not None
    assert row(shown, "90.0%")[2] == "29"


@pytest.mark.parametrize(
    ("abstained", "answered", "floor"),
    [(0.3998, 0.4003, 0.4), (None, 0.4, 0.4), (0.39, None, 0.4), (0.4, 0.41, None), (0.29, 0.31, None)],
)
def test_a_floor_that_the_predictions_contradict_is_not_in_use(abstained, answered, floor):
    """The setting may have changed since the month was scored."""
    made_with = pd.DataFrame([{"horizon_days": 90, "abstained_most": abstained, "answered_least": answered}])
    data = with_table("scoring", made_with)
    assert data.floor_in_use == floor
    shown = panel(made(model, data), "model-abstention")
    assert len(shown.figures["ko"].layout.shapes) == (0 if floor is None else 1)
    assert ("other than today’s setting" in shown.caption.en) == (floor is None)
    tile = made(predictions, data).tiles[1]
    assert ("40.0%" in tile.note.en) == (floor is not None)


def test_the_comparison_shows_what_was_measured_and_how_to_have_the_rest():
    shown = panel(made(model, judged_month()), "model-comparison")
    assert row(shown, "Random Forest") == [
        "0.370", "0.410", "0.460", "0.560", "52.0%", "56.0%", "61.0%", "71.0%"
    ]  # fmt: skip
    assert [cells[0] for cells in said(shown)] == ["LightGBM", "Random Forest", "CatBoost"]
    assert "not installed" not in shown.caption.en
    table = model_comparison()
    without = with_table("model_comparison", table[table["algorithm"] != "catboost"])
    shown = panel(made(model, without), "model-comparison")
    assert len(said(shown)) == 2 and "install crm-assets[catboost]" in shown.caption.en
    cold = with_table("model_comparison", table[table["protocol"] == "cold_start"])
    assert len(said(panel(made(model, cold), "model-comparison"))[0]) == 7


def test_a_stopwatch_is_not_in_the_report():
    """Two reports of the same month would differ by it."""
    other = model_comparison().assign(fit_seconds=9.8765, peak_mb=543.21)
    assert build_report(with_table("model_comparison", other), texts()) == build_report(judged_month(), texts())


def test_importance_names_columns_in_each_language_and_marks_the_overlap():
    section = made(model, judged_month())
    cart, permutation = (panel(section, f"model-importance-{m}") for m in ("cart", "permutation"))
    both = set(MATTER["cart"][:10]) & set(MATTER["permutation"][:10])
    assert f"({len(both)})" in permutation.caption.en and "days until the type is asked" in permutation.caption.en
    (bar,) = cart.figures["ko"].data
    assert len(bar.y) == 10 and list(bar.y) == MATTER["cart"][:10] and bar.x[0] == 0.24
    assert [c == bar.marker.color[0] for c in bar.marker.color] == [c in both for c in bar.y]
    assert cart.figures["ko"].layout.yaxis.ticktext[0] == "평균 구매 금액"
    assert cart.figures["en"].layout.yaxis.ticktext[0] == "mean amount of a receipt"
    assert said(cart)[0] == ["1", "mean amount of a receipt", "P", "●", "24.0%"]
    assert said(permutation, "ko")[4] == ["5", "주구매시간대", "P", "", "0.048", "0.004", "구별됨"]


def test_ablation_says_what_each_part_is_worth():
    shown = panel(made(model, judged_month()), "model-ablation")
    assert row(shown, "The model in use") == ["0.400", "0.440", "0.490", "0.443", ""]
    assert row(shown, "Not told the days") == ["0.330", "0.370", "0.420", "0.373", "−0.070"]
    assert row(shown, "Sees date columns too")[-1] == "+0.001"
    known = judged_month().metrics
    unknown = known.replace({"model": {"with_dates": "with_moons"}})
    shown = panel(made(model, judged_month(metrics=unknown)), "model-ablation")
    assert said(shown)[-1][0] == "with_moons" and len(said(shown)) == 6


# ── predictions


def test_the_share_abstained_and_the_mean_are_those_of_the_table():
    section = made(predictions, judged_month())
    rows = sample_month().predictions
    total, abstained = rows["customers"].sum(), rows["abstained"].sum()
    mean = (rows["customers"] * rows["probability_mean"]).sum() / total
    assert [t.value.en for t in section.tiles] == [
        f"{total:,}", f"{abstained / total:.1%}", f"{mean:.1%}"
    ]  # fmt: skip
    assert f"{total - abstained:,} of them got a type" in section.tiles[0].note.en
    assert f"{total:,} customers with 1 to 3 receipts and answered for {total - abstained:,}." in section.lead[0].en
    assert f"{abstained:,} customers · probability under the floor of 40.0%" in section.tiles[1].note.en


def test_a_type_without_customers_of_some_receipts_has_a_dash():
    rows = sample_month().predictions
    section = made(predictions, judged_month(predictions=rows.iloc[1:]))
    assert row(panel(section, "predictions-probability"), "Stays away")[0] == "–"
    assert row(panel(section, "predictions-counts"), "Stays away")[0] == "–"


def test_the_three_question_marks_come_from_those_who_got_an_answer():
    shown = panel(made(predictions, judged_month()), "predictions-marks")
    assert shown.caption.en.endswith("with its share of the customers answered."), "a share needs its base"
    assert row(shown, "Stays away") == [
        "less than other types", "less than other types", "채소 (71.4%)", "음료", "420", "160"
    ]  # fmt: skip
    assert row(shown, "Newcomer")[:2] == ["no difference with evidence"] * 2
    assert row(shown, "Grand master") == ["more than other types", "more than other types", "–", "–", "40", "0"]
    assert row(shown, "Seasoned") == ["–", "–", "–", "–", "0", "30"]  # abstained: nothing is expected of them


def test_no_level_is_said_where_the_table_has_none():
    nothing = expectations().assign(loyalty=None, purchasing_power=None)
    shown = panel(made(predictions, with_table("expectations", nothing)), "predictions-marks")
    assert all(cells[1:3] == ["–", "–"] for cells in said(shown))


def test_an_unknown_type_is_shown_by_its_id_in_grey():
    rows = expectations().replace({"segment_id": {"pro": "strangers"}})
    shown = panel(made(predictions, with_table("expectations", rows)), "predictions-marks")
    cell = shown.table.rows[-1][0]
    assert cell.name.en == "strangers" and cell.colour == "#888888"


def test_the_sample_shows_reasons_and_who_got_no_answer():
    shown = panel(made(predictions, judged_month()), "predictions-sample")
    known = sample_month().sample
    for cells, (_, source) in zip(said(shown), known.iterrows(), strict=True):
        assert (cells[1] == "Abstains") == source["abstained"]
    first = said(shown)[0]
    assert first[0] == "M412637909" and first[2] == "25.0%"
    assert first[5] == "mean amount of a receipt ₩12,400 ▲ +0.62 | most frequent partner A01 ▲ +0.21 | " + (
        "most frequent weekday Mon ▼ −0.12"
    )
    assert said(shown, "ko")[0][5].startswith("평균 구매 금액 12,400원 ▲ +0.62 | 최다제휴사 A01 ▲ +0.21")


def test_texts_that_are_no_json_are_shown_as_they_are():
    pen = pen_of(judged_month())
    assert strip("no json", pen) == "no json" and reasons("no json", pen) == "no json"
    assert reasons('{"top": []}', pen) == "–"


def test_the_example_tells_one_customer_from_its_rows():
    shown = panel(made(predictions, judged_month()), "predictions-example")
    told = {cells[0]: cells[1] for cells in said(shown)}
    assert shown.title.en.endswith("M412637909") and told["Customer"] == "woman · 20s"
    assert told["Receipt 1"] == "2021-07-26 19:00 · partner A02 · 3 lines · ₩3,140 · A02199868530"
    assert told["Type on 2021-10-24"] == "Stays away"
    assert ["", "That day has passed without another receipt."] in said(shown)
    assert told[""] == "Stays away 62.0%, Newcomer 20.0%, Grand master 10.0%, Seasoned 8.0%"
    assert told["Interest"] == "주방잡화 (most of its own spend)"
    assert told["Loyalty (visits)"] == "less than other types"
    assert told["Reason 1"] == "mean amount of a receipt ₩3,140 ▲ +0.42"
    assert told["Reason 2"] == "most frequent daypart evening (18–23) ▼ −0.18"
    assert told["Reason 3"] == "age band not known ▲ +0.07" and len(REASONS) == 3


def test_an_example_on_which_the_model_abstains_gets_no_type():
    of = example(abstained=True, loyalty=None, purchasing_power=None, interest=None, gender=None, age_band=None)
    shown = panel(made(predictions, with_table("example", of)), "predictions-example")
    told = {cells[0]: cells[1] for cells in said(shown)}
    assert told["Type on 2021-10-24"] == "Abstains; the most probable type is Stays away"
    assert told["Customer"] == "gender, age and region are not known"
    assert {told[k] for k in ("Interest", "Loyalty (visits)", "Purchasing power (spend)")} == {"not known"}


def test_a_day_asked_about_that_is_over_is_told_of_the_example_and_of_how_many():
    """The last day on which one is over is that of the report."""
    asked = pd.DataFrame({"last_date": pd.to_datetime(["2021-01-05", "2021-10-02", "2021-10-03"]), "horizon_days": 90,
                          "customers": [7, 200, 1_000]})  # fmt: skip
    section = made(predictions, with_table("asked", asked))
    total = sample_month().predictions["customers"].sum()
    assert section.lead[1].en.startswith(
        f"For 207 of the {total:,} the day asked about (90 days after the last receipt)"
    )
    assert len(made(predictions, with_table("asked", asked.tail(1))).lead) == 1
    of = pd.DataFrame([{"purchased_at": datetime(2021, 10, 3, 9), "receipt_id": "A", "partner_id": None, "lines": 1,
                        "amount": 1.0}])  # fmt: skip
    shown = panel(made(predictions, with_table("example_receipts", of)), "predictions-example")
    assert "has passed" not in str(said(shown)) and "Type on 2022-01-01" in str(said(shown))


def test_other_months_have_no_example():
    section = made(predictions, with_table("example", pd.DataFrame()))
    assert "predictions-example" not in {p.id for p in section.panels}
    none = made(predictions, judged_month(predictions=pd.DataFrame()))
    assert none.note.en == "No new customer was predicted this month."
    assert made(predictions, first_month()).note.en == (
        "No type was predicted this month: there are no types of existing customers yet for a model to learn."
    )


def test_names_from_files_are_text_in_the_new_parts_too():
    evil = "</script><script>alert(1)</script>'\"&"
    top = [{"column": evil, "value": evil, "contribution": 1.0}]
    tables = {
        "expectations": expectations().assign(interest=evil),
        "example": example(interest=evil, region=evil, reasons=json.dumps({"base": 0, "rest": 0, "top": top})),
    }
    sample = sample_month().sample.assign(reasons=json.dumps({"base": 0, "rest": 0, "top": top}))
    page = build_report(judged_month(tables=sample_tables() | tables, sample=sample), texts())
    assert "alert(1)" in page and "<script>alert" not in page and page.count("</script>") == 3


def test_the_page_has_them_with_sources_and_stays_small():
    page, plain = (build_report(data, texts()) for data in (judged_month(), sample_month()))
    body, found = without_scripts(page), charts_of(page)
    assert {"model-later-horizon", "model-calibration", "model-abstention", "model-importance-cart"} <= set(found)
    for table in ("model_comparison", "feature_importance", "model_metrics", "new_customer_predictions, receipts"):
        assert f"자료: {table} · 기준일" in body, table
    assert len(page.encode()) - len(plain.encode()) < 150_000


# ── charts


def test_months_are_lines_with_gaps_where_a_model_has_none():
    words = pen_of(sample_month()).words["en"]
    rows = [("2021-03", "latent_type", 0.4, 90), ("2021-05", "latent_type", 0.5, 80), ("2021-03", "prior", 0.2, 90),
            ("2021-04", "prior", 0.25, 70), ("2021-05", "prior", 0.2, 80)]  # fmt: skip
    drawn = charts.scores_by_month(pd.DataFrame(rows, columns=["month", "model", "value", "base"]), words)
    ours, prior = drawn.data
    assert list(ours.y) == [0.4, None, 0.5] and list(prior.y) == [0.2, 0.25, 0.2]
    assert ours.hovertext[2] == "2021-05 · LightGBM 0.50 · 80"


def test_bars_that_lose_lie_left_of_zero():
    words = pen_of(sample_month()).words["en"]
    frame = pd.DataFrame({"model_column": ["a", "b"], "importance": [0.02, -0.01], "in_both": [True, False],
                          "spread": [0.004, 0.001], "is_clear": [True, False]})  # fmt: skip
    drawn = charts.importance_bars(frame, words, {"a": "A", "b": "B"}, "score")
    assert list(drawn.data[0].x) == [0.02, -0.01] and drawn.layout.xaxis.range[0] < -0.01
    assert list(drawn.data[0].error_x.array) == [0.004, 0.001]
    assert [c == charts.prediction.HOLLOW for c in drawn.data[0].marker.color] == [False, True]


# ── reading


OCTOBER, DECEMBER = date(2021, 10, 1), date(2021, 12, 1)
SNAPSHOT = Snapshot(DECEMBER, date(2021, 1, 1), 12)


def prediction(customer: str, month: date = DECEMBER, **changes: object) -> dict[str, object]:
    said = {"receipts": 1, "segment_id": "pro", "probability": 0.5, "abstained": False, "probabilities": "{}",
            "reasons": "{}", "horizon_days": 90}  # fmt: skip
    return {"month": month, "customer_id": customer} | said | changes


def figure(protocol: str, month: date, value: float, part: str = "1") -> dict[str, object]:
    end = date(2021, 12, 31) if month == DECEMBER else date(2021, 10, 31)
    return {"month": month, "as_of": end, "model": "latent_type", "protocol": protocol, "slice": part,
            "metric": "macro_f1", "value": value, "base": 9}  # fmt: skip


@pytest.fixture
def reused() -> pd.DataFrame:
    return pd.DataFrame({"status": ["reused"], "trained_as_of": pd.to_datetime(["2021-10-31"])})


def test_figures_of_the_model_are_of_the_month_that_trained_it_and_later_months_are_todays(session: Session, reused):
    protocols = ("seed", "cold_start", "calibration", "abstention", "ablation")
    insert(session, "model_metrics", [figure(p, OCTOBER, 0.1) for p in protocols])
    insert(session, "model_metrics", [figure(p, DECEMBER, 0.9) for p in protocols])  # a new model that was not used
    insert(session, "model_metrics", [figure("later_month", OCTOBER, 0.2), figure("later_month", DECEMBER, 0.3)])
    found = prediction_frames(session, SNAPSHOT, reused)["metrics"]
    assert found.set_index("protocol")["value"].to_dict() == {p: 0.1 for p in protocols} | {"later_month": 0.3}
    none = prediction_frames(session, SNAPSHOT, pd.DataFrame())["metrics"]
    assert none.set_index("protocol")["value"].to_dict() == {"later_month": 0.3}


def test_the_history_of_models_ends_with_the_month(session: Session, reused):
    row = {"status": "kept", "reason": "why", "trained_as_of": date(2021, 9, 30), "compared_customers": 5}
    months = [(OCTOBER, date(2021, 10, 31)), (DECEMBER, date(2021, 12, 31)), (date(2022, 1, 1), date(2022, 1, 31))]
    insert(session, "lightgbm_model", [row | {"month": month, "as_of": end} for month, end in months])
    history = prediction_tables(session, SNAPSHOT, reused)["model_history"]
    assert [f"{month:%Y-%m}" for month in history["month"]] == ["2021-10", "2021-12"]


def test_comparison_and_importance_are_of_the_month_that_trained(session: Session, reused):
    for month, end, score in ((OCTOBER, date(2021, 10, 31), 0.1), (DECEMBER, date(2021, 12, 31), 0.9)):
        when = {"month": month, "as_of": end}
        insert(session, "model_comparison", [when | {"algorithm": "lightgbm", "protocol": "cold_start", "slice": "1",
                                                     "macro_f1": score}])  # fmt: skip
        insert(session, "feature_importance", [when | {"method": "cart", "model_column": "gender", "rank": 1,
                                                       "importance": score}])  # fmt: skip
    tables = prediction_tables(session, SNAPSHOT, reused)
    assert tables["model_comparison"]["macro_f1"].tolist() == [0.1]
    assert tables["feature_importance"]["importance"].tolist() == [0.1]


def test_predictions_are_summed_up_and_their_floor_is_bounded(session: Session, reused):
    rows = [
        prediction("a", probability=0.42, loyalty="high", interest="x", interest_source="own"),
        prediction("b", probability=0.61, loyalty="high", interest="x", interest_source="own"),
        prediction("c", probability=0.39, abstained=True),
        prediction("d", probability=0.2, abstained=True, receipts=2),
        prediction("e", OCTOBER, probability=0.05),
    ]
    insert(session, "new_customer_predictions", rows)
    frames, tables = prediction_frames(session, SNAPSHOT, reused), prediction_tables(session, SNAPSHOT, reused)
    summed = frames["predictions"].set_index("receipts")
    assert summed.loc[1, ["customers", "abstained"]].tolist() == [3, 1] and summed.at[2, "abstained"] == 1
    assert summed.at[1, "probability_mean"] == pytest.approx((0.42 + 0.61 + 0.39) / 3)
    assert frames["sample"]["customer_id"].tolist() == ["a", "b", "c", "d"]
    assert tables["scoring"].iloc[0].tolist() == [90, 0.39, 0.42]
    expected = tables["expectations"].sort_values("customers")
    assert expected["customers"].tolist() == [2, 2] and set(expected["abstained"]) == {True, False}
    assert tables["example"].empty and "example_receipts" not in tables
    assert read_counts(session, SNAPSHOT, 3, False)["predicted"] == 2, "on two the model abstained"


def test_the_example_is_read_with_its_receipts_up_to_the_month(session: Session, reused):
    insert(session, "new_customer_predictions", [prediction(EXAMPLE), prediction("other")])
    insert(session, "customers", [{"customer_id": EXAMPLE, "gender": "female", "age_band": "20대"}])
    bought = [(OCTOBER, "early"), (date(2022, 1, 1), "later")]
    insert(session, "receipts", [
        {"month": m, "customer_id": who, "receipt_id": name, "purchased_at": datetime(m.year, m.month, 5, 9),
         "purchase_date": date(m.year, m.month, 5), "record_type": "product", "lines": 3, "amount": Decimal(10)}
        for m, name in bought for who in (EXAMPLE, "other")
    ])  # fmt: skip
    tables = prediction_tables(session, SNAPSHOT, reused)
    assert tables["asked"].astype(str).values.tolist() == [["2021-10-05", "90", "2"]]
    assert tables["example"][["customer_id", "gender"]].values.tolist() == [[EXAMPLE, "female"]]
    assert tables["example_receipts"]["receipt_id"].tolist() == ["early"]
