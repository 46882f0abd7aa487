"""The hand-made shop of the cards, filled once a file."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from crm_assets.warehouse import Session
from crm_assets_tests.explain import card_shop


@pytest.fixture(scope="module")
def filled() -> Iterator[Session]:
    with duckdb.connect() as connection:
        session = Session(connection)
        session.ensure_tables()
        card_shop.fill(session)
        yield session
