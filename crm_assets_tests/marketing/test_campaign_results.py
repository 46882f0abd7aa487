"""From receipts to verdicts, as Dagster makes them: planted effects are found with their sign, broken ones never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from statsmodels.stats.proportion import proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from crm_assets.contracts.campaign_results import METRICS
from crm_assets.defs.marketing.campaign_outcomes import campaign_outcomes
from crm_assets.defs.marketing.campaign_results import campaign_results
from crm_assets.marketing.results import ALL, ROWS, SUMS
from crm_assets.marketing.results import campaign_results as judged
from crm_assets.warehouse import Warehouse
from crm_assets_tests.making import made, results
from crm_assets_tests.marketing.campaign_shop import JANUARY, audience, bought, campaign, open_every_day, shop
from crm_assets_tests.prediction.feature_shop import insert

MONTH = "2021-03-01"
PLANTED = {  # strategy: kpi, rise of the share who buy, lift of what they spend
    "lift": ("purchase", 0.12, 0.3), "loss": ("spend", -0.12, -0.3), "nothing": ("purchase", 0.0, 0.0),
    "leaked": ("purchase", 0.12, 0.3), "cut": ("purchase", 0.12, 0.3), "tiny": ("purchase", 0.0, 0.0),
}  # fmt: skip
SIZES = {"tiny": 30}
SHARE, MEAN, TASTE, SIGMA = 0.4, 8.0, 0.6, 0.5  # half of the customers buy in 20 %, half in 60 % of windows
BUYERS = np.exp(MEAN + SIGMA**2 / 2)


def customers(strategy: str, draw: np.random.Generator) -> Iterator[tuple[str, str, str, float, float]]:
    """(customer, arm, type, spend before, spend in the window) of a campaign."""
    _, rise, lift = PLANTED[strategy]
    for i in range(SIZES.get(strategy, 4_000)):
        treated = draw.random() >= 0.2
        if strategy == "cut" and not treated and draw.random() < 0.4:
            continue  # two in five of those held out are lost on the way
        taste = TASTE * draw.standard_normal() - TASTE**2 / 2
        own = SHARE + 0.2 * draw.choice([-1, 1])
        share, factor = (own + rise, 1 + lift) if treated else (own, 1.0)
        spent = [
            round(float(np.exp(MEAN + taste + SIGMA * draw.standard_normal())) * f, 2) if draw.random() < s else 0.0
            for s, f in ((own, 1.0), (share, factor))
        ]
        yield f"{strategy}{i}", ("control", "treatment")[treated], ("novice", "pro")[i % 2], *spent


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    draw = np.random.default_rng(3)  # one draw in twenty misses the truth: that is a 95 % interval
    rows = [(s, *customer) for s in PLANTED for customer in customers(s, draw)]
    return pd.DataFrame(rows, columns=["strategy", "customer", "arm", "segment", "before", "within"])


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, drawn: pd.DataFrame) -> Warehouse:
    campaigns = {s: campaign(strategy=s, kpi=kpi) for s, (kpi, *_) in PLANTED.items()}
    lines, members = [*open_every_day()], []
    for strategy, rows in drawn.groupby("strategy"):
        of = campaigns[strategy]
        arms = {r.customer: (r.arm, r.segment) for r in rows.itertuples()}
        members += audience(of, arms)
        for r in rows.itertuples():
            for amount, day in ((r.before, of["starts_on"] - timedelta(days=9)), (r.within, of["ends_on"])):
                if amount:
                    lines.append(bought(r.customer, day, str(Decimal(str(amount)))))
    told = drawn[(drawn["strategy"] == "leaked") & (drawn["arm"] == "control")]["customer"].iloc[0]
    sent = {
        "customer_id": told,
        "campaign_id": "2021-01-leaked",
        "message_channel": "sms",
        "sent_on": JANUARY + timedelta(40),
    }
    return shop(
        Warehouse(tmp_path_factory.mktemp("campaigns") / "warehouse.duckdb", lock_wait_seconds=0.5),
        lines, campaigns=list(campaigns.values()), audiences=members, marketing_responses=[sent],
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(planted: Warehouse) -> pd.DataFrame:
    made(campaign_outcomes, planted, MONTH)
    rows = made(campaign_results, planted, MONTH)
    return rows.set_index(["strategy_id", "segment_id", "metric"]).sort_index()


def test_every_campaign_type_and_metric_has_its_row(found: pd.DataFrame):
    assert len(found) == len(PLANTED) * 3 * len(METRICS) and found.index.is_unique


@pytest.mark.parametrize("metric", METRICS)
def test_a_planted_lift_is_found(found: pd.DataFrame, metric: str):
    row = found.loc["lift", ALL, metric]
    truth = 0.12 if metric == "conversion" else ((SHARE + 0.12) * 1.3 - SHARE) * BUYERS
    assert row["verdict"] == "better" and row["difference_low"] < truth < row["difference_high"]
    assert row["lift"] == pytest.approx(row["difference"] / row["control_mean"])


@pytest.mark.parametrize("metric", METRICS)
def test_a_planted_loss_is_a_loss(found: pd.DataFrame, metric: str):
    row = found.loc["loss", ALL, metric]
    truth = -0.12 if metric == "conversion" else ((SHARE - 0.12) * 0.7 - SHARE) * BUYERS
    assert row["verdict"] == "worse" and row["difference_high"] < 0 and row["lift"] < 0
    assert row["difference_low"] < truth < row["difference_high"]


@pytest.mark.parametrize("metric", METRICS)
def test_of_nothing_nothing_is_claimed(found: pd.DataFrame, metric: str):
    assert set(found.loc["nothing"].xs(metric, level="metric")["verdict"]) == {"undecided"}


@pytest.mark.parametrize("strategy", ["leaked", "cut"])
def test_of_a_broken_campaign_nothing_is_claimed(found: pd.DataFrame, strategy: str):
    rows = found.loc[strategy]
    assert set(rows["verdict"]) == {"broken"}
    assert rows[["p", "p_adjusted", "difference_low", "difference_high"]].isna().all(axis=None)
    assert rows["difference"].notna().all()
    assert (rows.loc[ALL, "srm_p"] < 0.001).all() == (strategy == "cut")


def test_of_too_few_nothing_is_claimed(found: pd.DataFrame):
    assert set(found.loc["tiny"]["verdict"]) == {"too_few"} and found.loc["tiny"]["p"].isna().all()


def test_figures_equal_those_of_the_customers(found: pd.DataFrame, drawn: pd.DataFrame):
    """By another road: from each customer's own amounts, by statsmodels."""
    for (strategy, segment), rows in drawn.groupby(["strategy", "segment"]):
        if strategy not in ("lift", "loss", "nothing"):
            continue
        one, other = (rows.loc[rows["arm"] == arm, "within"] for arm in ("treatment", "control"))
        spend, share = found.loc[strategy, segment, "spend"], found.loc[strategy, segment, "conversion"]
        compared = CompareMeans(DescrStatsW(one), DescrStatsW(other))
        assert spend["p"] == pytest.approx(compared.ttest_ind(usevar="unequal")[1], rel=1e-6)
        assert (spend["difference_low"], spend["difference_high"]) == pytest.approx(
            compared.tconfint_diff(usevar="unequal")
        )
        counts = [int((v > 0).sum()) for v in (one, other)]
        assert share["p"] == pytest.approx(proportions_ztest(counts, [len(one), len(other)])[1], rel=1e-6)
        assert (share["treatment"], share["control"]) == (len(one), len(other))


