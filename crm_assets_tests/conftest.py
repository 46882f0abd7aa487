"""What the tests share: where real data lies, and shops refreshed through the command line, once a session."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from crm_assets.bench import shop as bench_shop
from crm_assets.contracts.base import Table, columns
from crm_assets.defs.resources import SettingsResource
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Session, Warehouse

DEMO_CUSTOMERS = 600
LONGEST = (
    "cli",
    "online_retail",
    "ui",
    "killing",
    "time",
    "disk",
    "ledger",
    "hostile",
    "hostile_cells",
    "names_stay",
)
DEMO_MONTHS = "2020-12:2021-04"
QUICKLY = {"CRM_MAX_COMPARISON_CUSTOMERS": "300"}  # what a training month costs beside the model


# Of 3,600 articles: what recommendations are worth is judged with all of them, by a proof.
SHORT_SHELF = {"CRM_RECOMMENDER_MAX_ARTICLES": "300"}

# A sample of five months: answers that are known within it.
SOON_DORMANT = {"CRM_DORMANCY_HORIZON_DAYS": "28", "CRM_DORMANCY_MIN_SNAPSHOTS": "1"}

OF_THE_RUN = {"landed_at", "run_id", "refused_at", "published_at"}  # when and by which run: no two refreshes share them


def comparable(contract: type[Table]) -> str:
    """The columns that two refreshes of the same files share, for a select: not the run's, not a stopwatch's."""
    names = [c.name for c in columns(contract) if c.name not in OF_THE_RUN and not c.metadata.get("measured_time")]
    return ", ".join(names)


class Shop(bench_shop.Shop):
    """A shop that is driven through ``crm``."""

    def settings(self) -> SettingsResource:
        return SettingsResource(**Settings.read(self.environment).model_dump())

    def crm(self, *words: str, ok: bool = True, **variables: str) -> str:
        """Run ``crm`` as a user would; returns what it printed. ``ok`` is whether it must succeed."""
        self.furnish()
        done = subprocess.run(
            [sys.executable, "-m", "crm_assets.cli", *words],
            env={**self.environment, **variables},
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, f"crm {' '.join(words)} ended with {done.returncode}:\n{printed}"
        return printed

    def frame(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.sql(sql).df()

    def value(self, sql: str):
        return self.frame(sql).iloc[0, 0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no worker is left with one of them at the end."""
    order = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def made_once(
    name: str, variables: dict[str, str], make: Callable[[Shop], None], tmp_path_factory: pytest.TempPathFactory
) -> Shop:
    """A shop that takes minutes to make: the workers of a run make it once, and each has a copy of its own."""
    run = tmp_path_factory.getbasetemp()
    original = Shop((run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / name, variables)
    with (original.root.with_suffix(".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = original.root.with_suffix(".made")
        if not whole.exists():
            shutil.rmtree(original.root, ignore_errors=True)
            original.root.mkdir()
            make(original)
            whole.touch()
    return original.copy(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets; tests that need it are skipped without it, but not in CI."""
    folder = Path(os.environ.get("CRM_TEST_DATA", PROJECT_DIR.parent / "shared" / "data"))
    if not (folder / "online_retail.parquet").exists():
        word = f"the real data is not in {folder}; README tells where to get it. Set CRM_TEST_DATA to its folder."
        if os.environ.get("CRM_REQUIRE_DATA"):
            pytest.fail(word)
        pytest.skip(word)
    return folder


@pytest.fixture(scope="session")
def online_retail(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Online Retail, landed and refreshed: every month, every table."""

    def refresh(shop: Shop) -> None:
        shop.landing.mkdir(parents=True)
        shutil.copy(real_data / "online_retail.parquet", shop.landing)
        shop.crm("refresh")

    variables = {"CRM_SOURCE": "online_retail", **QUICKLY, **SHORT_SHELF}
    return made_once("online_retail", variables, refresh, tmp_path_factory)


@pytest.fixture(scope="session")
def demo_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The sample, small, its first months made."""

    def refresh(shop: Shop) -> None:
        shop.crm("demo", "--customers", str(DEMO_CUSTOMERS))
        shop.crm("refresh", "--months", DEMO_MONTHS)

    return made_once("demo", QUICKLY | SOON_DORMANT, refresh, tmp_path_factory)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb", lock_wait_seconds=0.5)


@pytest.fixture
def session(warehouse: Warehouse) -> Session:
    with warehouse.session() as opened:
        yield opened


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made
