"""Kill -9 at random moments of a refresh: the next one finishes the work. The long version is in test_killing_prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_assets_tests.killing import kill_and_refresh


@pytest.mark.prove
def test_a_killed_refresh_loses_nothing(tmp_path: Path):
    print(kill_and_refresh(tmp_path, trials=1, seed=1, at_once=1))
