"""What the tests of leads share."""

from __future__ import annotations

import pytest


@pytest.fixture
def any_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which months are read was declared for the source of the load."""
    monkeypatch.setattr("crm_assets.defs.table._require_those_of_the_load", lambda settings: None)
