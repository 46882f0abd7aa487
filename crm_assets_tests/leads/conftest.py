"""What the tests of leads share: their sample and X Education, made once through the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_assets_tests.conftest import Shop, made_once

TABLES = ("lead_columns", "lead_features", "lead_model", "lead_scores", "lead_lift")
MONTH = "2023-12"


@pytest.fixture
def any_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which months are read was declared for the source of the load."""
    monkeypatch.setattr("crm_assets.defs.table._require_those_of_the_load", lambda settings: None)


@pytest.fixture(scope="session")
def lead_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The sample of leads, the tables of leads of its last month."""

    def refresh(shop: Shop) -> None:
        shop.crm("demo", "--sample", "leads", "--customers", "1000")
        shop.crm("refresh", "--months", MONTH, "--select", f"raw_transactions,{','.join(TABLES)}")

    return made_once("leads", {"CRM_SOURCE": "mql"}, refresh, tmp_path_factory)


@pytest.fixture(scope="session")
def x_education(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """X Education's leads, the tables of leads."""

    def refresh(shop: Shop) -> None:
        shop.landing.mkdir(parents=True)
        shutil.copy(real_data / "lead_scoring_xeducation.parquet", shop.landing)
        shop.crm("refresh", "--months", "2021-01", "--select", f"raw_transactions,{','.join(TABLES)}")

    return made_once("x_education", {"CRM_SOURCE": "xeducation"}, refresh, tmp_path_factory)
