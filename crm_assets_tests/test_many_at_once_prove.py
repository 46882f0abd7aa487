"""The same as ``test_many_at_once``, with 24 months in one backfill."""

from __future__ import annotations

import pytest

from crm_assets_tests.many_at_once import many_at_once
from crm_assets_tests.small_shop import months_between

pytestmark = pytest.mark.prove


def test_nothing_is_lost_in_a_backfill_of_two_years(tmp_path):
    touched = [[20], [6, 7], [12], [16], [21], [22, 23]]
    many_at_once(tmp_path, months_between("2020-01", "2021-12"), before=12, touched=touched, refreshes=3)
