"""Experiments on customers who mostly buy nothing and now and then a lot, drawn by the thousand with a known effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crm_assets.statistics.experiments import Arm, Difference, conversion_difference, cuped, welch_difference

SHARES = np.array([0.05, 0.3, 0.9])  # who buys within a window: seldom, now and then, mostly; a third each
TASTE, CHANCE = 0.8, 0.5  # standard deviations of the logarithm of an amount: between customers, within one
MEAN = float(np.exp(8 + (TASTE**2 + CHANCE**2) / 2))  # of an amount


@dataclass(frozen=True)
class Found:
    """Of every experiment, by metric."""

    conversion: Difference
    spend: Difference
    spend_cuped: Difference


def effect(rise: float, lift: float) -> dict[str, float]:
    """The true differences when ``rise`` more of the treated buy, each for 1 + ``lift`` times as much."""
    spend = ((SHARES.mean() + rise) * (1 + lift) - SHARES.mean()) * MEAN
    return {"conversion": rise, "spend": spend, "spend_cuped": spend}


def experiments(
    seed: int, count: int, treatment: int, control: int, *, rise: float = 0.0, lift: float = 0.0, batch: int = 200
) -> Iterator[Found]:
    """Batches of experiments; the time before is drawn as the window of those held out."""
    draw = np.random.default_rng(seed)
    for _ in range(0, count, batch):
        treated = _sums(draw, (batch, treatment), rise, lift)
        held = _sums(draw, (batch, control), 0.0, 0.0)
        counts = (treated["converted"], np.full(batch, treatment), held["converted"], np.full(batch, control))
        arms = (_arm(treatment, treated), _arm(control, held))
        yield Found(conversion_difference(*counts), welch_difference(*arms), cuped(*arms))


def _sums(draw: np.random.Generator, shape: tuple[int, int], rise: float, lift: float) -> dict[str, np.ndarray]:
    share, taste = draw.choice(SHARES, shape), TASTE * draw.standard_normal(shape)

    def spend(rise: float, lift: float) -> np.ndarray:
        amount = np.exp(8 + taste + CHANCE * draw.standard_normal(shape)) * (1 + lift)
        return np.round(amount) * (draw.random(shape) < share + rise)  # whole won: their sums are exact in doubles

    before, after = spend(0.0, 0.0), spend(rise, lift)
    sums = {"converted": (after > 0), "total": after, "squares": after**2, "before": before}
    sums |= {"before_squares": before**2, "products": before * after}
    return {name: values.sum(axis=1) for name, values in sums.items()}


def _arm(customers: int, sums: dict[str, np.ndarray]) -> Arm:
    return Arm.of_sums(customers, **{name: values for name, values in sums.items() if name != "converted"})
