"""Many at once, in two months: a backfill, late files, ``crm refresh`` and a reader."""

from __future__ import annotations

from crm_assets_tests.many_at_once import many_at_once
from crm_assets_tests.small_shop import months_between


def test_nothing_is_lost_when_many_work_at_once(tmp_path):
    many_at_once(tmp_path, months_between("2020-01", "2020-02"), before=2, touched=[[1]], refreshes=1)
