"""The Dagster UI in Chromium, in three months of a small sample: clicks, a backfill, a file that lands by itself."""

from __future__ import annotations

import pytest

from crm_assets_tests.browser.dagster_ui import walk
from crm_assets_tests.conftest import Shop

pytestmark = pytest.mark.browser


def test_first_day(chromium, tmp_path, shots):
    """History is cut to the last three months: fewer runs, the same clicks. Fewer customers train no model."""
    shop = Shop(tmp_path, {"CRM_HISTORY_START": "2021-10-01"})
    months = ["2021-11-01", "2021-12-01"]
    walk(shop, chromium, shots, customers=1_500, first="2021-10-01", months=months, quiet=15, photograph=False)
