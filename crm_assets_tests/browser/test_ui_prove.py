"""The same walk through the UI as ``test_ui``, with a year of months in one backfill."""

from __future__ import annotations

import pytest

from crm_assets_tests.browser.dagster_ui import walk
from crm_assets_tests.conftest import Shop

pytestmark = pytest.mark.prove


def test_a_year_in_the_ui(chromium, tmp_path, shots):
    months = [f"2021-{month:02}-01" for month in range(1, 13)]
    walk(Shop(tmp_path), chromium, shots, customers=600, first="2020-12-01", months=months, quiet=120, photograph=True)