def test_p_is_corrected_over_all_campaigns_and_over_all_their_types(found: pd.DataFrame):
    for metric in METRICS:
        of = found.xs(metric, level="metric")
        types = of.drop(ALL, level="segment_id").dropna(subset="p")
        assert set(types.index.get_level_values(0)) == {"lift", "loss", "nothing"} and len(types) > 4
        assert list(types["p_adjusted"]) == pytest.approx(list(false_discovery_control(types["p"])))
        whole = of.xs(ALL, level="segment_id").dropna(subset="p")
        assert set(whole.index) == {"lift", "loss", "nothing"}  # broken ones and too few count for none
        assert list(whole["p_adjusted"]) == pytest.approx(list(false_discovery_control(whole["p"])))


def test_the_spend_before_makes_the_interval_narrower(found: pd.DataFrame):
    plain, adjusted = (found.loc["lift", ALL, metric] for metric in ("spend", "spend_cuped"))
    widths = [row["difference_high"] - row["difference_low"] for row in (plain, adjusted)]
    assert adjusted["variance_reduction"] > 0.02 and widths[1] < widths[0] and np.isnan(plain["variance_reduction"])


def test_a_broken_campaign_is_told(planted: Warehouse, found: pd.DataFrame, capfd: pytest.CaptureFixture[str]):
    list(results(campaign_results, planted, MONTH))
    said = capfd.readouterr().err
    assert "2021-01-cut is broken" in said and "2021-01-leaked is broken" in said and "2021-01-lift" not in said


