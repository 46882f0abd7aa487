"""``shift``: the index by its definition, chance by χ² in simulation, and what moved most."""

from __future__ import annotations

import numpy as np
import pytest

from crm_assets.statistics.stability import FALSE_ALARMS, shift

RANDOM = np.random.default_rng(23)


def test_the_index_and_the_bin_that_moved_most() -> None:
    before, now = np.array([50, 30, 20, 0]), np.array([40, 20, 40, 0])
    p, q = (before[:3] + 0.5) / 101.5, (now[:3] + 0.5) / 101.5
    found = shift(before, now, threshold=0.1, family=1)
    assert found.psi == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=1e-12)
    assert (found.bin, found.then, found.now) == (2, 0.2, 0.4)
    assert shift([0, *before], [0, *now], threshold=0.1, family=1).bin == 3  # an unused bin moves no place


def test_it_moves_above_the_threshold_and_beyond_chance_only() -> None:
    few, many = ([5, 3, 2], [1, 3, 6]), ([500, 300, 200], [100, 300, 600])
    assert shift(*few, threshold=0.25, family=1).psi > 0.25 and not shift(*few, threshold=0.25, family=1).moved
    assert shift(*many, threshold=0.25, family=1).moved
    assert not shift(*many, threshold=5, family=1).moved


def test_false_alarms_are_as_rare_as_stated() -> None:
    """Two draws of one population: at most the stated share moves (of 20,000 one in a thousand, 5 % of it per draw)."""
    shares = [0.2, 0.2, 0.2, 0.2, 0.2]
    pairs = RANDOM.multinomial(400, shares, (20_000, 2))
    alarms = np.mean([shift(a, b, threshold=1e-9, family=1).moved for a, b in pairs])
    print(f"false alarms {alarms:.4f} of {FALSE_ALARMS}")
    assert alarms < 2 * FALSE_ALARMS
    assert np.mean([shift(a, b, threshold=1e-9, family=10).moved for a, b in pairs]) <= alarms


@pytest.mark.parametrize(("before", "now"), [([0, 0], [3, 4]), ([3, 4], [0, 0]), ([0], [0])])
def test_nothing_to_compare(before: list[int], now: list[int]) -> None:
    found = shift(before, now, threshold=0.25, family=1)
    assert found.bin is None and not found.moved
