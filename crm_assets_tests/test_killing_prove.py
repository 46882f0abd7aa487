"""Kill -9 at fifty random moments of a refresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets_tests.killing import kill_and_refresh

pytestmark = pytest.mark.prove


def test_fifty_killed_refreshes_lose_nothing(tmp_path: Path):
    print(kill_and_refresh(tmp_path, trials=50, seed=20_211_231, at_once=2))
