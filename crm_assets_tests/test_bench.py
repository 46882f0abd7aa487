"""The benchmark's verdict; what it measures is seen by running it."""

from __future__ import annotations

import pytest

from crm_assets.bench import MOST_GB, MOST_SECONDS, Measured, exceeded


@pytest.mark.parametrize(
    ("walls", "peak", "verdict"),
    [
        ([MOST_SECONDS - 1], 1.0, False),
        ([MOST_SECONDS + 1], 1.0, True),
        ([MOST_SECONDS - 9, MOST_SECONDS - 5, 900.0], 1.0, False),
        ([10.0], MOST_GB + 0.1, True),
    ],
)
def test_the_median_and_the_greatest_memory_decide(walls: list[float], peak: float, verdict: bool):
    assert exceeded([Measured(wall, wall, peak) for wall in walls]) is verdict
