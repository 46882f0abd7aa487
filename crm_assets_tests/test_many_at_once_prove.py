"""Many at once: a backfill, late files, ``crm refresh`` and a reader; in two months and in 24."""

from __future__ import annotations

import pytest

from crm_assets_tests.many_at_once import many_at_once
from crm_assets_tests.small_shop import months_between

pytestmark = pytest.mark.prove


def test_nothing_is_lost_in_a_backfill_of_two_years(tmp_path):
    touched = [[20], [6, 7], [12], [16], [21], [22, 23]]
    many_at_once(tmp_path, months_between("2020-01", "2021-12"), before=12, touched=touched, refreshes=3)


def test_nothing_is_lost_in_two_months(tmp_path):
    """Minutes instead of an hour. What it drives is walked in the UI by ``make test-browser`` too."""
    many_at_once(tmp_path, months_between("2020-01", "2020-02"), before=2, touched=[[1]], refreshes=1)
