"""The section on the model says what the tables hold, of the right month, and nothing else."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_assets import charts
from crm_assets.report import build_report
from crm_assets.report.model import model, scores
from crm_assets.report.predictions import predictions
from crm_assets_tests.report.report_sample import first_month, sample_month, texts
from crm_assets_tests.report.report_sample_prediction import (
    BINS,
    MATTER,
    judged_month,
    model_comparison,
)
from crm_assets_tests.report.report_sample_prediction import (
    prediction_tables as sample_tables,
)
from crm_assets_tests.report.shown_sections import (
    card,
    figures_of,
    in_use_since_july,
    made,
    panel,
    pen_of,
    row,
    said,
    with_table,
)

PANELS = ["model-macro-f1", "model-measures", "model-later-horizon", "model-later-first", "model-calibration",
          "model-abstention", "model-comparison", "model-importance-cart", "model-importance-permutation",
          "model-ablation"]  # fmt: skip

USED = "The model in use, and why"


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
    sources = {p.id: p.table.source.told.en for p in section.panels}
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
    assert "by macro F1 in 4 of 5 months, by the share of right answers in 4 of 5, " in horizon.caption.en
    assert "by macro F1 in 5 of 5 months" in first.caption.en
    ours, majority, prior = horizon.figures["en"].data
    assert list(ours.y) == [0.31, 0.36, 0.24, 0.41, 0.43] and list(prior.y) == [0.24, 0.25, 0.25, 0.26, 0.25]
    assert list(ours.x) == ["2021-05", "2021-06", "2021-07", "2021-08", "2021-09"] and majority.line.dash == "dot"
    shown = said(horizon)
    assert [cells[0] for cells in shown] == ["All", "1 receipt", "2 receipts", "3 receipts", *ours.x]
    assert shown[0][1:] == ["900", "0.382", "0.151", "0.252", "50.2%", "27.1%", "37.2%", "0.031", "71.0%", "68.2%"]
    assert row(horizon, "2021-05")[7] == "–"  # too few for a calibration error
    later = card(section, "Later months: what became of all predictions")
    assert [v.en for _, v in later.values] == ["0.38", "0.15", "0.25", "0.17", "50.2%", "27.1%", "37.2%", "29.0%"]
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
        "Right answers · Most frequent in training": "90.0%",
        "Right answers · Most frequent in hindsight": "29.0%",
    }
    assert "423 predictions" in own.text.en
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
    assert "would have been right for 45.3% of the same customers" in abstention
    assert "In the months of the model in use" not in calibration  # of too few customers for an error
    known = judged_month().metrics
    error = known[(known["metric"] == "accuracy_answered") & known["slice"].str.contains("horizon/2021")]
    error = error[error["model"] == "latent_type"]
    more = pd.concat([known, error.assign(metric="error", value=[0.1, 0.2, 0.12, 0.3, 0.15])])
    section = made(model, judged_month(model=in_use_since_july(), metrics=more))
    assert "In the months of the model in use: 0.120–0.300." in panel(section, "model-calibration").caption.en


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


def test_the_floor_is_the_one_that_the_month_was_scored_with_and_none_without_predictions():
    """The setting may have changed since."""
    for floor, marks in ((0.3, 1), (None, 0)):
        stored = pd.DataFrame([{"horizon_days": 90, "min_probability": floor}])
        data = with_table("scoring", stored)
        assert data.min_probability == floor
        shown = panel(made(model, data), "model-abstention")
        assert len(shown.figures["ko"].layout.shapes) == marks
        assert ("at the floor in use (30.0%)" in shown.caption.en) == bool(marks)
    tile = made(predictions, with_table("scoring", stored.assign(min_probability=0.3))).tiles[1]
    assert "probability under the floor of 30.0%" in tile.note.en


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
