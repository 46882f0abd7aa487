"""``experiments`` on thousands of drawn campaigns: of nothing 5 % are found, and intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from crm_assets.statistics.experiments import Difference
from crm_assets_tests.statistics.spending import Found, effect, experiments

METRICS = ("conversion", "spend", "spend_cuped")
TREATED, HELD = 4_000, 1_000
SEED = 7  # of 2,000 the rates differ by half a percent from draw to draw; the proof draws ten times as many


def of(found: list[Found], metric: str, name: str) -> np.ndarray:
    return np.concatenate([getattr(getattr(batch, metric), name) for batch in found])


def drawn(count: int, sizes: tuple[int, int] = (TREATED, HELD), **planted: float) -> list[Found]:
    return list(experiments(SEED, count, *sizes, **planted))


def judged(found: list[Found], metric: str, planted: dict[str, float]) -> tuple[float, float]:
    """Of the experiments that have a test: how many are found, and how many intervals hold the truth."""
    figures = Difference(**{name: of(found, metric, name) for name in Difference.__dataclass_fields__})
    tested = ~np.isnan(figures.p)
    assert tested.mean() > 0.95
    holds = (figures.low <= planted[metric]) & (planted[metric] <= figures.high)
    return (figures.p < 0.05)[tested].mean(), holds[tested].mean()


@pytest.fixture(scope="module")
def nothing() -> list[Found]:
    return drawn(2_000)


@pytest.fixture(scope="module")
def lift() -> list[Found]:
    return drawn(2_000, rise=0.04, lift=0.08)


@pytest.fixture(scope="module")
def loss() -> list[Found]:
    return drawn(2_000, rise=-0.04, lift=-0.08)


@pytest.mark.parametrize("metric", METRICS)
def test_where_there_is_nothing_one_in_twenty_is_found(nothing, metric) -> None:
    found, holds = judged(nothing, metric, effect(0, 0))
    assert found == pytest.approx(0.05, abs=0.01) and holds == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("metric", METRICS)
def test_an_interval_holds_the_planted_lift(lift, metric) -> None:
    found, holds = judged(lift, metric, effect(0.04, 0.08))
    assert holds == pytest.approx(0.95, abs=0.01) and found > 0.5


@pytest.mark.parametrize("metric", METRICS)
def test_a_planted_loss_is_found_as_a_loss(loss, metric) -> None:
    found, holds = judged(loss, metric, effect(-0.04, -0.08))
    assert holds == pytest.approx(0.95, abs=0.01) and found > 0.5
    sure = of(loss, metric, "p") < 0.05
    assert (of(loss, metric, "difference")[sure] < 0).all()


def test_the_spend_before_makes_intervals_narrower_and_finds_more(lift) -> None:
    reduction = of(lift, "spend_cuped", "variance_reduction").mean()
    widths = [of(lift, m, "high") - of(lift, m, "low") for m in ("spend", "spend_cuped")]
    assert 0.15 < reduction < 0.3
    assert (widths[1] / widths[0]).mean() == pytest.approx(np.sqrt(1 - reduction), abs=0.02)
    found = [(of(lift, m, "p") < 0.05).mean() for m in ("spend", "spend_cuped")]
    assert found[1] > found[0] + 0.05


@pytest.mark.prove
@pytest.mark.parametrize("sizes", [(1_600, 400), (4_000, 1_000), (1_000, 1_000), (4_500, 500)])
def test_where_there_is_nothing_it_is_so_in_twenty_thousand(sizes) -> None:
    figures = drawn(20_000, sizes)
    for metric in METRICS:
        p = of(figures, metric, "p")
        assert (p < 0.05)[~np.isnan(p)].mean() == pytest.approx(0.05, abs=0.01), metric