def test_a_month_without_ended_campaigns_has_no_rows(planted: Warehouse):
    assert made(campaign_outcomes, planted, "2021-02-01").empty and made(campaign_results, planted, "2021-02-01").empty


def sums(campaign_id: str, segment: str, arm: str, n: int, **given: object) -> dict[str, object]:
    """A row of outcomes: half convert, each for 10 or 30."""
    ordinary = {"strategy_id": "x", "kpi": "purchase", "holdout_share": 0.5, "customers": n, "converted": n // 2,
                "told": None, "spend": Decimal(10 * n), "spend_squares": Decimal(250 * n)}  # fmt: skip
    return (
        {name: 0 for name in SUMS} | {"campaign_id": campaign_id, "segment_id": segment, "arm": arm} | ordinary | given
    )


def of(*rows: dict[str, object]) -> pd.DataFrame:
    return judged(pd.DataFrame(rows, columns=ROWS, dtype=object)).set_index(["campaign_id", "segment_id", "metric"])


def test_an_arm_without_customers_is_too_few():
    rows = of(sums("a", ALL, "treatment", 40, holdout_share=0.05), sums("a", "pro", "control", 3))
    one = rows.loc["a", ALL, "spend"]
    assert (one["treatment"], one["control"], one["verdict"]) == (40, 0, "too_few") and np.isnan(one["srm_p"])
    assert one["treatment_mean"] == 10 and np.isnan(one["control_mean"]) and np.isnan(one["difference"])
    assert rows.loc["a", "pro", "conversion"]["treatment"] == 0 and set(rows["verdict"]) == {"too_few"}


def test_a_control_that_is_missing_altogether_is_broken():
    rows = of(sums("a", ALL, "treatment", 400))
    assert set(rows["verdict"]) == {"broken"} and rows["srm_p"].max() < 1e-9


def test_an_imbalance_within_a_type_breaks_nothing():
    rows = of(
        *(sums("a", ALL, arm, 1_000) for arm in ("treatment", "control")),
        sums("a", "pro", "treatment", 600), sums("a", "pro", "control", 400),
    )  # fmt: skip
    assert rows.loc["a", "pro", "spend"]["srm_p"] < 0.001 and "broken" not in set(rows["verdict"])


@pytest.mark.parametrize(("told", "verdict"), [(None, "undecided"), (0, "undecided"), (1, "broken")])
def test_one_told_of_those_held_out_breaks_a_campaign_and_no_other(told: int | None, verdict: str):
    rows = of(*(sums(c, ALL, arm, 500, told=told if c == "a" else 0) for c in "ab" for arm in ("treatment", "control")))
    assert set(rows.loc["a"]["verdict"]) == {verdict} and set(rows.loc["b"]["verdict"]) == {"undecided"}


def test_no_outcomes_give_no_results_but_their_columns():
    rows = judged(pd.DataFrame([], columns=ROWS, dtype=object))
    assert rows.empty and {"campaign_id", "segment_id", "metric", "p_adjusted", "verdict"} <= set(rows.columns)


def test_a_lift_over_nothing_is_none(planted: Warehouse):
    rows = of(
        *(sums("a", ALL, arm, 500, spend=Decimal(0), spend_squares=Decimal(0)) for arm in ("treatment", "control"))
    )
    assert np.isnan(rows.loc["a", ALL, "spend"]["lift"]) and rows.loc["a", ALL, "conversion"]["lift"] == 0


def test_late_receipts_change_the_verdicts(planted: Warehouse, found: pd.DataFrame, tmp_path):
    """A made file of receipts that lifts the held out of `nothing` far above the treated."""
    with planted.session() as session:
        held = session.rows(
            "select customer_id from audiences where campaign_id = '2021-01-nothing' and arm = 'control'"
        )
        day = campaign()["ends_on"]
        insert(session, "receipts", [
            {"month": day.replace(day=1), "customer_id": c, "receipt_id": f"late{c}", "purchase_date": day,
             "record_type": "product", "amount": Decimal(5000)} for (c,) in held
        ])  # fmt: skip
    made(campaign_outcomes, planted, MONTH)
    rows = made(campaign_results, planted, MONTH).set_index(["strategy_id", "segment_id", "metric"])
    assert set(rows.loc["nothing", ALL, :]["verdict"]) == {"worse"}
    pd.testing.assert_series_equal(
        rows.loc["lift", ALL, "spend"][["difference", "p"]], found.loc["lift", ALL, "spend"][["difference", "p"]]
    )
