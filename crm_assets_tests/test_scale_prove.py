"""Scale: scores, types, their comparison and profiles of a million customers within 4 GB, beside scikit-learn's bare
cost; their features, the model and its predictions within 6 GB; their dormancy, lifestyles and offers within 4 GB. A
further table is a further name in ``million``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from crm_assets.contracts.feature_sets import SETS
from crm_assets.settings import PROJECT_DIR, Settings
from crm_assets.warehouse import Warehouse
from crm_assets_tests.conftest import Shop
from crm_assets_tests.million import MONTH, OF_LIFESTYLE, OF_RETENTION, OF_THE_MODEL, TABLES, fill

pytestmark = pytest.mark.prove
CUSTOMERS, MOST_GB, MOST_GB_OF_THE_MODEL = 1_000_000, 4.0, 6.0


def measured(shop: Shop, part: str, **variables: str) -> dict:
    """What ``million`` tells of a part of itself, in a process of its own."""
    known = {name: value for name, value in shop.environment.items() if name.startswith(("CRM_", "DAGSTER_"))}
    given = [f"{name}={value}" for name, value in {**known, **variables}.items()]
    words = [sys.executable, "-m", "crm_assets_tests.million", part, *given]
    done = subprocess.run(words, env=shop.environment, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def counted(shop: Shop, names: Sequence[str]) -> dict[str, int]:
    """Rows of the month of each table."""
    return {name: shop.value(f"select count(*) from {name} where month = date '{MONTH}'") for name in names}


def told(measures: dict) -> None:
    for name, seconds in measures["seconds"].items():
        print(f"{seconds:>7.1f} s  {name}")


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Customers and a year of receipts; the model sees every set of columns."""
    root = tmp_path_factory.mktemp("million")
    shop = Shop(root, {"CRM_MODEL_FEATURES": "+".join(SETS), "CRM_MAX_TRAINING_ROWS": "200000"})
    (root / "home").mkdir()
    settings = Settings(data_dir=str(shop.data))
    with Warehouse(settings.database, memory_limit=settings.memory_limit).session() as session:
        receipts = fill(session, CUSTOMERS, settings)
    print(f"{CUSTOMERS:,} customers, {receipts:,} receipts")
    assert receipts > 8_000_000
    return shop


@pytest.fixture(scope="module")
def typed(million: Shop) -> dict:
    """What the tables up to the types cost."""
    return measured(million, "tables")


def test_a_million_customers(million: Shop, typed: dict):
    theirs = measured(million, "bare")
    told(typed)
    told(theirs)
    (bare,) = theirs["seconds"].values()
    ratio = typed["seconds"]["cluster_assignments"] / bare
    print(f"types / scikit-learn alone {ratio:.1f}; peak {typed['peak']:.2f} GB")
    counts = counted(million, TABLES)
    print(counts)
    assert counts["rfm_scores"] == CUSTOMERS
    assert counts["cluster_assignments"] > 600_000 and counts["cluster_comparison"] == 8
    assert counts["segment_profiles"] > 100
    assert typed["peak"] < MOST_GB


@pytest.mark.usefixtures("typed")
def test_the_model_of_a_million_customers(million: Shop):
    ours = measured(million, "model")
    told(ours)
    print(f"peak {ours['peak']:.2f} GB")
    model = million.frame("select status, reason, customers, rows from lightgbm_model").iloc[0]
    counts = counted(million, OF_THE_MODEL)
    new = million.value("select count(*) from (select customer_id from receipts group by 1 having count(*) <= 3)")
    print(model.to_dict(), counts)
    assert model["status"] == "trained" and 60_000 < model["customers"] == model["rows"] / 3 <= 70_000
    assert counts["feature_table"] > 3_000_000 and counts["new_customer_predictions"] == new > 200_000
    assert ours["peak"] < MOST_GB_OF_THE_MODEL


@pytest.mark.usefixtures("typed")
def test_the_dormancy_of_a_million_customers(million: Shop):
    told(measured(million, "before"))
    ours = measured(million, "retention")
    told(ours)
    model = million.frame("select status, reason from dormancy_model where month = date '2021-12-01'").iloc[0].to_dict()
    counts = counted(million, OF_RETENTION)
    print(f"peak {ours['peak']:.2f} GB", model, counts)
    assert model["status"] == "trained"
    assert counts["dormancy_predictions"] == counts["alive_probabilities"] == CUSTOMERS
    assert ours["peak"] < MOST_GB


@pytest.mark.usefixtures("typed")
def test_the_lifestyles_and_offers_of_a_million_customers(million: Shop):
    ours = measured(million, "lifestyle", CRM_SOURCE="card")
    told(ours)
    counts = counted(million, OF_LIFESTYLE)
    print(f"peak {ours['peak']:.2f} GB", counts)
    assert counts["lifestyle_assignments"] > 600_000 and counts["offers"] == 23
    assert counts["offer_matches"] > 100_000  # of those to whom an offer brings more than it costs
    assert ours["peak"] < MOST_GB
